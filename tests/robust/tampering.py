"""A relay on loopback that forwards everything up to one byte of one server reply and then breaks it: reset, stall or garbage.

Replies are counted in turns. A turn begins when the client sends something after the server did, so the same cut is found again
although names, dates and signatures differ in length from run to run.
"""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum

GARBAGE = b"\x00\xff\xfe%%% no protocol at all \x9f\r\n"
_PIECE = 65536
_PATIENCE = 30.0


class Breakage(StrEnum):
    """How the relay breaks the reply."""

    RESET = "reset"
    STALL = "stall"
    GARBAGE = "garbage"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """Where and how to break: `after` bytes into turn `turn` of the connection with this number (None: of every connection)."""

    turn: int
    after: int
    how: Breakage
    connection: int | None = None


@dataclass(slots=True)
class Heard:
    """One connection on which the client sent something: the length of each of the server's turns so far."""

    turns: list[int] = field(default_factory=lambda: [0])
    server_spoke: bool = False


@dataclass(slots=True)
class Relay:
    """A running relay; `heard` lists the connections in the order in which their clients first sent something."""

    port: int
    cut: Cut | None = None
    heard: list[Heard] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)


@contextmanager
def relay(target_port: int) -> Iterator[Relay]:
    """Relay connections to a loopback port until the block ends."""
    listener = socket.create_server(("127.0.0.1", 0))
    standing = Relay(listener.getsockname()[1])
    opened: list[socket.socket] = []

    def accept() -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = listener.accept()
                far = socket.create_connection(("127.0.0.1", target_port), timeout=_PATIENCE)
                near.settimeout(_PATIENCE)
                opened.extend((near, far))
                told = Heard()
                for body in (_upstream, _downstream):
                    threading.Thread(target=body, args=(standing, told, near, far), daemon=True).start()

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    try:
        yield standing
    finally:
        with contextlib.suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        for one in opened:
            _end(one)
        thread.join(_PATIENCE)


def _upstream(standing: Relay, told: Heard, near: socket.socket, far: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := near.recv(_PIECE):
            with standing.lock:
                if not any(one is told for one in standing.heard):
                    standing.heard.append(told)
                if told.server_spoke:
                    told.turns.append(0)
                    told.server_spoke = False
            far.sendall(data)
    _end(far)


def _downstream(standing: Relay, told: Heard, near: socket.socket, far: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := far.recv(_PIECE):
            with standing.lock:
                cut = standing.cut
                before = sum(told.turns[cut.turn :]) if cut is not None else 0
                told.turns[-1] += len(data)
                told.server_spoke = True
                number = next((place for place, one in enumerate(standing.heard) if one is told), None)
            here = cut is not None and cut.turn < len(told.turns) and cut.connection in {None, number}
            if cut is not None and here and before + len(data) > cut.after:
                _break(near, data[: max(0, cut.after - before)], cut.how)
                return
            near.sendall(data)
    _end(near)


def _break(near: socket.socket, rest: bytes, how: Breakage) -> None:
    near.sendall(rest)
    match how:
        case Breakage.RESET:
            near.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            near.close()
        case Breakage.GARBAGE:
            near.sendall(GARBAGE)
            _end(near)
        case Breakage.STALL:
            pass  # the connection stays open, and nothing more is said


def _end(one: socket.socket) -> None:
    with contextlib.suppress(OSError):
        one.shutdown(socket.SHUT_RDWR)
    one.close()
