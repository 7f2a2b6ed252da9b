"""Rules for what the SMTP server says: sentences first, bare codes as a fallback."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from knowledge.rule import HINTS, NAMES, NARROWS, Outcome, Rule, group, one, some

if TYPE_CHECKING:
    from collections.abc import Mapping

_BARE: Final = (
    group("oauth_bare_535", "oauth"),
    group("basic_bare_535", "basic"),
    group("unknown_bare_535"),
)

SIGN_IN: Final[tuple[Rule, ...]] = (
    Rule(gate="sign_in", weight=NAMES, says=("SmtpClientAuthentication is disabled for the Tenant", "smtp auth is disabled for the tenant"),
         outcomes=(one("smtp_auth_disabled_tenant"),)),
    Rule(gate="sign_in", weight=NAMES, says=("SmtpClientAuthentication is disabled for the Mailbox", "smtp auth is disabled for the mailbox"),
         outcomes=(one("smtp_auth_disabled_mailbox"),)),
    Rule(gate="sign_in", weight=NARROWS, says=("SmtpClientAuthentication is disabled", "aka.ms/smtp_auth_disabled", "smtp auth is disabled"),
         unless=("disabled for the tenant", "disabled for the mailbox"), outcomes=(group("smtp_auth_disabled"),)),
    Rule(gate="sign_in", weight=NAMES, says=("basic authentication is not supported for client submission", "basic auth is not supported for client submission"),
         outcomes=(one("basic_auth_retired"),)),
    Rule(gate="sign_in", weight=NAMES, says=("basic authentication is disabled",),
         outcomes=(one("basic_auth_retired", "consumer"), group("basic_disabled"))),
    Rule(gate="sign_in", weight=NAMES, says=("user credentials were incorrect", "credentials were incorrect"), outcomes=(group("credentials_incorrect"),)),
    Rule(gate="sign_in", weight=NAMES, says=("authentication unsuccessful, account locked", "account is locked", "account locked. contact", "account has been locked"),
         outcomes=(one("account_locked"),)),
    Rule(gate="sign_in", weight=NAMES, says=("organization's security defaults", "security defaults policy", "locked by your organization"),
         outcomes=(one("mfa_or_security_defaults"),)),
    Rule(gate="sign_in", weight=NAMES, says=("account has an issue",), outcomes=(group("account_issue"),)),
    Rule(gate="sign_in", weight=NAMES, says=("did not meet the criteria to be authenticated", "request did not meet the criteria"),
         outcomes=(group("criteria_not_met"),)),
    Rule(gate="sign_in", weight=NAMES, says=("organization configuration doesn't allow this authentication",), outcomes=(group("organization_configuration"),)),
    Rule(gate="sign_in", weight=NAMES, says=("federated STS",), outcomes=(one("federation_failure"),)),
    Rule(gate="sign_in", weight=NAMES, says=("user is disabled", "account is disabled", "account disabled", "account has been disabled"),
         along=("authenticat", "535", "logon", "login"), outcomes=(one("account_disabled"),)),
    Rule(gate="sign_in", weight=NAMES, says=("password has expired", "password is expired", "password expired", "user must change password", "must change your password"),
         outcomes=(one("password_expired"),)),
    Rule(gate="sign_in", weight=NAMES, says=("application-specific password required", "app password required", "multi-factor authentication is required",
                                              "multifactor authentication required", "strong authentication is required"),
         outcomes=(one("mfa_or_security_defaults"),)),
    Rule(gate="sign_in", weight=NAMES, says=("unrecognized authentication type", "authentication type not supported", "authentication mechanism not supported",
                                              "unsupported authentication mechanism", "authentication method not supported"),
         outcomes=(one("auth_mechanism_unsupported"),)),
    Rule(gate="sign_in", weight=NAMES, says=("invalid xoauth2", "invalid sasl argument", "cannot decode response", "xoauth2 auth data"),
         outcomes=(one("xoauth2_string_malformed"),)),
    Rule(gate="sign_in", weight=NAMES, says=("mailbox cannot be accessed", "MailboxNotEnabledForRESTAPI", "mailbox is either inactive, soft-deleted",
                                              "does not have a mailbox", "ErrorNonExistentMailbox", "mailbox not enabled"),
         outcomes=(one("mailbox_missing"),)),
    Rule(gate="sign_in", weight=NARROWS, says=("temporary authentication failure", "temporarily unable to authenticate"), outcomes=(some("service_side_fault", "federation_failure"),)),
    Rule(gate="sign_in", weight=NARROWS, says=("5.7.3 authentication unsuccessful", "535 authentication unsuccessful"), outcomes=_BARE),
    Rule(gate="sign_in", weight=NARROWS, says=("incorrect authentication data", "username and password not accepted", "bad username or password", "invalid user name or password",
                                                "invalid username or password", "authentication credentials invalid", "535 5.7.8", "invalid credentials", "535 5.7.1 ",
                                                "535 authentication failed", "535 5.7.0", "username/password incorrect", "bad user or password"),
         along=("535", "smtp", "auth", "mail"), unless=("5.7.139",), outcomes=(some("bad_credentials", "username_not_upn", "mfa_or_security_defaults", "smtp_auth_disabled_mailbox"),)),
)

BEFORE_SIGN_IN: Final[tuple[Rule, ...]] = (
    Rule(gate="starttls", weight=NAMES, says=("STARTTLS is required to send mail", "must issue a STARTTLS", "STARTTLS command first", "must use starttls", "requires starttls"),
         outcomes=(one("starttls_missing_or_implicit_tls_on_587"),)),
    Rule(gate="tls", weight=NAMES, says=("TLS 1.0 and 1.1 are not supported", "aka.ms/smtp_auth_tls", "upgrade/update your client to support TLS 1.2"),
         outcomes=(one("tls_version"),)),
    Rule(gate="greeting", weight=NAMES, says=("5.5.4 invalid domain name", "501 invalid domain name", "syntactically invalid ehlo", "syntactically invalid helo", "ehlo argument", "helo command rejected",
                                               "invalid helo", "invalid ehlo", "helo requires domain", "ehlo requires domain", "5.5.4 helo"),
         outcomes=(one("ehlo_name_invalid"),)),
    Rule(gate="greeting", weight=NARROWS, says=("send hello first", "polite people say hello", "polite people say helo"),
         outcomes=(some("ehlo_name_invalid", "starttls_missing_or_implicit_tls_on_587", "client_never_sent_auth"),)),
    Rule(gate="sender", weight=HINTS, says=("client not authenticated to send", "client was not authenticated to send anonymous", "secure connection or the client was not authenticated",
                                             "secure connection or the client is not authenticated", "5.7.57", "530 5.7.1", "530 5.7.0 authentication required",
                                             "530 authentication required", "authentication required", "smtp authentication is required", "sender must be authenticated"),
         along=("530", "5.7.57", "5.7.1", "smtp", "authenticated"), outcomes=(group("not_authenticated"),)),
    Rule(gate="sender", weight=NARROWS, says=("5.7.1 client was not authenticated", "5.7.1 unable to relay", "5.7.54", "relay access denied", "relaying denied", "unable to relay", "relay not permitted", "relaying not allowed"),
         outcomes=(some("wrong_host_or_port", "client_never_sent_auth", needs=("mx_host",)), some("client_never_sent_auth", "wrong_host_or_port"))),
    Rule(gate="sender", weight=NAMES, says=("direct send not allowed", "TenantInboundAttribution", "TenantAttribution"), outcomes=(some("wrong_host_or_port", "client_never_sent_auth"),)),
)

MESSAGE: Final[tuple[Rule, ...]] = (
    Rule(gate="accepted", weight=NAMES, says=("mailbox logon failure", "MapiExceptionLogonFailed", "ConnectionFailedTransientException", "has no rights on this session"),
         outcomes=(one("sp_mailbox_permission_missing"),)),
    Rule(gate="accepted", weight=NAMES, says=("SendAsDenied", "does not have permissions to send as", "does not have permission to send as", "ErrorSendAsDenied", "not allowed to send as",
                                               "not owned by user", "not authorized to send on behalf", "sender address rejected: not owned", "sender is not allowed", "not permitted to send as",
                                               "not have the right to send mail on behalf", "envelope sender does not match", "5.2.252", "5.7.60 "),
         unless=("version 5.7.60",), outcomes=(one("send_as_denied"),)),
    Rule(gate="accepted", weight=NAMES, says=("OutboundSpamException", "WASCL UserAction", "bad outbound sender", "banned sending ip", "tenant has exceeded threshold",
                                               "traffic not accepted from this ip", "blocked using spamhaus", "access denied, spam abuse detected", "from unregistered domains",
                                               "sender denied as sender's email address is on", "outbound spam", "suspected of sending spam", "listed in the block", "on our block list",
                                               "blocked from sending", "part of their network is on our block list"),
         outcomes=(one("outbound_spam_block"),)),
    Rule(gate="accepted", weight=NAMES, says=("SubmissionQuotaExceeded", "submission quota exceeded", "daily limit for message recipients", "exceeded its daily limit", "exceeded the recipient rate limit", "too many recipients",
                                               "recipient limit", "number of recipients exceeds", "maximum number of recipients", "recipients per day"),
         along=("smtp", "4.5.3", "5.1.90", "5.2.", "STOREDRV", "limit", "452", "550", "554"), outcomes=(one("recipient_quota_exceeded"),)),
    Rule(gate="accepted", weight=NAMES, says=("MapiExceptionShutoffQuotaExceeded", "MapiExceptionQuotaExceeded", "5.2.2 mailbox full", "mailbox full", "mailbox is full", "over quota", "QuotaExceededException.Mapi"),
         unless=("SubmissionQuotaExceeded",), outcomes=(one("mailbox_full"),)),
    Rule(gate="accepted", weight=NAMES, says=("concurrent connections limit exceeded", "sender thread limit exceeded", "concurrent_sending", "ApplicationThrottled, MailboxConcurrency", "maximum number of concurrent connections"),
         outcomes=(one("concurrent_connections"),)),
    Rule(gate="accepted", weight=NAMES, says=("recipient thread limit exceeded", "4.7.500 server busy", "server busy. please try again later", "message rate limit", "exceeded the rate limit", "message submission rate",
                                               "rate limited", "too many messages", "throttled", "ErrorServerBusy", "sending limit"),
         along=("smtp", "4.7.", "4.3.", "4.5.", "mail", "421", "451", "550"), outcomes=(one("rate_limited"),)),
    Rule(gate="accepted", weight=NAMES, says=("exceeds fixed maximum message size", "message size exceeds", "exceeds size limit", "message too large", "message too big", "MessageSizeExceeded",
                                               "exceeds the maximum", "message exceeds fixed", "larger than the maximum size", "SendSizeLimit", "maximum message size"),
         along=("size", "message", "552"), outcomes=(one("message_too_large"),)),
    Rule(gate="recipient", weight=NAMES, says=("RecipientNotFound", "recipient not found", "user unknown", "unknown user", "recipient address rejected", "no such user", "external sending is not supported",
                                                "recipient rejected", "all recipients were refused", "SMTPRecipientsRefused", "no valid recipients", "invalid recipient", "all recipients failed", "recipient refused", "5.1.1 ", "ErrorInvalidRecipients", "5.1.3 invalid address", "invalid addresses"),
         along=("550", "5.1.", "5.4.1", "5.5.105", "recipient", "rcpt", "501"), unless=("MapiExceptionLogon", "SendAsDenied", "rcpt to:<", "unable to relay", "relay access denied", "535", "5.7.64"),
         outcomes=(one("recipient_rejected"),)),
    Rule(gate="accepted", weight=NARROWS, says=("temporary server error. please try again later", "PRX2", "PRX4", "PRX5", "StorageTransientException", "transient exception", "service not available", "service not active",
                                                 "server unavailable", "internal server error"),
         along=("4.7.0", "4.3.", "421", "451", "STOREDRV", "prx"), unless=("LogonFailed", "mailbox logon failure"), outcomes=(some("service_side_fault", "rate_limited"),)),
    Rule(gate="accepted", weight=NARROWS, says=("4.4.2", "4.4.1", "timeout waiting for client", "connection dropped"), along=("421", "451"), outcomes=(some("service_side_fault", "client_timeout_hides_refusal", "rate_limited"),)),
    Rule(gate="accepted", weight=HINTS, says=("430 4.2.0", "4.2.0 STOREDRV"), outcomes=(group("logon_failure"),)),
    Rule(gate="accepted", weight=HINTS, says=("STOREDRV.Submission.Exception", "STOREDRV.Submit", "STOREDRV;"), outcomes=(some("service_side_fault", "send_as_denied", "mailbox_missing"),)),
)

_SPAM: Final = Outcome(("outbound_spam_block",), sure=True)
_QUOTA: Final = Outcome(("recipient_quota_exceeded",), sure=True)
_RECIPIENT: Final = Outcome(("recipient_rejected",), sure=True)

# Enhanced status codes that speak for themselves when a reply code or a known word stands before them; gate, weight, outcomes.
CODES: Final[Mapping[str, tuple[str, int, tuple[Outcome, ...]]]] = MappingProxyType({
    "5.7.139": ("sign_in", HINTS, (group("any_57139"),)),
    "5.7.3": ("sign_in", HINTS, _BARE),
    "5.7.8": ("sign_in", NARROWS, (some("bad_credentials", "mfa_or_security_defaults", "username_not_upn"),)),
    "5.7.4": ("sign_in", NARROWS, (one("auth_mechanism_unsupported"),)),
    "5.7.30": ("sign_in", NAMES, (one("basic_auth_retired"),)),
    "5.7.57": ("sender", HINTS, (group("not_authenticated"),)),
    "5.7.60": ("accepted", NAMES, (one("send_as_denied"),)),
    "5.2.252": ("accepted", NAMES, (one("send_as_denied"),)),
    "4.7.66": ("tls", NAMES, (one("tls_version"),)),
    "5.5.124": ("sign_in", NAMES, (one("xoauth2_string_malformed"),)),
    "5.1.8": ("accepted", NAMES, (_SPAM,)),
    "5.1.90": ("accepted", NAMES, (_QUOTA,)),
    "5.7.232": ("accepted", NAMES, (_QUOTA,)),
    "5.7.233": ("accepted", NAMES, (_QUOTA,)),
    "4.5.3": ("recipient", NARROWS, (_QUOTA,)),
    "5.5.3": ("recipient", NARROWS, (_QUOTA,)),
    "4.3.2": ("accepted", HINTS, (some("concurrent_connections", "service_side_fault", "rate_limited"),)),
    "4.2.0": ("accepted", HINTS, (group("logon_failure"),)),
    "5.3.4": ("accepted", NARROWS, (one("message_too_large"),)),
    "5.2.3": ("accepted", NARROWS, (one("message_too_large"),)),
    "5.2.2": ("accepted", NARROWS, (some("mailbox_full", "recipient_quota_exceeded"),)),
    "5.5.105": ("recipient", NAMES, (_RECIPIENT,)),
    "5.1.1": ("recipient", NARROWS, (_RECIPIENT,)),
    "5.1.10": ("recipient", NARROWS, (_RECIPIENT,)),
    "5.1.3": ("recipient", NARROWS, (_RECIPIENT,)),
    "5.4.1": ("recipient", NARROWS, (some("recipient_rejected", "wrong_host_or_port"),)),
    "5.1.7": ("sender", NARROWS, (some("send_as_denied", "recipient_rejected"),)),
    "5.7.64": ("sender", NARROWS, (some("wrong_host_or_port", "client_never_sent_auth"),)),
    "5.7.68": ("sender", NARROWS, (some("wrong_host_or_port", "client_never_sent_auth"),)),
    "5.7.51": ("sender", NARROWS, (some("wrong_host_or_port", "client_never_sent_auth"),)),
    "4.7.500": ("accepted", NARROWS, (one("rate_limited"),)),
    **{f"5.7.{number}": ("accepted", NAMES, (_SPAM,)) for number in (501, 502, 503, 504, 505, 508, 509, 510, 511, 705, 708, 750, *range(606, 650))},
    **{f"5.7.{number}": ("recipient", NARROWS, (_RECIPIENT,)) for number in (12, 124, 129, 133, 134, 136)},
})

REPLIES: Final = (*SIGN_IN, *BEFORE_SIGN_IN, *MESSAGE)
