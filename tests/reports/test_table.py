"""pytest-html's table has our columns, and the file that pytest-html writes is post-processed."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import unescape
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin import html_table
from plugin.html_postprocess import postprocess, postprocessed
from tests.reports import samples

PYTEST_HTML_CELLS = [
    '<td class="col-result">Passed</td>',
    '<td class="col-testId">x</td>',
    '<td class="col-duration">1 ms</td>',
    '<td class="col-links"></td>',
]


@dataclass
class Report:
    """The parts of pytest's test report that a row needs."""

    nodeid: str = "checks/test_checklist.py::test_check[alerts-NET-01]"
    user_properties: Sequence[tuple[str, object]] = ()


@pytest.mark.parametrize(
    "properties",
    [
        pytest.param((), id="set-up error without properties"),
        pytest.param(
            (("check", "NET-01"), ("title", "a\nb"), ("verdict", "fail"), ("cause", "x"), ("sender", "s")),
            id="all of them",
        ),
        pytest.param((("other", object()),), id="another plugin's"),
    ],
)
def test_header_and_row_have_the_same_length_and_columns(properties: Sequence[tuple[str, object]]) -> None:
    """The header and the rows have the same columns, and no cell contains a line break."""
    cells = list(PYTEST_HTML_CELLS)

    html_table.set_row(Report(user_properties=properties), cells)
    heads = [re.search(r'data-column-type="(\w+)"', cell) for cell in html_table.header()]
    names = [re.search(r'class="col-(\w+)"', cell) for cell in cells]
    assert len(cells) == len(html_table.header())
    assert [head and head.group(1) for head in heads][:-1] == [name and name.group(1) for name in names][:-1]
    assert not any("\n" in cell for cell in cells)


@given(st.text())
def test_cells_are_escaped(text: str) -> None:
    """A test's name and properties do not become markup in a cell."""
    for report in (Report(nodeid=text), Report(user_properties=[(name, text) for name, _ in html_table.COLUMNS])):
        for cell in html_table.row(report):
            inner = re.fullmatch(r'<td class="col-\w+">([^<>"\']*)</td>', cell)
            assert inner is not None, cell


def test_a_row_that_another_plugin_removed_stays_removed() -> None:
    """An empty list of cells, which means that a plugin removed the row, is left unchanged."""
    cells: list[str] = []

    html_table.set_row(Report(), cells)

    assert cells == []


def test_durations_can_be_sorted() -> None:
    """Durations are formatted as whole milliseconds, which pytest-html can sort."""
    assert [html_table.format_duration(seconds) for seconds in (0, 0.0123, 65.4)] == ["0 ms", "12 ms", "65400 ms"]


def test_versions_are_kept_and_environment_variables_are_not() -> None:
    """Versions in the metadata are escaped, because pytest-html inserts them as markup, and the CI job's variables are removed."""
    metadata: dict[str, object] = {
        "Python": "3.12",
        "Packages": {"pytest": "<b>9"},
        "BUILD_URL": "https://ci.example/<x>",
    }

    html_table.set_metadata(metadata)

    assert metadata == {"Python": "3.12", "Packages": "pytest &lt;b&gt;9"}


def test_postprocessing_puts_the_answer_first_and_is_idempotent(full_report: Callable[..., str]) -> None:
    """Post-processing adds the language, title, labels and a line for readers without scripts. A second pass changes nothing."""
    text = full_report(samples.healthy())

    assert '<html lang="en">' in text
    assert '<title id="head-title">Both senders can send mail.</title>' in text
    assert text.index("smtp365-answer") < text.index('id="environment"') < text.index('id="results-table"')
    assert text.count("<h1") == 1
    assert text.count('<p class="without-script">') == 1
    assert text.count('aria-label="Show ') == 8
    assert "pypi" not in text
    assert postprocessed(text) == text


def test_postprocessing_leaves_other_files_alone(original_html: str) -> None:
    """Text without our fragment is unchanged, whether pytest-html wrote it or not."""
    assert postprocessed(original_html) == original_html
    assert postprocessed("anything") == "anything"


def test_postprocessing_replaces_the_file(tmp_path: Path, full_report: Callable[..., str], original_html: str) -> None:
    """The file is rewritten in place, and no temporary file is left in the folder."""
    from reports.page import render_top
    from reports.results import results

    from .conftest import PLACE

    path = tmp_path / "report.html"
    run = samples.healthy()
    path.write_text(original_html.replace(PLACE, render_top(run, results(run))), encoding="utf-8")

    postprocess(path)

    assert path.read_text(encoding="utf-8") == full_report(run)
    assert list(tmp_path.iterdir()) == [path]


def test_postprocessing_keeps_everything_from_pytest_html(full_report: Callable[..., str], original_html: str) -> None:
    """Post-processing leaves the table's data unchanged and corrects a single tag in pytest-html's script."""
    text = full_report(samples.healthy())

    blob = re.compile(r'data-jsonblob="([^"]*)"')
    before, after = blob.search(original_html), blob.search(text)
    assert before is not None
    assert after is not None
    assert json.loads(unescape(after.group(1))) == json.loads(unescape(before.group(1)))
    script = original_html[original_html.rindex("<script>") :]
    assert script.replace("join('')}<ul>", "join('')}</ul>", 1) == text[text.rindex("<script>") :]
