"""One DNS question and its answer over UDP or TCP (RFC 1035, section 4.2), with a bounded size, number of records and time.

dnspython builds and parses the messages. It needs milliseconds for each record with a long name, so a large answer is rejected
before it is parsed.
"""

from __future__ import annotations

import socket
import struct
from typing import Literal

import dns.message
import dns.query

from probes.deadline import Deadline

Transport = Literal["udp", "tcp"]
LARGEST_ANSWER = 4096  # octets; the answer for a mail server has a few hundred
MOST_RECORDS = 100  # in all sections: more than the aliases and addresses that the evidence keeps
_LARGEST_DATAGRAM = 65535
_HEADER = struct.Struct("!HHHHHH")


class TooLargeError(ValueError):
    """Raised for an answer with too many octets or records."""


def exchange(
    question: dns.message.Message, address: str, port: int, via: Transport, bound: Deadline
) -> dns.message.Message:
    """Send the question to a name server and return its answer.

    Raises:
        TimeoutError: there was no answer within `bound`.
        OSError: the name server cannot be reached.
        EOFError: the name server closed the connection.
        TooLargeError: the answer is too large.
        dns.exception.DNSException: the answer is malformed or belongs to another question.

    """
    asked = question.to_wire()
    octets = _over_udp(asked, address, port, bound) if via == "udp" else _over_tcp(asked, address, port, bound)
    if len(octets) > LARGEST_ANSWER:
        raise TooLargeError(f"an answer of {len(octets)} octets, more than {LARGEST_ANSWER}")
    records = sum(_HEADER.unpack_from(octets)[3:]) if len(octets) >= _HEADER.size else 0
    if records > MOST_RECORDS:
        raise TooLargeError(f"an answer with {records} records, more than {MOST_RECORDS}")
    answer = dns.message.from_wire(octets)
    if not question.is_response(answer):
        raise dns.query.BadResponse
    return answer


def _over_udp(asked: bytes, address: str, port: int, bound: Deadline) -> bytes:
    family, place = _place(address, port, socket.SOCK_DGRAM)
    with socket.socket(family, socket.SOCK_DGRAM) as sock:
        _limit(sock, bound)
        sock.sendto(asked, place)
        while True:  # anyone can send to this port
            _limit(sock, bound)
            octets, source = sock.recvfrom(_LARGEST_DATAGRAM)
            if _without_zone(source) == _without_zone(place):
                return octets


def _over_tcp(asked: bytes, address: str, port: int, bound: Deadline) -> bytes:
    family, place = _place(address, port, socket.SOCK_STREAM)
    with socket.socket(family, socket.SOCK_STREAM) as sock:
        _limit(sock, bound)
        sock.connect(place)
        sock.sendall(struct.pack("!H", len(asked)) + asked)
        (size,) = struct.unpack("!H", _exactly(2, sock, bound))
        return _exactly(size, sock, bound) if size <= LARGEST_ANSWER else bytes(size)


def _exactly(size: int, sock: socket.socket, bound: Deadline) -> bytes:
    octets = b""
    while len(octets) < size:
        _limit(sock, bound)
        more = sock.recv(size - len(octets))
        if not more:
            raise EOFError("the connection was closed before the answer was complete")
        octets += more
    return octets


def _limit(sock: socket.socket, bound: Deadline) -> None:
    if bound.passed:
        raise TimeoutError
    sock.settimeout(bound.remaining() or 0.001)


def _place(address: str, port: int, kind: socket.SocketKind) -> tuple[socket.AddressFamily, tuple[str, int]]:
    """Return the address family and the socket address for a literal IP address, including the zone of a link-local address."""
    family, _, _, _, place = socket.getaddrinfo(address, port, type=kind, flags=socket.AI_NUMERICHOST)[0]
    return family, place  # type: ignore[return-value]  # four members for IPv6


def _without_zone(place: tuple[str, int]) -> tuple[str, int]:
    return place[0].partition("%")[0], place[1]
