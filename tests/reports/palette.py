"""Reduce a PNG to at most 256 colours (PNG specification, third edition; RFC 1950 for the compression).

Only the kind of PNG that Chromium writes is supported: 8 bits per channel, RGB or RGBA, not interlaced.
"""

from __future__ import annotations

import struct
import zlib
from collections import Counter
from collections.abc import Iterator

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
Colour = tuple[int, int, int]


def with_palette(png: bytes) -> bytes:
    """Return the picture in its most frequent colours. Every other colour is replaced with the nearest one.

    Raises:
        ValueError: The picture is not of the supported kind.

    """
    chunks = list(_chunks(png))
    width, height, depth, kind, _, _, interlaced = struct.unpack(">IIBBBBB", chunks[0][1])
    if (depth, interlaced) != (8, 0) or kind not in {2, 6}:
        raise ValueError("not an RGB or RGBA picture of 8 bits per channel, without interlacing")
    size = 3 if kind == 2 else 4
    rows = list(_rows(zlib.decompress(b"".join(data for name, data in chunks if name == b"IDAT")), width * size, size))
    pixels = [[tuple(row[at : at + 3]) for at in range(0, len(row), size)] for row in rows]
    counted = Counter(pixel for row in pixels for pixel in row)
    palette = [colour for colour, _ in counted.most_common(256)]
    index = {colour: palette.index(min(palette, key=lambda one: _distance(one, colour))) for colour in counted}
    packed = b"".join(b"\x00" + bytes(index[pixel] for pixel in row) for row in pixels)
    head = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)
    parts = [(b"IHDR", head), (b"PLTE", bytes(octet for colour in palette for octet in colour))]
    parts += [(b"IDAT", zlib.compress(packed, 9)), (b"IEND", b"")]
    return _SIGNATURE + b"".join(_chunk(name, data) for name, data in parts)


def _distance(one: tuple[int, ...], other: tuple[int, ...]) -> int:
    return sum((a - b) ** 2 for a, b in zip(one, other, strict=True))


def _chunks(png: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = len(_SIGNATURE)
    while at < len(png):
        (length,) = struct.unpack_from(">I", png, at)
        yield png[at + 4 : at + 8], png[at + 8 : at + 8 + length]
        at += 12 + length


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def _rows(packed: bytes, length: int, size: int) -> Iterator[bytearray]:
    """Yield the rows of pixels after undoing the filters (section 9.2: none, sub, up, average, Paeth)."""
    above = bytearray(length)
    for start in range(0, len(packed), length + 1):
        kind, row = packed[start], bytearray(packed[start + 1 : start + 1 + length])
        for at in range(length) if kind else ():
            left = row[at - size] if at >= size else 0
            corner = above[at - size] if at >= size else 0
            up = above[at]
            guess = (0, left, up, (left + up) // 2)[kind] if kind < 4 else _paeth(left, up, corner)
            row[at] = (row[at] + guess) & 0xFF
        yield row
        above = row


def _paeth(left: int, up: int, corner: int) -> int:
    guess = left + up - corner
    return min((left, up, corner), key=lambda one: abs(guess - one))
