"""Reads JSON and TOML that others wrote, and writes JSON that every parser accepts (RFC 8259).

Python's own parser accepts `NaN` and numbers of any size, and deep nesting ends it with an exception of a different type. Here, an
integer of more than 19 digits or a number that is not finite counts as missing (null), and nesting deeper than `DEEPEST` is rejected.
"""

from __future__ import annotations

import json
import math
import re
import tomllib
from typing import Any, Final

DEEPEST: Final = 64
_MOST_DIGITS: Final = 19
# A string as a whole, even if it is not terminated, so that brackets in a string do not count. Possessive, so that it takes linear time.
LEXEME: Final = r'"(?:[^"\\]++|\\.)*+(?:"|\\?\Z)|[\[\]{}]'
_LEXEME: Final = re.compile(LEXEME, re.DOTALL)


class NotJsonError(ValueError):
    """Raised when a text is not JSON, or is nested too deeply. The message is one line."""


def parse(text: str | bytes) -> Any:  # noqa: ANN401 - any JSON value
    """Return the value in a JSON text. Bytes must be UTF-8; a byte order mark is accepted. Raises NotJsonError."""
    try:
        decoded = text if isinstance(text, str) else text.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise NotJsonError("not UTF-8 text") from None
    if _is_too_deep(decoded):
        raise NotJsonError("nested too deeply")
    try:
        return json.loads(decoded, parse_int=_whole, parse_float=_finite, parse_constant=_missing)
    except (ValueError, RecursionError) as problem:
        raise NotJsonError(_reason(problem)) from None


def parse_object(text: str | bytes) -> dict[str, Any] | None:
    """Return the object in a JSON text, or None if the text is not JSON or its value is not an object."""
    try:
        value = parse(text)
    except NotJsonError:
        return None
    return value if isinstance(value, dict) else None


def parse_toml(text: str) -> dict[str, Any]:
    """Return the tables in a TOML text. Raises tomllib.TOMLDecodeError with a one-line message."""
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise tomllib.TOMLDecodeError("nested too deeply") from None
    except tomllib.TOMLDecodeError:
        raise
    except (ValueError, OverflowError):  # a number with thousands of digits, or a time zone that does not exist
        raise tomllib.TOMLDecodeError("a number or a time is out of range") from None


def write(value: object, **options: Any) -> str:  # noqa: ANN401 - json.dumps has many options
    """Return the JSON text of a value. A float that is not finite becomes null."""
    try:
        return json.dumps(value, allow_nan=False, **options)
    except ValueError:
        return json.dumps(finite(value), allow_nan=False, **options)


def finite(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    """Return the value with None in place of each float that is not finite."""
    if isinstance(value, dict):
        return {key: finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _whole(digits: str) -> int | None:
    return int(digits) if len(digits.lstrip("-")) <= _MOST_DIGITS else None


def _finite(digits: str) -> float | None:
    number = float(digits)
    return number if math.isfinite(number) else None


def _missing(_word: str) -> None:
    return None


def _is_too_deep(text: str) -> bool:
    if text.count("{") + text.count("[") <= DEEPEST:
        return False
    depth = 0
    for token in _LEXEME.finditer(text):
        mark = token.group()[:1]
        depth += 1 if mark in "[{" else -1 if mark in "]}" else 0
        if depth > DEEPEST:
            return True
    return False


def _reason(problem: Exception) -> str:
    if isinstance(problem, json.JSONDecodeError):
        return f"{problem.msg} (line {problem.lineno}, column {problem.colno})"
    return "nested too deeply"


__all__ = ["DEEPEST", "LEXEME", "NotJsonError", "finite", "parse", "parse_object", "parse_toml", "write"]
