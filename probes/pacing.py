"""Limits runs to one sender per mailbox at a time, and staggers their starts.

Exchange Online accepts three concurrent connections per mailbox (Microsoft, "Exchange Online limits"); this suite signs in on one.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable

from probes.account import account_name
from settings.model import Sender

INTERVAL = 0.02
_AT_ONCE = 2


def group_by_mailbox(senders: Iterable[Sender]) -> list[list[Sender]]:
    """Return the senders grouped by mailbox, in the order in which the mailboxes first occur."""
    groups: dict[str, list[Sender]] = {}
    for sender in senders:
        groups.setdefault(account_name(sender.sign_in_user or sender.envelope_from), []).append(sender)
    return list(groups.values())


class Pacer:
    """Staggers the start times of runs, to spare the server a burst of connections. Only the first two start at once."""

    def __init__(self, interval: float = INTERVAL) -> None:
        self._interval = interval
        self._lock = threading.Lock()
        self._free = _AT_ONCE
        self._next = 0.0
        self._stopped = threading.Event()

    def wait(self) -> bool:
        """Wait for the next start time. Return False if no more runs may start."""
        with self._lock:
            now = time.monotonic()
            begin = now if self._free > 0 else max(now, self._next)
            self._free -= 1
            self._next = begin + self._interval
        return not self._stopped.wait(begin - now) if begin > now else not self._stopped.is_set()

    def stop(self) -> None:
        """Prevent further runs from starting."""
        self._stopped.set()
