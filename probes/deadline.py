"""The clock that all probes use, the deadline for each sender, and timeouts that never exceed it."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime

Monotonic = Callable[[], float]


class Deadline:
    """A fixed moment at which all waiting ends, whatever a peer does."""

    def __init__(self, seconds: float, monotonic: Monotonic = time.monotonic) -> None:
        """Start the clock now, and expire after `seconds`."""
        self._monotonic = monotonic
        self._started = monotonic()
        self._end = self._started + seconds

    def elapsed(self) -> float:
        """Return the number of seconds since the start."""
        return self._monotonic() - self._started

    def remaining(self) -> float:
        """Return the number of seconds left, or 0 after the deadline."""
        return max(0.0, self._end - self._monotonic())

    def within(self, seconds: float) -> Deadline:
        """Return a deadline that expires after `seconds`, or together with this one if that is sooner."""
        return Deadline(min(seconds, self.remaining()), self._monotonic)

    @property
    def passed(self) -> bool:
        """Whether the deadline has expired."""
        return self.remaining() <= 0


def utc_now() -> datetime:
    """Return the current time in UTC, truncated to milliseconds."""
    now = datetime.now(UTC)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)
