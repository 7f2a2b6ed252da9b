"""Shares one request, such as that for an issuer document or a token, among all senders in a run that need the same result.

The first caller sends the request; concurrent callers wait for its result, each until its own deadline. Results are kept in
memory during the run only. This also prevents a refused client secret from being tried again for each sender that uses it.
Source: Microsoft, "Acquire and cache tokens".
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
from typing import Final, Generic, TypeVar

from probes.deadline import Deadline
from settings.secret import Secret

Result = TypeVar("Result")
PENDING_TOO_LONG: Final = "the same request, which another sender had already sent, was not answered in time"


@dataclass(frozen=True, slots=True)
class Flight(Generic[Result]):
    """The result of a request, its age in seconds, and whether another caller sent the request."""

    result: Result
    shared: bool
    age: float = 0.0


class SingleFlight(Generic[Result]):
    """A cache of results by key. Concurrent requests with the same key are sent only once. Thread-safe."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic, *, share_pending: bool = True) -> None:
        """Create an empty cache.

        Args:
            monotonic: The clock for the age of the results.
            share_pending: Whether callers that waited for a result use it even if it is not reusable. If not, they send their
                own requests, one after the other.

        """
        self._monotonic = monotonic
        self._share_pending = share_pending
        self._lock = threading.Lock()
        self._flights: dict[Hashable, tuple[Future[Result], float]] = {}

    def ask(
        self,
        key: Hashable,
        send: Callable[[], Result],
        deadline: Deadline,
        is_reusable: Callable[[Result, float], bool],
    ) -> Flight[Result]:
        """Return the cached result for `key` if `is_reusable` accepts it, given its age. Otherwise, return the result of `send`.

        Raises:
            TimeoutError: another caller's request was not answered before `deadline`.

        """
        while True:
            with self._lock:
                known = self._flights.get(key)
                if known is None:
                    own: Future[Result] = Future()
                    self._flights[key] = (own, self._monotonic())
            if known is None:
                return Flight(_sent(own, send), shared=False)
            future, since = known
            waited = not future.done()
            result = future.result(timeout=deadline.remaining())
            age = self._monotonic() - since
            if (waited and self._share_pending) or is_reusable(result, age):
                return Flight(result, shared=True, age=age)
            with self._lock:
                if self._flights.get(key) is known:
                    del self._flights[key]


def _sent(future: Future[Result], send: Callable[[], Result]) -> Result:
    try:
        result = send()
    except BaseException as problem:  # the waiting callers need the exception too, whatever it is
        future.set_exception(problem)
        raise
    future.set_result(result)
    return result


_KEY = os.urandom(32)


def fingerprint(secret: Secret | None) -> bytes:
    """Return a value that is the same for equal secrets in this process. It reveals nothing and is never stored."""
    return hmac.digest(_KEY, secret.reveal().encode("utf-8", "surrogateescape"), hashlib.sha256) if secret else b""
