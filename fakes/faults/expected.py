"""The exact findings that each fault must produce: check, verdict, causes likeliest first; all others stay healthy or are blocked.

Where one answer of the server has several causes, the short list is expected, not a lucky guess.
"""

from fakes.catalogue import Expected

_TEXT = """\
dns_no_such_name
    BASIC-06 fail dns_failure
    OAUTH-07 fail dns_failure
    NET-01 fail dns_failure
dns_server_failure
    BASIC-06 fail dns_failure
    OAUTH-07 fail dns_failure
    NET-01 fail dns_failure
dns_no_addresses
    BASIC-06 fail dns_failure
    OAUTH-07 fail dns_failure
    NET-01 fail dns_failure
dns_silent
    BASIC-06 fail dns_failure
    OAUTH-07 fail dns_failure
    NET-01 fail dns_failure
dns_udp_blocked
    BASIC-06 fail dns_udp_blocked
    OAUTH-07 fail dns_udp_blocked
dns_tcp_blocked
    BASIC-06 fail dns_tcp_blocked
    OAUTH-07 fail dns_tcp_blocked
dns_hijacked
    NET-01 fail dns_hijacked
    NET-04 fail dns_hijacked
dns_flapping
    NET-01 risk dns_failure
dns_login_no_such_name
    TOKEN-01 fail token_endpoint_unreachable
port_refused
    BASIC-05 fail port_blocked
    OAUTH-06 fail port_blocked
    NET-02 fail port_blocked
port_dropped
    BASIC-05 fail port_blocked
    OAUTH-06 fail port_blocked
    NET-02 fail port_blocked
port_reset
    SMTP-01 fail port_blocked,smtp_intercepted,service_side_fault
ipv6_refused
    NET-03 risk network_unreachable
ipv6_dropped
    NET-03 risk network_unreachable
login_refused
    TOKEN-01 fail token_endpoint_unreachable
login_dropped
    TOKEN-01 fail token_endpoint_unreachable
login_reset
    TOKEN-01 fail token_endpoint_unreachable
silence_after_connect
    SMTP-01 fail smtp_intercepted,service_side_fault
http_answer
    SMTP-01 fail smtp_intercepted
tls_at_once
    SMTP-01 fail smtp_intercepted
hosting_provider
    SMTP-01 fail smtp_intercepted
greeting_masked
    HOST-04 unknown
    SMTP-01 risk smtp_intercepted
service_not_ready
    SMTP-01 fail service_side_fault,rate_limited
starttls_masked
    SMTP-02 fail smtp_intercepted
starttls_stripped
    SMTP-02 fail smtp_intercepted
starttls_refused
    SMTP-02 fail smtp_intercepted
auth_stripped
    SMTP-03 fail smtp_intercepted
tls_too_old
    TLS-01 fail tls_version
    TLS-03 fail tls_version
certificate_expired
    TLS-01 fail cert_expired
certificate_not_yet_valid
    TLS-01 fail cert_expired
certificate_expiring
    RISK-03 risk cert_expired
certificate_other_name
    TLS-01 fail cert_name_mismatch
certificate_self_signed
    TLS-01 fail cert_untrusted
certificate_unknown_root
    TLS-01 fail cert_untrusted
certificate_chain_incomplete
    TLS-01 fail cert_untrusted
mail_shield
    TLS-01 fail cert_untrusted
mail_shield_trusted
    TLS-02 risk smtp_intercepted,cert_untrusted
login_certificate_unknown_root
    TOKEN-01 fail cert_untrusted
login_certificate_expired
    TOKEN-01 fail cert_expired
login_certificate_other_name
    TOKEN-01 fail cert_name_mismatch
other_host
    BASIC-07 fail wrong_host_or_port
    NET-02 fail wrong_host_or_port
    NET-04 not_applicable
    NET-05 fail wrong_host_or_port
hosting_host
    BASIC-07 fail wrong_host_or_port
    NET-04 not_applicable
    NET-05 fail wrong_host_or_port
    SMTP-01 fail wrong_host_or_port
host_misspelt
    BASIC-07 fail wrong_host_or_port
    NET-01 fail wrong_host_or_port
    NET-04 not_applicable
    NET-05 fail wrong_host_or_port
host_by_address
    BASIC-06 unknown
    BASIC-07 fail wrong_host_or_port
    OAUTH-07 unknown
    NET-04 not_applicable
    NET-05 fail wrong_host_or_port
    TLS-01 fail wrong_host_or_port
port_25
    BASIC-07 fail wrong_host_or_port
    NET-05 fail wrong_host_or_port
port_465
    BASIC-07 fail wrong_host_or_port
    NET-02 fail wrong_host_or_port
    NET-05 fail wrong_host_or_port
ssl_off
    BASIC-08 fail starttls_missing_or_implicit_tls_on_587
    OAUTH-09 fail starttls_missing_or_implicit_tls_on_587
    SMTP-02 fail starttls_missing_or_implicit_tls_on_587
bare_user_name
    BASIC-09 fail username_not_upn
    AUTH-01 fail username_not_upn
authentication_off
    OAUTH-08 fail client_never_sent_auth
    AUTH-01 fail client_never_sent_auth
wrong_type
    OAUTH-08 fail authentication_type_wrong
    AUTH-01 fail authentication_type_wrong
ehlo_name_invalid
    SMTP-01 fail ehlo_name_invalid
placeholder_tenant
    OAUTH-10 fail wrong_tenant_or_authority
    TOKEN-01 fail wrong_tenant_or_authority
tenant_malformed
    OAUTH-10 fail wrong_tenant_or_authority
    TOKEN-01 fail wrong_tenant_or_authority
tenant_unknown
    OAUTH-10 fail wrong_tenant_or_authority
    TOKEN-01 fail wrong_tenant_or_authority
common_authority
    OAUTH-10 fail wrong_tenant_or_authority
    TOKEN-01 fail wrong_tenant_or_authority
v1_authority
    OAUTH-10 fail wrong_tenant_or_authority
    TOKEN-01 fail wrong_tenant_or_authority
other_cloud_authority
    OAUTH-10 fail wrong_tenant_or_authority
    TOKEN-01 fail wrong_tenant_or_authority
delegated_scope
    OAUTH-11 fail wrong_scope_or_audience
    TOKEN-02 fail wrong_scope_or_audience
graph_scope
    OAUTH-11 fail wrong_scope_or_audience
    TOKEN-03 fail wrong_scope_or_audience
scope_missing
    OAUTH-11 fail wrong_scope_or_audience
    TOKEN-02 fail wrong_scope_or_audience
scope_misspelt
    OAUTH-11 fail wrong_scope_or_audience
    TOKEN-02 fail wrong_scope_or_audience
client_unknown
    OAUTH-01 fail app_not_in_tenant
    TOKEN-02 fail app_not_in_tenant
client_is_object_id
    OAUTH-01 fail app_not_in_tenant
    TOKEN-02 fail app_not_in_tenant
secret_wrong
    OAUTH-03 fail secret_wrong
    TOKEN-02 fail secret_wrong
secret_id_pasted
    OAUTH-03 fail secret_wrong
    TOKEN-02 fail secret_wrong
other_mailbox_as_user
    OAUTH-05 unknown smtp_auth_disabled_mailbox
    AUTH-01 fail sp_not_registered_in_exchange,mailbox_missing,smtp_auth_disabled_mailbox,service_side_fault
    MBX-04 fail sp_not_registered_in_exchange
from_is_another
    BASIC-01 fail send_as_denied
    MBX-03 fail send_as_denied
from_is_another_oauth
    MBX-03 fail send_as_denied
password_expiring
    BASIC-04 unknown password_expiring
    RISK-04 risk password_expiring
tenant_gone
    OAUTH-10 fail wrong_tenant_or_authority
    TOKEN-01 fail wrong_tenant_or_authority
issuer_foreign
    OAUTH-10 fail wrong_tenant_or_authority
    TOKEN-01 fail wrong_tenant_or_authority
login_silent
    TOKEN-01 fail token_endpoint_unreachable
login_proxy_page
    TOKEN-01 fail token_endpoint_unreachable
login_wrong_content
    TOKEN-01 fail token_endpoint_unreachable
login_redirect_loop
    TOKEN-01 fail token_endpoint_unreachable
login_server_error
    TOKEN-01 fail token_endpoint_unreachable
token_endpoint_foreign
    OAUTH-10 fail wrong_tenant_or_authority
    TOKEN-01 fail wrong_tenant_or_authority
token_proxy_page
    TOKEN-02 fail token_endpoint_unreachable
token_redirect
    TOKEN-02 fail token_endpoint_unreachable
app_unknown
    OAUTH-01 fail app_not_in_tenant
    TOKEN-02 fail app_not_in_tenant
app_sp_missing
    OAUTH-01 fail app_sp_missing
    TOKEN-02 fail app_sp_missing
app_disabled
    OAUTH-01 fail app_disabled
    TOKEN-02 fail app_disabled
secret_revoked
    OAUTH-03 fail secret_wrong
    TOKEN-02 fail secret_wrong
secret_expired
    OAUTH-03 fail secret_expired
    OAUTH-04 risk secret_expiring
    RISK-02 risk secret_expiring
    TOKEN-02 fail secret_expired
secret_expiring
    OAUTH-04 risk secret_expiring
    RISK-02 risk secret_expiring
public_client
    OAUTH-01 fail public_client_with_secret
    TOKEN-02 fail public_client_with_secret
resource_missing
    OAUTH-02 fail resource_missing
    TOKEN-02 fail resource_missing
workload_blocked
    TOKEN-02 fail conditional_access_block
token_throttled
    TOKEN-02 fail token_throttled
clock_behind
    HOST-04 fail clock_skew
clock_ahead
    HOST-04 fail clock_skew
consent_missing
    OAUTH-02 fail consent_missing
    OAUTH-05 unknown smtp_auth_disabled_mailbox
    AUTH-01 fail consent_missing,sp_not_registered_in_exchange,mailbox_missing,smtp_auth_disabled_mailbox,service_side_fault
    MBX-04 unknown sp_not_registered_in_exchange
role_missing
    OAUTH-02 fail consent_missing
    OAUTH-05 unknown smtp_auth_disabled_mailbox
    AUTH-01 fail consent_missing,sp_not_registered_in_exchange,mailbox_missing,smtp_auth_disabled_mailbox,service_side_fault
    MBX-04 unknown sp_not_registered_in_exchange
token_expired
    TOKEN-03 fail token_expired
token_wrong_audience
    TOKEN-03 fail wrong_scope_or_audience
token_other_tenant
    OAUTH-10 fail wrong_tenant_or_authority
    TOKEN-03 fail wrong_tenant_or_authority
token_tampered
    OAUTH-05 unknown smtp_auth_disabled_mailbox
    AUTH-01 fail sp_not_registered_in_exchange,mailbox_missing,smtp_auth_disabled_mailbox,service_side_fault
    MBX-04 fail sp_not_registered_in_exchange
token_of_another_user
    OAUTH-02 unknown consent_missing
    OAUTH-05 unknown smtp_auth_disabled_mailbox
    AUTH-01 fail token_user_mismatch,sp_not_registered_in_exchange,mailbox_missing,smtp_auth_disabled_mailbox,service_side_fault
    MBX-04 unknown sp_not_registered_in_exchange
smtp_auth_off_tenant
    BASIC-02 fail smtp_auth_disabled_tenant
    OAUTH-05 fail smtp_auth_disabled_tenant
    AUTH-01 fail smtp_auth_disabled_tenant
smtp_auth_off_mailbox
    BASIC-02 fail smtp_auth_disabled_mailbox
    AUTH-01 fail smtp_auth_disabled_mailbox
smtp_auth_off_mailbox_oauth
    OAUTH-05 fail smtp_auth_disabled_mailbox
    AUTH-01 fail smtp_auth_disabled_mailbox
wrong_password
    BASIC-01 unknown mailbox_missing
    BASIC-04 unknown password_expired
    BASIC-10 fail bad_credentials
    AUTH-01 fail bad_credentials,mailbox_missing,password_expired
unknown_user
    BASIC-01 unknown mailbox_missing
    BASIC-04 unknown password_expired
    BASIC-10 fail bad_credentials
    AUTH-01 fail bad_credentials,mailbox_missing,password_expired
mailbox_missing
    BASIC-01 fail mailbox_missing
    AUTH-01 fail mailbox_missing
mailbox_missing_oauth
    OAUTH-05 unknown smtp_auth_disabled_mailbox
    AUTH-01 fail sp_not_registered_in_exchange,mailbox_missing,smtp_auth_disabled_mailbox,service_side_fault
    MBX-04 fail sp_not_registered_in_exchange
password_expired
    BASIC-01 fail account_disabled,mailbox_missing
    BASIC-04 unknown password_expired
    AUTH-01 fail account_disabled,password_expired,mailbox_missing
password_expired_as_declared
    BASIC-01 unknown account_disabled,mailbox_missing
    BASIC-04 fail password_expired
    AUTH-01 fail password_expired,account_disabled,mailbox_missing
    RISK-04 risk password_expiring
account_disabled
    BASIC-01 fail account_disabled,mailbox_missing
    BASIC-04 unknown password_expired
    AUTH-01 fail account_disabled,password_expired,mailbox_missing
account_locked
    BASIC-01 fail account_locked
    AUTH-01 fail account_locked
mfa_required
    BASIC-03 fail conditional_access_block,mfa_or_security_defaults
    AUTH-01 fail conditional_access_block,mfa_or_security_defaults
legacy_clients_blocked
    BASIC-03 fail conditional_access_block,mfa_or_security_defaults
    AUTH-01 fail conditional_access_block,mfa_or_security_defaults
security_defaults
    BASIC-03 fail mfa_or_security_defaults
    AUTH-01 fail mfa_or_security_defaults
auth_policy
    BASIC-02 fail basic_auth_retired,auth_policy_blocks_basic
    AUTH-01 fail basic_auth_retired,auth_policy_blocks_basic
federation_unreachable
    BASIC-01 fail federation_failure
    AUTH-01 fail federation_failure
federation_without_https
    BASIC-01 fail federation_failure
    AUTH-01 fail federation_failure
basic_off_by_default
    BASIC-02 fail basic_auth_retired,auth_policy_blocks_basic
    AUTH-01 fail basic_auth_retired,auth_policy_blocks_basic
basic_removed
    BASIC-02 fail basic_auth_retired
    AUTH-01 fail basic_auth_retired
basic_removed_535
    BASIC-02 fail basic_auth_retired
    AUTH-01 fail basic_auth_retired
sign_in_refused_bare
    BASIC-02 unknown smtp_auth_disabled_mailbox,smtp_auth_disabled_tenant
    BASIC-03 unknown mfa_or_security_defaults,conditional_access_block
    BASIC-10 fail bad_credentials
    OAUTH-05 unknown smtp_auth_disabled_mailbox
    AUTH-01 fail bad_credentials,smtp_auth_disabled_mailbox,smtp_auth_disabled_tenant,mfa_or_security_defaults,conditional_access_block
    AUTH-01 fail sp_not_registered_in_exchange,mailbox_missing,smtp_auth_disabled_mailbox,service_side_fault
    MBX-04 fail sp_not_registered_in_exchange
sign_in_temporary
    BASIC-01 unknown federation_failure
    AUTH-01 fail service_side_fault,federation_failure
sp_not_registered
    OAUTH-05 unknown smtp_auth_disabled_mailbox
    AUTH-01 fail sp_not_registered_in_exchange,mailbox_missing,smtp_auth_disabled_mailbox,service_side_fault
    MBX-04 fail sp_not_registered_in_exchange
sp_wrong_object_id
    OAUTH-05 unknown smtp_auth_disabled_mailbox
    AUTH-01 fail sp_not_registered_in_exchange,mailbox_missing,smtp_auth_disabled_mailbox,service_side_fault
    MBX-04 fail sp_not_registered_in_exchange
dropped_after_auth
    AUTH-01 fail smtp_intercepted,service_side_fault
long_commands_dropped
    AUTH-01 fail smtp_intercepted,service_side_fault
recipient_unknown
    MBX-02 fail recipient_rejected
recipient_blocked
    MBX-02 fail recipient_rejected
mailbox_right_missing
    MBX-03 fail sp_mailbox_permission_missing
    MBX-05 fail sp_mailbox_permission_missing
message_too_large
    MBX-03 fail message_too_large
three_connections
    MBX-03 fail concurrent_connections
over_message_rate
    MBX-03 fail service_side_fault,rate_limited
recipient_quota
    MBX-03 fail recipient_quota_exceeded
mailbox_full
    MBX-03 fail mailbox_full
outbound_spam
    BASIC-01 fail outbound_spam_block
    MBX-03 fail outbound_spam_block
tenant_reputation
    BASIC-01 fail outbound_spam_block
    MBX-03 fail outbound_spam_block
message_temporary
    MBX-03 fail service_side_fault,rate_limited
from_malformed
    MBX-01 fail address_malformed
"""


def _read(text: str) -> dict[str, tuple[Expected, ...]]:
    found: dict[str, list[Expected]] = {}
    current: list[Expected] = []
    for line in text.splitlines():
        if not line.startswith(" "):
            if line in found:
                raise ValueError(f"{line} is expected twice")
            current = found.setdefault(line, [])
            continue
        check, verdict, *causes = line.split()
        current.append(Expected(check=check, verdict=verdict, causes=tuple(causes[0].split(",")) if causes else ()))
    return {fault: tuple(expected) for fault, expected in found.items()}


EXPECTED = _read(_TEXT)
