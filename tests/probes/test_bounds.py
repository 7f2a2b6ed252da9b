"""Every peer is bounded by us: line length, line count, size and time, whatever it sends and however slowly."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from evidence.wire import FailureKind
from probes.deadline import Deadline
from probes.redaction import Redactor
from probes.smtp import LONGEST_LINE, MOST_LINES, Session
from probes.transcript import Transcript

PATIENCE = 0.6  # seconds for a reply in these tests
Peer = Callable[[socket.socket], None]


@contextmanager
def session_with(peer: Peer, seconds: float = 5.0) -> Iterator[Session]:
    """A session whose other end is `peer`, in a thread of its own."""
    ours, theirs = socket.socketpair()

    def run() -> None:
        with contextlib.suppress(OSError), theirs:
            peer(theirs)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    deadline = Deadline(seconds)
    session = Session(ours, Transcript(deadline, Redactor()), deadline, reply_timeout=PATIENCE, ehlo_name="[127.0.0.1]")
    try:
        yield session
    finally:
        ours.close()
        thread.join(5)


def says(octets: bytes) -> Peer:
    """A peer that says this and then listens."""

    def peer(sock: socket.socket) -> None:
        sock.sendall(octets)
        while sock.recv(4096):
            pass

    return peer


def endless(piece: bytes) -> Peer:
    """A peer that never stops."""

    def peer(sock: socket.socket) -> None:
        while True:
            sock.sendall(piece)

    return peer


def dripping(octets: bytes) -> Peer:
    """A peer that sends one octet at a time, each before a naive time-out would strike."""

    def peer(sock: socket.socket) -> None:
        for octet in octets:
            sock.sendall(bytes([octet]))
            if _closed(sock, 0.05):
                return

    return peer


def _closed(sock: socket.socket, seconds: float) -> bool:
    """Wait a little for the other side to hang up."""
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
        pytest.param(endless(b"2" * 65536), FailureKind.TOO_LONG, id="endless line"),
        pytest.param(says(b"220 " + b"x" * (LONGEST_LINE + 10) + b"\r\n"), FailureKind.TOO_LONG, id="line too long"),
        pytest.param(endless(b"220-and more\r\n"), FailureKind.TOO_LONG, id="endless reply"),
        pytest.param(dripping(b"220 " + b"z" * 400), FailureKind.TIMEOUT, id="one octet at a time"),
        pytest.param(says(b""), FailureKind.TIMEOUT, id="silence"),
        pytest.param(lambda sock: sock.close(), FailureKind.CLOSED, id="hangs up"),
        pytest.param(says(b"HTTP/1.1 400 Bad Request\r\n\r\n"), FailureKind.NOT_SMTP, id="http"),
        pytest.param(says(b"\x16\x03\x01\x02\x00\x01"), FailureKind.NOT_SMTP, id="tls at once"),
        pytest.param(says(b"\xff\xfe\x00\x01\x02\r\n"), FailureKind.NOT_SMTP, id="binary"),
    ],
)
def test_greeting_is_bounded(peer: Peer, kind: FailureKind) -> None:
    """Whatever comes, the wait ends with the reply time-out, and the failure says what was seen."""
    began = time.monotonic()

    with session_with(peer) as session:
        seen = session.hello(greeting=True)

    assert seen.failure is not None
    assert seen.failure.kind is kind
    assert time.monotonic() - began < PATIENCE + 2
    assert len(seen.raw) <= 300


def test_ehlo_with_too_many_lines_ends() -> None:
    """A list of thousands of extensions is cut off at our bound."""
    lines = b"".join(b"250-EXTENSION%d\r\n" % number for number in range(5000))

    with session_with(says(b"220 here\r\n" + lines)) as session:
        seen = session.hello(greeting=True)

    assert seen.failure is not None
    assert seen.failure.kind is FailureKind.TOO_LONG
    assert str(MOST_LINES) in seen.failure.text


def test_sender_deadline_wins_over_the_reply_time_out() -> None:
    """When the sender's time is over, nothing waits for a reply any more."""
    began = time.monotonic()

    with session_with(says(b""), seconds=0.2) as session:
        seen = session.hello(greeting=True)

    assert seen.failure is not None
    assert seen.failure.kind is FailureKind.TIMEOUT
    assert time.monotonic() - began < PATIENCE


def test_transcript_is_bounded() -> None:
    """Hundreds of lines are kept, not millions, and long ones are cut."""
    transcript = Transcript(Deadline(5), Redactor())

    for number in range(2000):
        transcript.server("x" * 10_000 + str(number))

    lines = transcript.freeze()
    assert len(lines) <= 401
    assert max(len(line.text) for line in lines) <= 2100
