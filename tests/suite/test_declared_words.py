"""Test that, for every fault, reports on a declared service contain no Microsoft terms that come from smtp365 itself."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import pytest

from checks.assessment import Assessment
from checks.catalogue import CATALOGUE
from checks.model import Verdict
from evidence.gates import Gate
from fakes import FAULTS
from fakes.faults import high_volume
from knowledge.causes import declared
from reports import reminder, terminal
from reports.answer import answer
from reports.page import render_top
from reports.results import as_text, results
from reports.run import Run
from tests.suite.gathered import gathered
from tests.suite.neutral_evidence import microsoft_terms_in, without_microsoft_terms

ROOT: Final = Path(__file__).resolve().parents[2]
NOW: Final = datetime(2026, 11, 27, 12, 0, tzinfo=UTC)
EXPECTED: Final = Path(__file__).with_name("declared_expected.txt")
MICROSOFT_ONLY: Final = frozenset(check.id for check in CATALOGUE.checks.values() if check.microsoft_only)

every_fault = pytest.mark.parametrize("fault", [None, *FAULTS])


def neutral(fault: str | None) -> list[Assessment]:
    """Return both senders' assessments for a declared service with this fault, from evidence without Microsoft terms."""
    return [Assessment(*without_microsoft_terms(*recorded)) for recorded in gathered(fault, cloud="custom").values()]


def run_of(assessments: list[Assessment]) -> Run:
    """Return a run with these assessments."""
    return Run(tool_version="1", target="live", started=NOW, finished=NOW, host="here", senders=tuple(assessments))


@every_fault
def test_reports_contain_no_microsoft_term(fault: str | None) -> None:
    """HTML, JSON, terminal output, letters and calendar contain no Microsoft terms, for each sender and for both together."""
    assessments = neutral(fault)

    for run in (run_of(assessments), *(run_of([one]) for one in assessments)):
        data = results(run)
        written = {
            "HTML": render_top(run, data),
            "JSON": as_text(data),
            "terminal": "\n".join(terminal.summary(run, Path("report.html"))),
            "letters": "\n".join(answer(run, one).request for one in run.senders),
            "calendar": (reminder.calendar(run) or b"").decode(),
        }
        assert {name: microsoft_terms_in(text) for name, text in written.items() if microsoft_terms_in(text)} == {}


@every_fault
def test_findings_do_not_depend_on_microsoft_terms(fault: str | None) -> None:
    """Verdicts, causes and certainty stay the same if the Microsoft terms in the evidence and the settings are replaced."""
    original = [Assessment(*recorded) for recorded in gathered(fault, cloud="custom").values()]

    for one, other in zip(original, neutral(fault), strict=True):
        assert [(f.check, f.verdict, f.causes, f.sure) for f in one.all_findings()] == [
            (f.check, f.verdict, f.causes, f.sure) for f in other.all_findings()
        ]


@every_fault
def test_every_cause_exists_for_a_declared_service(fault: str | None) -> None:
    """No finding has a cause that applies only to Microsoft 365, and no check that applies only to Microsoft 365 is run."""
    for assessment in neutral(fault):
        findings = assessment.all_findings()

        assert {cause for finding in findings for cause in finding.causes} <= set(declared())
        assert {finding.check for finding in findings} & MICROSOFT_ONLY == set()


HEALTHY: Final = ("-", ())  # the expected result of a fault without a row in the table


def expected() -> dict[tuple[str, str], tuple[str, tuple[str, ...]]]:
    """Return the broken gate and the causes, likeliest first, for each fault and sender in the hand-written table."""
    rows = (line.split() for line in EXPECTED.read_text(encoding="utf-8").splitlines() if line and line[0] != "#")
    return {
        (fault, sender): (gate, tuple(cause for cause in causes.split(",") if cause != "-"))
        for fault, sender, gate, causes in rows
    }


@pytest.mark.parametrize("fault", FAULTS)
def test_gate_and_causes_match_the_table(fault: str) -> None:
    """Each fault leads to the broken gate and the causes in the table, and a sender without a row stays healthy."""
    table, found = expected(), {}
    for name, recorded in gathered(fault, cloud="custom").items():
        assessment = Assessment(*recorded)
        gate, decisive = assessment.first_broken_gate, assessment.decisive
        found[(fault, name)] = (
            gate.value if gate is not None else "-",
            decisive.causes if decisive is not None else (),
        )

    assert found == {key: table.get(key, HEALTHY) for key in found}


# Faults that break a different gate than with Microsoft 365, with the reason.
OTHER_GATE: Final = {
    "dns_hijacked": "a declared server may have a private address, so the port decides",
    "hosting_provider": "a declared server may send any greeting, so the certificate decides",
    "port_25": "the credential is sent only to the declared port",
    "hosting_host": "a declared server may send any greeting, so its AUTH offer or the withheld credential decides",
    **{
        fault.id: "only Microsoft's worldwide cloud has the endpoint of High Volume Email"
        for fault in (*high_volume.SIGN_IN, *high_volume.RECIPIENT)
    },
}


@pytest.mark.parametrize("fault", [fault for fault in FAULTS if fault not in OTHER_GATE])
def test_the_broken_gate_is_the_same_as_for_microsoft(fault: str) -> None:
    """A fault breaks the same gate in a declared service as in Microsoft 365, apart from the listed exceptions."""
    table = expected()

    for name, recorded in gathered(fault).items():
        gate = Assessment(*recorded).first_broken_gate
        assert table.get((fault, name), HEALTHY)[0] == (gate.value if gate is not None else "-")


def test_a_whole_run_contains_no_microsoft_term(tmp_path: Path) -> None:
    """A replay of neutral evidence writes no Microsoft terms to the terminal, the HTML, the JSON or the JUnit file."""
    run = run_of(neutral("wrong_password"))
    (tmp_path / "before.json").write_text(as_text(results(run)), encoding="utf-8")
    homes = {name: str(tmp_path) for name in ("HOME", "XDG_STATE_HOME", "LOCALAPPDATA")}
    wanted = {"html": "after.html", "json": "after.json", "junitxml": "after.xml"}
    options = [f"--{option}={tmp_path / name}" for option, name in wanted.items()]
    command = [sys.executable, "-m", "pytest", f"--target={tmp_path / 'before.json'}", "-p", "no:cacheprovider", "-rA"]
    done = subprocess.run(
        [*command, *options],
        cwd=ROOT,
        env={**os.environ, **homes},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert done.returncode == 1, done.stdout + done.stderr
    assert microsoft_terms_in(done.stdout + done.stderr) == []
    assert [microsoft_terms_in((tmp_path / name).read_text(encoding="utf-8")) for name in wanted.values()] == [
        [],
        [],
        [],
    ]


def test_texts_mention_only_checks_of_a_declared_service() -> None:
    """No text for a declared service mentions a check that applies only to Microsoft 365."""
    for entries in (declared(), declared(at_login=True)):
        for cause in entries.values():
            named = set(re.findall(r"\b[A-Z]+-\d\d\b", f"{cause.steps} {cause.verify} {cause.decide} {cause.shows}"))

            assert named <= set(CATALOGUE.checks) - MICROSOFT_ONLY, cause.id


def test_the_table_lists_existing_faults_gates_and_causes() -> None:
    """The table has rows for every fault, and its faults, gates and causes all exist."""
    rows = expected()

    assert {fault for fault, _ in rows} == set(FAULTS)
    assert {gate for gate, _ in rows.values()} <= {*Gate, "-"}
    assert {cause for _, causes in rows.values() for cause in causes} <= set(declared())


def test_healthy_declared_service_can_send() -> None:
    """Both senders of a healthy declared service can send, and no check fails, is blocked or is unknown."""
    for assessment in neutral(None):
        bad = {Verdict.FAIL, Verdict.BLOCKED, Verdict.UNKNOWN}

        assert assessment.verdict == "can_send"
        assert [finding for finding in assessment.all_findings() if finding.verdict in bad] == []


def test_the_search_finds_microsoft_terms() -> None:
    """The search finds Microsoft terms in a report on Microsoft 365 made from the same neutral evidence."""
    run = run_of([Assessment(*without_microsoft_terms(*recorded)) for recorded in gathered("wrong_password").values()])

    assert microsoft_terms_in(render_top(run, results(run)))
    assert microsoft_terms_in(as_text(results(run)))
