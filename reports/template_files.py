"""Loads the page's templates and style sheet. No other module in `reports` reads files, and this one reads only its own folder."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

from jinja2 import BaseLoader, BytecodeCache, FileSystemBytecodeCache, FileSystemLoader

_FOLDER = Path(__file__).with_name("templates")


def loader() -> BaseLoader:
    """Return the loader of the templates."""
    return FileSystemLoader(_FOLDER)


@cache
def bytecode_cache() -> BytecodeCache | None:
    """Return a cache of compiled templates in the same folder, like Python's own bytecode cache, or None if the folder is read-only."""
    folder = _FOLDER / "__pycache__"
    try:
        folder.mkdir(exist_ok=True)
    except OSError:
        return None
    return FileSystemBytecodeCache(str(folder)) if os.access(folder, os.W_OK) else None


def style() -> str:
    """Return the style sheet."""
    return _FOLDER.joinpath("style.css").read_text(encoding="utf-8")
