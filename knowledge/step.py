"""One line of a remedy, or of what decides between causes: its text, when it applies, and which checks answer it.

`placeholders` keeps the lines that apply to a sender. `arranged` keeps those that apply to a run, and puts its observations last.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal, Self, get_args

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

# What the settings of a sender show: its method, and whether its From address differs from the account that signs in.
SenderTrait = Literal["basic", "oauth", "from_differs"]
TRAITS: Final[tuple[SenderTrait, ...]] = get_args(SenderTrait)
# What a run shows, apart from the results of its checks.
Fact = Literal["password_sent", "secret_sent", "secret_kept", "through_proxy", "without_proxy"]
FACTS: Final[tuple[Fact, ...]] = get_args(Fact)


class Step(str):
    """Text that also declares when it applies and which checks answer it. In all other respects it is a plain `str`.

    Attributes:
        answered_by: The checks of this suite that show the outcome; one result is enough.
        when: The trait of the sender, or the fact of the run, that must hold; with None the line always applies. The line is also
            shown where it is not known whether the trait or fact holds.
        seen: True if the line reports what the run has observed and requires no work.
    """

    __slots__ = ("answered_by", "seen", "when")

    answered_by: tuple[str, ...]
    when: SenderTrait | Fact | None
    seen: bool

    def __new__(
        cls,
        text: str,
        *,
        answered_by: tuple[str, ...] = (),
        when: SenderTrait | Fact | None = None,
        seen: bool = False,
    ) -> Self:
        """Create a step that keeps the declarations with the text."""
        step = super().__new__(cls, text)
        step.answered_by, step.when, step.seen = answered_by, when, seen
        return step

    def with_text(self, text: str) -> Step:
        """Return a step with the same declarations and different text, such as this text with its placeholders filled."""
        return Step(text, answered_by=self.answered_by, when=self.when, seen=self.seen)


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What a run has established: its facts, and the observation of each check with a result, as a clause without a full stop."""

    answered: Mapping[str, str] = field(default_factory=dict)
    facts: frozenset[Fact] = frozenset()


def step_of(line: str) -> Step:
    """Return the line as a step; plain text becomes a step without declarations."""
    return line if isinstance(line, Step) else Step(line)


def arranged(lines: Iterable[str], known: Known) -> tuple[Step, ...]:
    """Return the steps that apply to a run: open steps first, in their order, then each observation of the run once.

    Takes steps or deciding questions, and what the run has established. A returned step with `seen` reports an observation.
    """
    applying = [step for step in map(step_of, lines) if step.when not in FACTS or step.when in known.facts]
    seen = [check for step in applying for check in step.answered_by if check in known.answered]
    still_open = [step for step in applying if not set(step.answered_by) & set(known.answered)]
    observed = [Step(f"Seen in this run: {known.answered[check]}.", seen=True) for check in dict.fromkeys(seen)]
    return (*still_open, *observed)


def open_steps(steps: Iterable[str]) -> tuple[Step, ...]:
    """Return the steps that are still to be done."""
    return tuple(step for step in map(step_of, steps) if not step.seen)


def seen_steps(steps: Iterable[str]) -> tuple[Step, ...]:
    """Return the steps that report what the run has observed."""
    return tuple(step for step in map(step_of, steps) if step.seen)
