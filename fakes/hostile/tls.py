"""Hostile TLS servers: handshakes that begin and never end (RFC 8446, section 5.1)."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager

from .http import PAUSE
from .listener import Peer, drip, hold, serving

_HELLO_OF_16_KB = b"\x16\x03\x03\x40\x00"


def _handshake_drip(sock: socket.socket) -> None:
    """Announce a long handshake record and send it one octet at a time."""
    sock.recv(65536)
    sock.sendall(_HELLO_OF_16_KB)
    drip(sock, b"\x02", pause=PAUSE)


TLS_PEERS: dict[str, Peer] = {"handshake-drip": _handshake_drip, "handshake-silence": hold}


@contextmanager
def serve_tls(name: str) -> Iterator[int]:
    """Serve the TLS server `name` and yield the port."""
    with serving(TLS_PEERS[name]) as port:
        yield port
