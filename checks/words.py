"""The knowledge room's reading of a text, loaded when the first refusal is read: a healthy run never needs its rules."""

from __future__ import annotations

from checks.model import Case
from checks.placeholders import values
from knowledge.filling import chosen
from knowledge.outcome import Reading


def read_text(text: str) -> Reading:
    """What a server's words mean: causes likeliest first, and whether the text itself names the one."""
    from knowledge.reading import read

    return read(text)


def deciding(case: Case, reading: Reading) -> str:
    """What would decide between the causes of an unsure reading, in the lines that are for this sender; not filled yet."""
    return "" if reading.sure else " ".join(chosen(reading.decide, values(case.evidence, case.settings)))
