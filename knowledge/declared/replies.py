"""Derives causes from a declared server's reply: the refused command, the reply code, the enhanced code, and a few general phrases.

The rules follow RFC 5321, section 4.2 (codes), RFC 4954, section 6 (sign-in), and RFC 3463 (enhanced codes). They contain no vendor's
text and no cause that is specific to one vendor.
"""

from __future__ import annotations

import re
from typing import Final, Literal

from knowledge.cause_ids import CauseId
from knowledge.causes import declared
from knowledge.outcome import Reading
from settings.strict_values import whole

Command = Literal["connect", "ehlo", "password", "token", "mail", "rcpt", "data"]

_CODE: Final = re.compile(r"^\s*([245]\d\d)\b")
_ENHANCED: Final = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?![\d.])")
_QUOTED: Final = 300
_Causes = tuple[CauseId, ...]

# Phrases with the same meaning after every command, in lower case; the most specific come first.
_ANYWHERE: Final[tuple[tuple[tuple[str, ...], _Causes], ...]] = (
    (
        ("client certificate", "certificate required", "peer did not return a certificate"),
        ("client_certificate_required",),
    ),
    (("greylist", "graylist", "grey-list", "gray-list", "greylisted"), ("temporarily_deferred",)),
    (
        ("too many concurrent", "concurrent connection", "too many connections", "too many sessions"),
        ("concurrent_connections",),
    ),
    (
        (
            "rate limit",
            "ratelimit",
            "too many messages",
            "too many recipients",
            "too fast",
            "limit exceeded",
            "quota exceeded for sending",
        ),
        ("rate_limited",),
    ),
)
_SENDER: Final = (
    "sender address", "not owned by", "sender denied", "send as", "sendas", "on behalf", "sender verify", "from address", "return path",
    "sender not authorized", "not allowed to send", "not permitted to send", "not authorized to send", "envelope sender",
)  # fmt: skip
_SIGN_IN: Final = (
    "authentication required",
    "must authenticate",
    "authenticate first",
    "auth required",
    "not authenticated",
    "sign in first",
    "log in first",
)
_UNWANTED: Final = (
    "spam",
    "blacklist",
    "blocklist",
    "block list",
    "blocked using",
    "dnsbl",
    "reputation",
    "client host rejected",
    "client host blocked",
    "content rejected",
    "content filter",
    "virus",
    "unwanted",
)
_TOO_LARGE: Final = (
    "too large",
    "too big",
    "message size",
    "size limit",
    "size exceeds",
    "exceeds size",
    "maximum size",
)
_FULL: Final = ("mailbox full", "mailbox is full", "over quota", "quota exceeded", "insufficient storage")
_LOCKED: Final = (
    "locked",
    "too many auth",
    "too many login",
    "too many failed",
    "too many invalid",
    "temporarily blocked",
)
_DISABLED: Final = ("disabled", "suspended", "inactive", "deactivated")


def read(text: str, command: Command) -> Reading:
    """Return the causes of a refusal, likeliest first; there is at least one.

    Takes the reply, which begins with its code, and the refused command.
    """
    said = text.lower()
    found = _CODE.match(said)
    code = whole(found.group(1)) or 0 if found else 0
    enhanced = _ENHANCED.search(said)
    status = f"{enhanced.group(2)}.{enhanced.group(3)}" if enhanced else ""
    causes, sure = _read(said, code, status, command)
    return Reading(causes, sure and len(causes) == 1, decide(causes), text[:_QUOTED])


def decide(causes: _Causes) -> tuple[str, ...]:
    """Return up to six lines that explain how to distinguish the first three of these causes."""
    known = declared()
    return tuple(dict.fromkeys(line for cause in causes[:3] if cause in known for line in known[cause].decide))[:6]


def _read(said: str, code: int, status: str, command: Command) -> tuple[_Causes, bool]:
    for words, causes in _ANYWHERE:
        if _has(said, words):
            return causes, True
    match command:
        case "password":
            return _password(said, code, status)
        case "token":
            return _token(said, code, status)
        case "mail" | "rcpt" | "data":
            return _envelope(said, code, status, command)
        case _:
            return ("service_side_fault", "smtp_intercepted"), False


def _has(said: str, words: tuple[str, ...]) -> bool:
    return any(word in said for word in words)


def _account(said: str, status: str) -> tuple[_Causes, bool] | None:
    """Return the causes if the refusal concerns the state of the account, or None otherwise."""
    if status == "7.13" or (_has(said, _DISABLED) and _has(said, ("account", "user", "mailbox"))):
        return ("account_disabled",), True
    if _has(said, _DISABLED):
        return ("auth_mechanism_unsupported", "account_disabled"), False
    if _has(said, _LOCKED):
        return ("account_locked",), True
    if status == "7.12" or ("password" in said and "expired" in said):
        return ("password_expired",), True
    return None


def _password(said: str, code: int, status: str) -> tuple[_Causes, bool]:
    if (account := _account(said, status)) is not None:
        return account
    if _has(said, ("application-specific", "app password", "application password")):
        return ("bad_credentials",), True
    if code in {500, 502, 503, 504, 534, 538} or status in {"7.9", "5.4"}:
        return ("auth_mechanism_unsupported",), True
    if code == 530:
        return ("client_never_sent_auth",), True
    if 400 <= code < 500:
        return ("service_side_fault", "account_locked"), False
    return ("bad_credentials", "mailbox_missing"), False


def _token(said: str, code: int, status: str) -> tuple[_Causes, bool]:
    if (account := _account(said, status)) is not None:
        return account
    if "expired" in said and "token" in said:
        return ("token_expired",), True
    if code == 501 or '"status":"400"' in said.replace(" ", ""):
        return ("xoauth2_string_malformed", "token_user_mismatch"), False
    if code in {500, 502, 503, 504, 534, 538}:
        return ("auth_mechanism_unsupported",), True
    if 400 <= code < 500:
        return ("service_side_fault", "token_user_mismatch"), False
    return ("token_user_mismatch", "wrong_scope_or_audience", "mailbox_missing", "consent_missing"), False


def _envelope(said: str, code: int, status: str, command: Command) -> tuple[_Causes, bool]:
    outcomes: tuple[tuple[bool, CauseId], ...] = (
        (code == 530 or _has(said, _SIGN_IN), "client_never_sent_auth"),
        (status in {"3.4", "2.3"} or _has(said, _TOO_LARGE), "message_too_large"),
        (status == "2.2" or _has(said, _FULL), "mailbox_full"),
    )
    for fits, cause in outcomes:
        if fits:
            return (cause,), True
    if 400 <= code < 500:
        return _for_now(code, status, command)
    if _has(said, _SENDER) or status in {"1.7", "1.8"}:
        return ("send_as_denied",), True
    if _has(said, _UNWANTED):
        return ("outbound_spam_block",), True
    return _BY_COMMAND[command] if code != 501 else (("address_malformed",), False)


# A permanent refusal whose text has no known phrase.
_BY_COMMAND: Final[dict[Command, tuple[_Causes, bool]]] = {
    "mail": (("send_as_denied", "outbound_spam_block"), False),
    "rcpt": (("recipient_rejected",), True),
    "data": (("outbound_spam_block", "send_as_denied", "message_too_large"), False),
}


def _for_now(code: int, status: str, command: Command) -> tuple[_Causes, bool]:
    """Return the causes of a temporary refusal. 421, 4.3.x and 4.4.x concern the server (RFC 3463, 3.4 and 3.5).

    Most other codes concern the message. 451 or 452 without an enhanced code also concerns the server (RFC 5321, 4.2.3), except after
    RCPT, where it can mean greylisting.
    """
    local = code in {451, 452} and not status and command != "rcpt"
    if code == 421 or status.startswith(("3.", "4.")) or local:
        return ("service_side_fault", "temporarily_deferred", "rate_limited"), False
    if status == "5.3":
        return ("rate_limited",), True
    return ("temporarily_deferred", "rate_limited", "service_side_fault"), False
