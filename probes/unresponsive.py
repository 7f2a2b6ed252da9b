"""Hosts that timed out in this run, so that the next sender does not wait for them again.

Otherwise a firewall that drops everything would cost each sender its own timeouts, minutes for a hundred senders.
"""

from __future__ import annotations

import threading

SKIPPED = "timed out earlier in this run, so not tried again"


class UnresponsiveHosts:
    """Hosts whose last attempt timed out."""

    def __init__(self) -> None:
        """Start without such hosts."""
        self._places: set[str] = set()
        self._lock = threading.Lock()

    def known(self, place: str) -> bool:
        """Return whether the last attempt for this host timed out."""
        with self._lock:
            return place in self._places

    def note(self, place: str, *, timed_out: bool) -> None:
        """Record the outcome of an attempt."""
        with self._lock:
            (self._places.add if timed_out else self._places.discard)(place)
