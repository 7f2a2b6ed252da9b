"""A connection is shut at its deadline, whatever is waiting on it."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from fakes.hostile.listener import hold, serving
from probes.deadline import Deadline
from probes.dialler import Dialler
from probes.tls import unverified_context

FOR_EVER = 30.0  # seconds; a wait that is longer never ends


@contextmanager
def connection(seconds: float) -> Iterator[tuple[Dialler, socket.socket]]:
    """Yield a connection to a server that sends nothing, with a deadline after this time and no timeout of its own."""
    dialler = Dialler({}, only_mapped=False, timeout=5.0)
    with serving(hold) as port:
        sock, _ = dialler.dial("127.0.0.1", "127.0.0.1", port, Deadline(seconds))
        assert sock is not None
        sock.settimeout(None)
        try:
            yield dialler, sock
        finally:
            dialler.close(sock)


def read(sock: socket.socket) -> None:
    """Wait for one octet."""
    sock.recv(1)


def shake_hands(sock: socket.socket) -> None:
    """Wait for the answer to a TLS handshake, in which the TLS socket takes over the descriptor."""
    unverified_context().wrap_socket(sock)


def ends(wait: Callable[[socket.socket], None], sock: socket.socket, seconds: float = FOR_EVER) -> bool:
    """Return whether the wait ends within this time."""

    def run() -> None:
        with contextlib.suppress(OSError, ssl.SSLError):
            wait(sock)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(seconds)
    return not thread.is_alive()


@pytest.mark.parametrize("wait", [read, shake_hands])
def test_a_wait_without_a_timeout_ends_at_the_deadline(wait: Callable[[socket.socket], None]) -> None:
    """A read and a handshake that have no timeout end when the deadline of the connection expires."""
    with connection(0.3) as (_, sock):
        assert ends(wait, sock)


def test_an_idle_connection_is_not_shut() -> None:
    """A connection without a deadline stays open until the next request sets one."""
    with connection(0.3) as (dialler, sock):
        dialler.postpone(sock, None)
        assert not ends(read, sock, 1.0)
        dialler.postpone(sock, Deadline(0.1))
        assert ends(read, sock)


def test_stopping_ends_every_wait() -> None:
    """When the run stops, a handshake that has no timeout ends before the deadline."""
    with connection(3600.0) as (dialler, sock):
        threading.Timer(0.3, dialler.stop).start()
        assert ends(shake_hands, sock)


def test_nothing_is_opened_after_the_deadline() -> None:
    """No connection is opened after the deadline."""
    dialler = Dialler({}, only_mapped=False, timeout=5.0)
    with serving(hold) as port:
        sock, dial = dialler.dial("127.0.0.1", "127.0.0.1", port, Deadline(0.0))

    assert sock is None
    assert dial.failure is not None
    assert dial.failure.kind == "deadline"
