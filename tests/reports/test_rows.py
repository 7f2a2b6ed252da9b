"""If pytest-html's table has many rows, they are packed and drawn on request. The tests use a real file and a real browser."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from plugin.html_rows import on_demand
from tests.reports import samples
from tests.reports.test_browser import Opened

if TYPE_CHECKING:
    from playwright.sync_api import Browser

TESTS = 81  # in the file of the fixture `original_html`


@pytest.fixture
def packed(full_report: Callable[..., str], tmp_path: Path) -> Path:
    """A report with packed rows."""
    ours, opening, theirs = full_report(samples.healthy()).partition('<section id="pytest-table"')
    path = tmp_path / "report.html"
    path.write_text(ours + on_demand(opening + theirs, large=1000), encoding="utf-8")
    return path


def test_few_rows_are_not_packed(full_report: Callable[..., str]) -> None:
    """The rows of a report on a few senders are not packed, and the table needs no button."""
    text = full_report(samples.healthy())

    assert "data-jsonblob" in text
    assert '<button id="show-rows"' not in text


def test_packed_rows_are_drawn_on_request(browser: Browser, packed: Path) -> None:
    """The button draws all rows and moves the focus to the table, and pytest-html's filters work on the rows."""
    with Opened(browser, packed) as opened:
        page = opened.page
        assert page.locator("#results-table tbody").count() == 0
        assert not page.locator("#pytest-table .controls").is_visible()
        assert page.get_by_text(f"{TESTS} rows").is_visible()

        page.get_by_role("button", name="Show the table").click()
        page.locator("#results-table tbody").first.wait_for()
        assert page.locator("#results-table tbody").count() == TESTS
        assert page.evaluate("document.activeElement.id") == "pytest-scroll"
        assert not page.locator("#show-rows").is_visible()

        page.get_by_label("Show skipped").click()
        assert page.locator("#results-table tbody .skipped").count() == 0
        assert 0 < page.locator("#results-table tbody").count() < TESTS
        assert opened.errors == []
        assert len(opened.requests) == 1


def test_without_scripts_there_is_no_button(browser: Browser, packed: Path) -> None:
    """Without scripts, a line of text replaces the table, and no button is visible."""
    with Opened(browser, packed, scripts=False) as opened:
        assert not opened.page.locator("#show-rows").is_visible()
        assert not opened.page.locator("#pytest-table .controls").is_visible()
        assert opened.page.get_by_text("needs JavaScript").is_visible()


def test_rows_that_cannot_be_decompressed_give_a_message(browser: Browser, packed: Path) -> None:
    """If the packed rows are truncated, the button shows a message and causes no error."""
    text = packed.read_text(encoding="utf-8")
    packed.write_text(re.sub(r'(id="pytest-rows">.{40})[^<]*', r"\1", text), encoding="utf-8")

    with Opened(browser, packed) as opened:
        opened.page.locator("#show-rows").click()
        opened.page.get_by_text("cannot decompress").wait_for()
        assert opened.errors == []
