"""Line length, line count, size and time are bounded, whatever a peer sends and however slowly it sends."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from evidence.failure import FailureKind
from evidence.limits import MOST_REPLY_LINES
from probes.deadline import Deadline
from probes.redaction import Redactor
from probes.smtp import LONGEST_LINE, Session
from probes.transcript import Transcript

REPLY_TIMEOUT = 0.6  # in seconds
Peer = Callable[[socket.socket], None]


@contextmanager
def session_with(peer: Peer, seconds: float = 5.0) -> Iterator[Session]:
    """Yield a session that is connected to `peer`, which runs in its own thread."""
    ours, theirs = socket.socketpair()

    def run() -> None:
        with contextlib.suppress(OSError), theirs:
            peer(theirs)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    deadline = Deadline(seconds)
    session = Session(
        ours, Transcript(deadline, Redactor()), deadline, reply_timeout=REPLY_TIMEOUT, ehlo_name="[127.0.0.1]"
    )
    try:
        yield session
    finally:
        ours.close()
        thread.join(5)


def sends(octets: bytes) -> Peer:
    """Return a peer that sends these octets and then only reads."""

    def peer(sock: socket.socket) -> None:
        sock.sendall(octets)
        while sock.recv(4096):
            pass

    return peer


def sends_endlessly(piece: bytes) -> Peer:
    """Return a peer that sends this piece over and over."""

    def peer(sock: socket.socket) -> None:
        while True:
            sock.sendall(piece)

    return peer


def sends_slowly(octets: bytes) -> Peer:
    """Return a peer that sends one octet at a time, so that no single read times out."""

    def peer(sock: socket.socket) -> None:
        for octet in octets:
            sock.sendall(bytes([octet]))
            if _closed(sock, 0.05):
                return

    return peer


def _closed(sock: socket.socket, seconds: float) -> bool:
    """Return whether the other side disconnects within this time."""
    sock.settimeout(seconds)
    try:
        return sock.recv(1) == b""
    except TimeoutError:
        return False
    finally:
        sock.settimeout(None)


@pytest.mark.parametrize(
    ("peer", "kind"),
    [
        pytest.param(sends_endlessly(b"2" * 65536), FailureKind.TOO_LONG, id="endless line"),
        pytest.param(sends(b"220 " + b"x" * (LONGEST_LINE + 10) + b"\r\n"), FailureKind.TOO_LONG, id="line too long"),
        pytest.param(sends_endlessly(b"220-and more\r\n"), FailureKind.TOO_LONG, id="endless reply"),
        pytest.param(sends((b"220-" + b"x" * 4000 + b"\r\n") * 20), FailureKind.TOO_LONG, id="large reply"),
        pytest.param(sends_slowly(b"220 " + b"z" * 400), FailureKind.TIMEOUT, id="one octet at a time"),
        pytest.param(sends(b""), FailureKind.TIMEOUT, id="silence"),
        pytest.param(lambda sock: sock.close(), FailureKind.CLOSED, id="disconnects"),
        pytest.param(sends(b"HTTP/1.1 400 Bad Request\r\n\r\n"), FailureKind.NOT_SMTP, id="http"),
        pytest.param(sends(b"\x16\x03\x01\x02\x00\x01"), FailureKind.NOT_SMTP, id="implicit TLS"),
        pytest.param(sends(b"\xff\xfe\x00\x01\x02\r\n"), FailureKind.NOT_SMTP, id="binary"),
    ],
)
def test_greeting_is_bounded(peer: Peer, kind: FailureKind) -> None:
    """Whatever the peer sends, the wait ends soon after the reply timeout at the latest, and the failure has the expected kind."""
    began = time.monotonic()

    with session_with(peer) as session:
        seen = session.hello(greeting=True)

    assert seen.failure is not None
    assert seen.failure.kind is kind
    assert time.monotonic() - began < REPLY_TIMEOUT + 2
    assert len(seen.raw) <= 300


def test_ehlo_with_too_many_lines_is_cut_off() -> None:
    """An EHLO reply with thousands of lines is cut off at the limit."""
    lines = b"".join(b"250-EXTENSION%d\r\n" % number for number in range(5000))

    with session_with(sends(b"220 here\r\n" + lines)) as session:
        seen = session.hello(greeting=True)

    assert seen.failure is not None
    assert seen.failure.kind is FailureKind.TOO_LONG
    assert str(MOST_REPLY_LINES) in seen.failure.text


def test_session_is_bounded() -> None:
    """The total length of the replies in a session is limited, even if each reply is within its own limit."""
    reply = (b"250-" + b"x" * 2000 + b"\r\n") * 7 + b"250 end\r\n"

    def peer(sock: socket.socket) -> None:
        while sock.recv(4096):
            sock.sendall(reply)

    with session_with(peer) as session:
        answers = [session.ask("NOOP") for _ in range(10)]

    failure = next(answer.failure for answer in answers if answer.failure is not None)
    assert answers[0].failure is None
    assert failure.kind is FailureKind.TOO_LONG


def test_sender_deadline_limits_the_reply_timeout() -> None:
    """The session does not wait for a reply beyond the sender's deadline."""
    began = time.monotonic()

    with session_with(sends(b""), seconds=0.2) as session:
        seen = session.hello(greeting=True)

    assert seen.failure is not None
    assert seen.failure.kind is FailureKind.TIMEOUT
    assert time.monotonic() - began < REPLY_TIMEOUT


def test_transcript_is_bounded() -> None:
    """The transcript keeps at most 401 lines and truncates long ones."""
    transcript = Transcript(Deadline(5), Redactor())

    for number in range(2000):
        transcript.server("x" * 10_000 + str(number))

    lines = transcript.freeze()
    assert len(lines) <= 401
    assert max(len(line.text) for line in lines) <= 2100
