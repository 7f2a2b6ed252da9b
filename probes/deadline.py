"""Time as the probes see it: one clock, one deadline per sender, and the smaller of a step's own time-out and what is left."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime

Monotonic = Callable[[], float]


class Deadline:
    """A moment that does not move: whatever a peer does, nothing waits beyond it."""

    def __init__(self, seconds: float, monotonic: Monotonic = time.monotonic) -> None:
        """Start now and end after `seconds`."""
        self._monotonic = monotonic
        self._started = monotonic()
        self._end = self._started + seconds

    def elapsed(self) -> float:
        """Seconds since the start."""
        return self._monotonic() - self._started

    def remaining(self) -> float:
        """Seconds that are left, never below zero."""
        return max(0.0, self._end - self._monotonic())

    def within(self, seconds: float) -> Deadline:
        """A deadline that ends after `seconds`, or with this one if that is sooner."""
        return Deadline(min(seconds, self.remaining()), self._monotonic)

    @property
    def passed(self) -> bool:
        """Whether the moment is over."""
        return self.remaining() <= 0


def utc_now() -> datetime:
    """The wall clock, in UTC, to the millisecond: the one place where it is read."""
    now = datetime.now(UTC)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)
