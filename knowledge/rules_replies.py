"""Rules for SMTP replies up to the sign-in. The rules for later replies and for bare codes are in `rules_message`."""

from __future__ import annotations

from typing import Final

from evidence.gates import Gate
from knowledge.normalise import any_of
from knowledge.rule import Rule, Weight, group, one, some

BARE_535: Final = (
    group("hve_oauth_535", "high_volume", "oauth"),
    group("hve_basic_535", "high_volume"),
    group("oauth_bare_535", "oauth"),
    group("basic_bare_535_switch", "worked_before"),
    group("basic_bare_535", "basic"),
    group("unknown_bare_535"),
)

NOT_AUTHENTICATED: Final = (
    some(
        "smtp_rewritten",
        "service_side_fault",
        "client_never_sent_auth",
        needs=("auth_never_offered", "microsoft_greeting"),
    ),
    group("not_authenticated"),
)

SIGN_IN: Final[tuple[Rule, ...]] = (
    Rule(
        gate=Gate.SIGN_IN,
        weight=Weight.NAMES,
        says=any_of("SmtpClientAuthentication is disabled for the Tenant | smtp auth is disabled for the tenant"),
        outcomes=(one("smtp_auth_disabled_tenant"),),
    ),
    Rule(
        gate=Gate.SIGN_IN,
        weight=Weight.NAMES,
        says=any_of("SmtpClientAuthentication is disabled for the Mailbox | smtp auth is disabled for the mailbox"),
        outcomes=(one("smtp_auth_disabled_mailbox"),),
    ),
    Rule(
        gate=Gate.SIGN_IN,
        weight=Weight.NARROWS,
        says=any_of("SmtpClientAuthentication is disabled | aka.ms/smtp_auth_disabled | smtp auth is disabled"),
        unless=any_of("disabled for the tenant | disabled for the mailbox"),
        outcomes=(group("smtp_auth_disabled"),),
    ),
    Rule(
        gate=Gate.SIGN_IN,
        weight=Weight.NAMES,
        says=any_of(
            "basic authentication is not supported for client submission | "
            "basic auth is not supported for client submission"
        ),
        outcomes=(one("basic_auth_retired"),),
    ),
    Rule(
        gate=Gate.SIGN_IN,
        weight=Weight.NAMES,
        says=("basic authentication is disabled",),
        outcomes=(one("basic_auth_retired", "consumer"), group("basic_disabled")),
    ),
    Rule(
        gate=Gate.SIGN_IN,
        weight=Weight.NAMES,
        says=any_of("user credentials were incorrect | credentials were incorrect"),
        outcomes=(group("credentials_incorrect"),),
    ),
    Rule(
        gate=Gate.SIGN_IN,
        weight=Weight.NAMES,
        says=any_of(
            "authentication unsuccessful, account locked | account is locked | account locked. contact | "
            "account has been locked"
        ),
        outcomes=(one("account_locked"),),
    ),
    Rule(
        gate=Gate.SIGN_IN,
        weight=Weight.NAMES,
        says=any_of("organization's security defaults | security defaults policy | locked by your organization"),
        outcomes=(one("mfa_or_security_defaults"),),
    ),
    Rule(gate=Gate.SIGN_IN, weight=Weight.NAMES, says=("account has an issue",), outcomes=(group("account_issue"),)),
    Rule(
        gate=Gate.SIGN_IN,
        weight=Weight.NAMES,
        says=any_of("did not meet the criteria to be authenticated | request did not meet the criteria"),
        outcomes=(group("criteria_not_met"),),
    ),
    Rule(
        gate=Gate.SIGN_IN,
        weight=Weight.NAMES,
        says=("organization configuration doesn't allow this authentication",),
        outcomes=(group("organization_configuration"),),
    ),
    Rule(gate=Gate.SIGN_IN, weight=Weight.NAMES, says=("federated STS",), outcomes=(one("federation_failure"),)),
    Rule(
        gate=Gate.SIGN_IN,
        weight=Weight.NAMES,
        says=any_of("user is disabled | account is disabled | account disabled | account has been disabled"),
        along=any_of("authenticat | 535 | logon | login"),
        outcomes=(one("account_disabled"),),
    ),
    Rule(
        gate=Gate.SIGN_IN,
        weight=Weight.NAMES,
        says=any_of(
            "password has expired | password is expired | password expired | user must change password | "
            "must change your password"
        ),
        outcomes=(one("password_expired"),),
    ),
    Rule(
        gate=Gate.SIGN_IN,
        weight=Weight.NAMES,
        says=any_of(
            "application-specific password required | app password required | "
            "multi-factor authentication is required | multifactor authentication required | "
            "strong authentication is required"
        ),
        outcomes=(one("mfa_or_security_defaults"),),
    ),
    Rule(
        gate=Gate.SIGN_IN,
        weight=Weight.NAMES,
        says=any_of(
            "unrecognized authentication type | authentication type not supported | "
            "authentication mechanism not supported | unsupported authentication mechanism | "
            "authentication method not supported"
        ),
        outcomes=(  # AUTH before TLS gets the same reply
            some("wrong_host_or_port", "auth_mechanism_unsupported", needs=("mx_host",)),
            one("auth_mechanism_unsupported", "mechanism_not_offered"),
            some("starttls_missing_or_implicit_tls_on_587", "auth_mechanism_unsupported", needs=("never_encrypted",)),
            some("auth_mechanism_unsupported", "starttls_missing_or_implicit_tls_on_587"),
        ),
    ),
    Rule(
        gate=Gate.SIGN_IN,
        weight=Weight.NAMES,
        says=any_of("invalid xoauth2 | invalid sasl argument | cannot decode response | xoauth2 auth data"),
        outcomes=(one("xoauth2_string_malformed"),),
    ),
    Rule(
        gate=Gate.SIGN_IN,
        weight=Weight.NAMES,
        says=any_of(
            "mailbox cannot be accessed | MailboxNotEnabledForRESTAPI | "
            "mailbox is either inactive, soft-deleted | does not have a mailbox | ErrorNonExistentMailbox | "
            "ErrorInvalidUser | Request_ResourceNotFound | mailbox not enabled"
        ),
        outcomes=(one("mailbox_missing"),),
    ),
    Rule(
        gate=Gate.SIGN_IN,
        weight=Weight.NARROWS,
        says=any_of("temporary authentication failure | temporarily unable to authenticate"),
        outcomes=(some("service_side_fault", "federation_failure"),),
    ),
    Rule(
        gate=Gate.SIGN_IN,
        weight=Weight.NARROWS,
        says=any_of("5.7.3 authentication unsuccessful | 535 authentication unsuccessful"),
        outcomes=BARE_535,
    ),
    Rule(
        gate=Gate.SIGN_IN,
        weight=Weight.NARROWS,
        says=any_of(
            "incorrect authentication data | username and password not accepted | bad username or password | "
            "invalid user name or password | invalid username or password | "
            "authentication credentials invalid | invalid credentials | "
            "535 authentication failed | username/password incorrect | bad user or password"
        ),
        along=any_of("535 | smtp | auth | mail"),
        unless=("5.7.139",),
        outcomes=(
            some("bad_credentials", "username_not_upn", "mfa_or_security_defaults", "smtp_auth_disabled_mailbox"),
        ),
    ),
)

BEFORE_SIGN_IN: Final[tuple[Rule, ...]] = (
    Rule(
        gate=Gate.STARTTLS,
        weight=Weight.NAMES,
        says=any_of(
            "STARTTLS is required to send mail | must issue a STARTTLS | STARTTLS command first | "
            "must use starttls | requires starttls"
        ),
        outcomes=(one("starttls_missing_or_implicit_tls_on_587"),),
    ),
    Rule(
        gate=Gate.TLS,
        weight=Weight.NAMES,
        says=any_of(
            "TLS 1.0 and 1.1 are not supported | aka.ms/smtp_auth_tls | upgrade/update your client to support TLS 1.2"
        ),
        outcomes=(one("tls_version"),),
    ),
    Rule(
        gate=Gate.GREETING,
        weight=Weight.NAMES,
        says=any_of(
            "5.5.4 invalid domain name | 501 5.5.4 invalid address | 501 invalid domain name | syntactically invalid ehlo | "
            "syntactically invalid helo | ehlo argument | helo command rejected | invalid helo | "
            "invalid ehlo | helo requires domain | ehlo requires domain | 5.5.4 helo | invalid command arguments: invalid domain"
        ),
        outcomes=(one("ehlo_name_invalid"),),
    ),
    Rule(  # Exchange accepts a token in the AUTH line; a server that does not is not Microsoft's, or a device inspects the lines
        gate=Gate.SIGN_IN,
        weight=Weight.NARROWS,
        says=any_of("command line too long | 5.5.2 line too long | 500 line too long"),
        outcomes=(some("wrong_host_or_port", "smtp_intercepted", "xoauth2_string_malformed"),),
    ),
    Rule(
        gate=Gate.GREETING,
        weight=Weight.NARROWS,
        says=any_of("send hello first | polite people say hello | polite people say helo"),
        outcomes=(some("ehlo_name_invalid", "starttls_missing_or_implicit_tls_on_587", "client_never_sent_auth"),),
    ),
    Rule(
        gate=Gate.SENDER,
        weight=Weight.HINTS,
        says=any_of(
            "client not authenticated to send | 5.7.57 client not authenticated | client was not authenticated to send anonymous | "
            "secure connection or the client was not authenticated | "
            "secure connection or the client is not authenticated | "
            "530 5.7.0 authentication required | 530 authentication required | authentication required | "
            "smtp authentication is required | sender must be authenticated"
        ),
        along=any_of("530 | 5.7.57 | 5.7.1 | smtp | authenticated"),
        outcomes=NOT_AUTHENTICATED,
    ),
    Rule(
        gate=Gate.SENDER,
        weight=Weight.NARROWS,
        says=any_of(
            "5.7.1 client was not authenticated | 5.7.1 unable to relay | relay access denied | "
            "relaying denied | unable to relay | relay not permitted | relaying not allowed"
        ),
        outcomes=(
            some("wrong_host_or_port", "client_never_sent_auth", needs=("mx_host",)),
            some("client_never_sent_auth", "wrong_host_or_port"),
        ),
    ),
    Rule(
        gate=Gate.SENDER,
        weight=Weight.NAMES,
        says=any_of("direct send not allowed | TenantInboundAttribution | TenantAttribution"),
        outcomes=(some("direct_send_refused", "wrong_host_or_port", "client_never_sent_auth"),),
    ),
)

REPLIES: Final = (*SIGN_IN, *BEFORE_SIGN_IN)
