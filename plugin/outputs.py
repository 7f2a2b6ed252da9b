"""The outputs of a run: the JSON file, the reminder, the progress line and the closing lines on the terminal."""

from __future__ import annotations

import os
import re
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TextIO

import pytest

from plugin import report_file
from reports import terminal
from reports.escaping import escaped, one_line
from reports.origin import banner
from reports.overview import OVERVIEW_ABOVE
from reports.page import render_top
from reports.results import as_text, results
from reports.run import Run
from settings.printable import LONGEST_LINE, lines
from settings.whole_file import write_whole

CLOSING_LINES = pytest.StashKey[list[str]]()
TOP = pytest.StashKey[str]()
PROBLEMS = pytest.StashKey[list[str]]()


class Progress:
    """A progress line on a terminal that names the senders being checked. Without a stream, it prints nothing."""

    def __init__(self, stream: TextIO | None) -> None:
        self._stream = stream
        self._waiting: dict[str, str] = {}
        self._lock = threading.Lock()
        self._width = 0

    def __call__(self, sender: str, state: str) -> None:
        """Record that the check of a sender has started or ended."""
        with self._lock:
            if state == "done":
                self._waiting.pop(sender, None)
            else:
                self._waiting[sender] = state
            names = [one_line(name, 40) for name in self._waiting]
            more = f" and {len(names) - 3} more" if len(names) > 3 else ""
            self._show(f"checking {', '.join(names[:3])}{more} (a refusal can take several seconds)" if names else "")

    def _show(self, text: str) -> None:
        if self._stream is None:
            return
        text = text[:100]
        self._stream.write(f"\r{lines(text.ljust(self._width))}")
        self._stream.write("\r" if not text else "")
        self._stream.flush()
        self._width = len(text)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Clear the progress line."""
        with self._lock:
            self._show("")


def progress(config: pytest.Config) -> Progress:
    """Return the progress line of this run. It is shown only on a terminal, and neither with `-q` nor in CI."""
    stream = sys.stderr
    watched = stream is not None and stream.isatty() and not os.environ.get("CI") and config.option.verbose >= 0
    return Progress(stream if watched else None)


def prepare(config: pytest.Config, run: Run, baseline: dict[str, Any] | None) -> None:
    """Render our part of the page and write the JSON file, before pytest-html writes the report. A write error is recorded, not raised."""
    wanted = baseline is not None or config.option.json is not None or len(run.senders) <= OVERVIEW_ABOVE
    data = results(run) if wanted else None  # a thousand senders take a gigabyte as plain data
    config.stash[TOP] = render_top(run, data, baseline)
    config.stash[PROBLEMS] = []
    if config.option.json is not None and data is not None:
        path = Path(config.invocation_params.dir) / config.option.json
        _attempt(config, path, lambda: write_whole(path, as_text(data) + "\n"))


def finish(config: pytest.Config, run: Run) -> None:
    """Prepare the closing lines, after pytest-html has written its file. Write the reminder for a live run.

    In a masked run, the name of this machine in the JUnit file is masked too.
    """
    report = report_file.written(config)
    # The secrets in the built-in tenant need no reminder, and an earlier report already has one.
    if report is not None and run.target == "live":
        calendar = report.with_suffix(".ics")
        _attempt(config, calendar, lambda: write_reminder(run, calendar))
    if report_file.failure(config):
        config.stash[PROBLEMS].append(report_file.failure(config))
    if run.masked and getattr(config.option, "xmlpath", None):
        junit = Path(config.invocation_params.dir) / config.option.xmlpath
        _attempt(config, junit, lambda: _without_host(junit, run.host))
    encoding = getattr(sys.stdout, "encoding", None) or "ascii"
    problems = [
        one_line(line, LONGEST_LINE).encode(encoding, "backslashreplace").decode(encoding)
        for line in config.stash[PROBLEMS]
    ]
    first = one_line(banner(run), LONGEST_LINE).encode(encoding, "backslashreplace").decode(encoding)
    config.stash[CLOSING_LINES] = [
        *(["", first] if first else []),
        *problems,
        "",
        *terminal.summary(run, report, encoding),
    ]


def any_missing(config: pytest.Config) -> bool:
    """Return whether a requested output could not be written."""
    return bool(config.stash[PROBLEMS])


def write_reminder(run: Run, path: Path) -> Path | None:
    """Write the calendar file with the run's expiry dates. Return its path, or None if no declared date is still to come."""
    from reports.reminder import calendar  # a slow import, which only live runs need

    content = calendar(run)
    if content is None:
        return None
    write_whole(path, content)
    return path


def _without_host(junit: Path, mask: str) -> None:
    """Replace this machine's name in pytest's JUnit file with its mask."""
    text = junit.read_text(encoding="utf-8")
    write_whole(junit, re.sub(r' hostname="[^"]*"', f' hostname="{escaped(mask)}"', text, count=1))


def print_closing_lines(config: pytest.Config, stream: TextIO | None) -> None:
    """Print the closing lines to `stream`, if there is one."""
    for line in config.stash.get(CLOSING_LINES, []):
        if stream is not None:
            stream.write(f"{lines(line)}\n")
    if stream is not None:
        stream.flush()


def _attempt(config: pytest.Config, path: Path, write: Callable[[], object]) -> None:
    """Write an output. An OSError is recorded and reported at the end of the run, so that the other outputs are still written."""
    try:
        write()
    except OSError as problem:
        config.stash[PROBLEMS].append(f"cannot write {path}: {problem.strerror or problem}")
