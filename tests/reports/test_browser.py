"""In a real browser, a report makes no request, causes no error, is accessible, can be printed and works without scripts."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Self

import pytest

from checks.assessment import Assessment
from reports.run import Run
from tests.reports import samples
from tests.reports.test_page import BARE, OFF, hostile

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

HEALTHY = samples.healthy()
REFUSED = samples.run(Assessment(samples.refused(samples.basic(), OFF), samples.basic_settings()))
DOUBTFUL = samples.run(Assessment(samples.refused(samples.basic(), BARE), samples.basic_settings()), HEALTHY.senders[1])
CLOSED = samples.run(Assessment(samples.port_closed(samples.oauth()), samples.oauth_settings()))
HOSTILE = hostile(
    "</script></style><img src=http://127.0.0.1:9/x onerror=alert(1)><h1>\u202e\x00\x1b[31m" + "W" * 20_000
)
MANY = samples.run(
    *(Assessment(samples.basic(), samples.basic_settings(name=name)) for name in ("billing", "scanner", "backup")),
    *DOUBTFUL.senders,
)
RUNS = [
    pytest.param(HEALTHY, id="healthy"),
    pytest.param(REFUSED, id="refused"),
    pytest.param(DOUBTFUL, id="inconclusive"),
    pytest.param(CLOSED, id="port closed"),
    pytest.param(HOSTILE, id="hostile"),
    pytest.param(MANY, id="many senders"),
]


class Opened:
    """A report opened from disk, with every error and request that the browser reported."""

    def __init__(
        self, browser: Browser, path: Path, *, scripts: bool = True, width: int = 1280, dark: bool = False
    ) -> None:
        self.context = browser.new_context(
            java_script_enabled=scripts,
            viewport={"width": width, "height": 900},
            color_scheme="dark" if dark else "light",
        )
        self.page: Page = self.context.new_page()
        self.errors: list[str] = []
        self.requests: list[str] = []
        self.page.on("console", lambda message: self.errors.append(message.text))
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("dialog", lambda dialog: self.errors.append(dialog.message))
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.goto(path.as_uri())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.context.close()


@pytest.fixture
def saved(tmp_path: Path, full_report: Callable[..., str]) -> Callable[[Run], Path]:
    """Return a function that writes a run's report to a file."""

    def save(run: Run) -> Path:
        path = tmp_path / "report.html"
        path.write_text(full_report(run), encoding="utf-8")
        return path

    return save


@pytest.mark.parametrize("scripts", [pytest.param(True, id="scripts"), pytest.param(False, id="no scripts")])
@pytest.mark.parametrize("run", RUNS)
def test_report_opens_from_disk_without_error_or_request(
    run: Run, scripts: bool, browser: Browser, saved: Callable[[Run], Path]
) -> None:
    """The heading and every check are on the page, and the browser loads only the file itself."""
    path = saved(run)

    with Opened(browser, path, scripts=scripts) as opened:
        assert opened.errors == []
        assert opened.requests == [path.as_uri()]
        assert opened.page.locator("h1").count() == 1
        assert opened.page.locator("h1").is_visible()
        assert opened.page.locator("table.checks tr[class^=r-]").count() == sum(
            len(run.findings(one)) for one in run.senders
        )


@pytest.mark.parametrize("run", RUNS)
def test_nothing_is_cut_off_on_a_phone(run: Run, browser: Browser, saved: Callable[[Run], Path]) -> None:
    """At a width of 390 pixels, the page as a whole does not scroll sideways."""
    with Opened(browser, saved(run), width=390) as opened:
        width = opened.page.evaluate("document.documentElement.scrollWidth")

    assert width <= 390


def test_scripts_only_add_copying_and_the_table(browser: Browser, saved: Callable[[Run], Path]) -> None:
    """Without scripts, no copy button is visible, and a line says that all checks are also in the lists above the table."""
    path = saved(REFUSED)

    with Opened(browser, path, scripts=False) as opened:
        assert opened.page.locator("button.copy:visible").count() == 0
        assert opened.page.get_by_text("The lists above show the same checks").is_visible()
    with Opened(browser, path) as opened:
        assert opened.page.locator("button.copy:visible").count() > 0
        assert opened.page.locator("#results-table tbody").count() == 81


def test_copy_button_copies_only_the_command(browser: Browser, saved: Callable[[Run], Path]) -> None:
    """The copy button copies the command without its label."""
    with Opened(browser, saved(REFUSED)) as opened:
        opened.page.locator(".steps button.copy").first.click()
        opened.page.get_by_text("Copied").first.wait_for()
        opened.page.evaluate("document.body.insertAdjacentHTML('beforeend', '<textarea id=pasted></textarea>')")
        opened.page.locator("#pasted").focus()
        opened.page.keyboard.press("Control+V")

        pasted = opened.page.locator("#pasted").input_value()
    assert pasted == "Set-CASMailbox -Identity 'noreply@contoso.example' -SmtpClientAuthenticationDisabled $false"


def test_columns_can_be_sorted_by_keyboard(browser: Browser, saved: Callable[[Run], Path]) -> None:
    """Pressing Enter on a column header sorts the table."""
    with Opened(browser, saved(REFUSED)) as opened:
        opened.page.locator('th[data-column-type="check"]').focus()
        opened.page.keyboard.press("Enter")
        sorted_by = opened.page.locator("th.asc, th.desc").first.get_attribute("data-column-type")

    assert sorted_by == "check"


@pytest.mark.parametrize("scripts", [pytest.param(True, id="scripts"), pytest.param(False, id="no scripts")])
def test_printing_shows_folded_sections(scripts: bool, browser: Browser, saved: Callable[[Run], Path]) -> None:
    """In print, the transcript and the certificate are visible and the buttons are not."""
    with Opened(browser, saved(REFUSED), scripts=scripts) as opened:
        opened.page.emulate_media(media="print")

        assert opened.page.get_by_text("SHA-256").first.bounding_box() is not None
        assert opened.page.locator(".evidence pre").last.bounding_box() is not None
        assert opened.page.locator("button:visible").count() == 0


@pytest.mark.parametrize(
    ("run", "dark"),
    [
        pytest.param(HEALTHY, False, id="healthy, light"),
        pytest.param(CLOSED, True, id="port closed, dark"),
        pytest.param(MANY, False, id="many senders, light"),
        pytest.param(MANY, True, id="many senders, dark"),
    ],
)
def test_accessibility_engine_finds_no_violation(
    run: Run, dark: bool, browser: Browser, saved: Callable[[Run], Path]
) -> None:
    """With all sections open, axe reports no violation of its accessibility rules."""
    engine = os.environ.get("SMTP365_AXE", "")
    if not Path(engine).is_file():
        pytest.skip("SMTP365_AXE does not name axe.min.js (npm package axe-core)")

    with Opened(browser, saved(run), dark=dark) as opened:
        opened.page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true })")
        opened.page.add_script_tag(path=engine)
        found = opened.page.evaluate(
            "axe.run().then(r => r.violations.map(v => [v.id, v.nodes[0].html.slice(0, 200)]))"
        )

    assert found == []
