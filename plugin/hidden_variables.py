"""Hides the environment variables that can hold secrets from the processes that this one starts."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable


def hide(names: Iterable[str]) -> Callable[[], None]:
    """Remove the variables from the environment, and return the function that restores them."""
    hidden = {name: os.environ.pop(name) for name in names if name in os.environ}
    return lambda: os.environ.update(hidden)
