"""Read a message from the connection, sent with DATA or BDAT, without storing more than the size limit."""

import asyncio
from collections.abc import Callable

from . import replies

_CHUNK = 65_536


async def dot_stuffed(reader: asyncio.StreamReader, alive: Callable[[], None]) -> bytes | None:
    """Read a dot-stuffed message up to the final dot (RFC 5321, section 4.5.2). Return None if the message exceeds the size limit.

    `alive` is called at intervals, so that the idle timeout does not interrupt a long message.
    """
    parts: list[bytes] = []
    size, reported, at_line_start = 0, 0, True
    while True:
        try:
            line = await reader.readuntil(b"\r\n")
        except asyncio.LimitOverrunError as error:
            line = await reader.readexactly(error.consumed)
        if at_line_start and line == b".\r\n":
            return b"".join(parts) if size <= replies.SIZE_LIMIT else None
        if at_line_start and line.startswith(b"."):
            line = line[1:]
        at_line_start = line.endswith(b"\r\n")
        size += len(line)
        if size - reported >= _CHUNK:  # renewing the timeout for each line would cost as much as reading it
            reported = size
            alive()
        if size <= replies.SIZE_LIMIT:
            parts.append(line)
        else:
            parts.clear()


async def octets(reader: asyncio.StreamReader, size: int, alive: Callable[[], None], *, keep: bool) -> bytes:
    """Read `size` octets (RFC 3030, section 2). Return them if `keep` is true; otherwise, discard them and return `b""`.

    `alive` is called at intervals, so that the idle timeout does not interrupt a long chunk.
    """
    kept: list[bytes] = []
    while size:
        chunk = await reader.readexactly(min(size, _CHUNK))
        alive()
        size -= len(chunk)
        if keep:
            kept.append(chunk)
    return b"".join(kept)
