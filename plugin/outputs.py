"""What a run leaves behind, and when: JSON, reminder, the progress line, and the last words on the terminal."""

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
from reports.escaping import escaped
from reports.origin import banner
from reports.overview import MANY
from reports.page import render_top
from reports.results import as_text, results
from reports.run import Run
from settings.whole_file import write_whole

LAST_WORDS = pytest.StashKey[list[str]]()
TOP = pytest.StashKey[str]()
TROUBLE = pytest.StashKey[list[str]]()


class Progress:
    """One line on a terminal that says what is waited for; silent where nobody watches."""

    def __init__(self, stream: TextIO | None) -> None:
        self._stream = stream
        self._waiting: dict[str, str] = {}
        self._lock = threading.Lock()
        self._width = 0

    def __call__(self, sender: str, state: str) -> None:
        """A sender's visit began or ended."""
        with self._lock:
            if state == "done":
                self._waiting.pop(sender, None)
            else:
                self._waiting[sender] = state
            names = list(self._waiting)
            more = f" and {len(names) - 3} more" if len(names) > 3 else ""
            self._show(
                f"visiting the route for {', '.join(names[:3])}{more} (a refusal can take seconds)" if names else ""
            )

    def _show(self, text: str) -> None:
        if self._stream is None:
            return
        text = text[:100]
        self._stream.write("\r" + text.ljust(self._width))
        self._stream.write("\r" if not text else "")
        self._stream.flush()
        self._width = len(text)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Take the line away again."""
        with self._lock:
            self._show("")


def progress(config: pytest.Config) -> Progress:
    """The progress line for this run: on a terminal only, and not under -q."""
    stream = sys.stderr
    watched = stream is not None and stream.isatty() and not os.environ.get("CI") and config.option.verbose >= 0
    return Progress(stream if watched else None)


def before(config: pytest.Config, run: Run, baseline: dict[str, Any] | None) -> None:
    """Everything that must be ready when pytest-html writes its file, and the JSON. A disk that is full is told, not raised."""
    wanted = baseline is not None or config.option.json is not None or len(run.senders) <= MANY
    data = results(run) if wanted else None  # a thousand senders as plain data take a gigabyte
    config.stash[TOP] = render_top(run, data, baseline)
    config.stash[TROUBLE] = []
    if config.option.json is not None and data is not None:
        path = Path(config.invocation_params.dir) / config.option.json
        _told(config, path, lambda: write_whole(path, as_text(data) + "\n"))


def after(config: pytest.Config, run: Run) -> None:
    """What follows pytest-html's part: the reminder, and the lines for the end."""
    report = report_file.written(config)
    if (
        report is not None and run.target == "live"
    ):  # an invented secret needs no reminder, nor does a report judged again
        calendar = report.with_suffix(".ics")
        _told(config, calendar, lambda: write_reminder(run, calendar))
    if report_file.failure(config):
        config.stash[TROUBLE].append(report_file.failure(config))
    if run.masked and getattr(config.option, "xmlpath", None):
        junit = Path(config.invocation_params.dir) / config.option.xmlpath
        _told(config, junit, lambda: _without_host(junit, run.host))
    encoding = getattr(sys.stdout, "encoding", None) or "ascii"
    trouble = [line.encode(encoding, "backslashreplace").decode(encoding) for line in config.stash[TROUBLE]]
    first = banner(run).encode(encoding, "backslashreplace").decode(encoding)
    config.stash[LAST_WORDS] = [*(["", first] if first else []), *trouble, "", *terminal.summary(run, report, encoding)]


def missing(config: pytest.Config) -> bool:
    """Whether something that was asked for could not be written."""
    return bool(config.stash[TROUBLE])


def write_reminder(run: Run, path: Path) -> Path | None:
    """Write the calendar file of the run's expiry dates. Returns the path, or None if no date lies ahead."""
    from reports.reminder import calendar  # a slow import, which only live runs need

    content = calendar(run)
    if content is None:
        return None
    write_whole(path, content)
    return path


def _without_host(junit: Path, mask: str) -> None:
    """Put the mask in the place of this machine's name, which pytest writes into its JUnit file."""
    text = junit.read_text(encoding="utf-8")
    write_whole(junit, re.sub(r' hostname="[^"]*"', f' hostname="{escaped(mask)}"', text, count=1))


def last_words(config: pytest.Config, stream: TextIO | None) -> None:
    """Print the lines for the end; the last one names the file."""
    for line in config.stash.get(LAST_WORDS, []):
        if stream is not None:
            stream.write(f"{line}\n")
    if stream is not None:
        stream.flush()


def _told(config: pytest.Config, path: Path, write: Callable[[], object]) -> None:
    """Write something; when the disk or a permission forbids it, say so at the end instead of losing the rest."""
    try:
        write()
    except OSError as problem:
        config.stash[TROUBLE].append(f"cannot write {path}: {problem.strerror or problem}")
