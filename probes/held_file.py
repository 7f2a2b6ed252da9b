"""A small private file that only one thread of one process holds at a time.

The lock is the operating system's (`flock` or Windows' `LockFile`), so it is released when the process ends for any reason. On a file
system without locks, the file is used without a lock.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final, Self

LARGEST: Final = 8192
_POLL = 0.05
# Windows: no translation of line ends, not inherited. POSIX: no symbolic link, and no waiting for a pipe's other end.
_FLAGS: Final = (
    os.O_RDWR
    | os.O_CREAT
    | sum(getattr(os, name, 0) for name in ("O_BINARY", "O_NOINHERIT", "O_NOFOLLOW", "O_NONBLOCK", "O_CLOEXEC"))
)
_BEYOND: Final = 1 << 20  # Windows denies reading a locked byte, so the lock is beyond the content


class NotAFileError(OSError):
    """Raised if the path is a folder, a link, a device or a pipe."""


class HeldFile:
    """An open, locked file. Leaving the `with` block closes the file and releases the lock."""

    def __init__(self, path: Path, number: int) -> None:
        """Take over the open and locked file descriptor."""
        self.path = path
        self._number: int | None = number

    def read(self) -> bytes:
        """Return the content, but at most one octet more than `LARGEST`."""
        os.lseek(self._descriptor, 0, os.SEEK_SET)
        content = b""
        while len(content) <= LARGEST and (more := os.read(self._descriptor, LARGEST + 1 - len(content))):
            content += more
        return content

    def write(self, content: bytes) -> None:
        """Replace the file's content."""
        os.lseek(self._descriptor, 0, os.SEEK_SET)
        left = memoryview(content)
        while left:
            left = left[os.write(self._descriptor, left) :]
        os.ftruncate(self._descriptor, len(content))

    def remove(self) -> None:
        """Empty the file, delete it and close it. On Windows, the empty file remains while a different process has it open."""
        self.write(b"")
        with contextlib.suppress(OSError):
            self.path.unlink()  # while it is locked: the next process sees that its own file is no longer the one at the path
        self.close()
        if sys.platform == "win32":
            with contextlib.suppress(OSError):
                self.path.unlink(missing_ok=True)

    def close(self) -> None:
        """Release the lock and close the file. Closing it again has no effect."""
        if self._number is not None:
            number, self._number = self._number, None
            _unlock(number)
            os.close(number)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def _descriptor(self) -> int:
        if self._number is None:
            raise OSError(errno.EBADF, "the file is closed")
        return self._number


def hold(path: Path, *, give_up: Callable[[], bool]) -> HeldFile | None:
    """Open or create the file, readable only by this user, and lock it. Return None if `give_up` ends the wait for the lock.

    Raises:
        NotAFileError: the path is not a regular file.
        OSError: the file cannot be created or opened.

    """
    while True:
        number = _opened(path)
        try:
            locked = _lock(number)
            if locked and _is_at(path, number):
                return HeldFile(path, number)
        except BaseException:
            os.close(number)
            raise
        os.close(number)
        if not locked:
            if give_up():
                return None
            time.sleep(_POLL)


def private_folder(path: Path) -> None:
    """Create the folder with access only for this user. On Windows, it inherits the permissions of the user's profile."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.mkdir(mode=0o700, exist_ok=True)
    if sys.platform != "win32" and stat.S_IMODE(path.stat().st_mode) & 0o077:
        path.chmod(0o700)


def _opened(path: Path) -> int:
    try:
        number = os.open(path, _FLAGS, 0o600)
    except OSError as problem:
        if path.is_symlink() or path.is_dir():
            raise NotAFileError(problem.errno, "not a file") from None
        raise
    mode = os.fstat(number).st_mode
    if not stat.S_ISREG(mode):
        os.close(number)
        raise NotAFileError(errno.EINVAL, "not a file")
    if sys.platform != "win32" and stat.S_IMODE(mode) & 0o077:
        os.fchmod(number, 0o600)
    return number


def _is_at(path: Path, number: int) -> bool:
    """Return whether the path still leads to the open file. Its earlier holder may have deleted the file."""
    try:
        return os.path.samestat(path.lstat(), os.fstat(number))
    except OSError:
        return False


if sys.platform == "win32":

    def _lock(number: int) -> bool:
        import msvcrt

        os.lseek(number, _BEYOND, os.SEEK_SET)
        try:
            msvcrt.locking(number, msvcrt.LK_NBLCK, 1)
        except OSError as problem:
            return (
                problem.errno == errno.EINVAL
            )  # the file system has no locks; every other error means that it is locked
        return True

    def _unlock(number: int) -> None:
        import msvcrt

        with contextlib.suppress(OSError):
            os.lseek(number, _BEYOND, os.SEEK_SET)
            msvcrt.locking(number, msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    def _lock(number: int) -> bool:
        try:
            fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as problem:
            return problem.errno not in {errno.EACCES, errno.EAGAIN, errno.EWOULDBLOCK}
        return True

    def _unlock(number: int) -> None:
        with contextlib.suppress(OSError):
            fcntl.flock(number, fcntl.LOCK_UN)
