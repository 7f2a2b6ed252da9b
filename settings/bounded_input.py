"""Reads a regular file and decompresses data, both up to a maximum size. Files that users pass to smtp365 are read here.

The CA file is an exception, because OpenSSL reads it. A FIFO or a device is not opened, because reading it can wait or continue without
end. The size is checked again while reading, because a file can grow, and some files report a size of zero.
"""

from __future__ import annotations

import os
import stat
import zlib
from pathlib import Path
from typing import BinaryIO, Final

_NOT_BLOCKING: Final = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0)  # Windows has neither
_BINARY: Final = getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NOINHERIT", 0)
_PIECE: Final = 1 << 20
_GZIP: Final = 31  # zlib's window size with a gzip header, RFC 1952


class UnsuitableFileError(OSError):
    """Raised when a path is not a regular file of an acceptable size. `strerror` states the reason without the path."""

    def __init__(self, reason: str) -> None:
        """Store the reason where an OSError has it."""
        super().__init__(0, reason)


class DamagedDataError(ValueError):
    """Raised when data cannot be decompressed within the maximum size. The message states the reason."""


def read_file(path: Path, largest: int, *, inside: Path | None = None) -> bytes:
    """Return the content of a regular file of at most `largest` bytes. If `inside` is given, the file must be in that folder.

    A symbolic link to a regular file is read, unless it leads out of the folder.

    Raises:
        UnsuitableFileError: the path is not a regular file, is too large, or leads out of the folder.
        OSError: the file cannot be read for any other reason.

    """
    real = os.path.realpath(path, strict=True)  # Path.resolve() raises RuntimeError for a loop of links
    if inside is not None and not Path(real).is_relative_to(os.path.realpath(inside, strict=True)):
        raise UnsuitableFileError("it is a link to a file outside the folder")
    size = _require_regular(Path(real).stat())
    if size > largest:
        raise _too_large(largest)
    descriptor = os.open(real, os.O_RDONLY | _NOT_BLOCKING | _BINARY)
    with os.fdopen(descriptor, "rb") as file:
        _require_regular(os.fstat(descriptor))
        content = read_stream(file, largest)
    if content is None:
        raise _too_large(largest)
    return content


def read_text(path: Path, largest: int, *, inside: Path | None = None) -> str:
    """Return the text of a regular UTF-8 file, without a byte order mark and with line feeds at the ends of lines.

    Raises what `read_file` raises, and UnicodeDecodeError if the file is not UTF-8.
    """
    return read_file(path, largest, inside=inside).decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")


def read_stream(stream: BinaryIO, largest: int) -> bytes | None:
    """Return everything in the stream, or None if it has more than `largest` bytes."""
    pieces: list[bytes] = []
    size = 0
    while piece := stream.read(min(_PIECE, largest + 1 - size)):
        pieces.append(piece)
        size += len(piece)
        if size > largest:
            return None
    return b"".join(pieces)


def unpack(data: bytes, largest: int) -> bytes:
    """Decompress gzip data to at most `largest` bytes (RFC 1952). Raises DamagedDataError if it is damaged or yields more."""
    unpacker = zlib.decompressobj(_GZIP)
    pieces: list[bytes] = []
    size = 0
    try:
        while not unpacker.eof:
            piece = unpacker.decompress(data, min(_PIECE, largest + 1 - size))
            if not piece and not unpacker.unconsumed_tail:
                break
            data = unpacker.unconsumed_tail
            pieces.append(piece)
            size += len(piece)
            if size > largest:
                raise DamagedDataError(f"larger than {_megabytes(largest)} after decompression")
    except zlib.error as problem:
        raise DamagedDataError("cannot be decompressed") from problem
    if not unpacker.eof:
        raise DamagedDataError("truncated")
    return b"".join(pieces)


def _require_regular(status: os.stat_result) -> int:
    if stat.S_ISDIR(status.st_mode):
        raise UnsuitableFileError("it is a folder")
    if not stat.S_ISREG(status.st_mode):
        raise UnsuitableFileError("it is not a regular file")
    return status.st_size


def _too_large(largest: int) -> UnsuitableFileError:
    return UnsuitableFileError(f"it is larger than {_megabytes(largest)}")


def _megabytes(size: int) -> str:
    return f"{size // (1024 * 1024)} MB"


__all__ = ["DamagedDataError", "UnsuitableFileError", "read_file", "read_stream", "read_text", "unpack"]
