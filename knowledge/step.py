"""A step of a remedy, or a question that decides: its text, which checks show its outcome, and in which runs it applies.

A report knows what its own run saw. It uses `arranged` to list the open steps first and to show the others as seen.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal, Self

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

# What a run can know about itself, beside the findings of its checks; a step may apply only where one of these holds.
Fact = Literal["password_sent", "secret_sent", "secret_kept", "through_proxy", "without_proxy"]
FACTS: Final[tuple[Fact, ...]] = ("password_sent", "secret_sent", "secret_kept", "through_proxy", "without_proxy")


class Step(str):
    """A text with two declarations beside it; everywhere else it is used as plain text.

    `answered_by`: checks of this suite; one of them that applies and came to a result shows the outcome of this step.
    `when`: the fact that must hold in a run for this step to apply; None applies everywhere. Without a run every step is shown.
    `seen`: this is no work any more, but what the run has seen.
    """

    __slots__ = ("answered_by", "seen", "when")

    answered_by: tuple[str, ...]
    when: Fact | None
    seen: bool

    def __new__(
        cls, text: str, *, answered_by: tuple[str, ...] = (), when: Fact | None = None, seen: bool = False
    ) -> Self:
        """Keep the declarations beside the text."""
        step = super().__new__(cls, text)
        step.answered_by, step.when, step.seen = answered_by, when, seen
        return step

    def with_text(self, text: str) -> Step:
        """The same declarations beside another text, such as this one with its placeholders filled."""
        return Step(text, answered_by=self.answered_by, when=self.when, seen=self.seen)


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What a run knows: for each check that came to a result what it saw, as a clause without a stop, and its facts."""

    answered: Mapping[str, str] = field(default_factory=dict)
    facts: frozenset[Fact] = frozenset()


def step_of(line: str) -> Step:
    """A line as a step; a plain text declares nothing."""
    return line if isinstance(line, Step) else Step(line)


def arranged(lines: Iterable[str], known: Known) -> tuple[Step, ...]:
    """The steps that apply to a run: open ones first, in their order, then what the run has already seen, each once.

    In: steps (or deciding questions) and what the run knows. Out: steps; those with `seen` say what was seen, not what to do.
    """
    applying = [step for step in map(step_of, lines) if step.when is None or step.when in known.facts]
    seen = [check for step in applying for check in step.answered_by if check in known.answered]
    still_open = [step for step in applying if not set(step.answered_by) & set(known.answered)]
    told = [Step(f"Seen in this run: {known.answered[check]}.", seen=True) for check in dict.fromkeys(seen)]
    return (*still_open, *told)


def open_steps(steps: Iterable[str]) -> tuple[Step, ...]:
    """Those that are still work."""
    return tuple(step for step in map(step_of, steps) if not step.seen)


def seen_steps(steps: Iterable[str]) -> tuple[Step, ...]:
    """Those that only say what the run has seen."""
    return tuple(step for step in map(step_of, steps) if step.seen)
