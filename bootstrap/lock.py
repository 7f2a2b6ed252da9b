"""The set-up lock of a checkout, with which only one run at a time sets up `.venv`."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

from bootstrap.errors import SetupError, say


@contextlib.contextmanager
def setup_lock(root: Path) -> Iterator[None]:
    """Hold the set-up lock of the checkout while the block runs. If another run holds the lock, wait for it.

    The lock is a transaction on an empty SQLite file, which the operating system ends when the process that holds it dies. If this
    Python has no SQLite, there is no lock.
    """
    try:
        import sqlite3
    except ImportError:  # this Python has no SQLite: the user must start one run at a time
        yield
        return
    waiting = False
    try:
        with contextlib.closing(sqlite3.connect(root / ".venv.lock", timeout=1, isolation_level=None)) as connection:
            while not connection.in_transaction:
                try:
                    connection.execute("BEGIN EXCLUSIVE")
                except sqlite3.OperationalError as error:
                    if error.sqlite_errorname != "SQLITE_BUSY":
                        raise
                    if not waiting:
                        say("smtp365: another run is setting up .venv; waiting for it ...")
                    waiting = True
            yield
    except sqlite3.OperationalError as error:
        denied = error.sqlite_errorname.startswith(("SQLITE_CANTOPEN", "SQLITE_READONLY", "SQLITE_PERM"))
        raise PermissionError(str(error)) if denied else SetupError(f"cannot write to {root}: {error}") from error
