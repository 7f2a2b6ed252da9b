"""Reads earlier reports from files: one report, only its results, or all reports in a folder. `reports` parses their contents."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from reports.escaping import one_line
from reports.folder import Report, merge
from reports.replay import LARGEST, NotAReport, parse_report, parse_results
from settings.bounded_input import read_file


def load_report(path: Path) -> Report:
    """Return the results in a report's HTML or JSON file, and each sender's evidence and settings.

    Raises:
        NotAReport: the file cannot be read, is not a report, is damaged, or has a different schema version.

    """
    return parse_report(_content(path), one_line(path))


def load_results(path: Path) -> dict[str, Any]:
    """Return only the results, for a comparison. Raises NotAReport in the same cases as `load_report`."""
    return parse_results(_content(path), one_line(path))


def load_folder(folder: Path) -> Report:
    """Return the reports in a folder merged into one, as `reports.folder.merge` does.

    Raises:
        NotAReport: the folder contains no report.

    """
    return merge(_reports_in(folder), one_line(folder))


def _reports_in(folder: Path) -> Iterator[tuple[str, Report | NotAReport]]:
    """Yield each file's name, with its report or the reason why it is not one. Only one report is in memory at a time."""
    for path in sorted([*folder.glob("*.html"), *folder.glob("*.json")]):
        try:
            yield path.name, parse_report(_content(path, inside=folder), one_line(path))
        except NotAReport as problem:
            yield path.name, problem


def _content(path: Path, inside: Path | None = None) -> bytes:
    try:
        return read_file(path, LARGEST, inside=inside)
    except OSError as problem:
        raise NotAReport(f"cannot read {one_line(path)}: {problem.strerror or type(problem).__name__}") from None
