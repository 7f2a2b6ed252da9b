"""Removes secrets from evidence before it is frozen, even secrets that are split over consecutive reply lines.

The transcript redacts each line as it is recorded. This step covers the rest: numbers, and text such as headers.
"""

from __future__ import annotations

import re
from typing import Any, Final

from evidence.tenant import TenantEvidence
from evidence.wire import Reply, SenderEvidence
from probes.redaction import MARK, Redactor, without

# Fields that the suite and the settings fill: a password that is also part of a host name must not change them.
_OURS: Final = frozenset(
    {
        "sender", "machine", "secret", "name", "port", "kind", "status", "at", "speaker", "started", "today", "endpoint", "scope",
        "url", "user", "mail_from", "recipient", "message_id", "subject", "mechanism", "withheld", "server_name", "ehlo_name",
        "traffic", "broke", "stopped_at", "missing", "server_date", "not_before", "not_after", "code", "seconds", "clock_offset",
        "length", "proxy", "account_attempts",
    }
)  # fmt: skip
# The same for lookups, in which names come from the tenant.
_OF_LOOKS: Final = frozenset(
    {"way", "state", "needs", "looked_at", "aims_at", "per_user", "kind", "ends", "at", "code", "seconds", "requests"}
)
# Records in which these names hold texts of a peer.
_OWN_OF: Final = {"tenant": _OF_LOOKS, "challenge": frozenset[str]()}
_CODE: Final = re.compile(r"[0-9]{3}[ -]?")
_ENHANCED: Final = re.compile(r"\s*[245]\.[0-9]{1,3}\.[0-9]{1,3}\s*")  # RFC 2034, on each line of a reply

Place = tuple[list[str], int, int]


def scrubbed(evidence: SenderEvidence, redactor: Redactor) -> SenderEvidence:
    """Return the evidence with secrets removed from all text that came from a peer, and from the numbers in its token response."""
    data = _walked(evidence.model_dump(mode="python"), redactor)
    replies = [lines for record in data.values() for lines in _replies(record)]
    _over_lines([(lines, at, 0) for lines in replies for at in range(len(lines))], redactor)
    from_server = [line for line in data["transcript"] if line["speaker"] == "S"]
    texts = [[line["text"]] for line in from_server]
    _over_lines([(text, 0, _end(_CODE, text[0], 0)) for text in texts], redactor)
    for line, text in zip(from_server, texts, strict=True):
        line["text"] = text[0]
    return SenderEvidence.model_validate(data)


def scrubbed_reply(reply: Reply, redactor: Redactor) -> Reply:
    """Return the reply without secrets, even those that are split over its lines."""
    lines = [redactor.clean(line) for line in reply.lines]
    _over_lines([(lines, at, 0) for at in range(len(lines))], redactor)
    return reply.model_copy(update={"lines": tuple(lines)})


def scrubbed_tenant(tenant: TenantEvidence, redactor: Redactor) -> TenantEvidence:
    """Return the lookups with secrets removed from all text that came from a service."""
    return TenantEvidence.model_validate(_walked(tenant.model_dump(mode="python"), redactor, ours=_OF_LOOKS))


def _walked(value: Any, redactor: Redactor, key: str = "", ours: frozenset[str] = _OURS) -> Any:  # noqa: ANN401 - any part of the dumped record
    """Return `value` with its strings redacted.

    In claims, error codes and lifetimes, a number that contains a secret is removed too.
    """
    match value:
        case dict():
            named = key == "claims"
            return {
                redactor.clean(name) if named else name: item
                if name in ours and not named
                else _walked(item, redactor, "claim" if named else name, _OWN_OF.get(name, ours))
                for name, item in value.items()
            }
        case list() | tuple():
            kept = [_walked(item, redactor, key, ours) for item in value]
            return [item for item in kept if item is not None] if key == "error_codes" else kept
        case bool() | None:
            return value
        case str():
            return redactor.clean(value)
        case int() | float() if key in {"claim", "error_codes", "expires_in"} and redactor.spans(str(value)):
            return MARK if key == "claim" else None
    return value


def _replies(value: object) -> list[list[str]]:
    """Return the lines of every reply in a record, in order."""
    match value:
        case {"code": _, "lines": list() as lines}:
            return [lines]
        case dict():
            return [lines for item in value.values() for lines in _replies(item)]
        case list():
            return [lines for item in value for lines in _replies(item)]
    return []


def _over_lines(places: list[Place], redactor: Redactor) -> None:
    """Redact secrets that are split over consecutive strings.

    Each place is a list, an index into it, and the offset at which the text of that element begins. The strings are joined both with and
    without the enhanced status code that a server can repeat on each line.
    """
    _join_and_redact(places, redactor)
    bare = [(texts, at, _end(_ENHANCED, texts[at], begin)) for texts, at, begin in places]
    if bare != places:
        _join_and_redact(bare, redactor)


def _end(pattern: re.Pattern[str], text: str, begin: int) -> int:
    match = pattern.match(text, begin)
    return match.end() if match else begin


def _join_and_redact(places: list[Place], redactor: Redactor) -> None:
    words = [texts[at][begin:] for texts, at, begin in places]
    spans = redactor.spans("".join(words))
    offset = 0
    for (texts, at, begin), text in zip(places, words, strict=True):
        end = offset + len(text)
        mine = [(max(a, offset) - offset, min(b, end) - offset) for a, b in spans if a < end and b > offset]
        if mine:
            texts[at] = texts[at][:begin] + without(text, mine)
        offset = end


__all__ = ["scrubbed", "scrubbed_reply", "scrubbed_tenant"]
