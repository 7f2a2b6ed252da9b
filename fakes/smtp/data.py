"""Reads a message from the connection, dot-stuffed or in chunks, without storing more than the size limit."""

import asyncio
from collections.abc import Callable

from . import replies

_PIECE = 65_536


async def dot_stuffed(reader: asyncio.StreamReader, alive: Callable[[], None]) -> bytes | None:
    """Read a message up to the lone dot (RFC 5321, section 4.5.2); None if it exceeds the limit.

    `alive` is called periodically so that a long message does not hit the idle timeout.
    """
    parts: list[bytes] = []
    size, reported, line_begins = 0, 0, True
    while True:
        try:
            line = await reader.readuntil(b"\r\n")
        except asyncio.LimitOverrunError as error:
            line = await reader.readexactly(error.consumed)
        if line_begins and line == b".\r\n":
            return b"".join(parts) if size <= replies.SIZE_LIMIT else None
        if line_begins and line.startswith(b"."):
            line = line[1:]
        line_begins = line.endswith(b"\r\n")
        size += len(line)
        if size - reported >= _PIECE:  # a new time-out for each line would cost as much as reading it
            reported = size
            alive()
        if size <= replies.SIZE_LIMIT:
            parts.append(line)
        else:
            parts.clear()


async def octets(reader: asyncio.StreamReader, size: int, alive: Callable[[], None], *, keep: bool) -> bytes:
    """Read a number of octets (RFC 3030, section 2); they are discarded unless `keep` is true."""
    kept: list[bytes] = []
    while size:
        piece = await reader.readexactly(min(size, _PIECE))
        alive()
        size -= len(piece)
        if keep:
            kept.append(piece)
    return b"".join(kept)
