"""Splits text into prose and the commands between backticks.

Text between backticks counts as a command only if it begins with a program from the knowledge base, because a server's reply can
contain backticks too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Final

from knowledge import causes
from knowledge.cause import Cause
from knowledge.groups import GROUPS

_BRACKETED: Final = re.compile(
    r"\(([^()`]{1,40}: )(`[^`]* [^`]*`)\)"
)  # "(Linux: `command`)": no brackets around a block
_CODE: Final = re.compile(r"`(?:\$ )?([^\s`]+)[^`]*`")


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of prose, or a command for one shell. A command of several words becomes a block of its own, for copying."""

    text: str
    shell: str | None = None
    block: bool = False


def pieces(text: str) -> tuple[Piece, ...]:
    """Split filled-in text into prose and commands. A command that begins with `$ ` is for a POSIX shell, any other for PowerShell."""
    found: list[Piece] = []
    rest = _BRACKETED.sub(r"\1\2", text)
    start = 0
    for code in _CODE.finditer(rest):
        if code.group(1) not in _programs():
            continue
        _prose(found, rest[start : code.start()])
        command = code.group().strip("`")
        shell = "shell" if command.startswith("$ ") else "PowerShell"
        command = command.removeprefix("$ ")
        found.append(Piece(command, shell, block=" " in command))
        start = code.end()
    _prose(found, rest[start:])
    return tuple(found)


def _prose(found: list[Piece], text: str) -> None:
    if found and found[-1].block:
        text = text.lstrip(" .,;:")
    if text:
        found.append(Piece(text))


@cache
def _programs() -> frozenset[str]:
    """Return the first word of each command in the catalogue and the groups."""
    return frozenset(code.group(1) for text in _texts() for code in _CODE.finditer(text))


def _texts() -> Iterator[str]:
    entries: list[Cause] = [
        *causes.CATALOGUE.values(),
        *causes.declared().values(),
        *causes.declared(at_login=True).values(),
    ]
    for entry in entries:
        yield from (
            entry.meaning,
            entry.shows,
            *entry.steps,
            entry.verify,
            entry.propagation,
            entry.risk,
            *entry.decide,
        )
    for group in GROUPS.values():
        yield from group.decide
