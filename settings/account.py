"""Finds the name of the account that this process runs as."""

from __future__ import annotations

import getpass
import sys
import tempfile
from pathlib import Path


def account() -> str:
    """Return the name of the account that this process runs as, or "unknown".

    Except on Windows, this is the owner of a new file, if known, because variables such as LOGNAME can be wrong.
    """
    try:
        if sys.platform != "win32":
            with tempfile.NamedTemporaryFile(prefix="smtp365-") as file:
                return Path(file.name).owner()
    except (OSError, KeyError):
        pass
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return "unknown"
