"""Hosts that timed out in this run, recorded so that the next sender does not wait for them again.

Otherwise a firewall that drops all packets would cost each sender its own timeouts, which adds up to minutes for a hundred
senders.
"""

from __future__ import annotations

import threading

SKIPPED = "the host timed out earlier in this run and was not tried again"


class UnresponsiveHosts:
    """The hosts for which the last attempt timed out."""

    def __init__(self) -> None:
        """Start without any hosts."""
        self._places: set[str] = set()
        self._lock = threading.Lock()

    def known(self, place: str) -> bool:
        """Return whether the last attempt to reach this host timed out."""
        with self._lock:
            return place in self._places

    def note(self, place: str, *, timed_out: bool) -> None:
        """Record whether an attempt to reach this host timed out."""
        with self._lock:
            (self._places.add if timed_out else self._places.discard)(place)
