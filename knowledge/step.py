"""The steps of remedies and of the search for a cause: their texts, when they apply, and which checks answer them.

`placeholders` selects the steps that apply to a sender. `arranged` selects those that apply to a run, and puts its observations last.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal, Self, get_args

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

# What the settings of a sender show: its method, whether its From address differs from the account that signs in, and whether its
# server is the endpoint of High Volume Email.
SenderTrait = Literal["basic", "oauth", "from_differs", "high_volume", "not_high_volume"]
TRAITS: Final[tuple[SenderTrait, ...]] = get_args(SenderTrait)
# What a run shows, apart from the results of its checks.
Fact = Literal["password_sent", "secret_sent", "secret_kept", "through_proxy", "without_proxy"]
FACTS: Final[tuple[Fact, ...]] = get_args(Fact)


class Step(str):
    """A text that also declares when it applies and which checks answer it. In all other respects it is a plain `str`.

    Attributes:
        answered_by: The checks of this suite that show the outcome; the result of one is enough.
        when: The trait of the sender, or the fact of the run, that must hold; None if the step always applies. Where no sender or
            run is known, as in the documentation, every step is shown.
        seen: True if the step only reports what the run has observed.
        clients: For a step with sentences for single clients (see `knowledge.clients`), the sentence for each of them.
    """

    __slots__ = ("answered_by", "clients", "seen", "when")

    answered_by: tuple[str, ...]
    when: SenderTrait | Fact | None
    seen: bool
    clients: Mapping[str, str]

    def __new__(
        cls,
        text: str,
        *,
        answered_by: tuple[str, ...] = (),
        when: SenderTrait | Fact | None = None,
        seen: bool = False,
        clients: Mapping[str, str] | None = None,
    ) -> Self:
        """Create a step from its text and its declarations."""
        step = super().__new__(cls, text)
        step.answered_by, step.when, step.seen, step.clients = answered_by, when, seen, clients or {}
        return step

    def with_text(self, text: str) -> Step:
        """Return a step with the same declarations but a different text, such as this text with its placeholders filled."""
        return Step(text, answered_by=self.answered_by, when=self.when, seen=self.seen, clients=self.clients)


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What a run has established: its facts, and what each completed check observed, as a clause without a full stop."""

    answered: Mapping[str, str] = field(default_factory=dict)
    facts: frozenset[Fact] = frozenset()


def per_client(opening: str = "", **sentences: str) -> Step:
    """Return a step with a sentence for each of several clients, by their ids in `knowledge.clients` with `_` for `.` and `-`.

    The text of the step has an opening, if there is one, and all sentences. Where one client is known, `for_client` leaves only its
    sentence.
    """
    return Step(" ".join(filter(None, (opening, *sentences.values()))), clients=sentences)


def only_for(text: str, *clients: str) -> Step:
    """Return a step that applies only to these clients, given by their ids in `knowledge.clients` with `_` in place of `.` and `-`."""
    return Step(text, clients=dict.fromkeys(clients, text))


def for_client(lines: Iterable[str], client: str) -> tuple[Step, ...]:
    """Return the steps that apply to one client, given by its id: the general ones, and of the others only the sentence for it."""
    key = client.replace(".", "_").replace("-", "_")
    steps = (step_of(line) for line in lines)
    return tuple(
        step.with_text(step.clients[key]) if step.clients else step
        for step in steps
        if not step.clients or key in step.clients
    )


def step_of(line: str) -> Step:
    """Return a line as a step; plain text becomes a step without declarations."""
    return line if isinstance(line, Step) else Step(line)


def arranged(lines: Iterable[str], known: Known) -> tuple[Step, ...]:
    """Return the steps that apply to a run: the open steps in their order, then each observation of the run once.

    A returned step with `seen` reports an observation.
    """
    applying = [step for step in map(step_of, lines) if step.when not in FACTS or step.when in known.facts]
    seen = [check for step in applying for check in step.answered_by if check in known.answered]
    still_open = [step for step in applying if not set(step.answered_by) & set(known.answered)]
    observed = [Step(f"Seen in this run: {known.answered[check]}.", seen=True) for check in dict.fromkeys(seen)]
    return (*still_open, *observed)


def open_steps(steps: Iterable[str]) -> tuple[Step, ...]:
    """Return the steps that the run has not answered."""
    return tuple(step for step in map(step_of, steps) if not step.seen)


def seen_steps(steps: Iterable[str]) -> tuple[Step, ...]:
    """Return the steps that report an observation of the run."""
    return tuple(step for step in map(step_of, steps) if step.seen)
