"""The result of reading an error text. It is separate from the rules because these are imported only after a refusal."""

from __future__ import annotations

from dataclasses import dataclass

from evidence.gates import Gate
from knowledge.cause_ids import CauseId


@dataclass(frozen=True, slots=True)
class Reading:
    """The causes of an error text, likeliest first; whether it identifies one; the steps that show which one applies; and a quotation.

    `speaker` names who wrote the deciding words: `microsoft`, `entra`, `provider:NAME`, `own_relay`, `client` or `none`. `gate` is where
    the message stopped, if the text shows it. `evidence` holds the deciding words.
    """

    causes: tuple[CauseId, ...]
    sure: bool
    decide: tuple[str, ...]
    quoted: str
    speaker: str = "none"
    gate: Gate | None = None
    evidence: tuple[str, ...] = ()
