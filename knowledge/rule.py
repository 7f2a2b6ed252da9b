"""The form of a reading rule and functions to write one. `rules_*` has the rules; `reading` compares them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from knowledge.cause_ids import CauseId
from knowledge.groups import GROUPS
from knowledge.normalise import needle_of, tighten

# The route, in order: of two errors that say equally much, the one at the earlier gate is the root.
GATES: Final = (
    "name",
    "port",
    "greeting",
    "starttls",
    "tls",
    "auth_offered",
    "issuer",
    "token",
    "claims",
    "sign_in",
    "sender",
    "recipient",
    "accepted",
)

NAMES: Final = 3  # the text itself names the cause
NARROWS: Final = 2  # the text names a group of causes
ECHOES: Final = 0  # words that a client puts around every failure of a connection
HINTS: Final = 1  # a wrapper's own words, that an inner error outdoes


@dataclass(frozen=True, slots=True)
class Outcome:
    """The conclusion of a rule if all its `needs` are among the context flags."""

    causes: tuple[CauseId, ...]
    sure: bool = False
    needs: frozenset[str] = frozenset()
    group: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A rule: if a phrase of `says` is in the text (and one of `along`, and none of `unless`), the first matching outcome applies.

    Phrases are written as people read them and compared without case, blanks, punctuation and accents.
    """

    gate: str
    weight: int
    says: tuple[str, ...]
    outcomes: tuple[Outcome, ...]
    along: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()
    needles: tuple[str, ...] = field(init=False)
    along_needles: tuple[str, ...] = field(init=False)
    unless_needles: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        """Compute the comparable form of the phrases once."""
        object.__setattr__(self, "needles", tuple(needle_of(phrase) for phrase in self.says))
        object.__setattr__(self, "along_needles", tuple(tighten(phrase) for phrase in self.along))
        object.__setattr__(self, "unless_needles", tuple(tighten(phrase) for phrase in self.unless))


def one(cause: CauseId, *needs: str) -> Outcome:
    """Return an outcome with one cause that the text itself names."""
    return Outcome((cause,), sure=True, needs=frozenset(needs))


def some(*causes: CauseId, needs: tuple[str, ...] = ()) -> Outcome:
    """Return an outcome with several causes by likelihood, none of them certain."""
    return Outcome(causes, needs=frozenset(needs))


def group(name: str, *needs: str) -> Outcome:
    """Return an outcome with the causes of a group that the reply does not distinguish."""
    return Outcome(GROUPS[name].causes, needs=frozenset(needs), group=name)
