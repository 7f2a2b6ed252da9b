"""Pacing: one sender per mailbox at a time, staggered starts.

Exchange Online accepts three concurrent connections per mailbox (Microsoft, "Exchange Online limits"); this suite uses one.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable

from settings.model import Sender

INTERVAL = 0.02
_AT_ONCE = 2


def group_by_mailbox(senders: Iterable[Sender]) -> list[list[Sender]]:
    """Group the senders by mailbox, in order of first occurrence."""
    groups: dict[str, list[Sender]] = {}
    for sender in senders:
        groups.setdefault((sender.sign_in_user or sender.envelope_from).lower(), []).append(sender)
    return list(groups.values())


class Pacer:
    """The start times of runs: the first two at once, then staggered, so that a server does not see a burst."""

    def __init__(self, interval: float = INTERVAL) -> None:
        self._interval = interval
        self._lock = threading.Lock()
        self._free = _AT_ONCE
        self._next = 0.0
        self._stopped = threading.Event()

    def wait(self) -> bool:
        """Wait for this run's start time. Returns False if no more runs are to start."""
        with self._lock:
            now = time.monotonic()
            begin = now if self._free > 0 else max(now, self._next)
            self._free -= 1
            self._next = begin + self._interval
        return not self._stopped.wait(begin - now) if begin > now else not self._stopped.is_set()

    def stop(self) -> None:
        """Let no more runs start."""
        self._stopped.set()
