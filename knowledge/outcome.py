"""What reading a text comes to; kept apart from the rules, which only a refusal needs."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reading:
    """What a text means: causes likeliest first, whether the text itself names the one, what would decide, and the words that told."""

    causes: tuple[str, ...]
    sure: bool
    decide: tuple[str, ...]
    quoted: str
