"""Shares one request between senders of a run that would send the same one, for example for an issuer document or a token.

The first caller sends the request; concurrent callers wait for its result, each until its own deadline. Results are kept in
memory for the run only. A refused client secret must not be tried again for each sender that uses it. Source: Microsoft,
"Acquire and cache tokens".
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
class Shared(Generic[Answer]):
    """A result, whether another sender requested it, and its age in seconds."""

    answer: Answer
    shared: bool
    age: float = 0.0


class SingleFlight(Generic[Answer]):
    """Results by request key. Thread-safe."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        """Create an empty cache."""
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._answers: dict[Hashable, tuple[Future[Answer], float]] = {}

    def ask(
        self,
        question: Hashable,
        go: Callable[[], Answer],
        deadline: Deadline,
        still_good: Callable[[Answer, float], bool],
    ) -> Shared[Answer]:
        """Return the cached result for `question` if it is still valid at its age, else the result of `go`.

        Raises:
            TimeoutError: another sender's request was not answered before `deadline`.

        """
        while True:
            with self._lock:
                known = self._answers.get(question)
                if known is None:
                    mine: Future[Answer] = Future()
                    self._answers[question] = (mine, self._monotonic())
            if known is None:
                return Shared(_answered(mine, go), shared=False)
            future, since = known
            waited = not future.done()
            answer = future.result(timeout=deadline.remaining())
            age = self._monotonic() - since
            if waited or still_good(answer, age):
                return Shared(answer, shared=True, age=age)
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
    """Return a value that is equal for equal secrets within this process. It reveals nothing and is never written anywhere."""
    return hmac.digest(_KEY, secret.reveal().encode("utf-8", "surrogateescape"), hashlib.sha256) if secret else b""
