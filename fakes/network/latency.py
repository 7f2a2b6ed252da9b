"""Simulate network latency in front of a server.

Data is delayed by half a round trip in each direction, and connection set-up by a whole round trip. The data itself is unchanged.
"""

import asyncio
import socket
from contextlib import suppress

from . import listeners

_CHUNK = 65_536


async def relay(target: socket.socket, public: socket.socket, round_trip: float) -> asyncio.Server:
    """Relay connections from `public` to `target` with a simulated round-trip time, given in seconds."""
    host, port = target.getsockname()[:2]

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await asyncio.sleep(round_trip)  # the duration of the TCP handshake
            server_reader, server_writer = await asyncio.open_connection(host, port)
        except OSError:
            writer.transport.abort()
            return
        try:
            await asyncio.gather(
                _forward(reader, server_writer, round_trip / 2),
                _forward(server_reader, writer, round_trip / 2),
            )
        finally:
            server_writer.close()
            writer.close()

    return await asyncio.start_server(connected, sock=public)


async def _forward(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, delay: float) -> None:
    """Forward data in order, each chunk `delay` seconds after it arrives."""
    loop = asyncio.get_running_loop()
    chunks: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()

    async def receive() -> None:
        chunk = b"?"
        while chunk:
            try:
                chunk = await reader.read(_CHUNK)
            except ConnectionError:
                chunk = b""
            chunks.put_nowait((loop.time() + delay, chunk))

    receiving = asyncio.create_task(receive())
    try:
        while True:
            due, chunk = await chunks.get()
            await asyncio.sleep(max(0.0, due - loop.time()))
            if not chunk:
                with suppress(OSError):
                    writer.write_eof()
                return
            writer.write(chunk)
            with suppress(ConnectionError):
                await writer.drain()
    finally:
        receiving.cancel()


def public_socket(bound: socket.socket, round_trip: float) -> tuple[socket.socket, socket.socket | None]:
    """Return the server's socket and the socket of the relay in front of it, which is None if no latency is simulated."""
    if round_trip <= 0:
        return bound, None
    return listeners.listening(), bound
