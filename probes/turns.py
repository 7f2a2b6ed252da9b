"""Who visits when: senders of one mailbox one after the other, and visits that begin a little apart.

Exchange Online takes three connections of a mailbox at once (Microsoft "Exchange Online limits"); one is enough for us.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable

from settings.model import Sender

APART = 0.02
_AT_ONCE = 2


def by_mailbox(senders: Iterable[Sender]) -> list[list[Sender]]:
    """The senders, those of one mailbox together, in the order in which each mailbox first comes."""
    groups: dict[str, list[Sender]] = {}
    for sender in senders:
        groups.setdefault((sender.sign_in_user or sender.envelope_from).lower(), []).append(sender)
    return list(groups.values())


class Starts:
    """When visits may begin: the first two at once, then a little apart, so that a server does not meet a burst."""

    def __init__(self, apart: float = APART) -> None:
        self._apart = apart
        self._lock = threading.Lock()
        self._free = _AT_ONCE
        self._next = 0.0
        self._stopped = threading.Event()

    def wait(self) -> bool:
        """Wait for this visit's turn; False when no more visits are to begin."""
        with self._lock:
            now = time.monotonic()
            begin = now if self._free > 0 else max(now, self._next)
            self._free -= 1
            self._next = begin + self._apart
        return not self._stopped.wait(begin - now) if begin > now else not self._stopped.is_set()

    def stop(self) -> None:
        """Let nobody begin any more."""
        self._stopped.set()
