"""The version of smtp365, read from the project's metadata."""

from __future__ import annotations

import functools
import tomllib
from pathlib import Path

PROJECT_FILE = Path(__file__).resolve().parents[1] / "pyproject.toml"


@functools.cache
def tool_version() -> str:
    """Return `version` from the `[project]` table in pyproject.toml.

    Raises:
        OSError: the file is missing or cannot be read.
        KeyError: the file has no `[project]` table with a `version`.

    """
    with PROJECT_FILE.open("rb") as file:
        return str(tomllib.load(file)["project"]["version"])
