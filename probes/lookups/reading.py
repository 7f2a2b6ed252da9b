"""Reading members of JSON that nobody vouches for: a missing member is None, a member of another kind makes the whole answer unreadable."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from probes.failures import printable

MOST_ROWS = 1000
_LONGEST = 300
_LARGEST = 2**53
Json = Mapping[str, object]


class UnreadableError(ValueError):
    """The answer is not what the reference promises; the text names the member."""


class AbsentError(LookupError):
    """The answer says, by an empty list, that there is no such thing."""


def text(source: Json, key: str) -> str | None:
    """A text, on one printable line."""
    value = source.get(key)
    if value is None:
        return None
    if not isinstance(value, str):
        raise UnreadableError(f"{key} is no text")
    return printable(value, _LONGEST)


def required(source: Json, key: str) -> str:
    """A text that must be there."""
    found = text(source, key)
    if not found:
        raise UnreadableError(f"{key} is missing")
    return found


def flag(source: Json, key: str) -> bool | None:
    """A Boolean."""
    value = source.get(key)
    if value is None or isinstance(value, bool):
        return value
    raise UnreadableError(f"{key} is neither true nor false")


def number(source: Json, key: str) -> int | None:
    """A whole number of ordinary size."""
    value = source.get(key)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or abs(value) > _LARGEST:
        raise UnreadableError(f"{key} is no whole number")
    return value


def moment(source: Json, key: str) -> datetime | None:
    """A time, in UTC (ISO 8601); without a zone it is taken as UTC."""
    value = text(source, key)
    if value is None:
        return None
    try:
        read = datetime.fromisoformat(value)
        return read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)
    except (ValueError, OverflowError):
        raise UnreadableError(f"{key} is no time") from None


def table(source: Json, key: str) -> Json:
    """An object; an empty one where there is none."""
    value = source.get(key)
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise UnreadableError(f"{key} is no object")
    return value


def rows(source: Json, key: str = "value") -> tuple[Json, ...]:
    """A list of objects, the first page of it; empty where the member is null, unreadable where it is missing or endless."""
    return tuple(_row(one, key) for one in _listed(source, key))


def texts(source: Json, key: str) -> tuple[str, ...]:
    """A list of texts; a single text counts as a list of one, as Exchange writes it."""
    value = source.get(key)
    if isinstance(value, str):
        value = [part.strip() for part in value.split(",")]
    found = _listed({key: value}, key)
    if not all(isinstance(one, str) for one in found):
        raise UnreadableError(f"{key} holds something that is no text")
    return tuple(printable(str(one), _LONGEST) for one in found)


def first(source: Json) -> Json:
    """The first row of an answer of Exchange's. AbsentError when there is none."""
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
        raise UnreadableError(f"{key} is no list")
    if len(value) > MOST_ROWS:
        raise UnreadableError(f"{key} has more than {MOST_ROWS} rows")
    return value


def _row(value: object, key: str) -> Json:
    if not isinstance(value, Mapping):
        raise UnreadableError(f"{key} holds something that is no object")
    return value
