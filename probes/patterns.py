"""Finds many patterns in a text at once. The time depends mainly on the length of the text, not on the number of patterns.

The text is read in steps of eight octets for long patterns, and of four for shorter ones. From each pattern, groups of octets at
consecutive offsets are stored, one of which always falls on a step. Very short patterns are searched for one at a time. Part of a
pattern is also found if at least a given number of consecutive octets match.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Final

from probes.views import Span

_MOST_PLACES: Final = 32  # of one group of octets in one pattern; only a pattern that repeats itself has more
_MOST_PLACES_IN_ALL: Final = 1024  # of one group of octets in all patterns
_FORMATS: Final = {4: "I", 8: "Q"}


class Patterns:
    """A set of patterns to find. Patterns can be added at any time."""

    def __init__(self) -> None:
        """Create an empty set of patterns."""
        self._short: set[bytes] = set()
        self._indexes = (_Index(8), _Index(4))

    def __bool__(self) -> bool:
        """Return whether the set contains any patterns."""
        return bool(self._short) or any(self._indexes)

    def add(self, pattern: bytes, least: int | None = None) -> None:
        """Add a pattern. With `least`, any part of at least that many consecutive octets is found, otherwise only the whole pattern."""
        least = min(least or len(pattern), len(pattern))
        for index in self._indexes:
            if least >= index.shortest:
                index.add(pattern, least)
                return
        self._short |= {pattern[at : at + least] for at in range(len(pattern) - least + 1)}

    def found(self, text: bytes) -> list[Span]:
        """Return the positions of patterns in `text`, which can overlap. A match inside a longer one may be left out."""
        spans = [span for pattern in tuple(self._short) for span in _all(pattern, text)]
        for index in self._indexes:
            if index:
                spans += index.found(text)
        return spans


class _Index:
    """An index of groups of octets, with the places at which each group occurs in the patterns."""

    def __init__(self, size: int) -> None:
        """Use groups of `size` octets. A pattern must have at least `shortest` octets, so that it always contains a whole step."""
        self._size = size
        self.shortest = 2 * size - 1
        self._patterns: list[tuple[bytes, int]] = []
        self._known: set[tuple[bytes, int]] = set()
        self._places: dict[int, list[tuple[int, int]]] = {}

    def __bool__(self) -> bool:
        """Return whether the index contains any patterns."""
        return bool(self._patterns)

    def add(self, pattern: bytes, least: int) -> None:
        """Add a pattern, of which any `least` or more consecutive octets are found."""
        if (pattern, least) in self._known:
            return
        self._known.add((pattern, least))
        number, size = len(self._patterns), self._size
        self._patterns.append((pattern, least))
        for first in range(0, len(pattern) - self.shortest + 1, least - self.shortest + 1):
            for at in range(first, first + size):
                code = int.from_bytes(pattern[at : at + size], sys.byteorder)
                places = self._places.setdefault(code, [])
                here = sum(one == number for one, _ in places)
                if here < _MOST_PLACES and len(places) < _MOST_PLACES_IN_ALL and (number, at) not in places:
                    places.append((number, at))

    def found(self, text: bytes) -> Iterator[Span]:
        """Return the positions of patterns in `text`."""
        size = self._size
        present = self._places.keys() & memoryview(text)[: len(text) // size * size].cast(_FORMATS[size])  # type: ignore[call-overload]
        if not present:
            return
        groups = {code.to_bytes(size, sys.byteorder): code for code in present}
        end = 0
        for place in sorted(start for group in groups for start, _ in _all(group, text)):
            if place + 2 * size > end:
                for number, at in self._places[groups[text[place : place + size]]]:
                    span = self._extended(number, at, text, place)
                    if span is not None:
                        end = max(end, span[1])
                        yield span

    def _extended(self, number: int, at: int, text: bytes, place: int) -> Span | None:
        """Return the longest match around `place` in the text and `at` in the pattern, or None if it is too short."""
        pattern, least = self._patterns[number]
        start = place - at
        if start >= 0 and text.startswith(pattern, start):
            return start, start + len(pattern)
        if least == len(pattern):
            return None
        begin, end = place, place + self._size
        while begin > max(start, 0) and text[begin - 1] == pattern[begin - 1 - start]:
            begin -= 1
        last = min(len(text), start + len(pattern))
        while end < last and text[end] == pattern[end - start]:
            end += 1
        return (begin, end) if end - begin >= least else None


def _all(pattern: bytes, text: bytes) -> Iterator[Span]:
    """Return all positions of `pattern` in `text`, including overlaps."""
    start = text.find(pattern)
    while start >= 0:
        yield start, start + len(pattern)
        start = text.find(pattern, start + 1)
