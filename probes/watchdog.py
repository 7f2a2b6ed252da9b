"""Shuts down a connection when its deadline expires, whatever library is using it at that moment.

A timeout for each read is not enough, because a library can loop over input that never becomes complete, such as TLS records
without data, or can restart the timeout for each piece.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from typing import NamedTuple

from probes.deadline import Deadline


class _Watched(NamedTuple):
    handle: socket.socket
    deadline: Deadline | None  # None while the connection is idle

    @property
    def is_late(self) -> bool:
        return self.deadline is not None and self.deadline.passed


class Watchdog:
    """Watches open connections in one thread, which ends when there are none left. Thread-safe.

    It keeps its own handle for each connection, because TLS takes the descriptor away from the socket that it wraps, and the number of a
    closed descriptor can be reused immediately for a different connection.
    """

    def __init__(self) -> None:
        """Start without connections and without a thread."""
        self._watched: dict[socket.socket, _Watched] = {}
        self._changed = threading.Condition()
        self._running = False

    def watch(self, sock: socket.socket, deadline: Deadline) -> None:
        """Shut down the newly opened connection of `sock` at this deadline."""
        try:
            handle = sock.dup()
        except OSError:  # no descriptor is left; the timeouts of the socket itself still apply
            return
        with self._changed:
            self._watched[sock] = _Watched(handle, deadline)
            self._changed.notify()
            if not self._running:
                self._running = True
                threading.Thread(target=self._run, name="watchdog", daemon=True).start()

    def postpone(self, sock: socket.socket, deadline: Deadline | None) -> None:
        """Shut down a watched connection at a different deadline or, with None, not until the next deadline is set."""
        with self._changed:
            if sock in self._watched:
                self._watched[sock] = self._watched[sock]._replace(deadline=deadline)
                self._changed.notify()

    def replaced(self, old: socket.socket, new: socket.socket) -> None:
        """Watch `new` in place of `old`, which TLS wrapped."""
        with self._changed:
            if old in self._watched:
                self._watched[new] = self._watched.pop(old)

    def release(self, sock: socket.socket) -> None:
        """Stop watching a socket. A socket that is not watched is ignored."""
        with self._changed:
            known = self._watched.pop(sock, None)
            if known is not None:
                known.handle.close()
                self._changed.notify()

    def shut_all(self) -> None:
        """Shut down all connections now."""
        with self._changed:
            for one in self._watched.values():
                _shut(one.handle)

    def _run(self) -> None:
        with self._changed:
            while self._watched:
                late = {sock: one for sock, one in self._watched.items() if one.is_late}
                for sock, one in late.items():
                    _shut(one.handle)
                    self._watched[sock] = one._replace(deadline=None)
                waits = [one.deadline.remaining() for one in self._watched.values() if one.deadline is not None]
                self._changed.wait(min(waits, default=None))
            self._running = False


def _shut(handle: socket.socket) -> None:
    with contextlib.suppress(OSError):  # the peer has closed the connection
        handle.shutdown(socket.SHUT_RDWR)
