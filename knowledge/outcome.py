"""The result of reading a text. This module is separate from the rules, which are imported only after a refusal."""

from __future__ import annotations

from dataclasses import dataclass

from knowledge.cause_ids import CauseId


@dataclass(frozen=True, slots=True)
class Reading:
    """The meaning of a text: its causes, likeliest first; whether it identifies one; what decides between them; and the quoted text."""

    causes: tuple[CauseId, ...]
    sure: bool
    decide: tuple[str, ...]
    quoted: str
