"""Who was silent in this run: what one sender waited for in vain, the next does not wait for again.

A firewall that drops everything would otherwise cost every sender its own time-outs; a hundred senders would wait for minutes.
"""

from __future__ import annotations

import threading

NOT_AGAIN = "silent a moment ago in this run, so not waited for again"


class Silence:
    """Places that let a whole time-out pass and have not answered since."""

    def __init__(self) -> None:
        """Nobody is known to be silent yet."""
        self._places: set[str] = set()
        self._lock = threading.Lock()

    def known(self, place: str) -> bool:
        """Whether this place was silent when it was last waited for."""
        with self._lock:
            return place in self._places

    def note(self, place: str, *, silent: bool) -> None:
        """Remember what waiting for a place came to."""
        with self._lock:
            (self._places.add if silent else self._places.discard)(place)
