"""Test that reports from version 0.1.0 can be replayed, used as a baseline and extended with lookups.

The three samples were made on the built-in tenant with the commit that the changelog gives for 0.1.0: a healthy run, a run with a
wrong password, and a masked run with lookups in which the service principal is not registered.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from checks.assessment import Assessment
from fakes import healthy, serve
from plugin.report_reader import load_report

ROOT = Path(__file__).resolve().parents[2]
SAMPLES = ROOT / "tests" / "cases" / "reports"
EXIT_CODES = {"healthy": 0, "wrong_password": 1, "masked": 1}
# Verdicts of single checks that later versions corrected deliberately: (old, possible new ones). A sender's verdict never changes.
CORRECTED = dict.fromkeys(("RISK-05", "RISK-06", "RISK-07", "MBX-06"), ("not_applicable", {"unknown", "blocked"}))


def pytest_run(folder: Path, *options: str) -> tuple[int, dict[str, Any]]:
    """Run the checklist with these options, and return the exit code and the results."""
    file = folder / "results.json"
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--json={file}"]
    done = subprocess.run(
        [*command, f"--html={folder / 'report.html'}", *options],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert file.is_file(), done.stdout + done.stderr
    return done.returncode, json.loads(file.read_text(encoding="utf-8"))


def senders(data: dict[str, Any]) -> list[tuple[object, ...]]:
    """Return the name, verdict, first broken gate and causes of each sender."""
    return [(one["name"], one["verdict"], one["first_broken_gate"], one["causes"]) for one in data["senders"]]


@pytest.mark.parametrize("name", EXIT_CODES)
def test_sample_gives_the_same_verdicts(name: str) -> None:
    """Each check has the verdict in the sample or, if later versions corrected it, the new verdict in CORRECTED."""
    data, recorded_senders = load_report(SAMPLES / f"{name}.html")

    for (evidence, settings), recorded in zip(recorded_senders, data["senders"], strict=True):
        again = Assessment(evidence, settings)
        assert again.verdict == recorded["verdict"]
        for before in recorded["checks"]:
            now = again.finding(before["id"]).verdict.value
            original, corrected = CORRECTED.get(before["id"], ("", set()))
            assert now == before["verdict"] or (before["verdict"] == original and now in corrected), before["id"]


@pytest.mark.parametrize("name", EXIT_CODES)
def test_sample_can_be_replayed(name: str, tmp_path: Path) -> None:
    """A replay of the sample has the recorded verdicts, causes, gates and exit code."""
    recorded, _ = load_report(SAMPLES / f"{name}.html")

    code, data = pytest_run(tmp_path, f"--target={SAMPLES / name}.html")

    assert code == EXIT_CODES[name]
    assert senders(data) == senders(recorded)


@pytest.mark.parametrize("name", ["healthy", "wrong_password"])
def test_sample_can_be_a_baseline(name: str, tmp_path: Path) -> None:
    """A run with the sample as `--baseline` writes its report."""
    code, data = pytest_run(tmp_path, f"--baseline={SAMPLES / name}.html")

    assert code == 0
    assert data["verdict"] == "can_send"
    assert (tmp_path / "report.html").is_file()


def test_lookups_can_be_added_to_a_sample(tmp_path: Path) -> None:
    """With `--lookups-for`, lookups from an export are added to the sample, and the senders' verdicts do not change."""
    with serve(healthy(), folder=tmp_path) as running:
        running.export()
        export = running.tenant_export
        code, data = pytest_run(tmp_path, f"--lookups-for={SAMPLES / 'healthy.html'}", f"--tenant-export={export}")

    recorded, _ = load_report(SAMPLES / "healthy.html")
    assert code == 0
    assert senders(data) == senders(recorded)
