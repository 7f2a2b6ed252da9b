"""The result of reading a text. It is separate from the rules, which only a refusal loads."""

from __future__ import annotations

from dataclasses import dataclass

from knowledge.cause_ids import CauseId


@dataclass(frozen=True, slots=True)
class Reading:
    """The meaning of a text: causes by likelihood, whether the text identifies one, what decides between them, and the quoted text."""

    causes: tuple[CauseId, ...]
    sure: bool
    decide: tuple[str, ...]
    quoted: str
