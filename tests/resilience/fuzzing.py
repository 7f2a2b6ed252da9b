"""Run a check with many generated values, and change valid documents and texts at random.

With SMTP365_DEEP=1 (`run.py test --deep`), each check runs for at least SECONDS, with new values every time. Otherwise, it runs with
a few values, which are always the same.
"""

from __future__ import annotations

import copy
import os
import random
import time
from collections.abc import Callable
from typing import Any, Final, TypeVar

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

DEEP: Final = os.environ.get("SMTP365_DEEP") == "1"
SECONDS: Final = float(os.environ.get("SMTP365_FUZZ_SECONDS", "120"))
Value = TypeVar("Value")

UNUSUAL: Final[tuple[Any, ...]] = (
    *(None, True, False, 0, -1, 1.5, 1e300, -1e300, 10**18, 10**400, float("inf"), float("nan"), [], {}, [[]], {"": ""}, ""),
    *("\u00b2", "\uff12", "\u0663", "\x00", "\x1b[31m", "\u202e", "\ud800", "x" * 5000, "9" * 400, "[" * 500, "%s{0}", "\r\n", "a@b@c"),
    *("0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "2026-11-27T00:00:00", "NaN", "-", "535 5.7.3", "https://[x]/", "::1", "."),
)  # fmt: skip
PIECES: Final = (
    *(b"\x00", b"\xff", b"\r\n", b"\n", b" ", b"-", b"=", b'"', b"{", b"}", b"[", b"]", b":", b",", b"\\", b"#", b"'", b"\xc2\xb2"),
    *(b"\xef\xbc\x92", b"9" * 400, b"1e999", b"NaN", b"Infinity", b"[" * 200, b'{"a":' * 200, b"x" * 9000),
    *(b"\xed\xa0\x80", b"\xe2\x80\xae"),
)  # fmt: skip


def fuzz(values: st.SearchStrategy[Value], check: Callable[[Value], None], *, examples: int) -> None:
    """Call `check` with generated values, and fail with the simplest value found for which it raises an exception."""

    @settings(
        max_examples=40 if DEEP else examples,
        deadline=None,
        database=None,
        derandomize=not DEEP,
        suppress_health_check=list(HealthCheck),
    )
    @given(values)
    def once(value: Value) -> None:
        check(value)

    end = time.monotonic() + SECONDS
    once()
    while DEEP and time.monotonic() < end:
        once()


def seeds() -> st.SearchStrategy[random.Random]:
    """Return a strategy for random generators. When a test fails, the generator is shown by its seed."""
    return st.integers(0, 2**32).map(_Seeded)


class _Seeded(random.Random):
    """A random generator whose printed form contains its seed."""

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        self.seed_value = seed

    def __repr__(self) -> str:
        return f"_Seeded({self.seed_value})"


def changed(document: Any, draw: random.Random) -> Any:  # noqa: ANN401 - any JSON
    """Return a copy of a JSON document with random changes. Values are removed, renamed, repeated, put in a list, altered or replaced."""
    value = copy.deepcopy(document)
    for _ in range(draw.choice((1, 1, 2, 5))):
        parents = list(_parents(value))
        if not parents:
            return draw.choice(UNUSUAL)
        parent, key = draw.choice(parents)
        match draw.randrange(8):
            case 0:
                del parent[key]
            case 1 if isinstance(parent, dict):
                parent[draw.choice(("", "x" * 300, "\u202e", "name", "value", "senders"))] = parent.pop(key)
            case 2 if isinstance(parent[key], list):
                parent[key] *= draw.choice((0, 2, 500))
            case 3:
                parent[key] = [parent[key]]
            case 4 if isinstance(parent[key], str):
                parent[key] = changed_bytes(parent[key].encode("utf-8", "replace"), draw).decode("utf-8", "replace")
            case _:
                parent[key] = draw.choice(UNUSUAL)
    return value


def changed_bytes(content: bytes, draw: random.Random) -> bytes:
    """Return the bytes with some pieces removed, repeated, replaced or inserted."""
    for _ in range(draw.choice((1, 1, 2, 5))):
        begin = draw.randrange(len(content) + 1)
        end = min(len(content), begin + draw.choice((0, 1, 3, 20, 200)))
        piece = draw.choice((b"", draw.choice(PIECES), content[begin:end] * 2, bytes([draw.randrange(256)])))
        content = content[:begin] + piece + content[end:]
    return content


def _parents(value: Any) -> list[tuple[Any, Any]]:  # noqa: ANN401 - any JSON
    found: list[tuple[Any, Any]] = []
    waiting = [value]
    while waiting:
        one = waiting.pop()
        for key in list(one) if isinstance(one, dict) else range(len(one)) if isinstance(one, list) else ():
            found.append((one, key))
            waiting.append(one[key])
    return found
