"""Finds many patterns in a text at once. The time depends mainly on the length of the text, not on the number of patterns.

The text is read in steps of four octets, and at least four consecutive groups of octets from each long pattern are stored, one of
which always falls on such a step. Part of a pattern is also found if at least a given number of consecutive octets match.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Final

from probes.views import Span

_GRAM: Final = 4
_SHORT: Final = 2 * _GRAM - 1  # a shorter pattern can lie between two steps
_MOST_PLACES: Final = 32  # of one group of octets in all patterns; only a pattern that repeats itself has more


class Patterns:
    """A set of patterns to find. Patterns can be added at any time."""

    def __init__(self) -> None:
        """Create an empty set of patterns."""
        self._short: set[bytes] = set()
        self._long: list[tuple[bytes, int]] = []
        self._numbers: dict[tuple[bytes, int], int] = {}
        self._grams: dict[int, list[tuple[int, int]]] = {}

    def __bool__(self) -> bool:
        """Return whether the set contains any patterns."""
        return bool(self._short or self._long)

    def add(self, pattern: bytes, least: int | None = None) -> None:
        """Add a pattern. With `least`, any part of at least that many consecutive octets is found, otherwise only the whole pattern."""
        least = min(least or len(pattern), len(pattern))
        if least < _SHORT:
            self._short |= {pattern[at : at + least] for at in range(len(pattern) - least + 1)}
            return
        if (pattern, least) in self._numbers:
            return
        number = self._numbers[pattern, least] = len(self._long)
        self._long.append((pattern, least))
        for first in range(0, len(pattern) - _SHORT + 1, least - _SHORT + 1):
            for at in range(first, first + _GRAM):
                places = self._grams.setdefault(_code(pattern[at : at + _GRAM]), [])
                if len(places) < _MOST_PLACES and (number, at) not in places:
                    places.append((number, at))

    def found(self, text: bytes) -> list[Span]:
        """Return the positions of patterns in `text`, which can overlap. A match inside a longer one may be left out."""
        spans = [span for pattern in tuple(self._short) for span in _all(pattern, text)]
        steps = memoryview(text)[: len(text) // _GRAM * _GRAM].cast("I")
        present = self._grams.keys() & steps
        if not present:
            return spans
        end = 0
        grams = {code.to_bytes(_GRAM, sys.byteorder) for code in present}
        for place in sorted(start for gram in grams for start, _ in _all(gram, text)):
            if place + 2 * _GRAM > end:
                for number, at in self._grams[_code(text[place : place + _GRAM])]:
                    span = self._extended(number, at, text, place)
                    if span is not None:
                        spans.append(span)
                        end = max(end, span[1])
        return spans

    def _extended(self, number: int, at: int, text: bytes, place: int) -> Span | None:
        """Return the longest match around `place` in the text and `at` in the pattern, or None if it is too short."""
        pattern, least = self._long[number]
        start = place - at
        if start >= 0 and text.startswith(pattern, start):
            return start, start + len(pattern)
        if least == len(pattern):
            return None
        begin, end = place, place + _GRAM
        while begin > max(start, 0) and text[begin - 1] == pattern[begin - 1 - start]:
            begin -= 1
        last = min(len(text), start + len(pattern))
        while end < last and text[end] == pattern[end - start]:
            end += 1
        return (begin, end) if end - begin >= least else None


def _code(gram: bytes) -> int:
    return int.from_bytes(gram, sys.byteorder)


def _all(pattern: bytes, text: bytes) -> Iterator[Span]:
    """Return all positions of `pattern` in `text`, including overlaps."""
    start = text.find(pattern)
    while start >= 0:
        yield start, start + len(pattern)
        start = text.find(pattern, start + 1)
