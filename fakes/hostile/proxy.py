"""Hostile proxies: HTTP proxies whose answer to CONNECT never ends (RFC 9110, section 9.3.6)."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager

from .http import PAUSE
from .listener import Peer, drip, hold, serving

_LARGEST_REQUEST = 65536


def _connect_drip(sock: socket.socket) -> None:
    """Answer CONNECT with a header field that never ends, one octet at a time."""
    sock.recv(_LARGEST_REQUEST)
    sock.sendall(b"HTTP/1.1 200 Connection established\r\nX-Padding: ")
    drip(sock, b"x", pause=PAUSE)


PROXY_PEERS: dict[str, Peer] = {"proxy-connect-drip": _connect_drip, "proxy-silence": hold}


@contextmanager
def serve_proxy(name: str) -> Iterator[int]:
    """Serve the proxy `name` without TLS and yield the port."""
    with serving(PROXY_PEERS[name]) as port:
        yield port
