"""Saved results lead to the same findings when replayed, for every fault in the catalogue and from the command line."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from checks.assessment import Assessment
from fakes import FAULTS
from plugin.report_reader import load_report
from reports.baseline import Changes, changes
from reports.results import as_text, results
from tests.reports import samples
from tests.suite.gathered import gathered

ROOT = Path(__file__).parents[2]
WORLDS = [pytest.param(None, id="healthy"), *(pytest.param(fault, id=fault) for fault in FAULTS)]


def saved_results(fault: str | None) -> dict[str, Any]:
    """Return the results for the built-in tenant with this fault, as loaded from a file."""
    assessments = (Assessment(evidence, settings) for evidence, settings in gathered(fault).values())
    return dict(json.loads(as_text(results(samples.run(*assessments)))))


@pytest.mark.parametrize("fault", WORLDS)
def test_every_fault_gives_the_same_results_when_replayed(fault: str | None, tmp_path: Path) -> None:
    """The saved evidence leads to the same findings, gates and verdicts as the original run."""
    before = saved_results(fault)
    path = tmp_path / "run.json"
    path.write_text(json.dumps(before), encoding="utf-8")

    _, visits = load_report(path)

    after = results(samples.run(*(Assessment(*visit) for visit in visits)))
    assert json.loads(json.dumps(after))["senders"] == before["senders"]


def command(*options: str, folder: Path) -> tuple[int, dict[str, Any], str]:
    """Run the suite with both reports in `folder`, and return the exit code, the results (empty if not written) and the output."""
    saved = folder / "out.json"
    saved.unlink(missing_ok=True)
    line = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        f"--html={folder / 'out.html'}",
        f"--json={saved}",
        *options,
    ]
    done = subprocess.run(line, cwd=ROOT, env={**os.environ}, capture_output=True, text=True, timeout=180, check=False)
    data = json.loads(saved.read_text(encoding="utf-8")) if saved.is_file() else {}
    return done.returncode, data, done.stdout + done.stderr


def decided(data: dict[str, Any]) -> list[tuple[object, ...]]:
    """Return the verdict, gate and causes of each sender, and the verdict and causes of each check."""
    senders = [(one["name"], one["verdict"], one["first_broken_gate"], tuple(one["causes"])) for one in data["senders"]]
    checks = [
        (one["name"], c["id"], c["verdict"], tuple(c["causes"])) for one in data["senders"] for c in one["checks"]
    ]
    return [*senders, *checks]


@pytest.mark.parametrize("fault", ["smtp_auth_off_tenant", "sp_not_registered", "certificate_unknown_root"])
def test_a_report_is_replayed_by_the_command_line(fault: str, tmp_path: Path) -> None:
    """A replay, masked or not, has the exit code and verdicts of the original, and its page states that no server was contacted."""
    code, first, _ = command(f"--fault={fault}", folder=tmp_path)
    old = (tmp_path / "out.html").rename(tmp_path / "old.html")

    again, second, printed = command(f"--target={old}", folder=tmp_path)
    page = (tmp_path / "out.html").read_text(encoding="utf-8")
    masked_code, masked, _ = command(f"--target={old}", "--mask-identities", folder=tmp_path)

    assert (again, decided(second)) == (code, decided(first)), printed
    assert "No server was contacted." in page
    assert (masked_code, decided(masked)) == (code, decided(first))
    assert masked["masked"]
    assert "fabrikam" not in (tmp_path / "out.html").read_text(encoding="utf-8").lower()


def test_a_masked_run_masks_its_baseline(tmp_path: Path) -> None:
    """A masked run with an unmasked baseline contains no name from the baseline, and the user name is not listed as a difference."""
    command(folder=tmp_path)
    old = (tmp_path / "out.html").rename(tmp_path / "old.html")

    code, data, printed = command("--mask-identities", f"--baseline={old}", "--fault=wrong_password", folder=tmp_path)
    page = (tmp_path / "out.html").read_text(encoding="utf-8")

    assert code == 1, printed
    assert "fabrikam" not in (page + printed + json.dumps(data)).lower()
    assert "Newly broken" in page
    assert "setting username" not in page.partition('id="smtp365-results"')[0]


@pytest.mark.parametrize("option", ["--target", "--baseline"])
def test_another_schema_is_refused_with_exit_code_4(option: str, tmp_path: Path) -> None:
    """The message contains both schema versions and the smtp365 version to use, and no results are written."""
    path = tmp_path / "newer.json"
    path.write_text(
        json.dumps(saved_results(None) | {"schema": "smtp365-results/2", "tool_version": "2.0.0"}), encoding="utf-8"
    )

    code, data, printed = command(f"{option}={path}", folder=tmp_path)

    assert code == 4, printed
    assert data == {}
    assert "has the schema smtp365-results/2, but this version reads smtp365-results/1; use smtp365 2.0.0" in printed
    assert "Traceback" not in printed


def compared(before: str | None, now: str | None) -> Changes:
    """Return the comparison of the results with these two faults; None means the healthy tenant."""
    return changes(saved_results(before), saved_results(now))


def changed_checks(part: tuple[Any, ...]) -> set[str]:
    """Return the sender and the check of each change."""
    return {f"{change.sender} {change.check}" for change in part}


def test_a_healthy_run_and_a_fault_are_compared() -> None:
    """After SMTP AUTH is turned off for a mailbox, only the newly broken checks are listed."""
    found = compared(None, "smtp_auth_off_mailbox")

    assert changed_checks(found.broken) == {"basic AUTH-01", "basic BASIC-02"}
    assert (found.fixed, found.still) == ((), ())
    places = {
        "address used",
        "resolvers",
        "certificate",
    }  # the built-in tenant was served twice, with different ports and certificates
    assert {what for _, what, _, _ in found.facts} <= places


def test_a_fault_and_a_healthy_run_are_compared() -> None:
    """After a hijacked DNS name is corrected, NET-01 is listed as fixed, and the server's addresses are listed as different."""
    found = compared("dns_hijacked", None)

    assert {"basic NET-01", "oauth NET-01"} <= changed_checks(found.fixed)
    assert (found.broken, found.still) == ((), ())
    assert {("basic", "server addresses"), ("oauth", "server addresses")} <= {fact[:2] for fact in found.facts}


def test_two_faults_are_compared() -> None:
    """If the user name is corrected and the password becomes wrong, the lists contain fixed, newly broken and still broken checks."""
    found = compared("bare_user_name", "wrong_password")

    assert "basic AUTH-01" in changed_checks(found.still)
    assert "basic BASIC-09" in changed_checks(found.fixed)
    assert "basic BASIC-10" in changed_checks(found.broken)
    facts = {fact[:2]: fact[2:] for fact in found.facts}
    assert facts["basic", "setting username"] == ("alerts", "alerts@fabrikam.example")
