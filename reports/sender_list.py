"""Splits results JSON into its members and its senders, so that the senders of a large report are decoded one at a time.

The limits bound the memory that a replay takes, whatever the file contains. A sender in the built-in tenant takes 15 to 30 KB.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, Final, overload

from settings import strict_json

LARGEST_SENDER: Final = 4 * 1024 * 1024  # bytes of JSON
_LARGEST_HEAD: Final = 1024 * 1024
_MOST_VALUES: Final = 100_000  # in one sender
_MOST_MEMORY: Final = 176 * 1024 * 1024  # an estimate for the records of all senders
_PER_VALUE: Final = 100  # bytes; a measured average is 60
_TOKEN: Final = re.compile(strict_json.LEXEME.encode(), re.DOTALL)
_VALUES: Final = re.compile(rb"[,\[{]")
_KEY: Final = b'"senders"'
_BEGIN: Final = re.compile(rb"\s*:\s*\[")
_BETWEEN: Final = re.compile(rb"[\s,]*")


class UnsuitableResultsError(ValueError):
    """Raised when results are damaged or exceed a limit. The message states the reason."""


class SenderList(Sequence[dict[str, Any]]):
    """The senders of a report. Each is decoded when it is read."""

    def __init__(self, text: bytes, places: list[tuple[int, int]]) -> None:
        """Store the JSON text and where each sender begins and ends in it."""
        self._text = text
        self._places = places

    def __len__(self) -> int:
        """Return the number of senders."""
        return len(self._places)

    @overload
    def __getitem__(self, index: int) -> dict[str, Any]: ...
    @overload
    def __getitem__(self, index: slice) -> list[dict[str, Any]]: ...
    def __getitem__(self, index: int | slice) -> dict[str, Any] | list[dict[str, Any]]:
        """Return one sender, or several. Raises UnsuitableResultsError if one is not a JSON object."""
        if isinstance(index, slice):
            return [self._decoded(place) for place in self._places[index]]
        return self._decoded(self._places[index])

    def _decoded(self, place: tuple[int, int]) -> dict[str, Any]:
        try:
            value = strict_json.parse(self._text[slice(*place)])
        except strict_json.NotJsonError as problem:
            raise UnsuitableResultsError(f"its results are not JSON ({problem})") from None
        return dict(value)


def split(text: bytes) -> dict[str, Any]:
    """Return the members of results JSON. `senders` is a SenderList if the text has a list of objects there.

    Raises:
        UnsuitableResultsError: the text is not a JSON object or exceeds a limit.

    """
    begin, end, places = _scan(text)
    if len(text) - (end - begin) > _LARGEST_HEAD:
        raise UnsuitableResultsError("it is larger than the results of a run")
    try:
        members = strict_json.parse(text[:begin] + text[end:])
    except strict_json.NotJsonError as problem:
        raise UnsuitableResultsError(f"its results are not JSON ({problem})") from None
    if not isinstance(members, dict):
        raise UnsuitableResultsError("its results are not a JSON object")
    if begin:
        members["senders"] = SenderList(text, places)
    return members


def _scan(text: bytes) -> tuple[int, int, list[tuple[int, int]]]:
    """Return where the content of the list of senders begins and ends (0 if there is no list), and the places of the senders."""
    tokens = ((token.group()[:1], token.start(), token.end()) for token in _TOKEN.finditer(text))
    depth = 0
    for mark, start, end in tokens:
        if mark == b'"':
            following = _BEGIN.match(text, end) if depth == 1 and text[start:end] == _KEY else None
            if following is not None:
                next(tokens)  # the bracket
                return following.end(), *_places(text, tokens, following.end())
        else:
            depth = _deeper(depth, mark)
    return 0, 0, []


def _places(text: bytes, tokens: Iterator[tuple[bytes, int, int]], last: int) -> tuple[int, list[tuple[int, int]]]:
    """Return the end of the list of senders, and where each sender begins and ends. `last` is the beginning of the list."""
    places: list[tuple[int, int]] = []
    depth = begin = memory = 0
    for mark, start, end in tokens:
        if depth == 0:
            if _BETWEEN.fullmatch(text, last, start) is None or mark not in b"{]":
                raise UnsuitableResultsError("its list of senders contains something that is not a sender")
            if mark == b"]":
                return start, places
            begin = start
        if mark != b'"':
            depth = _deeper(depth, mark)
        if depth == 0:
            memory += _estimate(text[begin:end])
            if memory > _MOST_MEMORY:
                reason = f"it has more senders than can be evaluated at once ({len(places)} fit)"
                raise UnsuitableResultsError(reason)
            places.append((begin, end))
            last = end
    raise UnsuitableResultsError("its results are truncated")


def _estimate(sender: bytes) -> int:
    """Return how much memory the records of a sender can take. Raises UnsuitableResultsError if the sender alone exceeds a limit."""
    values = len(_VALUES.findall(sender)) if len(sender) <= LARGEST_SENDER else _MOST_VALUES + 1
    if values > _MOST_VALUES:
        raise UnsuitableResultsError("the results of a sender are larger than a run can record")
    return len(sender) + _PER_VALUE * values


def _deeper(depth: int, mark: bytes) -> int:
    found = depth + (1 if mark in b"{[" else -1)
    if found > strict_json.DEEPEST:
        raise UnsuitableResultsError("its results are nested too deeply")
    return found


__all__ = ["LARGEST_SENDER", "SenderList", "UnsuitableResultsError", "split"]
