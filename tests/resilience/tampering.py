"""A relay on loopback that forwards a server's replies up to a given byte and then resets, stalls or sends garbage.

The server's replies are counted in turns. A turn begins when the client sends something after the server did, so the same place is
found again even if names, dates and signatures differ in length between runs.
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
_CHUNK = 65536
_TIMEOUT_SECONDS = 30.0


class Breakage(StrEnum):
    """The way in which the relay breaks a reply."""

    RESET = "reset"
    STALL = "stall"
    GARBAGE = "garbage"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """Where and how to break a reply: `after` bytes into a turn, on the connection with this number or, if it is None, on every one."""

    turn: int
    after: int
    how: Breakage
    connection: int | None = None


@dataclass(slots=True)
class Connection:
    """A connection through the relay, with the number of bytes that the server has sent in each turn."""

    turns: list[int] = field(default_factory=lambda: [0])
    server_spoke: bool = False


@dataclass(slots=True)
class Relay:
    """A running relay. `connections` are in the order in which the clients first sent something."""

    port: int
    cut: Cut | None = None
    connections: list[Connection] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)


@contextmanager
def relay(target_port: int) -> Iterator[Relay]:
    """Relay connections to a loopback port until the block ends."""
    listener = socket.create_server(("127.0.0.1", 0))
    state = Relay(listener.getsockname()[1])
    opened: list[socket.socket] = []

    def accept() -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = listener.accept()
                server = socket.create_connection(("127.0.0.1", target_port), timeout=_TIMEOUT_SECONDS)
                client.settimeout(_TIMEOUT_SECONDS)
                opened.extend((client, server))
                connection = Connection()
                for body in (_upstream, _downstream):
                    threading.Thread(target=body, args=(state, connection, client, server), daemon=True).start()

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    try:
        yield state
    finally:
        with contextlib.suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        for one in opened:
            _close(one)
        thread.join(_TIMEOUT_SECONDS)


def _upstream(state: Relay, connection: Connection, client: socket.socket, server: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := client.recv(_CHUNK):
            with state.lock:
                if not any(one is connection for one in state.connections):
                    state.connections.append(connection)
                if connection.server_spoke:
                    connection.turns.append(0)
                    connection.server_spoke = False
            server.sendall(data)
    _close(server)


def _downstream(state: Relay, connection: Connection, client: socket.socket, server: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := server.recv(_CHUNK):
            with state.lock:
                cut = state.cut
                before = sum(connection.turns[cut.turn :]) if cut is not None else 0
                connection.turns[-1] += len(data)
                connection.server_spoke = True
                number = next((place for place, one in enumerate(state.connections) if one is connection), None)
            here = cut is not None and cut.turn < len(connection.turns) and cut.connection in {None, number}
            if cut is not None and here and before + len(data) > cut.after:
                _break(client, data[: max(0, cut.after - before)], cut.how)
                return
            client.sendall(data)
    _close(client)


def _break(client: socket.socket, rest: bytes, how: Breakage) -> None:
    client.sendall(rest)
    match how:
        case Breakage.RESET:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            client.close()
        case Breakage.GARBAGE:
            client.sendall(GARBAGE)
            _close(client)
        case Breakage.STALL:
            pass  # the connection stays open, and nothing more is sent


def _close(one: socket.socket) -> None:
    with contextlib.suppress(OSError):
        one.shutdown(socket.SHUT_RDWR)
    one.close()
