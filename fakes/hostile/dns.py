"""Hostile name servers: answers that are too large to parse or that never end (RFC 1035, section 4)."""

import socket
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from .http import PAUSE
from .listener import Peer, drip, serving

_HEADER = 12
_POINTER_TO_QUESTION = b"\xc0\x0c"
_ALIASES = 4500
_LONG_NAME = b"\x01a" * 100


def _answered(question: bytes, count: int, records: bytes) -> bytes:
    """Return a response to the question with these records, preceded by its length."""
    end = question.index(b"\x00", _HEADER) + 5
    response = question[:2] + struct.pack("!HHHHH", 0x8180, 1, count, 0, 0) + question[_HEADER:end] + records
    return struct.pack("!H", len(response)) + response


def _many_aliases(question: bytes) -> bytes:
    """Return one address and thousands of aliases between names of a hundred labels."""
    long = struct.pack("!H", 0xC000 | (question.index(b"\x00", _HEADER) + 5))
    first = _LONG_NAME + _POINTER_TO_QUESTION + struct.pack("!HHIH4s", 1, 1, 60, 4, b"\x0a\x01\x02\x03")
    alias = long + struct.pack("!HHIH", 5, 1, 60, 2) + long
    return _answered(question, 1 + _ALIASES, first + alias * _ALIASES)


def _over_tcp(answer: Callable[[bytes], bytes]) -> Peer:
    def peer(sock: socket.socket) -> None:
        while octets := sock.recv(65536):
            sock.sendall(answer(octets[2:]))

    return peer


def _drip(sock: socket.socket) -> None:
    """Announce a long answer and send it one octet at a time."""
    sock.recv(65536)
    sock.sendall(b"\x0f\xff")
    drip(sock, b"\x00", pause=PAUSE)


DNS_PEERS: dict[str, Peer] = {"many-aliases": _over_tcp(_many_aliases), "dns-drip": _drip}


@contextmanager
def serve_dns(name: str) -> Iterator[int]:
    """Serve the name server `name` over TCP and yield the port. Over UDP it never answers."""
    with (
        serving(DNS_PEERS[name]) as port,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent,
    ):
        silent.bind(("127.0.0.1", port))
        yield port
