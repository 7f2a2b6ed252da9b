"""Readers for members of untrusted JSON: a missing member is None, a member of another type makes the whole answer unreadable."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from probes.failures import printable

MOST_ROWS = 1000
_LONGEST = 300
_LARGEST = 2**53
Json = Mapping[str, object]


class UnreadableError(ValueError):
    """Raised when an answer does not have the documented form; the text names the member."""


class AbsentError(LookupError):
    """Raised when an empty list means that the object does not exist."""


def text(source: Json, key: str) -> str | None:
    """Read a text, as one printable line."""
    value = source.get(key)
    if value is None:
        return None
    if not isinstance(value, str):
        raise UnreadableError(f"{key} is not text")
    return printable(value, _LONGEST)


def required(source: Json, key: str) -> str:
    """Read a text that must be present."""
    found = text(source, key)
    if not found:
        raise UnreadableError(f"{key} is missing")
    return found


def flag(source: Json, key: str) -> bool | None:
    """Read a Boolean."""
    value = source.get(key)
    if value is None or isinstance(value, bool):
        return value
    raise UnreadableError(f"{key} is neither true nor false")


def number(source: Json, key: str) -> int | None:
    """Read an integer within ordinary bounds."""
    value = source.get(key)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or abs(value) > _LARGEST:
        raise UnreadableError(f"{key} is not an integer")
    return value


def moment(source: Json, key: str) -> datetime | None:
    """Read a time in UTC (ISO 8601). A time without a zone is taken as UTC."""
    value = text(source, key)
    if value is None:
        return None
    try:
        read = datetime.fromisoformat(value)
        return read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)
    except (ValueError, OverflowError):
        raise UnreadableError(f"{key} is not a time") from None


def table(source: Json, key: str) -> Json:
    """Read an object; empty if it is missing."""
    value = source.get(key)
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise UnreadableError(f"{key} is not an object")
    return value


def rows(source: Json, key: str = "value") -> tuple[Json, ...]:
    """Read the first page of a list of objects: empty if the member is null, unreadable if it is missing or too long."""
    return tuple(_row(one, key) for one in _listed(source, key))


def texts(source: Json, key: str) -> tuple[str, ...]:
    """Read a list of texts. A single text counts as a list of one, because Exchange writes it so."""
    value = source.get(key)
    if isinstance(value, str):
        value = [part.strip() for part in value.split(",")]
    found = _listed({key: value}, key)
    if not all(isinstance(one, str) for one in found):
        raise UnreadableError(f"{key} holds something that is not text")
    return tuple(printable(str(one), _LONGEST) for one in found)


def first(source: Json) -> Json:
    """Read the first row of an Exchange answer. Raises AbsentError if there is none."""
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
        raise UnreadableError(f"{key} holds something that is not an object")
    return value
