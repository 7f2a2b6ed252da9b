"""A saved report can be replayed with the same findings and compared with another report, and any other file is refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from checks.assessment import Assessment
from plugin.report_reader import load_report, load_results
from reports.baseline import changes
from reports.replay import NotAReport
from reports.results import as_text, results
from reports.run import Run
from tests.reports import samples
from tests.reports.test_page import BARE, OFF, hostile, page

RUNS = [
    pytest.param(samples.healthy(), id="healthy"),
    pytest.param(
        samples.run(Assessment(samples.refused(samples.basic(), OFF), samples.basic_settings())), id="refused"
    ),
    pytest.param(
        samples.run(Assessment(samples.port_closed(samples.oauth()), samples.oauth_settings())), id="port closed"
    ),
    pytest.param(hostile("</script><script>x</script>\u2028\x00"), id="hostile"),
]


@pytest.mark.parametrize("run", RUNS)
def test_a_replayed_report_gives_the_same_findings(run: Run, tmp_path: Path, full_report: Callable[..., str]) -> None:
    """The saved HTML and JSON both lead to the same results as the original run."""
    html, plain = tmp_path / "run.html", tmp_path / "run.json"
    html.write_text(full_report(run), encoding="utf-8")
    plain.write_text(as_text(results(run)), encoding="utf-8")

    for path in (html, plain):
        data, visits = load_report(path)
        again = samples.run(*(Assessment(*visit) for visit in visits), host=run.host, target=run.target)
        assert results(again)["senders"] == results(run)["senders"]
        assert list(data["senders"]) == json.loads(json.dumps(results(run)["senders"]))


def altered(**members: Any) -> str:  # noqa: ANN401 - any JSON
    """Return the results of a healthy run as JSON with some members replaced."""
    return json.dumps(results(samples.healthy()) | members)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("<html><body>hello</body></html>", "not an smtp365 report", id="another page"),
        pytest.param("", "not an smtp365 report", id="empty"),
        pytest.param("{", "damaged", id="cut JSON"),
        pytest.param('{"a": 1}', "not an smtp365 report", id="another JSON"),
        pytest.param(
            altered(schema="smtp365-results/99", tool_version="9.1"),
            "has the schema smtp365-results/99",
            id="newer schema",
        ),
        pytest.param(altered(senders=[{"name": "x"}]), "damaged", id="sender without evidence"),
        pytest.param(altered(senders="x"), "damaged", id="no list of senders"),
        pytest.param(altered(senders=[3]), "damaged", id="numbers for senders"),
        pytest.param("[" * 100_000, "not an smtp365 report", id="deep brackets"),
        pytest.param('{"a":' * 100_000, "damaged", id="deep objects"),
    ],
)
def test_a_file_that_is_not_a_report_is_refused_with_one_line(text: str, message: str, tmp_path: Path) -> None:
    """The message for a file that is not a report has one line, with the path and the reason."""
    path = tmp_path / "file.html"
    path.write_text(text, encoding="utf-8")

    with pytest.raises(NotAReport, match=message) as refusal:
        load_report(path)

    assert str(path) in str(refusal.value)
    assert len(str(refusal.value).splitlines()) == 1


def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    """A missing file, a folder and a file that is not text are refused."""
    noise = tmp_path / "noise"
    noise.write_bytes(b"\xff\xfe\x00")

    for path in (tmp_path / "missing", tmp_path, noise):
        with pytest.raises(NotAReport, match=r"cannot read|not an smtp365 report"):
            load_results(path)


def data_of(*assessments: Assessment) -> dict[str, Any]:
    """Return the results for these senders, as loaded from a file."""
    return dict(json.loads(json.dumps(results(samples.run(*assessments)))))


GOOD = Assessment(samples.basic(), samples.basic_settings())
BAD = Assessment(samples.refused(samples.basic(), OFF), samples.basic_settings())


@pytest.mark.parametrize(
    ("before", "now", "fixed", "broken", "still"),
    [
        pytest.param(GOOD, BAD, [], ["AUTH-01", "BASIC-02"], [], id="newly broken"),
        pytest.param(BAD, GOOD, ["AUTH-01", "BASIC-02"], [], [], id="fixed"),
        pytest.param(BAD, BAD, [], [], ["AUTH-01", "BASIC-02"], id="still broken"),
        pytest.param(GOOD, GOOD, [], [], [], id="the same"),
    ],
)
def test_two_runs_are_compared_check_by_check(
    before: Assessment, now: Assessment, fixed: list[str], broken: list[str], still: list[str]
) -> None:
    """Fixed, newly broken and still broken checks are each listed separately."""
    found = changes(data_of(before), data_of(now))

    listed = [sorted(change.check for change in part) for part in (found.fixed, found.broken, found.still)]
    assert listed == [fixed, broken, still]


def test_differences_in_the_evidence_are_listed() -> None:
    """A different host, certificate, setting or set of senders is listed, and the host is shown with both values."""
    tls = samples.basic().tls
    assert tls is not None
    leaf = samples.LEAF.model_copy(update={"subject": "CN=proxy", "sha256": "ab" * 32})
    other = samples.basic(machine=samples.machine(host="OTHER"), tls=tls.model_copy(update={"chain": (leaf,)}))
    now = Assessment(other, samples.basic_settings(port=25))
    extra = Assessment(samples.oauth(), samples.oauth_settings())

    facts = changes(data_of(GOOD), data_of(now, extra)).facts

    assert {(sender, what) for sender, what, _, _ in facts} == {
        ("reports", "sender"), ("alerts", "host"), ("alerts", "certificate"), ("alerts", "setting port"),
    }  # fmt: skip
    assert ("alerts", "host", "APP-SRV-07", "OTHER") in facts


def test_the_page_shows_the_comparison() -> None:
    """The page lists the newly broken checks and shows the time and host of the earlier run."""
    doubtful = Assessment(samples.refused(samples.basic(), BARE), samples.basic_settings())

    text = page(samples.run(doubtful), data_of(GOOD)).text
    assert "What changed since 2026-11-23 12:40 (live, from APP-SRV-07)" in text
    broken = text.partition("Newly broken")[2].partition("Other verdict")[0]
    assert "alerts AUTH-01 The sign-in is accepted Pass → Fail" in broken
    assert "alerts BASIC-10 The password is correct Pass → Fail" in broken
