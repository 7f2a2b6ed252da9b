"""A temporary folder for the tenant's files, which is removed at the end, or at the next start if the process was killed.

A process holds the lock of its folder (`flock` or Windows' `LockFile`) until the process ends for any reason. A folder of this user
with such a name is therefore abandoned if its lock was held and is now free, or if it has held no files for a day. Every other folder
is left alone.
"""

import os
import re
import shutil
import stat
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

PREFIX = "smtp365-fake-"
_NAME = re.compile(rf"{PREFIX}\w{{6,16}}")
_LOCK = ".lock"
_FLAGS = os.O_RDWR | sum(
    getattr(os, name, 0) for name in ("O_BINARY", "O_NOINHERIT", "O_NOFOLLOW", "O_NONBLOCK", "O_CLOEXEC")
)
_DAY_SECONDS = 86_400
_BEYOND = 1 << 20  # Windows denies reading a locked byte, so the lock is beyond the content


@contextmanager
def temporary_folder() -> Iterator[Path]:
    """Create a private folder, and remove it when the block ends. Before that, remove the folders that killed processes left behind."""
    remove_abandoned(Path(tempfile.gettempdir()))
    folder = Path(tempfile.mkdtemp(prefix=PREFIX))
    try:
        lock = os.open(folder / _LOCK, _FLAGS | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            if _locked(lock):
                os.write(lock, b"locked")  # until here, the folder does not count as abandoned
            yield folder
        finally:
            os.close(lock)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def remove_abandoned(place: Path) -> None:
    """Remove the folders in `place` that this program created for this user and no longer uses."""
    with suppress(OSError):
        for folder in place.iterdir():
            if _NAME.fullmatch(folder.name) and _is_abandoned(folder):
                shutil.rmtree(folder, ignore_errors=True)


def _is_abandoned(folder: Path) -> bool:
    """Return whether this user's folder is no longer in use: its lock was held and is now free, or it has held no files for a day."""
    try:
        found = folder.lstat()
        if sys.platform != "win32" and found.st_uid != os.getuid():
            return False
        if not stat.S_ISDIR(found.st_mode):
            return False
        if {file.name for file in folder.iterdir()} <= {_LOCK} and time.time() - found.st_mtime > _DAY_SECONDS:
            return True  # its process was killed before it held the lock
        lock = os.open(folder / _LOCK, _FLAGS)
        try:
            return stat.S_ISREG(os.fstat(lock).st_mode) and os.read(lock, 6) == b"locked" and _locked(lock)
        finally:
            os.close(lock)
    except OSError:
        return False


def _locked(lock: int) -> bool:
    """Lock an open file without waiting, and return whether that succeeded."""
    try:
        if sys.platform == "win32":
            import msvcrt

            os.lseek(lock, _BEYOND, os.SEEK_SET)
            msvcrt.locking(lock, msvcrt.LK_NBLCK, 1)
            os.lseek(lock, 0, os.SEEK_SET)
        else:
            import fcntl

            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
