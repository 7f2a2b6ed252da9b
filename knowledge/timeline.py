"""Find the earliest failure in a log or a bounce that contains several, because later failures are often its consequences."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_REFUSED: Final = re.compile(
    r"(?<![\d.:\[])[45]\d\d[ \-][45]\.\d{1,2}\.\d{1,3}|aadsts\d{4}|(?:said|mail server[^:]{0,80}|returned|reply|response)\W{1,4}[45]\d\d",
    re.IGNORECASE,
)
_TIME: Final = re.compile(
    r"^\W{0,3}(?:[a-z_]{1,9}=?\W{0,2})?(?:\d{4}[-/]\d\d[-/]\d\d[T ]\d\d:\d\d|\d\d[-/]\d\d[-/]\d{4} \d\d:\d\d|"
    r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)\w{0,6}\s{1,2}\d{1,2} \d\d:\d\d)",
    re.IGNORECASE,
)
# A line that ends one attempt: of a mail server about a message, or of a program about an error.
_ENDED: Final = re.compile(
    r"status=|\bsaid:|remote mail server| (?:==|\*\*) |noqueue|\b(?:e?rror|fatal|warn(?:ing)?|fail(?:ed|ure)?|exception|critical)\b",
    re.IGNORECASE,
)
_DIALOGUE: Final = re.compile(r"server -> client|client -> server|^\W{0,20}[sc]:\s|<<|>>|<~|->|<-", re.IGNORECASE)
_REPORT: Final = re.compile(
    r"^\W{0,4}(?:diagnostic-code:|remote server returned|.{0,80}\bsaid: [45]\d\d|the error that the other server returned)",
    re.IGNORECASE,
)
_STAMP: Final = re.compile(r"20\d\d-\d\d-\d\dt\d\d:\d\d:\d\d(?:\.\d{1,7})?z", re.IGNORECASE)
# A bounce of a bounce: the message that was refused is itself the report of an earlier refusal.
_OF_A_BOUNCE: Final = re.compile(
    r"from=<>|<= <>|mailer-daemon\b[^\n]{0,80}(?:not allowed to send|does not have permission)|send as mailer-daemon",
    re.IGNORECASE,
)
_MOST: Final = 24


def _entries(lines: Sequence[str], starts: re.Pattern[str]) -> list[tuple[int, int]]:
    """Return the first line and the end of each entry that contains a refusal."""
    begins = [place for place, line in enumerate(lines) if starts.search(line[:200])]
    ends = [*begins[1:], len(lines)][: len(begins)]
    return [
        (begin, end)
        for begin, end in zip(begins, ends, strict=True)
        if any(_REFUSED.search(line) for line in lines[begin:end])
    ][:_MOST]


def _time(entry: Sequence[str]) -> str:
    found = next((found.group() for line in entry if (found := _STAMP.search(line))), "")
    return found.lower()


def failures(lines: Sequence[str]) -> Iterator[str]:
    """Yield the text of each failed attempt, the earliest first if all times are known; nothing if there are fewer than two such attempts.

    An attempt is a log entry with a time, or a report in a bounce. A dialogue is one attempt, however many lines it has.
    """
    entries = _entries(lines, _TIME)
    if len(entries) > 1:
        entries = [
            (begin, end)
            for begin, end in entries
            if any(_ENDED.search(line) and not _DIALOGUE.search(line) for line in lines[begin:end])
        ]
    if len(entries) < 2:
        entries = _entries(lines, _REPORT)
    if len(entries) < 2:
        return
    texts = [lines[begin:end] for begin, end in entries]
    original = [text for text in texts if not any(_OF_A_BOUNCE.search(line) for line in text)] or texts
    if all(_time(text) for text in original):
        original = sorted(original, key=_time)
    for text in original:
        yield "\n".join(text)
