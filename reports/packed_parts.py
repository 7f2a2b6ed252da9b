"""Reads and replaces the compressed parts of a page: the results and the rows of pytest-html's table.

To be searched, they are decompressed piece by piece, because the results of a thousand senders take 80 MB.
"""

from __future__ import annotations

import base64
import re
import zlib
from collections.abc import Callable, Iterator
from typing import Final

from reports.embedding import packed

_PIECE: Final = 4 * 1024 * 1024
_OVERLAP: Final = 64 * 1024  # what is split between two pieces is whole in one of them
_GZIP: Final = 31
_PART: Final = re.compile(r'(<script type="application/gzip"[^>]*>)([A-Za-z0-9+/=]*)(</script>)')


class DamagedPartError(ValueError):
    """Raised when a compressed part of a page cannot be decompressed."""


def pieces(text: str) -> Iterator[str]:
    """Return the text in pieces that overlap."""
    for start in range(0, max(1, len(text)), _PIECE):
        yield text[max(0, start - _OVERLAP) : start + _PIECE]


def without_parts(page: str) -> str:
    """Return the page without its compressed parts."""
    return _PART.sub(r"\1\3", page) if "application/gzip" in page else page


def unpacked(page: str) -> Iterator[str]:
    """Return the texts of the compressed parts, in pieces that overlap. Raises DamagedPartError if one cannot be decompressed."""
    if "application/gzip" not in page:
        return
    for part in _PART.finditer(page):
        kept = b""
        for piece in _decompressed(part.group(2)):
            yield (kept + piece).decode("utf-8", "replace")
            kept = piece[-_OVERLAP:]


def repacked(page: str, edit: Callable[[str], str]) -> str:
    """Return the page with each compressed part edited. Raises DamagedPartError if one cannot be decompressed."""

    def replaced(part: re.Match[str]) -> str:
        text = b"".join(_decompressed(part.group(2))).decode("utf-8", "replace")
        return f"{part.group(1)}{packed(iter([edit(text)]))}{part.group(3)}"

    return _PART.sub(replaced, page) if "application/gzip" in page else page


def _decompressed(encoded: str) -> Iterator[bytes]:
    unpacker = zlib.decompressobj(_GZIP)
    try:
        waiting = base64.b64decode(encoded, validate=True)
        while waiting and not unpacker.eof:
            yield unpacker.decompress(waiting, _PIECE)
            waiting = unpacker.unconsumed_tail
    except (ValueError, zlib.error) as problem:
        raise DamagedPartError("a compressed part of the page cannot be decompressed") from problem
