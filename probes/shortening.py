"""Shortens lines after many long ones, so that a server's replies do not make the report large.

RFC 5321, section 4.5.3.1.5, limits a line of a reply to 512 octets. The replies of a usual session have 1 to 3 KB together.
"""

from __future__ import annotations

from typing import Final

SHORT: Final = 40  # characters; longer than any EHLO keyword with its usual parameters


class Shortening:
    """Keeps long lines whole until they have used `room` characters. After that, only the beginning of a long line is kept."""

    def __init__(self, room: int) -> None:
        self._room = room

    def kept(self, text: str) -> str:
        """Return the line as it is recorded. A line that was shortened ends with `…`."""
        if len(text) > SHORT:
            if len(text) > self._room:
                return f"{text[:SHORT]}…"
            self._room -= len(text)
        return text
