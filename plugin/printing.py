"""Makes what pytest prints and writes about a run legible: messages of failed tests, internal errors, and wrong usage.

The checks' own messages are legible already. A library's exception, however, can quote a server, a report or a settings file.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import TYPE_CHECKING

import pytest

from settings.printable import lines

if TYPE_CHECKING:
    from _pytest._code.code import ExceptionRepr


@contextmanager
def legible_usage_errors() -> Iterator[None]:
    """Make the lines of a usage error that the block raises legible. They quote options, paths, settings and reports."""
    try:
        yield
    except pytest.UsageError as problem:
        raise pytest.UsageError(*(lines(part) for part in problem.args)) from None


def make_legible(report: pytest.TestReport) -> None:
    """Make the texts of a test report legible. The terminal, JUnit XML and the HTML report show these texts."""
    if isinstance(report.longrepr, tuple):
        path, number, message = report.longrepr
        report.longrepr = (path, number, lines(message))
    elif report.longrepr is not None and _is_hidden(str(report.longrepr)):
        report.longrepr = lines(report.longrepr)
    report.sections = [(name, lines(text)) for name, text in report.sections]
    report.user_properties = [
        (name, lines(value) if isinstance(value, str) else value) for name, value in report.user_properties
    ]


def print_internal_error(problem: ExceptionRepr) -> bool | None:
    """Print an internal error with invisible characters in the legible form, and return True, so that pytest does not print it."""
    if not _is_hidden(str(problem)):
        return None
    for line in str(problem).split("\n"):
        sys.stderr.write(f"INTERNALERROR> {lines(line)}\n")
    return True


def print_exception(kind: type[BaseException], problem: BaseException, trace: TracebackType | None) -> None:
    """Print an exception that ends the process, as Python does, but without control characters. It is for `sys.excepthook`."""
    import traceback

    if sys.stderr is not None:
        sys.stderr.write(lines("".join(traceback.format_exception(kind, problem, trace))))


def _is_hidden(text: str) -> bool:
    return lines(text) != text
