"""Readers for the members of untrusted JSON. A member of the wrong type makes the whole answer unreadable."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from probes.failures import printable
from settings.strict_values import LARGEST_WHOLE, utc_time

MOST_ROWS = 1000
_LONGEST = 300
Json = Mapping[str, object]


class UnreadableError(ValueError):
    """Raised when an answer does not have the documented form. The message names the member."""


class AbsentError(LookupError):
    """Raised when an empty list means that the object does not exist."""


def text(source: Json, key: str) -> str | None:
    """Return the member's text as one printable line, or None if the member is missing."""
    value = source.get(key)
    if value is None:
        return None
    if not isinstance(value, str):
        raise UnreadableError(f"{key} is not text")
    return printable(value, _LONGEST)


def required(source: Json, key: str) -> str:
    """Return the member's text. Raises UnreadableError if it is missing or empty."""
    found = text(source, key)
    if not found:
        raise UnreadableError(f"{key} is missing")
    return found


def flag(source: Json, key: str) -> bool | None:
    """Return the member's Boolean value, or None if the member is missing."""
    value = source.get(key)
    if value is None or isinstance(value, bool):
        return value
    raise UnreadableError(f"{key} is neither true nor false")


def number(source: Json, key: str) -> int | None:
    """Return the member's integer, or None if the member is missing. An extremely large integer is rejected."""
    value = source.get(key)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or abs(value) > LARGEST_WHOLE:
        raise UnreadableError(f"{key} is not an integer")
    return value


def moment(source: Json, key: str) -> datetime | None:
    """Return the member's time in UTC, or None if the member is missing. A time without a zone is assumed to be UTC (ISO 8601)."""
    value = text(source, key)
    if value is None:
        return None
    found = utc_time(value)
    if found is None:
        raise UnreadableError(f"{key} is not a time")
    return found


def table(source: Json, key: str) -> Json:
    """Return the member's object, or an empty one if the member is missing."""
    value = source.get(key)
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise UnreadableError(f"{key} is not an object")
    return value


def rows(source: Json, key: str = "value") -> tuple[Json, ...]:
    """Return the objects in a list. Null counts as an empty list. A missing list or one that is too long raises UnreadableError."""
    return tuple(_row(one, key) for one in _listed(source, key))


def texts(source: Json, key: str) -> tuple[str, ...]:
    """Return the strings in a list. A single string is split at its commas, because Exchange writes some lists as one string."""
    value = source.get(key)
    if isinstance(value, str):
        value = [part.strip() for part in value.split(",")]
    found = _listed({key: value}, key)
    if not all(isinstance(one, str) for one in found):
        raise UnreadableError(f"{key} contains something that is not text")
    return tuple(printable(str(one), _LONGEST) for one in found)


def first(source: Json) -> Json:
    """Return the first row of an Exchange answer. Raises AbsentError if the answer has no rows."""
    found = rows(source)
    if not found:
        raise AbsentError
    return found[0]


def _listed(source: Json, key: str) -> list[object]:
    if key not in source:
        raise UnreadableError(f"{key} is missing")
    value = source[key]
    if value is None:
        return []
    if not isinstance(value, list):
        raise UnreadableError(f"{key} is not a list")
    if len(value) > MOST_ROWS:
        raise UnreadableError(f"{key} has more than {MOST_ROWS} rows")
    return value


def _row(value: object, key: str) -> Json:
    if not isinstance(value, Mapping):
        raise UnreadableError(f"{key} contains something that is not an object")
    return value
