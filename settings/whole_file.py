"""Writes a file completely or not at all: a temporary file in the same folder is written first, and then replaces the final file.

An interrupted write leaves the earlier file unchanged. The name of the temporary file cannot be predicted, and creating it fails if
anything has that name, so a symbolic link that someone else placed in the folder is never followed.
"""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import stat
import sys
import time
from pathlib import Path
from typing import BinaryIO

_TEMPORARY = re.compile(r"\.smtp365-[0-9a-f]{16}\.part|\.\d{8}T\d{6}Z-[\w.-]+\.html\.part")
_DAY_SECONDS = 86_400
_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_EXCL
_FLAGS |= sum(getattr(os, name, 0) for name in ("O_BINARY", "O_NOINHERIT", "O_NOFOLLOW", "O_CLOEXEC"))


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
        with create(temporary) as file:
            file.write(data)
        temporary.replace(path)
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)


def create(path: Path) -> BinaryIO:
    """Create a file and open it for writing. Raises FileExistsError if anything has this name, including a symbolic link."""
    return os.fdopen(os.open(path, _FLAGS, 0o666), "wb")


def temporary_for(path: Path) -> Path:
    """Return the path of a new temporary file for `path`: hidden, in the same folder, with a random name that ends in `.part`."""
    return path.with_name(f".smtp365-{secrets.token_hex(8)}.part")


def reservation_for(path: Path) -> Path:
    """Return the path of the file with which a process reserves `path`. All processes use the same one, so create it only with `create`."""
    return path.with_name(f".{path.name}.part")


def remove_abandoned(folder: Path) -> None:
    """Remove temporary files of this program and user that a killed process left in the folder more than a day ago."""
    with contextlib.suppress(OSError):
        for path in folder.iterdir():
            if _TEMPORARY.fullmatch(path.name):
                _remove_if_old(path)


def _remove_if_old(path: Path) -> None:
    with contextlib.suppress(OSError):
        found = path.lstat()
        if sys.platform != "win32" and found.st_uid != os.getuid():
            return
        if stat.S_ISREG(found.st_mode) and time.time() - found.st_mtime > _DAY_SECONDS:
            path.unlink()


def is_device(path: Path) -> bool:
    """Return whether `path` exists and is neither a file nor a folder, as with `/dev/stdout`. Such a path is never replaced."""
    return path.exists() and not path.is_file() and not path.is_dir()
