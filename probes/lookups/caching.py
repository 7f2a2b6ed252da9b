"""Caches the tenant's answers during one run, because all senders in a tenant share its switches and policies."""

from __future__ import annotations

from dataclasses import replace

from evidence.tenant import SourceKind
from probes.deadline import Deadline
from probes.lookups.answers import LookupAnswer, LookupSource
from probes.lookups.questions import Question
from probes.single_flight import PENDING_TOO_LONG, SingleFlight


class CachingSource:
    """Caches the answers of the source that it wraps. Log rows are never cached, and an unanswered question is asked again next time."""

    def __init__(self, source: LookupSource) -> None:
        """Create an empty cache in front of `source`."""
        self._source = source
        self._answers: SingleFlight[LookupAnswer] = SingleFlight(share_pending=False)

    @property
    def way(self) -> SourceKind:
        """The kind of the wrapped source."""
        return self._source.way

    def tenant(self, deadline: Deadline) -> str:
        """Return the tenant id of the wrapped source."""
        return self._source.tenant(deadline)

    def signed_in_as(self) -> str:
        """Return the administrator's address from the wrapped source."""
        return self._source.signed_in_as()

    def ask(self, question: Question, deadline: Deadline) -> LookupAnswer:
        """Return the cached answer or, if there is none, ask the wrapped source.

        Concurrent callers with the same question wait for one request, unless they ask for log rows.
        """
        if not question.lasting:
            return self._source.ask(question, deadline)
        try:
            flight = self._answers.ask(question, lambda: self._source.ask(question, deadline), deadline, _is_reusable)
        except TimeoutError:
            return LookupAnswer(problem=PENDING_TOO_LONG)
        return replace(flight.result, requests=0) if flight.shared else flight.result


def _is_reusable(answer: LookupAnswer, _age: float) -> bool:
    return answer.status is not None and answer.status != 429
