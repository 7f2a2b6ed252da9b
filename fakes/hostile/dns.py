"""Hostile name servers: responses about the mail server's name that are large, malformed, endless or to a different question (RFC 1035)."""

import socket
import struct
from collections.abc import Callable

from ..world.clouds import CLOUDS
from .listener import LARGEST_READ, drip
from .peer import Datagram, HostilePeer, Place, Scene, Serve

_HEADER = 12
_QUESTION = b"\xc0\x0c"  # a pointer to the name in the question
_A, _CNAME, _IN = 1, 5, 1
_ALIASES = 4500
_LONG_NAME = b"\x01a" * 100
Answer = Callable[[bytes], bytes | None]


def _name(text: str) -> bytes:
    return b"".join(bytes([len(label)]) + label.encode("ascii") for label in text.split(".")) + b"\x00"


def _end(question: bytes) -> int:
    """Return the offset of the end of the question section."""
    return question.index(b"\x00", _HEADER) + 5


def _record(owner: bytes, kind: int, data: bytes) -> bytes:
    return owner + struct.pack("!HHIH", kind, _IN, 60, len(data)) + data


def _response(question: bytes, records: list[bytes], *, claimed: int | None = None) -> bytes:
    """Return a response to the question with these records. `claimed` replaces the number of records in the header."""
    header = struct.pack("!HHHHH", 0x8180, 1, len(records) if claimed is None else claimed, 0, 0)
    return question[:2] + header + question[_HEADER : _end(question)] + b"".join(records)


def _many_aliases(question: bytes) -> bytes:
    """Return a response with one address record and thousands of aliases between names of a hundred labels."""
    long = struct.pack("!H", 0xC000 | _end(question))
    first = _record(_LONG_NAME + _QUESTION, _A, b"\x0a\x01\x02\x03")
    return _response(question, [first, *[_record(long, _CNAME, long)] * _ALIASES])


def _alias_loop(question: bytes) -> bytes:
    one, two = _name("one.loop.example"), _name("two.loop.example")
    return _response(question, [_record(_QUESTION, _CNAME, one), _record(one, _CNAME, two), _record(two, _CNAME, one)])


def _pointer_loop(question: bytes) -> bytes:
    """Return a response with a record whose name is a pointer to itself."""
    here = struct.pack("!H", 0xC000 | _end(question))
    return _response(question, [_record(here, _A, b"\x0a\x01\x02\x03")])


def _false_counts(question: bytes) -> bytes:
    return _response(question, [], claimed=65535)


def _other_id(question: bytes) -> bytes:
    answer = _response(question, [_record(_QUESTION, _A, b"\x0a\x01\x02\x03")])
    return bytes([question[0] ^ 0xFF]) + answer[1:]


def _other_question(question: bytes) -> bytes:
    name = _name("other.example")
    answer = name + struct.pack("!HH", _A, _IN) + _record(name, _A, b"\x0a\x01\x02\x03")
    return question[:2] + struct.pack("!HHHHH", 0x8180, 1, 1, 0, 0) + answer


def _always_truncated(question: bytes) -> bytes:
    answer = _response(question, [])
    return answer[:2] + struct.pack("!H", 0x8380) + answer[4:]


def _silence(_question: bytes) -> None:
    return None


def _attacked(question: bytes, scene: Scene) -> bool:
    """Return whether the question is for the mail server. All other names are answered by the healthy resolver."""
    return _name(CLOUDS[scene.world.cloud].smtp_host) in question.lower()


def _over_udp(answer: Answer) -> Datagram:
    def reply(question: bytes, scene: Scene) -> bytes | None:
        return answer(question) if _attacked(question, scene) else scene.resolve(question, over_udp=True)

    return reply


def _over_tcp(attack: Callable[[socket.socket, bytes], None]) -> Serve:
    def serve(sock: socket.socket, scene: Scene) -> None:
        while octets := sock.recv(LARGEST_READ):
            question = octets[2:]
            if _attacked(question, scene):
                attack(sock, question)
            elif (answer := scene.resolve(question, over_udp=False)) is not None:
                sock.sendall(struct.pack("!H", len(answer)) + answer)

    return serve


def _sends(answer: Answer) -> Callable[[socket.socket, bytes], None]:
    def attack(sock: socket.socket, question: bytes) -> None:
        octets = answer(question)
        if octets is not None:
            sock.sendall(struct.pack("!H", len(octets)) + octets)

    return attack


def _drip(sock: socket.socket, _question: bytes) -> None:
    sock.sendall(b"\x0f\xff")
    drip(sock, b"\x00")


def _short(sock: socket.socket, question: bytes) -> None:
    sock.sendall(b"\x0f\xff" + _response(question, [])[:20])
    sock.shutdown(socket.SHUT_RDWR)


def _peer(
    name: str,
    *,
    does: str,
    rule: str,
    client: str,
    answer: Answer = _silence,
    tcp: Callable[[socket.socket, bytes], None] | None = None,
    over_udp: bool = True,
) -> HostilePeer:
    return HostilePeer(
        name=name,
        place=Place.DNS,
        protocol="DNS",
        does=does,
        rule=rule,
        client=client,
        gate="name",
        serve=_over_tcp(tcp or _sends(answer)),
        datagram=_over_udp(answer if over_udp else _silence),
    )


_NO_PARSER = "rejects the answer before or during parsing, without an uncaught exception"
_NOT_MINE = "rejects an answer that does not belong to its question"
DNS = (
    _peer(
        "dns-drip",
        does="announces a long answer over TCP and sends it one octet at a time; sends nothing over UDP",
        rule="RFC 7766, section 8: a message follows its length",
        client="limits the time for the complete answer, not only for one read",
        tcp=_drip,
    ),
    _peer(
        "dns-short",
        does="closes the TCP connection before the announced length; sends nothing over UDP",
        rule="RFC 7766, section 8: the whole message follows its length",
        client="does not use an incomplete answer",
        tcp=_short,
    ),
    _peer(
        "dns-many-aliases",
        does=f"answers over TCP with {_ALIASES} aliases between names of a hundred labels; sends nothing over UDP",
        rule="RFC 1034, section 3.6.2: an alias leads to the primary name",
        client="limits the size of the answer, or the number of its records, before it parses them",
        answer=_many_aliases,
        over_udp=False,
    ),
    _peer(
        "cname-loop",
        does="answers with two aliases that lead to each other",
        rule="RFC 1034, section 3.6.2: a loop of aliases is an error",
        client="limits the number of aliases that it follows",
        answer=_alias_loop,
    ),
    _peer(
        "dns-malformed",
        does="answers with a record whose name is a pointer to itself",
        rule="RFC 1035, section 4.1.4: a pointer leads to an earlier name",
        client=_NO_PARSER,
        answer=_pointer_loop,
    ),
    _peer(
        "dns-false-counts",
        does="announces 65,535 records and sends none",
        rule="RFC 1035, section 4.1.1: the header states the number of records",
        client=_NO_PARSER,
        answer=_false_counts,
    ),
    _peer(
        "dns-other-id",
        does="answers with a different transaction id",
        rule="RFC 1035, section 4.1.1: the answer has the id of the question",
        client=_NOT_MINE,
        answer=_other_id,
    ),
    _peer(
        "dns-other-question",
        does="answers a question about a different name",
        rule="RFC 5452, section 9.1: the answer repeats the question",
        client=_NOT_MINE,
        answer=_other_question,
    ),
    _peer(
        "dns-always-truncated",
        does="marks every answer as truncated, even over TCP",
        rule="RFC 1035, section 4.2.1: truncation applies to UDP",
        client="repeats the question over TCP once, and then gives up",
        answer=_always_truncated,
    ),
)
