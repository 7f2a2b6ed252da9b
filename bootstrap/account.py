"""Finds the name of the account that this process runs as."""

import contextlib
import getpass
import sys
import tempfile
from pathlib import Path


def account() -> str:
    """Return the name of the account that this process runs as, or "of this process" if the name is unknown.

    Except on Windows, environment variables are not used.
    """
    with contextlib.suppress(OSError, KeyError, ImportError):
        if sys.platform == "win32":
            return getpass.getuser()
        with tempfile.NamedTemporaryFile() as file:
            return Path(file.name).owner()
    return "of this process"
