"""Reports on many senders have an overview by cause, details of only some failing senders, and complete embedded results."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from checks.assessment import Assessment
from plugin.report_reader import load_folder, load_report
from reports import overview
from reports.answer import answer
from reports.embedding import embedded_json, packed
from reports.page import render_top
from reports.replay import NotAReport
from reports.results import as_text, results
from reports.run import Run
from settings.bounded_input import DamagedDataError
from tests.reports import samples
from tests.reports.test_page import OFF, Reader

HEALTHY, BROKEN = 160, 70


@pytest.fixture(scope="module")
def many() -> Run:
    """A run with 230 senders, 70 of which are refused because SMTP AUTH is off."""
    healthy = [Assessment(samples.basic(sender=f"w{i}"), samples.basic_settings(name=f"w{i}")) for i in range(HEALTHY)]
    broken = [
        Assessment(samples.refused(samples.basic(sender=f"x{i}"), OFF), samples.basic_settings(name=f"x{i}"))
        for i in range(BROKEN)
    ]
    return samples.run(*healthy, *broken)


def test_an_overview_comes_first(many: Run) -> None:
    """The overview groups the failing senders by cause and gate, and counts the senders without problems."""
    page = Reader(render_top(many, None))
    grouped = overview.groups((answer(many, one), one.settings.sender) for one in many.senders)

    assert [(group.count, group.gate, group.others) for group in grouped] == [(BROKEN, "Sign-in", BROKEN - 12)]
    assert f"{BROKEN} of {HEALTHY + BROKEN} senders cannot send mail" in page.text
    assert f"{HEALTHY} senders without problems" in page.text


def test_only_the_worst_senders_have_details(many: Run) -> None:
    """The page shows details of 50 of the 70 failing senders and of no healthy sender, and mentions the option for showing others."""
    text = render_top(many, None)

    assert text.count('class="sender is-bad drawn-late"') == overview.MOST_DETAILED
    assert 'class="sender is-ok' not in text
    assert "--sender=NAME" in text


def test_all_results_are_in_the_file(many: Run, tmp_path: Path) -> None:
    """The results embedded in the HTML equal the JSON results, and lead to the same verdicts."""
    report = tmp_path / "report.html"
    report.write_text(f"<html>{render_top(many, None)}</html>", encoding="utf-8")

    data, visits = load_report(report)

    assert {**data, "senders": list(data["senders"])} == json.loads(as_text(results(many)))
    assert {Assessment(*visit).verdict for visit in visits} == {"can_send", "cannot_send"}


def test_packed_results_have_a_size_limit() -> None:
    """Packed results are refused if they are truncated or if their unpacked size exceeds the limit."""
    bomb = f'<script type="application/gzip" id="smtp365-results">{packed(iter(["x" * 10_000_000]))}</script>'
    cut = bomb.replace("</script>", "")[:-400] + "</script>"

    assert len(bomb) < 20_000
    for text in (bomb, cut):
        with pytest.raises(DamagedDataError):
            embedded_json(text.encode(), 1_000_000)


def test_reports_from_many_hosts_form_one_overview(tmp_path: Path) -> None:
    """Each sender on each host is listed once, and a note names any file that is not a report."""
    for name, host in (("a", "server1"), ("b", "server1"), ("c", "server2")):
        machine = samples.basic().machine.model_copy(update={"host": host})
        run = samples.run(Assessment(samples.basic(machine=machine), samples.basic_settings()))
        (tmp_path / f"{name}.json").write_text(as_text(results(run)), encoding="utf-8")
    (tmp_path / "other.html").write_text("<html></html>", encoding="utf-8")

    data, visits = load_folder(tmp_path)
    names = sorted(evidence.sender for evidence, _ in visits)

    assert [name.partition("@")[2] for name in names] == ["server1", "server2"]
    assert names == sorted(sender_settings.sender.name for _, sender_settings in visits)
    assert [note for note in data["notes"] if "other.html" in note] != []


def test_a_folder_without_reports_is_refused(tmp_path: Path) -> None:
    """A folder without reports raises NotAReport instead of leading to an empty overview."""
    with pytest.raises(NotAReport, match="no smtp365 report"):
        load_folder(tmp_path)
