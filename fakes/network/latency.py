"""Simulated latency in front of a server: each connection behaves as if the peer were one round trip away.

Data is delayed by half a round trip in each direction, connection set-up by a whole one. No data is changed.
"""

import asyncio
import socket
from contextlib import suppress

from . import listeners

_PIECE = 65_536


async def relay(target: socket.socket, public: socket.socket, round_trip: float) -> asyncio.Server:
    """Relay connections from `public` to `target` with this round-trip time in seconds."""
    host, port = target.getsockname()[:2]

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await asyncio.sleep(round_trip)  # what the TCP handshake would have cost
            far_reader, far_writer = await asyncio.open_connection(host, port)
        except OSError:
            writer.transport.abort()
            return
        try:
            await asyncio.gather(
                _forward(reader, far_writer, round_trip / 2),
                _forward(far_reader, writer, round_trip / 2),
            )
        finally:
            far_writer.close()
            writer.close()

    return await asyncio.start_server(connected, sock=public)


async def _forward(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, delay: float) -> None:
    """Forward data in order, each piece `delay` seconds after it arrived."""
    loop = asyncio.get_running_loop()
    pieces: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()

    async def collect() -> None:
        piece = b"?"
        while piece:
            try:
                piece = await reader.read(_PIECE)
            except ConnectionError:
                piece = b""
            pieces.put_nowait((loop.time() + delay, piece))

    collecting = asyncio.create_task(collect())
    try:
        while True:
            due, piece = await pieces.get()
            await asyncio.sleep(max(0.0, due - loop.time()))
            if not piece:
                with suppress(OSError):
                    writer.write_eof()
                return
            writer.write(piece)
            with suppress(ConnectionError):
                await writer.drain()
    finally:
        collecting.cancel()


def public_socket(bound: socket.socket, round_trip: float) -> tuple[socket.socket, socket.socket | None]:
    """Return the socket of the server itself and, with latency, the socket in front of it."""
    if round_trip <= 0:
        return bound, None
    return listeners.listening(), bound
