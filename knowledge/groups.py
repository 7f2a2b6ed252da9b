"""Groups of causes with the same symptom. Each group lists its causes, likeliest first, and the steps that show which one applies."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from knowledge.cause_ids import CauseId
from knowledge.step import Step

if TYPE_CHECKING:
    from collections.abc import Mapping

_SIGN_IN_LOG: Final = (
    "In the Entra sign-in log of {account} (client app Authenticated SMTP), find the entry at the time "
    "of the attempt: its error number shows the cause."
)
_SWITCHES: Final = (
    "Run `Get-CASMailbox -Identity {account} | Format-List SmtpClientAuthenticationDisabled` and "
    "`Get-TransportConfig | Format-List SmtpClientAuthenticationDisabled`: True means that SMTP AUTH is "
    "off. If the mailbox's value is empty, the tenant's value applies."
)
_CLAIMS: Final = Step(
    (
        "Run check TOKEN-03 (the claims aud, roles or scp, upn and exp of the token): if all are right, the "
        "cause is not the token but the registration in Exchange."
    ),
    answered_by=("TOKEN-03",),
)
_HIGH_VOLUME_CLAIMS: Final = Step(
    (
        "Run check TOKEN-03 (the claims aud, roles, upn and exp of the token; the role is Mail.Send): if all are right, the "
        "cause is the account's list of allowed applications."
    ),
    answered_by=("TOKEN-03",),
)
_HIGH_VOLUME_ACCOUNT: Final = (
    "As an Exchange administrator, run `Get-HVEAccountSettings -Identity {account} | Format-List AllowedApps`: "
    "if the account is not found, it is not a High Volume Email account. For OAuth, AllowedApps must contain the "
    "object id of the enterprise application."
)
_REGISTERED: Final = (
    "Run `Get-ServicePrincipal -Identity {client_id} | Format-List AppId, ObjectId`: the result must "
    "show the object id of the enterprise application."
)
_PORT: Final = Step(
    (
        "Run `Test-NetConnection -ComputerName {smtp_server} -Port {port}` on the application's own machine, "
        "or check NET-02."
    ),
    answered_by=("NET-02",),
)
_CERTIFICATE: Final = Step(
    "Run check TLS-02: the owner of the certificate shows whether Microsoft or a device on the path replied.",
    answered_by=("TLS-02",),
)
_OWN_TLS: Final = Step(
    (
        "Run checks TLS-01 and TLS-03 and the HOST checks: if TLS works for smtp365 on the same machine, the "
        "cause is the application's settings or runtime."
    ),
    answered_by=("TLS-01", "TLS-03", "HOST-01", "HOST-02", "HOST-03"),
)
_GREETING: Final = Step(
    "Run check SMTP-01: what is the first line that the server sends on that port, and which server sent it?",
    answered_by=("SMTP-01",),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Causes with the same reply, likeliest first, and the steps that show which one applies."""

    id: str
    answer: str
    causes: tuple[CauseId, ...]
    decide: tuple[str, ...]


_ALL: Final[tuple[Group, ...]] = (
    Group(
        id="basic_bare_535",
        answer="535 5.7.3 Authentication unsuccessful, or another refusal of a password without an explanation",
        causes=(
            "bad_credentials",
            "smtp_auth_disabled_mailbox",
            "smtp_auth_disabled_tenant",
            "mfa_or_security_defaults",
            "conditional_access_block",
            "username_not_upn",
        ),
        decide=(_SIGN_IN_LOG, _SWITCHES),
    ),
    Group(
        id="basic_bare_535_switch",
        answer=(
            "535 5.7.3 Authentication unsuccessful to a password that worked before, to an app password, or in a tenant of a reseller that "
            "turns SMTP AUTH off"
        ),
        causes=(
            "smtp_auth_disabled_mailbox",
            "smtp_auth_disabled_tenant",
            "bad_credentials",
            "mfa_or_security_defaults",
            "conditional_access_block",
            "username_not_upn",
        ),
        decide=(_SWITCHES, _SIGN_IN_LOG),
    ),
    Group(
        id="oauth_bare_535",
        answer="535 5.7.3 Authentication unsuccessful to XOAUTH2",
        causes=(
            "sp_not_registered_in_exchange",
            "wrong_scope_or_audience",
            "consent_missing",
            "token_user_mismatch",
            "mailbox_missing",
            "token_expired",
            "xoauth2_string_malformed",
            "smtp_auth_disabled_mailbox",
            "wrong_tenant_or_authority",
            "service_side_fault",
        ),
        decide=(_CLAIMS, _REGISTERED),
    ),
    Group(
        id="unknown_bare_535",
        answer="535 5.7.3 Authentication unsuccessful, in a text that does not show the sign-in method",
        causes=(
            "bad_credentials",
            "smtp_auth_disabled_mailbox",
            "smtp_auth_disabled_tenant",
            "mfa_or_security_defaults",
            "conditional_access_block",
            "sp_not_registered_in_exchange",
            "wrong_scope_or_audience",
        ),
        decide=(
            Step(
                (
                    "Find out which sign-in method the application uses. For a password, read the sign-in log; for "
                    "OAuth, run check TOKEN-03."
                ),
                answered_by=("TOKEN-03",),
            ),
            _SIGN_IN_LOG,
            _SWITCHES,
        ),
    ),
    Group(
        id="hve_basic_535",
        answer="535 5.7.3 Authentication unsuccessful to a password, from the endpoint of High Volume Email",
        causes=(
            "bad_credentials",
            "mfa_or_security_defaults",
            "auth_policy_blocks_basic",
            "hve_account_missing",
            "conditional_access_block",
        ),
        decide=(_SIGN_IN_LOG, _HIGH_VOLUME_ACCOUNT),
    ),
    Group(
        id="hve_oauth_535",
        answer="535 5.7.3 Authentication unsuccessful to XOAUTH2, from the endpoint of High Volume Email",
        causes=(
            "hve_app_not_allowed",
            "consent_missing",
            "hve_account_missing",
            "wrong_scope_or_audience",
            "token_user_mismatch",
            "token_expired",
            "xoauth2_string_malformed",
            "service_side_fault",
        ),
        decide=(_HIGH_VOLUME_CLAIMS, _HIGH_VOLUME_ACCOUNT),
    ),
    Group(
        id="any_57139",
        answer="535 5.7.139 with a missing or unknown explanation",
        causes=(
            "mfa_or_security_defaults",
            "smtp_auth_disabled_tenant",
            "smtp_auth_disabled_mailbox",
            "bad_credentials",
            "conditional_access_block",
            "auth_policy_blocks_basic",
        ),
        decide=("Read the complete text after 5.7.139: it states the cause.", _SIGN_IN_LOG, _SWITCHES),
    ),
    Group(
        id="criteria_not_met",
        answer="535 5.7.139 ... the request did not meet the criteria to be authenticated successfully",
        causes=("conditional_access_block", "mfa_or_security_defaults"),
        decide=(_SIGN_IN_LOG,),
    ),
    Group(
        id="account_issue",
        answer="535 5.7.139 ... account has an issue",
        causes=("account_disabled", "password_expired", "mailbox_missing"),
        decide=(_SIGN_IN_LOG,),
    ),
    Group(
        id="credentials_incorrect",
        answer="535 5.7.139 ... the user credentials were incorrect",
        causes=("bad_credentials", "mailbox_missing", "username_not_upn", "password_expired"),
        decide=(_SIGN_IN_LOG,),
    ),
    Group(
        id="basic_disabled",
        answer="535 5.7.139 ... basic authentication is disabled",
        causes=("basic_auth_retired", "auth_policy_blocks_basic"),
        decide=(
            (
                "Run `Get-User -Identity {account} | Format-List AuthenticationPolicy` and `Get-AuthenticationPolicy "
                "| Format-Table Name, AllowBasicAuthSmtp`. A policy without AllowBasicAuthSmtp can be changed. If "
                "there is no policy, the service itself refuses Basic."
            ),
        ),
    ),
    Group(
        id="organization_configuration",
        answer="535 5.7.139 ... the organization configuration doesn't allow this authentication request",
        causes=("auth_policy_blocks_basic", "mfa_or_security_defaults"),
        decide=(
            (
                "Run `Get-AuthenticationPolicy | Format-Table Name, AllowBasicAuthSmtp`, and look at Entra admin center > "
                "Entra ID > Overview > Properties: are security defaults on?"
            ),
        ),
    ),
    Group(
        id="smtp_auth_disabled",
        answer="SMTP AUTH is off, in a text that does not show whether this applies to the tenant or to the mailbox",
        causes=("smtp_auth_disabled_tenant", "smtp_auth_disabled_mailbox"),
        decide=(_SWITCHES,),
    ),
    Group(
        id="not_authenticated",
        answer="530 5.7.57 without an inner 535",
        causes=(
            "client_never_sent_auth",
            "smtp_auth_disabled_mailbox",
            "smtp_auth_disabled_tenant",
            "bad_credentials",
            "starttls_missing_or_implicit_tls_on_587",
            "mfa_or_security_defaults",
            "smtp_intercepted",
        ),
        decide=(
            Step(
                (
                    "Run check AUTH-01 with the same settings: it shows the refusal that the client ignored, or that "
                    "there is none."
                ),
                answered_by=("AUTH-01",),
            ),
            _SWITCHES,
        ),
    ),
    Group(
        id="logon_failure",
        answer="430 4.2.0 STOREDRV without its inner exception",
        causes=("sp_mailbox_permission_missing", "service_side_fault"),
        decide=(
            (
                "Run `Get-MailboxPermission -Identity {account} -User {sp_object_id}`, and find out whether FullAccess was "
                "granted less than two hours ago."
            ),
        ),
    ),
    Group(
        id="silence",
        answer="a timeout at an unknown step",
        causes=("port_blocked", "wrong_host_or_port", "client_timeout_hides_refusal", "smtp_intercepted"),
        decide=(_PORT,),
    ),
    Group(
        id="silence_after_connect",
        answer="a timeout after the connection was made",
        causes=(
            "client_timeout_hides_refusal",
            "starttls_missing_or_implicit_tls_on_587",
            "port_blocked",
            "smtp_intercepted",
            "wrong_host_or_port",
        ),
        decide=(_GREETING, _PORT),
    ),
    Group(
        id="refused",
        answer="connection refused",
        causes=("port_blocked", "wrong_host_or_port"),
        decide=(
            Step(
                "Compare the server and port in the settings with smtp.office365.com and 587.",
                answered_by=("BASIC-07", "NET-05"),
            ),
            _PORT,
        ),
    ),
    Group(
        id="cut_off",
        answer="the connection was closed or reset without a reply",
        causes=(
            "port_blocked",
            "connection_cut",
            "tls_version",
            "smtp_intercepted",
            "starttls_missing_or_implicit_tls_on_587",
            "service_side_fault",
        ),
        decide=(_GREETING, _OWN_TLS),
    ),
    Group(
        id="tls_cut_off",
        answer="the TLS handshake failed without a reason",
        causes=(
            "tls_version",
            "legacy_tls_client",
            "starttls_missing_or_implicit_tls_on_587",
            "smtp_intercepted",
            "cert_untrusted",
        ),
        decide=(_OWN_TLS, _CERTIFICATE),
    ),
    Group(
        id="tls_or_certificate",
        answer="TLS could not be set up, in a text that fits both the wrong type of port and a problem with the certificate",
        causes=("starttls_missing_or_implicit_tls_on_587", "cert_untrusted", "tls_version"),
        decide=("Check the client's TLS setting for port 587: it must be STARTTLS, not SSL.", _CERTIFICATE),
    ),
    Group(
        id="bad_certificate",
        answer="the certificate is not valid, in a text that does not show the reason",
        causes=("cert_untrusted", "cert_name_mismatch", "cert_expired"),
        decide=(_CERTIFICATE,),
    ),
    Group(
        id="no_starttls",
        answer="the server offers no STARTTLS or no AUTH",
        causes=(
            "starttls_missing_or_implicit_tls_on_587",
            "smtp_rewritten",
            "smtp_intercepted",
            "wrong_host_or_port",
            "service_side_fault",
        ),
        decide=(
            _GREETING,
            Step("Run check SMTP-02: does the server offer STARTTLS to smtp365 on port 587?", answered_by=("SMTP-02",)),
        ),
    ),
    Group(
        id="not_smtp",
        answer="the reply is not an SMTP reply",
        causes=("smtp_intercepted", "wrong_host_or_port", "starttls_missing_or_implicit_tls_on_587"),
        decide=(_GREETING,),
    ),
    Group(
        id="message_refused_unsaid",
        answer=(
            "an error message of curl without --verbose, after the message was sent: the server refused the "
            "message, but the text does not contain its reply"
        ),
        causes=(
            "sp_mailbox_permission_missing",
            "send_as_denied",
            "message_too_large",
            "concurrent_connections",
            "rate_limited",
            "recipient_quota_exceeded",
            "mailbox_full",
            "outbound_spam_block",
            "service_side_fault",
        ),
        decide=("Run the same command with `--verbose`: the last line that begins with `<` is the server's reply.",),
    ),
    Group(
        id="no_token",
        answer="invalid_client or invalid_grant without a number",
        causes=("secret_wrong", "secret_expired", "app_not_in_tenant"),
        decide=(
            Step(
                "Run check TOKEN-02, and read the AADSTS number in the reply of the token service.",
                answered_by=("TOKEN-02",),
            ),
        ),
    ),
)

GROUPS: Final[Mapping[str, Group]] = MappingProxyType({group.id: group for group in _ALL})
