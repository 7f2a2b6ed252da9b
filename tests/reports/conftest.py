"""Fixtures for the tests of the reports: a file written by pytest-html, complete reports, and a browser to open them in."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from plugin.html_postprocess import postprocessed
from reports.page import render_top
from reports.results import results
from reports.run import Run

if TYPE_CHECKING:
    from playwright.sync_api import Browser

ROOT = Path(__file__).parents[2]
PLACE = "<!-- the fragment goes here -->"
INNER = f"""
import pytest
from plugin import html_table as table

def pytest_html_report_title(report):
    report.title = table.title("live")

def pytest_html_results_table_header(cells):
    table.set_header(cells)

def pytest_html_results_table_row(report, cells):
    table.set_row(report, cells)

def pytest_metadata(metadata):
    table.set_metadata(metadata)

def pytest_html_duration_format(duration):
    return table.format_duration(duration)

def pytest_html_results_summary(prefix):
    prefix.append("{PLACE}")

@pytest.fixture
def broken():
    raise RuntimeError("<b>set-up</b>")
"""
CHECKS = """
import pytest

@pytest.mark.parametrize("number", range(80))
def test_check(number, record_property):
    properties = {"sender": "alerts", "check": f"NET-{number:02}", "title": "<i>The name</i> resolves", "verdict": "pass", "cause": ""}
    for name, value in properties.items():
        record_property(name, value)
    if number % 7 == 3:
        pytest.skip("blocked")

def test_error(broken):
    pass
"""


@pytest.fixture(scope="session")
def original_html(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The HTML that pytest-html wrote with our columns, before post-processing."""
    folder = tmp_path_factory.mktemp("written")
    (folder / "conftest.py").write_text(INNER, encoding="utf-8")
    (folder / "test_checks.py").write_text(CHECKS, encoding="utf-8")
    (folder / "pytest.ini").write_text("[pytest]\ninitial_sort = original\nrender_collapsed = all\n", encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "--html=out.html", "--self-contained-html", "-p", "no:randomly"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    subprocess.run(command, cwd=folder, env=environment, check=False, capture_output=True, timeout=120)
    return (folder / "out.html").read_text(encoding="utf-8")


@pytest.fixture
def full_report(original_html: str) -> Callable[..., str]:
    """Return a function that makes a complete report, with our fragment in a post-processed pytest-html file."""

    def make(run: Run, before: dict[str, Any] | None = None) -> str:
        return postprocessed(original_html.replace(PLACE, render_top(run, results(run), before)))

    return make


@pytest.fixture(scope="module")  # its event loop keeps running in this thread, so it must end with the module
def browser() -> Iterator[Browser]:
    """Debian's Chromium in headless mode. If Chromium or Playwright is not installed, the test is skipped."""
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("chromium is not installed (Debian: apt-get install chromium)")
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with playwright.sync_playwright() as driver:
        opened = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield opened
        opened.close()
