"""The columns, rows and title of pytest-html's table, as functions for the hooks in conftest.py.

`html_postprocess` edits the file afterwards. pytest-html inserts cells unescaped, so each value is escaped here.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from checks.model import Verdict
from reports.escaping import escaped, one_line
from reports.labels import VERDICTS

COLUMNS = (
    ("check", "Check"),
    ("title", "Requirement"),
    ("sender", "Sender"),
    ("verdict", "Verdict"),
    ("cause", "Cause"),
)
_QUIET = {Verdict.PASS.value, Verdict.NOT_APPLICABLE.value}
_VERDICTS = {verdict.value: word for verdict, word in VERDICTS.items()}


class TestReport(Protocol):
    """The attributes of pytest's test report that a row is made from."""

    nodeid: str

    @property
    def user_properties(self) -> Sequence[tuple[str, object]]:
        """The properties that the test recorded with `record_property`."""


def header() -> list[str]:
    """Return the header cells for pytest-html's result, our columns, and pytest-html's duration and links.

    pytest-html sorts by `data-column-type`, which matches the class of the cells in a column.
    """
    ours = [_head(name, title) for name, title in COLUMNS]
    return [_head("result", "Result"), *ours, _head("duration", "Duration"), '<th scope="col">Links</th>']


def set_header(cells: list[str]) -> None:
    """Implement `pytest_html_results_table_header`: replace the header cells of pytest-html."""
    cells[:] = header()


def set_row(report: TestReport, cells: list[str], *, many: bool = False) -> None:
    """Implement `pytest_html_results_table_row`: insert our columns after pytest-html's result, in place of the name of the test.

    With many senders, checks that passed or do not apply get no row, because browsers cannot cope with forty thousand rows.
    """
    if many and dict(report.user_properties).get("verdict") in _QUIET:
        del cells[:]
    if len(cells) != 4:
        return
    result, _test, duration, links = cells
    cells[:] = [result.replace("<td ", '<td tabindex="0" ', 1), *row(report), duration, links]


def set_metadata(metadata: dict[str, object]) -> None:
    """Implement `pytest_metadata`: keep only the versions, and escape them, because pytest-html renders values as markup."""
    kept = {name: metadata[name] for name in ("Python", "Platform", "Packages", "Plugins") if name in metadata}
    metadata.clear()
    for name, value in kept.items():
        parts = [f"{key} {version}" for key, version in value.items()] if isinstance(value, dict) else [value]
        metadata[name] = escaped(", ".join(str(part) for part in parts))


def row(report: TestReport) -> list[str]:
    """Return our cells for a row. If the report has no properties, for example after a set-up error, the row has the test's own name."""
    recorded = dict(report.user_properties)
    values = {name: one_line(recorded.get(name, "")) for name, _ in COLUMNS}
    values["title"] = values["title"] or one_line(report.nodeid)
    values["verdict"] = _VERDICTS.get(values["verdict"], values["verdict"]) or "No verdict"
    return [f'<td class="col-{name}">{escaped(values[name])}</td>' for name, _ in COLUMNS]


def title(target: str) -> str:
    """Implement `pytest_html_report_title`: set a title that `html_postprocess` replaces with the answer."""
    return f"smtp365: {one_line(target, 80)}"


def format_duration(seconds: float) -> str:
    """Implement `pytest_html_duration_format`: always use milliseconds, which pytest-html sorts correctly."""
    return f"{round(seconds * 1000)} ms"


def _head(name: str, text: str) -> str:
    return f'<th class="sortable" scope="col" tabindex="0" data-column-type="{name}">{escaped(text)}</th>'


__all__ = ["COLUMNS", "format_duration", "header", "row", "set_header", "set_metadata", "set_row", "title"]
