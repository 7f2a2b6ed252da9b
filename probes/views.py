"""Views of a text. A view is the text after an edit, such as decoding, with the position of each octet in the original text.

Positions are calculated only on demand, because most texts contain no secrets.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable
from itertools import accumulate
from typing import Final

Span = tuple[int, int]
_CONTROLS: Final = re.compile(r"[\x00-\x1f\x7f]+")


class View:
    """The printable characters of a text in lower case, as UTF-8 octets."""

    def __init__(self, text: str) -> None:
        """Create the first view of `text`."""
        self._folded = folded(text)
        self._seen = printable_part(self._folded)
        self._kept: list[int] | None = None
        self.octets = self._seen.encode("utf-8", "surrogatepass")
        self._begins: list[int] | None = None

    def place(self, start: int, end: int) -> Span:
        """Return the position, in the original text, of the octets from `start` to `end`."""
        if len(self.octets) != len(self._seen):
            if self._begins is None:
                sizes = (len(character.encode("utf-8", "surrogatepass")) for character in self._seen)
                self._begins = [0, *accumulate(sizes)]
            start, end = bisect_right(self._begins, start) - 1, bisect_right(self._begins, end - 1)
        if len(self._folded) == len(self._seen):
            return start, end
        if self._kept is None:
            self._kept = [at for at, character in enumerate(self._folded) if character.isprintable()]
        return self._kept[start], self._kept[end - 1] + 1


class EditedView(View):
    """A view in which each match of a pattern is replaced."""

    def __init__(self, outer: View, pattern: re.Pattern[bytes], meaning: Callable[[re.Match[bytes]], bytes]) -> None:
        """Replace the matches of `pattern` in `outer` with their meaning."""
        self._outer, self._pattern, self._meaning = outer, pattern, meaning
        self.octets = pattern.sub(meaning, outer.octets)
        self._edits: tuple[list[int], list[int], list[Span]] | None = None

    def place(self, start: int, end: int) -> Span:
        """Return the position in the original text. Part of a replacement has the position of the whole match."""
        return self._outer.place(self._outwards(start)[0], self._outwards(end - 1)[1])

    def _outwards(self, at: int) -> Span:
        """Return the position of one octet in the outer view."""
        if self._edits is None:
            self._edits = self._found_edits()
        begins, ends, matches = self._edits
        index = bisect_right(begins, at) - 1
        if index < 0:
            return at, at + 1
        if at < ends[index]:
            return matches[index]
        at = matches[index][1] + at - ends[index]
        return at, at + 1

    def _found_edits(self) -> tuple[list[int], list[int], list[Span]]:
        """Return where each replacement begins and ends, and the position of its match in the outer view."""
        begins, ends, matches = [], [], []
        shift = 0
        for match in self._pattern.finditer(self._outer.octets):
            begin, size = match.start() + shift, len(self._meaning(match))
            begins.append(begin)
            ends.append(begin + size)
            matches.append(match.span())
            shift += size - (match.end() - match.start())
        return begins, ends, matches


def folded(text: str) -> str:
    """Return the text in lower case and with the same length, so that positions stay valid."""
    lowered = text.lower()
    if len(lowered) == len(text):
        return lowered
    return "".join(low if len(low := character.lower()) == 1 else character for character in text)


def printable_part(text: str) -> str:
    """Return the printable characters in `text`."""
    if text.isprintable():
        return text
    if text.isascii():
        return _CONTROLS.sub("", text)
    return "".join(character for character in text if character.isprintable())
