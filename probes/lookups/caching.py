"""A cache of the tenant's answers for one run: senders of one tenant share its switches and policies."""

from __future__ import annotations

import threading
from dataclasses import replace

from evidence.tenant import SourceKind
from probes.deadline import Deadline
from probes.lookups.answers import LookupAnswer, LookupSource
from probes.lookups.questions import Question


class CachingSource:
    """A source that caches the answers of another source. A question without an answer is asked again."""

    def __init__(self, behind: LookupSource) -> None:
        """Create an empty cache in front of a source."""
        self._behind = behind
        self._answers: dict[Question, LookupAnswer] = {}
        self._asking: dict[Question, threading.Lock] = {}
        self._lock = threading.Lock()

    @property
    def way(self) -> SourceKind:
        """The kind of the wrapped source."""
        return self._behind.way

    def tenant(self, deadline: Deadline) -> str:
        """The tenant of the wrapped source."""
        return self._behind.tenant(deadline)

    def signed_in_as(self) -> str:
        """The administrator of the wrapped source."""
        return self._behind.signed_in_as()

    def ask(self, question: Question, deadline: Deadline) -> LookupAnswer:
        """Return the cached answer at no cost, or ask the wrapped source. Concurrent callers with the same question share one request."""
        if not question.lasting:
            return self._behind.ask(question, deadline)
        with self._lock:
            turn = self._asking.setdefault(question, threading.Lock())
        with turn:
            known = self._answers.get(question)
            if known is not None:
                return replace(known, requests=0)
            answered = self._behind.ask(question, deadline)
            if answered.status is not None and answered.status != 429:
                self._answers[question] = answered
            return answered
