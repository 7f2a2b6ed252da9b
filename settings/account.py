"""The account that this process runs as."""

from __future__ import annotations

import getpass
import sys
import tempfile
from pathlib import Path


def account() -> str:
    """Its name: that of the owner of a file it makes, where the system tells; variables such as LOGNAME may be another account's."""
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
