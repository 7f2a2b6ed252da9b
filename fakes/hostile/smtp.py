"""Hostile SMTP servers: greetings and replies that never end or are very large, and TLS that never gets to the data."""

import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager

from .http import PAUSE, tls_for
from .listener import Peer, drip, hold, serving

_GREETING = b"220 AM0PR01CA0001.outlook.office365.com Microsoft ESMTP MAIL Service ready\r\n"
_NAMES = ("smtp.office365.com", "smtp-legacy.office365.com")
_LINE = 8000
_LINES = 126
_MANY_TICKETS = 2**31 - 1


def _greeting_drip(sock: socket.socket) -> None:
    """Send a greeting that never ends, one octet at a time."""
    sock.sendall(b"220 ")
    drip(sock, b"x", pause=PAUSE)


def _greeting_lines_drip(sock: socket.socket) -> None:
    """Send a greeting of which each line announces another one, one octet at a time."""
    drip(sock, b"220-x\r\n", pause=PAUSE / 10)


def _many_lines(sock: socket.socket) -> None:
    """Answer every command with the longest reply that most clients accept, full of escapes that a reader has to decode."""
    line = (b"%41&amp;=41\\u0041" * _LINE)[:_LINE]
    while True:
        sock.sendall(b"".join(b"220-" + line + b"\r\n" for _ in range(_LINES)) + b"220 end\r\n")
        if not sock.recv(65536):
            return


def _endless_tickets(sock: socket.socket) -> None:
    """Send session tickets for ever after the TLS handshake (RFC 8446, section 4.6.1), so that no reply is ever read."""
    sock.sendall(_GREETING)
    sock.recv(65536)
    sock.sendall(b"250-AM0PR01CA0001.outlook.office365.com Hello [127.0.0.1]\r\n250-SIZE 157286400\r\n250 STARTTLS\r\n")
    sock.recv(65536)
    sock.sendall(b"220 2.0.0 SMTP server ready\r\n")
    context = tls_for(*_NAMES)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.num_tickets = _MANY_TICKETS
    with context.wrap_socket(sock, server_side=True) as secured:
        hold(secured)


SMTP_PEERS: dict[str, Peer] = {
    "greeting-drip": _greeting_drip,
    "greeting-lines-drip": _greeting_lines_drip,
    "many-lines": _many_lines,
    "endless-tickets": _endless_tickets,
    "silence": hold,
}


@contextmanager
def serve_smtp(name: str) -> Iterator[int]:
    """Serve the SMTP server `name` and yield the port."""
    with serving(SMTP_PEERS[name]) as port:
        yield port
