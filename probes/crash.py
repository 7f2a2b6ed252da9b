"""Describes a failure of the suite itself: the exception's type and where it was raised, but not its message, which can hold a secret."""

from __future__ import annotations

import traceback
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[1]


def crash_site(problem: BaseException) -> str:
    """Return text such as `ValueError in probes/token.py:131`, with the innermost frame in our own code.

    If no frame is in our own code, return only the type.
    """
    places = [(Path(frame.filename), frame.lineno) for frame in traceback.extract_tb(problem.__traceback__)]
    own = [
        (place.relative_to(_ROOT), line)
        for place, line in places
        if place.is_relative_to(_ROOT) and not any(part.startswith(".") for part in place.relative_to(_ROOT).parts)
    ]
    if not own:
        return type(problem).__name__
    return f"{type(problem).__name__} in {own[-1][0].as_posix()}:{own[-1][1]}"
