"""Choose the line of an unknown text that is most likely to state the error, and mask what looks like a secret in it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from knowledge.masking import mask

if TYPE_CHECKING:
    from collections.abc import Iterable

# What marks the line of an error, the strongest mark first.
_MARKS: Final = (
    re.compile(r"(?<![\d.])[45]\d\d[ \-]{1,2}[45]\.\d{1,2}\.\d{1,3}|\baadsts\d{4}", re.IGNORECASE),
    re.compile(r"(?:^|[\s\"'(:>])[45]\d\d[ \-][A-Za-z]"),
    re.compile(
        r"\b(?:error|exception|fatal|caused by|fehler|erreur|errore|błąd)\b|\w(?:Error|Exception)\b", re.IGNORECASE
    ),
    re.compile(r"fail|refus|denied|reject|timed? ?out|unable|cannot|could not|invalid", re.IGNORECASE),
)
_LONGEST: Final = 300


def line_that_matters(lines: Iterable[str]) -> str:
    """Return the first line with the strongest mark of an error or, if no line has one, the first line. Secrets are masked."""
    kept = [line[:_LONGEST] for line in lines]
    for mark in _MARKS:
        found = next((line for line in kept if mark.search(line)), None)
        if found:
            return mask(found)
    return mask(kept[0]) if kept else ""
