"""Rules for the SMTP server's replies about the sender, the recipient and the message, and for enhanced status codes without text."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from evidence.gates import Gate
from knowledge.normalise import any_of
from knowledge.rule import Outcome, Rule, Weight, group, one, some
from knowledge.rules_replies import BARE_535, NOT_AUTHENTICATED

if TYPE_CHECKING:
    from collections.abc import Mapping

MESSAGE: Final[tuple[Rule, ...]] = (
    Rule(
        gate=Gate.ACCEPTED,
        weight=Weight.NAMES,
        says=any_of(
            "mailbox logon failure | MapiExceptionLogonFailed | ConnectionFailedTransientException | "
            "has no rights on this session | user is authenticated but not connected"
        ),
        outcomes=(one("sp_mailbox_permission_missing"),),
    ),
    Rule(
        gate=Gate.ACCEPTED,
        weight=Weight.NAMES,
        says=any_of(
            "SendAsDenied | does not have permissions to send as | does not have permission to send as | "
            "ErrorSendAsDenied | not allowed to send as | not owned by user | "
            "not authorized to send on behalf | sender address rejected: not owned | sender is not allowed | "
            "not permitted to send as | not have the right to send mail on behalf | "
            "envelope sender does not match"
        ),
        unless=("version 5.7.60",),
        outcomes=(one("send_as_denied"),),
    ),
    Rule(
        gate=Gate.ACCEPTED,
        weight=Weight.NAMES,
        says=any_of(
            "OutboundSpamException | WASCL UserAction | bad outbound sender | banned sending ip | "
            "tenant has exceeded threshold | traffic not accepted from this ip | blocked using | "
            "banned sender | access denied, spam abuse detected | from unregistered domains | "
            "sender denied as sender's email address is on | outbound spam | suspected of sending spam | "
            "listed in the block | on our block list | blocked from sending | "
            "part of their network is on our block list"
        ),
        outcomes=(one("outbound_spam_block"),),
    ),
    Rule(
        gate=Gate.ACCEPTED,
        weight=Weight.NAMES,
        says=any_of(
            "SubmissionQuotaExceeded | submission quota exceeded | daily limit for message recipients | "
            "exceeded its daily limit | exceeded the recipient rate limit | too many recipients | "
            "recipient limit | number of recipients exceeds | maximum number of recipients | "
            "recipients per day"
        ),
        along=any_of("smtp | 4.5.3 | 5.1.90 | 5.2. | STOREDRV | limit | 452 | 550 | 554"),
        outcomes=(one("recipient_quota_exceeded"),),
    ),
    Rule(
        gate=Gate.ACCEPTED,
        weight=Weight.NAMES,
        says=any_of(
            "MapiExceptionShutoffQuotaExceeded | MapiExceptionQuotaExceeded | 5.2.2 mailbox full | "
            "mailbox full | mailbox is full | over quota | QuotaExceededException.Mapi"
        ),
        unless=("SubmissionQuotaExceeded",),
        outcomes=(one("mailbox_full"),),
    ),
    Rule(
        gate=Gate.ACCEPTED,
        weight=Weight.NAMES,
        says=any_of(
            "concurrent connections limit exceeded | ErrorExceededConnectionCount | "
            "exceeded the available concurrent connections | sender thread limit exceeded | concurrent_sending | "
            "ApplicationThrottled, MailboxConcurrency | maximum number of concurrent connections"
        ),
        outcomes=(one("concurrent_connections"),),
    ),
    Rule(
        gate=Gate.ACCEPTED,
        weight=Weight.NAMES,
        says=any_of(
            "recipient thread limit exceeded | 4.7.500 server busy | server busy. please try again later | "
            "message rate limit | exceeded the rate limit | message submission rate | rate limited | "
            "too many messages | queue quota exceeded | throttled | ErrorServerBusy | sending limit"
        ),
        along=any_of("smtp | 4.7. | 4.3. | 4.5. | mail | 421 | 451 | 550"),
        unless=any_of("5.7.236 | due to IP reputation"),
        outcomes=(one("rate_limited"),),
    ),
    Rule(
        gate=Gate.ACCEPTED,
        weight=Weight.NAMES,
        says=any_of(
            "exceeds fixed maximum message size | message size exceeds | exceeds size limit | "
            "message too large | message too big | MessageSizeExceeded | exceeds the maximum | "
            "message exceeds fixed | larger than the maximum size | SendSizeLimit | maximum message size"
        ),
        along=any_of("size | message | 552"),
        outcomes=(one("message_too_large"),),
    ),
    Rule(  # Microsoft's 4.7.500 to 4.7.699: mail from this address is restricted for a time
        gate=Gate.ACCEPTED,
        weight=Weight.NAMES,
        says=any_of("4.7.500 access denied"),
        outcomes=(some("temporarily_deferred", "rate_limited", "outbound_spam_block"),),
    ),
    Rule(  # the receiving side of Outlook.com about the address that sends
        gate=Gate.ACCEPTED,
        weight=Weight.NAMES,
        says=any_of("rate limited due to IP reputation"),
        outcomes=(some("outbound_spam_block", "rate_limited", "temporarily_deferred"),),
    ),
    Rule(
        gate=Gate.RECIPIENT,
        weight=Weight.NARROWS,
        says=("requested action not taken: mailbox unavailable",),
        along=("550",),
        outcomes=(one("recipient_rejected"),),
    ),
    Rule(  # the first lines of a non-delivery report, as people see it
        gate=Gate.RECIPIENT,
        weight=Weight.NAMES,
        says=any_of(
            "wasn't found at | unknown to address | address couldn't be found | recipient couldn't be found | "
            "address wasn't found | address you entered couldn't be found"
        ),
        along=any_of("couldn't be delivered | undeliverable | delivery has failed | recipient"),
        outcomes=(one("recipient_rejected"),),
    ),
    Rule(
        gate=Gate.RECIPIENT,
        weight=Weight.NAMES,
        says=("external sending is not supported",),
        outcomes=(one("hve_external_recipient"),),
    ),
    Rule(
        gate=Gate.RECIPIENT,
        weight=Weight.NAMES,
        says=any_of(
            "RecipientNotFound | recipient not found | user unknown | unknown user | "
            "recipient address rejected | no such user | "
            "recipient rejected | all recipients were refused | SMTPRecipientsRefused | "
            "no valid recipients | invalid recipient | all recipients failed | recipient refused | "
            "ErrorInvalidRecipients | 5.1.3 invalid address | invalid addresses | unrouteable addres | "
            "unroutable addres"
        ),
        along=any_of("550 | 5.1. | 5.4.1 | 5.5.105 | recipient | rcpt | 501"),
        unless=any_of(
            "MapiExceptionLogon | SendAsDenied | rcpt to:< | unable to relay | relay access denied | 535 | 5.7.64 | "
            "grey-list | gray-list | 450 4.1.1 | 450 4.1.2"
        ),
        outcomes=(one("recipient_rejected"),),
    ),
    Rule(
        gate=Gate.RECIPIENT,
        weight=Weight.NAMES,
        says=any_of(
            "grey-listed | gray-listed | grey-listing | gray-listing | try again in a few moments | "
            "temporary local problem | "
            "temporarily deferred"
        ),
        along=any_of("450 | 451 | 452 | 421 | 422 | 4.2. | 4.7.1 | rcpt | recipient"),
        outcomes=(one("temporarily_deferred"),),
    ),
    Rule(
        gate=Gate.RECIPIENT,
        weight=Weight.NAMES,
        says=any_of("try again in"),
        along=any_of("450 4. | 451 4. | 452 4. | rcpt to"),
        unless=any_of("aadsts | concurrent | throttl | 4.7.500 | 4.3.2"),
        outcomes=(one("temporarily_deferred"),),
    ),
    Rule(  # what clients report about an address before they send it
        gate=Gate.SENDER,
        weight=Weight.NAMES,
        says=any_of(
            "missing '@' or angle-addr | no angle-addr | not in the form required for an e-mail address | "
            "does not comply with addr-spec | does not comply with RFC 2822 | missing final '@domain' | "
            "local address contains control or whitespace | domain contains control or whitespace | "
            "gomail: invalid address | (From): invalid address | invalid address: (From) | "
            "invalid address: (setFrom)"
        ),
        outcomes=(one("address_malformed"),),
    ),
    Rule(
        gate=Gate.ACCEPTED,
        weight=Weight.NARROWS,
        says=any_of(
            "temporary server error. please try again later | PRX2 | PRX4 | PRX5 | "
            "StorageTransientException | transient exception | service not available | service not active | "
            "server unavailable | internal server error"
        ),
        along=any_of("4.7.0 | 4.3. | 421 | 451 | STOREDRV | prx"),
        unless=any_of("LogonFailed | mailbox logon failure"),
        outcomes=(some("service_side_fault", "rate_limited"),),
    ),
    Rule(
        gate=Gate.ACCEPTED,
        weight=Weight.NARROWS,
        says=any_of("timeout waiting for client | connection dropped"),
        along=any_of("421 | 451"),
        outcomes=(some("service_side_fault", "client_timeout_hides_refusal", "rate_limited"),),
    ),
    Rule(gate=Gate.ACCEPTED, weight=Weight.HINTS, says=any_of("4.2.0 STOREDRV"), outcomes=(group("logon_failure"),)),
    Rule(
        gate=Gate.ACCEPTED,
        weight=Weight.HINTS,
        says=any_of("STOREDRV.Submission.Exception | STOREDRV.Submit | STOREDRV;"),
        outcomes=(some("service_side_fault", "send_as_denied", "mailbox_missing"),),
    ),
)

_REFUSED: Final = some("bad_credentials", "username_not_upn", "mfa_or_security_defaults", "smtp_auth_disabled_mailbox")
_DROPPED: Final = some("service_side_fault", "client_timeout_hides_refusal", "rate_limited")
_SPAM: Final = Outcome(("outbound_spam_block",), sure=True)
_QUOTA: Final = Outcome(("recipient_quota_exceeded",), sure=True)
_RECIPIENT: Final = Outcome(("recipient_rejected",), sure=True)

# Enhanced status codes that are sufficient if a reply code or a known word precedes them: gate, weight, outcomes.
# The codes of High Volume Email (Microsoft, "Troubleshoot High Volume Email"; read on 2026-11-27). 5.5.127, 5.7.62, 5.6.241 and
# 5.2.240 come from one public project each.
HIGH_VOLUME: Final[Mapping[str, tuple[Gate, Weight, tuple[Outcome, ...]]]] = {
    **{f"5.5.{number}": (Gate.SIGN_IN, Weight.NAMES, (one("xoauth2_string_malformed"),)) for number in range(121, 127)},
    "5.5.127": (Gate.SIGN_IN, Weight.NAMES, (some("token_expired", "xoauth2_string_malformed"),)),
    "5.7.142": (Gate.SIGN_IN, Weight.NAMES, (one("token_expired"),)),
    "5.7.143": (Gate.SIGN_IN, Weight.NAMES, (one("token_expired"),)),
    "5.7.144": (Gate.SIGN_IN, Weight.NAMES, (one("consent_missing"),)),
    "5.7.240": (Gate.SIGN_IN, Weight.NAMES, (one("hve_app_not_allowed"),)),
    "5.2.240": (Gate.SIGN_IN, Weight.NARROWS, (some("hve_account_missing"),)),
    "5.7.62": (Gate.SENDER, Weight.NARROWS, (some("send_as_denied"),)),
    "5.6.241": (Gate.ACCEPTED, Weight.NARROWS, (some("send_as_denied"),)),
    "5.5.105": (Gate.RECIPIENT, Weight.NAMES, (one("hve_external_recipient"),)),
}

CODES: Final[Mapping[str, tuple[Gate, Weight, tuple[Outcome, ...]]]] = MappingProxyType(
    {
        "535 5.7.1": (Gate.SIGN_IN, Weight.NARROWS, (_REFUSED,)),
        "535 5.7.0": (Gate.SIGN_IN, Weight.NARROWS, (_REFUSED,)),
        "4.4.1": (Gate.ACCEPTED, Weight.HINTS, (_DROPPED,)),
        "4.4.2": (Gate.ACCEPTED, Weight.HINTS, (_DROPPED,)),
        "5.7.54": (Gate.SENDER, Weight.NARROWS, (some("client_never_sent_auth", "wrong_host_or_port"),)),
        "5.7.139": (Gate.SIGN_IN, Weight.HINTS, (group("any_57139"),)),
        "451 5.7.3": (Gate.STARTTLS, Weight.NAMES, (one("starttls_missing_or_implicit_tls_on_587"),)),
        "5.7.3": (Gate.SIGN_IN, Weight.HINTS, BARE_535),
        # not one of Microsoft's codes
        "5.7.8": (
            Gate.SIGN_IN,
            Weight.NARROWS,
            (some("bad_credentials", "mfa_or_security_defaults", "username_not_upn", "wrong_host_or_port"),),
        ),
        "5.7.4": (
            Gate.SIGN_IN,
            Weight.NARROWS,
            (
                some("wrong_host_or_port", "auth_mechanism_unsupported", needs=("mx_host",)),
                some("auth_mechanism_unsupported", "starttls_missing_or_implicit_tls_on_587"),
            ),
        ),
        "5.7.30": (Gate.SIGN_IN, Weight.NAMES, (one("basic_auth_retired"),)),
        "5.7.57": (Gate.SENDER, Weight.HINTS, NOT_AUTHENTICATED),
        "5.7.60": (Gate.ACCEPTED, Weight.NAMES, (one("send_as_denied"),)),
        "5.2.252": (Gate.ACCEPTED, Weight.NAMES, (one("send_as_denied"),)),
        "4.7.66": (Gate.TLS, Weight.NAMES, (one("tls_version"),)),
        **HIGH_VOLUME,
        "5.1.8": (Gate.ACCEPTED, Weight.NAMES, (_SPAM,)),
        "5.1.90": (Gate.ACCEPTED, Weight.NAMES, (_QUOTA,)),
        "5.7.232": (Gate.ACCEPTED, Weight.NAMES, (_QUOTA,)),
        "5.7.233": (Gate.ACCEPTED, Weight.NAMES, (_QUOTA,)),
        "5.7.236": (Gate.ACCEPTED, Weight.NAMES, (one("onmicrosoft_sender"),)),
        "5.7.515": (Gate.ACCEPTED, Weight.NAMES, (some("sender_not_authenticated", "outbound_spam_block"),)),
        "4.5.3": (Gate.RECIPIENT, Weight.NARROWS, (_QUOTA,)),
        "5.5.3": (Gate.RECIPIENT, Weight.NARROWS, (_QUOTA,)),
        "4.3.2": (Gate.ACCEPTED, Weight.HINTS, (some("concurrent_connections", "service_side_fault", "rate_limited"),)),
        "4.3.1": (Gate.ACCEPTED, Weight.NARROWS, (some("service_side_fault", "rate_limited"),)),
        "4.2.0": (Gate.ACCEPTED, Weight.HINTS, (group("logon_failure"),)),
        "5.3.4": (Gate.ACCEPTED, Weight.NARROWS, (one("message_too_large"),)),
        "5.2.3": (Gate.ACCEPTED, Weight.NARROWS, (one("message_too_large"),)),
        "5.2.2": (Gate.ACCEPTED, Weight.NARROWS, (some("mailbox_full", "recipient_quota_exceeded"),)),
        # deferred by a server whose lookup failed: Postfix's codes for a recipient, a sender or a client
        "450 4.1.1": (Gate.RECIPIENT, Weight.NAMES, (some("temporarily_deferred", "recipient_rejected"),)),
        "450 4.1.2": (Gate.RECIPIENT, Weight.NAMES, (some("temporarily_deferred", "recipient_rejected"),)),
        "450 4.1.8": (Gate.SENDER, Weight.NAMES, (some("temporarily_deferred"),)),
        "450 4.2.0": (Gate.RECIPIENT, Weight.NARROWS, (some("temporarily_deferred"),)),
        "450 4.2.1": (Gate.RECIPIENT, Weight.NARROWS, (some("temporarily_deferred"),)),
        "450 4.7.1": (Gate.RECIPIENT, Weight.NARROWS, (some("temporarily_deferred"),)),
        "451 4.7.1": (Gate.RECIPIENT, Weight.NARROWS, (some("temporarily_deferred"),)),
        "5.1.1": (Gate.RECIPIENT, Weight.NARROWS, (_RECIPIENT,)),
        "5.1.10": (Gate.RECIPIENT, Weight.NARROWS, (_RECIPIENT,)),
        "5.1.3": (Gate.RECIPIENT, Weight.NARROWS, (_RECIPIENT,)),
        "5.4.300": (Gate.RECIPIENT, Weight.NARROWS, (_RECIPIENT,)),  # the recipient's own server could not be reached
        "5.4.316": (Gate.RECIPIENT, Weight.NARROWS, (_RECIPIENT,)),
        "4.4.316": (Gate.RECIPIENT, Weight.NARROWS, (some("recipient_rejected"),)),  # temporary: Exchange retries
        "4.4.317": (Gate.RECIPIENT, Weight.NARROWS, (some("recipient_rejected"),)),
        "5.4.1": (Gate.RECIPIENT, Weight.NARROWS, (some("recipient_rejected", "wrong_host_or_port"),)),
        "5.1.7": (Gate.SENDER, Weight.NARROWS, (some("address_malformed", "send_as_denied"),)),
        "5.7.64": (
            Gate.SENDER,
            Weight.NARROWS,
            (some("direct_send_refused", "wrong_host_or_port", "client_never_sent_auth"),),
        ),
        "5.7.68": (
            Gate.SENDER,
            Weight.NARROWS,
            (some("direct_send_refused", "wrong_host_or_port", "client_never_sent_auth"),),
        ),
        "5.7.51": (Gate.SENDER, Weight.NARROWS, (some("wrong_host_or_port", "client_never_sent_auth"),)),
        "4.7.500": (Gate.ACCEPTED, Weight.NARROWS, (some("rate_limited", "temporarily_deferred"),)),
        **{
            f"5.7.{number}": (Gate.ACCEPTED, Weight.NAMES, (_SPAM,))
            for number in (501, 502, 503, 504, 505, 508, 510, 511, 705, 708, 750, *range(606, 650))
        },
        **{
            f"5.7.{number}": (Gate.RECIPIENT, Weight.NARROWS, (_RECIPIENT,)) for number in (12, 124, 129, 133, 134, 136)
        },
    }
)
