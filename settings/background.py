"""Runs work in a daemon thread, so that a call that never returns delays neither the report nor the end of the process.

The threads of `concurrent.futures` are unsuitable, because the interpreter waits for them before it exits.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

Result = TypeVar("Result")


def in_background(work: Callable[[], Result], name: str) -> Future[Result]:
    """Start `work` in its own thread and return a future for the result."""
    future: Future[Result] = Future()

    def run() -> None:
        try:
            result = work()
        except BaseException as problem:  # noqa: BLE001 - raised again by the caller that reads the result
            future.set_exception(problem)
        else:
            future.set_result(result)

    threading.Thread(target=run, name=name, daemon=True).start()
    return future
