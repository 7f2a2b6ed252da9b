"""What the tenant answered is asked once per run: two senders of one tenant share its switches and policies."""

from __future__ import annotations

import threading
from dataclasses import replace

from probes.deadline import Deadline
from probes.lookups.answers import Answered, Answerer
from probes.lookups.questions import Question
from probes.tenant_evidence import Way


class Remembering:
    """An answerer in front of another; answers that came are kept, those that did not are asked for again."""

    def __init__(self, behind: Answerer) -> None:
        """Know nothing yet."""
        self._behind = behind
        self._answers: dict[Question, Answered] = {}
        self._asking: dict[Question, threading.Lock] = {}
        self._lock = threading.Lock()

    @property
    def way(self) -> Way:
        """The other's."""
        return self._behind.way

    def tenant(self, deadline: Deadline) -> str:
        """The other's."""
        return self._behind.tenant(deadline)

    def signed_in_as(self) -> str:
        """The other's."""
        return self._behind.signed_in_as()

    def ask(self, question: Question, deadline: Deadline) -> Answered:
        """The answer that is known, at no cost, or a fresh one; who asks the same meanwhile waits for it."""
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
