"""A report on the built-in tenant begins with a banner, even after a replay, and an earlier run's traffic is not shown as new."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from checks.assessment import Assessment
from plugin.report_reader import load_folder, load_results
from reports.origin import FIRST_WORDS, banner, traffic
from reports.replay import origins
from reports.results import as_text, results
from reports.run import Run
from reports.terminal import summary
from tests.probes.exported import export
from tests.reports import samples
from tests.suite.gathered_lookups import assess_with_lookups
from tests.suite.test_contract import ROOT, run

NAMES = {"alerts": "fake", "reports": "fake"}


def first_lines(stdout: str) -> tuple[str, str]:
    """Return our first line in pytest's header and our first line after pytest's summary."""
    lines = [line for line in stdout.splitlines() if line.strip()]
    head = next(line for line in lines if not line.startswith(("=", "platform", "cachedir")))
    after = next(place for place, line in enumerate(lines) if line.startswith("=") and " in " in line and place > 2)
    return head, lines[after + 1]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that contains a settings file. The built-in tenant is checked from this folder."""
    folder = tmp_path_factory.mktemp("built-in")
    (folder / "settings.toml").write_text("not read\n", encoding="utf-8")
    return folder


def started(folder: Path, *options: str, report: str) -> str:
    """Run the suite in this folder, write its HTML and JSON under the name `report`, and return standard output."""
    here = ["-c", str(ROOT / "pytest.ini"), "--rootdir", str(ROOT), str(ROOT / "checks"), "-p", "no:cacheprovider"]
    done = run(*here, *options, f"--html={report}.html", f"--json={report}.json", cwd=folder, PYTHONPATH=str(ROOT))
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_terminal_page_and_title_begin_with_the_banner(folder: Path) -> None:
    """The terminal output, page and title begin with the banner in a run, its replays, its added lookups and an overview."""
    (folder / "export.json").write_text(json.dumps(export()), encoding="utf-8")
    ways = {
        "run": [],
        "replay": ["--target=run.html"],
        "again": ["--target=replay.html"],
        "looked": ["--lookups-for=run.html", "--tenant-export=export.json"],
    }
    printed = {name: started(folder, *options, report=name) for name, options in ways.items()}
    (folder / "collected").mkdir()
    shutil.copy(folder / "again.html", folder / "collected")
    printed["overview"] = started(folder, "--target=collected", report="overview")

    for name, text in printed.items():
        assert [line.startswith(f"{FIRST_WORDS}: ") for line in first_lines(text)] == [True, True], text
        page = (folder / f"{name}.html").read_text(encoding="utf-8")
        assert f'<title id="head-title">{FIRST_WORDS}: ' in page, name
        body = page.partition("<main")[2].partition("</svg>")[2]
        assert body.lstrip().startswith(f'<p class="built-in"><b>{FIRST_WORDS}</b>'), name
        assert "the results say nothing about your tenant" in text
    assert "settings.toml is not used; to check the tenant in it, add --target=live" in printed["run"]
    assert "is not used" not in printed["replay"]
    assert "this run: none" in printed["replay"]
    assert "this run: none" in printed["looked"]
    assert load_results(folder / "run.json")["target"] == "fake"


def test_a_live_run_has_no_banner() -> None:
    """A live run and its replay have no banner."""
    live = samples.healthy()
    again = samples.run(*live.senders, target="replay", replayed_from="x.html", origins=dict.fromkeys(NAMES, "live"))

    assert (banner(live), banner(again)) == ("", "")


def test_overview_banner_lists_senders_on_the_built_in_tenant(tmp_path: Path, full_report: Callable[..., str]) -> None:
    """In an overview of a live report and a report on the built-in tenant, the banner lists only the sender on the built-in tenant."""
    live, fake = (
        Assessment(samples.basic(), samples.basic_settings()),
        Assessment(samples.oauth(), samples.oauth_settings()),
    )
    for name, one, target in (("a", live, "live"), ("b", fake, "fake")):
        (tmp_path / f"{name}.json").write_text(as_text(results(samples.run(one, target=target))), encoding="utf-8")
    data, visits = load_folder(tmp_path)
    senders = tuple(Assessment(*visit) for visit in visits)
    over = samples.run(*senders, target="overview", replayed_from="folder", origins=data["origins"])

    assert banner(over).startswith(f"{FIRST_WORDS} for 1 of 2 senders (reports@APP-SRV-07): ")
    assert f'<title id="head-title">{FIRST_WORDS} for 1 of 2 senders (' in full_report(over)


def test_old_reports_have_an_origin() -> None:
    """If an old report has no target for a sender, the run's target is used. An old replay has no origin."""
    data = {"target": "fake", "senders": [{"name": "alerts"}]}

    assert origins(data) == {"alerts": "fake"}
    assert origins({**data, "target": "replay"}) == {}
    assert origins({"target": "replay", "senders": [{"name": "alerts", "target": "fake"}]}) == {"alerts": "fake"}


def replayed(**changes: object) -> Run:
    """Return a replay of the healthy run."""
    return samples.run(*samples.healthy().senders, target="replay", replayed_from="x.html", **changes)


def test_traffic_of_the_original_run_is_labelled(full_report: Callable[..., str]) -> None:
    """The terminal and the page show the traffic and time of the original run, and state that the replay sent nothing."""
    again = replayed()
    label, counts = traffic(again, again.senders)

    assert label == "Traffic of the original run at 2026-11-23 12:40 UTC"
    assert counts.endswith("2 messages; this run: none")
    assert any(label in line for line in summary(again, None))
    page = full_report(again)
    assert label in page
    assert "<dt>Traffic</dt>" not in page
    assert traffic(samples.healthy(), again.senders)[0] == "Traffic"


def test_repeated_lookups_count_as_traffic_of_this_run(full_report: Callable[..., str]) -> None:
    """Repeated lookups are counted as requests of this run, and the page does not state that no server was contacted."""
    seen = assess_with_lookups()["basic"]
    assert seen.evidence.tenant is not None
    again = samples.run(seen, target="replay", replayed_from="x.html", looked_up_again=True)
    requests = seen.evidence.tenant.requests

    assert requests > 1
    assert traffic(again, again.senders)[1].endswith(f"this run: {requests} lookup requests")
    assert "No server was contacted" not in full_report(again)
    assert "No server was contacted" in full_report(replayed())
