"""Runs the lookups for one sender: sends the questions, turns the answers into frozen records and counts the requests."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from pydantic import ValidationError

from evidence.tenant import LookupResult, LookupState
from probes.deadline import Deadline
from probes.lookups.answers import LookupAnswer, LookupSource, NotAnsweredError, Outcome, outcome_of
from probes.lookups.questions import Question, question
from probes.lookups.reading import AbsentError, UnreadableError

ResultT = TypeVar("ResultT", bound=LookupResult)
_NAMES = {"user": "user name", "mailbox": "user name", "client_id": "client id", "domain": "domain in the user name"}


class LookupClient:
    """Asks the questions for one sender and turns each answer into a record. Malformed answers never raise an exception."""

    def __init__(self, source: LookupSource, deadline: Deadline) -> None:
        """Prepare to ask `source` questions until `deadline`."""
        self._source = source
        self.deadline = deadline
        self.requests = 0
        self._lock = threading.Lock()

    def body(self, name: str, **values: str) -> Mapping[str, object]:
        """Return the body of the answer to the question `name`. Raises NotAnsweredError if there is no answer or a value is empty."""
        missing = next((key for key, value in values.items() if not value), None)
        if missing is not None:
            detail = f"the settings have no {_NAMES.get(missing, missing)}"
            raise NotAnsweredError(Outcome(state=LookupState.NOT_ASKED, detail=detail), name)
        asked = question(name, **values)
        answered = self._ask(asked)
        outcome = outcome_of(asked, answered)
        if outcome.state is not LookupState.ANSWERED or answered.body is None:
            raise NotAnsweredError(outcome, asked.text)
        return answered.body

    def lookup(self, kind: type[ResultT], shown: Question | str, read: Callable[[], dict[str, Any]]) -> ResultT:
        """Return a record with the members that `read` returns, or a record with the reason why there is no answer."""
        text = shown if isinstance(shown, str) else shown.text
        started = self.deadline.elapsed()

        def made(state: LookupState, **members: Any) -> ResultT:  # noqa: ANN401 - members of a record that checks them
            seconds = round(self.deadline.elapsed() - started, 4)
            return kind(state=state, question=members.pop("question", text), seconds=seconds, **members)

        try:
            return made(LookupState.ANSWERED, **read())
        except NotAnsweredError as problem:
            found = problem.outcome
            return made(found.state, question=problem.text, needs=found.needs, detail=found.detail)
        except AbsentError:
            return made(LookupState.ABSENT)
        except UnreadableError as problem:
            return made(LookupState.FAILED, detail=f"the answer cannot be read: {problem}")
        except (ValidationError, RecursionError):
            return made(LookupState.FAILED, detail="the answer cannot be read")

    def _ask(self, asked: Question) -> LookupAnswer:
        if self.deadline.passed:
            return LookupAnswer(problem="the time for the lookups ran out")
        answered = self._source.ask(asked, self.deadline)
        with self._lock:
            self.requests += answered.requests
        return answered


def like(kind: type[ResultT], other: LookupResult) -> ResultT:
    """Return an empty record with the outcome of `other`, the lookup on which it depends."""
    return kind(state=other.state, question=other.question, needs=other.needs, detail=other.detail)
