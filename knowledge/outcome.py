"""The result of reading a text. Separate from the rules, which only a refusal needs."""

from __future__ import annotations

from dataclasses import dataclass

from knowledge.cause_ids import CauseId


@dataclass(frozen=True, slots=True)
class Reading:
    """The meaning of a text: causes by likelihood, whether the text identifies one, what would decide, and the quoted words."""

    causes: tuple[CauseId, ...]
    sure: bool
    decide: tuple[str, ...]
    quoted: str
