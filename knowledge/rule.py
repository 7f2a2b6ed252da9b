"""The structure of a rule for error texts, and functions that create its outcomes. The rules are in `rules_*`; `reading` applies them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property

from evidence.gates import Gate
from knowledge.cause_ids import CauseId
from knowledge.groups import GROUPS
from knowledge.normalise import code_or_words, needle_of


class Weight(IntEnum):
    """How much a phrase reveals about the cause. The matches with the highest weight determine the result."""

    ECHOES = 0  # words that a client puts around every failed connection
    HINTS = 1  # the words of a wrapper, which an inner error overrides
    NARROWS = 2  # the text names a group of causes
    NAMES = 3  # the text names the cause


@dataclass(frozen=True, slots=True)
class Outcome:
    """The conclusion of a rule. It applies if the context flags include all its `needs`."""

    causes: tuple[CauseId, ...]
    sure: bool = False
    needs: frozenset[str] = frozenset()
    group: str | None = None


@dataclass(frozen=True, kw_only=True)
class Rule:
    """A rule for texts that contain a phrase of `says`, a phrase of `along` (if it has any) and no phrase of `unless`.

    The first outcome that fits the context applies. Comparisons ignore case, spaces, punctuation and accents.
    """

    gate: Gate
    weight: Weight
    says: tuple[str, ...]
    outcomes: tuple[Outcome, ...]
    along: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()

    @cached_property
    def needles(self) -> tuple[str, ...]:
        """The phrases of `says`, normalised for comparison."""
        return tuple(needle_of(phrase) for phrase in self.says)

    @cached_property
    def along_needles(self) -> tuple[str, ...]:
        """The phrases of `along`, normalised for comparison."""
        return tuple(code_or_words(phrase) for phrase in self.along)

    @cached_property
    def unless_needles(self) -> tuple[str, ...]:
        """The phrases of `unless`, normalised for comparison."""
        return tuple(code_or_words(phrase) for phrase in self.unless)


def one(cause: CauseId, *needs: str) -> Outcome:
    """Return an outcome with a single, certain cause."""
    return Outcome((cause,), sure=True, needs=frozenset(needs))


def some(*causes: CauseId, needs: tuple[str, ...] = ()) -> Outcome:
    """Return an outcome whose causes, likeliest first, are only possible."""
    return Outcome(causes, needs=frozenset(needs))


def group(name: str, *needs: str) -> Outcome:
    """Return an outcome with all causes of a group, between which the text does not distinguish."""
    return Outcome(GROUPS[name].causes, needs=frozenset(needs), group=name)
