"""Writes a file completely or not at all. It first writes a temporary file in the same folder, which then replaces the final one.

An interrupted write leaves the earlier file unchanged.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path


def write_whole(path: Path, content: str | bytes) -> None:
    """Write the file completely or not at all. Text is encoded as UTF-8 and line endings are kept. A device is written to directly.

    Raises:
        OSError: the file cannot be written. An earlier file is unchanged.

    """
    data = content.encode() if isinstance(content, str) else content
    if is_device(path):
        path.write_bytes(data)
        return
    temporary = temporary_for(path)
    try:
        temporary.write_bytes(data)
        temporary.replace(path)
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)


def temporary_for(path: Path, *, shared: bool = False) -> Path:
    """Return the path of the temporary file for `path`: hidden, in the same folder, with the process id, and ending in `.part`.

    A `shared` name omits the process id, so a process can reserve `path` by creating this file exclusively (mode `x`).
    """
    return path.with_name(f".{path.name}.part" if shared else f".{path.name}.{os.getpid()}.part")


def is_device(path: Path) -> bool:
    """Return whether `path` exists and is neither a file nor a folder, as with `/dev/stdout`. Such a path is never replaced."""
    return path.exists() and not path.is_file() and not path.is_dir()
