"""Complete reports in a real browser, on the healthy run, on ten faults, and on servers that send megabytes of markup."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from checks.assessment import Assessment
from probes import gather
from reports.run import Run
from settings.load import parse
from tests.probe_run import gather_without_errors
from tests.reports import samples
from tests.reports.echo_servers import Behaviour, EchoServers
from tests.reports.test_browser import Opened
from tests.suite.gathered import gathered

if TYPE_CHECKING:
    from playwright.sync_api import Browser

ROOT = Path(__file__).parents[2]
FAULTS = [
    *("smtp_auth_off_tenant", "sp_not_registered", "wrong_password", "secret_expired", "port_dropped", "dns_hijacked"),
    *("mail_shield", "consent_missing", "login_proxy_page", "recipient_unknown"),
]
ROWS = sum(len(Assessment(*visit).checks) for visit in gathered(None).values())  # every check of every sender
SCRIPTS = [pytest.param(True, id="scripts"), pytest.param(False, id="no scripts")]
# A tenth of FILLER is this markup, which would run a script, fetch something or close the enclosing element.
MARKUP = (
    "</script></style></title><img src=http://127.0.0.1:9/x onerror=alert(1)><h1>x</h1>"
    "<!-- \u202e\x1b[31m\x00 \u2028 ]]> {{7*7}} &amp;"
)
FILLER = (MARKUP + "W" * 9 * len(MARKUP)) * (10_000_000 // (10 * len(MARKUP)))
PLACES = ["greeting", "EHLO", "refusal", "lines", "document", "token"]


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Return a function that creates the report on a fault from the command line, once per fault."""
    folder = tmp_path_factory.mktemp("reports")

    def make_report(fault: str) -> Path:
        path = folder / f"{fault}.html"
        if not path.is_file():
            options = [] if fault == "healthy" else [f"--fault={fault}"]
            line = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--html={path}", *options]
            subprocess.run(line, cwd=ROOT, capture_output=True, timeout=120, check=False)
        return path

    return make_report


@pytest.mark.parametrize("scripts", SCRIPTS)
@pytest.mark.parametrize("fault", ["healthy", *FAULTS])
def test_a_real_report_opens_without_error_or_request(
    fault: str, scripts: bool, browser: Browser, reports: Callable[[str], Path]
) -> None:
    """The browser reports no error and requests only the file, the answer is at the top of the page, and every check is listed."""
    path = reports(fault)

    with Opened(browser, path, scripts=scripts) as opened:
        assert opened.errors == []
        assert opened.requests == [path.as_uri()]
        box = opened.page.locator("h1").bounding_box()
        assert box is not None
        assert box["y"] + box["height"] < 300
        first = opened.page.locator(".card").first.inner_text()
        assert ("Who acts".lower() in first.lower()) == (fault != "healthy")
        assert opened.page.locator("table.checks tr[class^=r-]").count() == ROWS


@pytest.fixture(scope="module")
def flooded(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run in which each sender's server sends ten million characters, each time at a different place."""
    found = []
    for place in PLACES:
        folder = tmp_path_factory.mktemp("flood")
        with EchoServers(Behaviour(flood=place, filler=FILLER), folder).serve() as servers:
            read = parse(servers.settings, folder / "settings.toml")
            sender = read.sender["two" if place in {"document", "token"} else "one"]
            outside = gather.create_context(read, state=None)
            kept = gather_without_errors(
                [sender], outside, gather.secrets_of([sender], {"ONE": "Zq7~canary", "TWO": "Zq7~canary"})
            )
        found.append(Assessment(kept[sender.name], read.for_sender(sender)))
    return samples.run(*found, target=MARKUP, host=MARKUP, replayed_from=f"{MARKUP}.html")


@pytest.mark.parametrize("scripts", SCRIPTS)
def test_megabytes_of_markup_leave_the_page_intact(
    scripts: bool, browser: Browser, flooded: Run, full_report: Callable[..., str], tmp_path: Path
) -> None:
    """No script runs, nothing is fetched, no element is added, the layout is intact, and the file is smaller than 2 MB."""
    path = tmp_path / "report.html"
    path.write_text(full_report(flooded), encoding="utf-8")

    with Opened(browser, path, scripts=scripts) as opened:
        assert opened.errors == []
        assert opened.requests == [path.as_uri()]
        assert opened.page.locator("h1").count() == 1
        assert opened.page.locator("main img").count() == 0
        assert opened.page.locator("section.sender").count() == len(PLACES)
        assert opened.page.evaluate("document.documentElement.scrollWidth") <= 1280
        shown = opened.page.locator("main").inner_text()
    assert not set(shown) & set("\x00\x1b\u202e\u2028")
    assert path.stat().st_size < 2_000_000


def test_every_flood_reached_the_probes(flooded: Run) -> None:
    """Each flood reaches the probes, and the size of the stored evidence is limited."""
    stored = [one.evidence.model_dump_json() for one in flooded.senders]

    assert all(1_000 < len(text) < 1_000_000 for text in stored)
    assert [one.verdict for one in flooded.senders] == ["cannot_send"] * len(PLACES)


@pytest.mark.parametrize("fault", ["healthy", "smtp_auth_off_tenant", "sp_not_registered"])
def test_accessibility_engine_finds_no_violation_in_a_real_report(
    fault: str, browser: Browser, reports: Callable[[str], Path]
) -> None:
    """With all sections open, axe reports no violation of its accessibility rules in the light and the dark colour scheme."""
    engine = os.environ.get("SMTP365_AXE", "")
    if not Path(engine).is_file():
        pytest.skip("SMTP365_AXE does not name axe.min.js (npm package axe-core)")

    for dark in (False, True):
        with Opened(browser, reports(fault), dark=dark) as opened:
            opened.page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true })")
            opened.page.add_script_tag(path=engine)
            found = opened.page.evaluate(
                "axe.run().then(r => r.violations.map(v => [v.id, v.nodes[0].html.slice(0, 200)]))"
            )
        assert found == []
