"""Read `system_messages.txt`, which contains glibc's messages for failed connections and lookups in other languages."""

from __future__ import annotations

from functools import cache
from pathlib import Path

_FILE = Path(__file__).with_name("system_messages.txt")


@cache
def _table() -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    texts: list[str] = []
    for line in _FILE.read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            texts = found.setdefault(line.strip("[]"), [])
        elif line and not line.startswith("#"):
            texts.append(line.partition(" ")[2])
    return {message: tuple(dict.fromkeys(rows)) for message, rows in found.items()}


def translations(*messages: str) -> tuple[str, ...]:
    """Return the texts of these English messages in the other languages of glibc."""
    return tuple(text for message in messages for text in _table()[message])
