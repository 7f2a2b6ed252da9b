"""pytest-html's table: our columns, rows and title, as plain functions to which conftest hands the hooks; the file is mended by `mending`.

pytest-html puts cells into the page as they are, so each value is escaped here.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from checks.model import Verdict
from reports.mending import mend
from reports.outside import escaped, one_line
from reports.words import VERDICTS

COLUMNS = (
    ("check", "Check"),
    ("title", "What must be true"),
    ("sender", "Sender"),
    ("verdict", "Verdict"),
    ("cause", "Cause"),
)
_QUIET = {Verdict.PASS.value, Verdict.NOT_APPLICABLE.value}
_VERDICTS = {verdict.value: word for verdict, word in VERDICTS.items()}


class TestReport(Protocol):
    """The part of pytest's report that a row is read from."""

    nodeid: str

    @property
    def user_properties(self) -> Sequence[tuple[str, object]]:
        """What the test recorded with `record_property`."""


def header() -> list[str]:
    """The header cells, as many as `row` gives; pytest-html sorts by the `data-column-type` that a cell's class repeats."""
    ours = [_head(name, title) for name, title in COLUMNS]
    return [_head("result", "Result"), *ours, _head("duration", "Duration"), '<th scope="col">Links</th>']


def set_header(cells: list[str]) -> None:
    """For `pytest_html_results_table_header`: put our header in the place of pytest-html's."""
    cells[:] = header()


def set_row(report: TestReport, cells: list[str], *, many: bool = False) -> None:
    """For `pytest_html_results_table_row`: keep pytest-html's result, duration and links, put our columns between them.

    With many senders what passed has no row: forty thousand rows are read by nobody, and no browser opens them gladly.
    """
    if many and dict(report.user_properties).get("verdict") in _QUIET:
        del cells[:]
    if len(cells) != 4:
        return
    result, _test, duration, links = cells
    cells[:] = [result.replace("<td ", '<td tabindex="0" ', 1), *row(report), duration, links]


def set_metadata(metadata: dict[str, object]) -> None:
    """For `pytest_metadata`: keep versions, escaped; pytest-html shows values as markup, and CI variables are not ours to forward."""
    kept = {name: metadata[name] for name in ("Python", "Platform", "Packages", "Plugins") if name in metadata}
    metadata.clear()
    for name, value in kept.items():
        parts = [f"{key} {version}" for key, version in value.items()] if isinstance(value, dict) else [value]
        metadata[name] = escaped(", ".join(str(part) for part in parts))


def row(report: TestReport) -> list[str]:
    """Our cells of a row; a report without properties (a set-up error, a foreign test) shows its own name."""
    recorded = dict(report.user_properties)
    values = {name: one_line(recorded.get(name, "")) for name, _ in COLUMNS}
    values["title"] = values["title"] or one_line(report.nodeid)
    values["verdict"] = _VERDICTS.get(values["verdict"], values["verdict"]) or "No verdict"
    return [f'<td class="col-{name}">{escaped(values[name])}</td>' for name, _ in COLUMNS]


def title(target: str) -> str:
    """For `pytest_html_report_title`, before anything is known; `mend` puts the answer in its place."""
    return f"smtp365: {one_line(target, 80)}"


def format_duration(seconds: float) -> str:
    """For `pytest_html_duration_format`: always milliseconds, which pytest-html can sort."""
    return f"{round(seconds * 1000)} ms"


def _head(name: str, text: str) -> str:
    return f'<th class="sortable" scope="col" tabindex="0" data-column-type="{name}">{escaped(text)}</th>'


__all__ = ["COLUMNS", "format_duration", "header", "mend", "row", "set_header", "set_metadata", "set_row", "title"]
