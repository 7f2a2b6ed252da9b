"""What several senders of a run would ask in the same words is asked once: an issuer document, a token.

Kept in memory, for the run only. Whoever comes first asks; who comes while the answer is under way waits for it, each to its own
deadline. Source of the rule: Microsoft "Acquire and cache tokens"; a refused client secret must not be tried for each of its senders.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import threading
import time
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Generic, TypeVar

from probes.deadline import Deadline
from settings.secret import Secret

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class Told(Generic[Answer]):
    """An answer, whether it was another sender's, and how old it is in seconds."""

    answer: Answer
    shared: bool
    age: float = 0.0


class AskedOnce(Generic[Answer]):
    """Answers by question; safe to use from several threads."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        """Know nothing yet."""
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._answers: dict[Hashable, tuple[Future[Answer], float]] = {}

    def ask(
        self,
        question: Hashable,
        go: Callable[[], Answer],
        deadline: Deadline,
        still_good: Callable[[Answer, float], bool],
    ) -> Told[Answer]:
        """The answer to `question`: what another sender was told if that is still good (at its age), else what `go` brings.

        Raises:
            TimeoutError: another sender's question was not answered before `deadline`.

        """
        while True:
            with self._lock:
                known = self._answers.get(question)
                if known is None:
                    mine: Future[Answer] = Future()
                    self._answers[question] = (mine, self._monotonic())
            if known is None:
                return Told(_answered(mine, go), shared=False)
            future, since = known
            waited = not future.done()
            answer = future.result(timeout=deadline.remaining())
            age = self._monotonic() - since
            if waited or still_good(answer, age):
                return Told(answer, shared=True, age=age)
            with self._lock:
                if self._answers.get(question) is known:
                    del self._answers[question]


def _answered(future: Future[Answer], go: Callable[[], Answer]) -> Answer:
    try:
        answer = go()
    except BaseException as problem:  # those who wait must hear of it, whatever it is
        future.set_exception(problem)
        raise
    future.set_result(answer)
    return answer


_KEY = os.urandom(32)


def fingerprint(secret: Secret | None) -> bytes:
    """Equal for equal secrets within this process; tells nothing outside it, and is never written anywhere."""
    return hmac.digest(_KEY, secret.reveal().encode("utf-8", "surrogateescape"), hashlib.sha256) if secret else b""
