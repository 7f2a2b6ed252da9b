"""Serves one hostile peer on loopback: every connection gets a thread, and all of them end with the `with` block."""

import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from ..network.listeners import LOOPBACK

Peer = Callable[[socket.socket], None]
_JOIN_SECONDS = 5.0


@contextmanager
def serving(peer: Peer, tls: ssl.SSLContext | None = None) -> Iterator[int]:
    """Serve `peer`, over TLS if a context is given, and yield the port. The peer's errors are ignored, because it is hostile."""
    listener = socket.create_server((LOOPBACK, 0), backlog=64)
    opened: list[socket.socket] = []

    def serve(sock: socket.socket) -> None:
        with contextlib.suppress(OSError, ValueError):
            secured = tls.wrap_socket(sock, server_side=True) if tls is not None else sock
            with secured:
                opened.append(secured)
                peer(secured)

    def accept() -> None:
        with contextlib.suppress(OSError):
            while True:
                sock, _ = listener.accept()
                opened.append(sock)
                threading.Thread(target=serve, args=(sock,), name="hostile", daemon=True).start()

    thread = threading.Thread(target=accept, name="hostile-accept", daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        for one in (listener, *opened):
            _close(one)
        thread.join(_JOIN_SECONDS)


def drip(sock: socket.socket, octets: bytes, *, pause: float) -> None:
    """Send `octets` one at a time, over and over, with a pause after each, until the client closes the connection."""
    while True:
        for octet in octets:
            sock.sendall(bytes([octet]))
            time.sleep(pause)


def hold(sock: socket.socket) -> None:
    """Send nothing and read until the client closes the connection."""
    while sock.recv(65536):
        pass


def _close(one: socket.socket) -> None:
    with contextlib.suppress(OSError, ValueError):
        one.shutdown(socket.SHUT_RDWR)
    with contextlib.suppress(OSError, ValueError):
        one.close()
