"""Tests that verdicts do not depend on whether the end of 2026 has passed, and that no sentence is wrong after that date."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from checks.assessment import Assessment
from checks.model import Finding
from knowledge.causes import CATALOGUE
from knowledge.other_ways import WAYS
from tests.suite.gathered import gathered

ROOT = Path(__file__).resolve().parents[2]
BEFORE = datetime(2026, 11, 27, 12, tzinfo=UTC)
CLOCKS = [
    pytest.param(moment, id=f"{moment:%Y-%m-%d}")
    for moment in (
        BEFORE,
        datetime(2026, 12, 31, 23, 30, tzinfo=UTC),
        datetime(2027, 1, 15, 9, tzinfo=UTC),
        datetime(2027, 7, 1, 9, tzinfo=UTC),
    )
]
OFF_BY_DEFAULT = date(2026, 12, 31)
OF_EXPIRY = {"RISK-02", "RISK-03", "RISK-04", "OAUTH-04", "BASIC-04", "TLS-02", "HOST-04", "TOKEN-03"}
"""Checks that compare the time of the run with a different date, such as the expiry of a secret or a certificate."""

# A sentence with the end of 2026 and a word for the future would be wrong after that day.
_END_OF_2026 = re.compile(r"2026-12-31|December 2026|end of 2026")
_FUTURE = re.compile(r"\bwill\b|\bgoing to\b|\bsoon\b|\bplans to\b|turns? off")


def _sentences(text: str) -> list[str]:
    return re.split(r"(?<=[.!?:;])\s+", re.sub(r"\s+", " ", text))


def _at(moment: datetime) -> dict[tuple[str, str], Finding]:
    found = {}
    for name, (evidence, settings) in gathered(None).items():
        moved = evidence.model_copy(update={"started": moment, "today": moment.date()})
        for finding in Assessment(moved, settings).all_findings():
            found[name, finding.check] = finding
    return found


@pytest.mark.parametrize("moment", CLOCKS)
def test_verdicts_do_not_depend_on_the_date(moment: datetime) -> None:
    """Before, on and after the last day of 2026, every check has the same verdict and causes, apart from the checks in OF_EXPIRY."""
    healthy = {key: (one.verdict, one.causes) for key, one in _at(BEFORE).items() if key[1] not in OF_EXPIRY}

    assert {key: (one.verdict, one.causes) for key, one in _at(moment).items() if key[1] not in OF_EXPIRY} == healthy


@pytest.mark.parametrize("moment", CLOCKS)
def test_the_retirement_is_told_in_the_right_tense(moment: datetime) -> None:
    """RISK-01 uses the future tense before the date and the past tense from then on, and mentions both existing and new tenants."""
    finding = _at(moment)["basic", "RISK-01"]
    text = f"{finding.observed} {finding.why}"

    assert ("will be off by default from 2026-12-31" in text) == (moment.date() < OFF_BY_DEFAULT)
    assert ("has been off by default since 2026-12-31" in text) == (moment.date() >= OFF_BY_DEFAULT)
    assert "in existing tenants" in text
    assert "Tenants created after December 2026" in text
    assert not re.search(r"-\d+ days| 0 days", text)


def test_no_sentence_calls_the_end_of_2026_future() -> None:
    """No sentence in the catalogue, the README or the pages in docs/ mentions the end of 2026 together with a word for the future."""
    texts = {
        cause: "\n".join((c.title, c.meaning, c.shows, *c.steps, c.verify, c.propagation, c.risk, *c.decide))
        for cause, c in CATALOGUE.items()
    }
    texts |= {way.name: "\n".join((way.suits, way.sign_in, way.limits, way.costs, *way.steps)) for way in WAYS}
    texts |= {
        page.name: page.read_text("utf-8") for page in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
    }

    found = [
        (name, one)
        for name, text in texts.items()
        for one in _sentences(text)
        if _END_OF_2026.search(one) and _FUTURE.search(one)
    ]
    assert found == []


@pytest.mark.skipif(shutil.which("faketime") is None, reason="the program faketime is not installed")
@pytest.mark.parametrize("moment", CLOCKS[1:])
def test_the_built_in_tenant_works_at_that_time(moment: datetime, tmp_path: Path) -> None:
    """A run against the built-in tenant can send with both methods if the clock of its process shows this time."""
    command = [
        "faketime",
        f"{moment:%Y-%m-%d %H:%M:%S}",
        sys.executable,
        "-m",
        "pytest",
        "-q",
        f"--html={tmp_path / 'report.html'}",
    ]
    shown = {**os.environ, "TZ": "UTC", "FAKETIME_DONT_FAKE_MONOTONIC": "1", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=ROOT, env=shown, capture_output=True, text=True, timeout=600, check=False)

    assert done.returncode == 0, done.stdout[-2000:]
    assert done.stdout.count("CAN SEND") == 2
