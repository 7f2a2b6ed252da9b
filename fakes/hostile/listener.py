"""Serve one hostile peer on loopback, with a thread for each connection. All connections are closed when the `with` block ends."""

import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from ..network.listeners import listening

Peer = Callable[[socket.socket], None]
PAUSE = 0.1  # seconds between two octets: much shorter than any client's timeout for one read
LARGEST_READ = 65536
_JOIN_SECONDS = 5.0
_thread = threading.local()  # `opened`: the sockets of the server that this thread belongs to


@contextmanager
def serving(peer: Peer, tls: ssl.SSLContext | None = None) -> Iterator[int]:
    """Serve `peer` on a free port, over TLS if a context is given, and yield the port."""
    with listening() as listener, serving_on(listener, peer, tls):
        yield listener.getsockname()[1]


@contextmanager
def serving_on(listener: socket.socket, peer: Peer, tls: ssl.SSLContext | None = None) -> Iterator[None]:
    """Serve `peer` on a listening socket until the block ends, then close the socket and all connections."""
    listener.settimeout(None)
    opened: list[socket.socket] = []

    def serve(sock: socket.socket) -> None:
        _thread.opened = opened
        with contextlib.suppress(OSError, ValueError), sock:
            if tls is None:
                peer(sock)
            else:
                with over_tls(sock, tls) as secured:
                    peer(secured)

    def accept() -> None:
        with contextlib.suppress(OSError):
            while True:
                sock, _ = listener.accept()
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                opened.append(sock)
                threading.Thread(target=serve, args=(sock,), name="hostile", daemon=True).start()

    thread = threading.Thread(target=accept, name="hostile-accept", daemon=True)
    thread.start()
    try:
        yield
    finally:
        for one in (listener, *opened):
            close(one)
        thread.join(_JOIN_SECONDS)


def over_tls(sock: socket.socket, context: ssl.SSLContext) -> ssl.SSLSocket:
    """Perform the TLS handshake as the server and return the new socket, which is closed when the `serving_on` block ends."""
    secured = context.wrap_socket(sock, server_side=True, do_handshake_on_connect=False)
    _thread.opened.append(secured)
    try:
        secured.do_handshake()
    except BaseException:
        secured.close()
        raise
    return secured


def drip(sock: socket.socket, octets: bytes, *, pause: float = PAUSE) -> None:
    """Send `octets` one at a time, over and over, with a pause after each, until the client closes the connection."""
    while True:
        for octet in octets:
            sock.sendall(bytes([octet]))
            time.sleep(pause)


def flood(sock: socket.socket, octets: bytes) -> None:
    """Send `octets` over and over, as fast as the client reads them, until it closes the connection."""
    piece = octets * max(1, LARGEST_READ // len(octets))
    while True:
        sock.sendall(piece)


def hold(sock: socket.socket) -> None:
    """Send nothing and read until the client closes the connection."""
    while sock.recv(LARGEST_READ):
        pass


def close(one: socket.socket) -> None:
    """Shut a socket down and close it, even if a thread is waiting on it."""
    with contextlib.suppress(OSError, ValueError):
        one.shutdown(socket.SHUT_RDWR)
    with contextlib.suppress(OSError, ValueError):
        one.close()
