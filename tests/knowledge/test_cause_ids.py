"""A misspelt cause id is a type error."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("mypy", reason="mypy checks the types")

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = """
from checks.model import Context, Finding, check
from knowledge.cause_ids import CauseId
from knowledge.rule import one, some

right: CauseId = "port_blocked"
wrong: CauseId = "port_bloked"
one("port_bloked")
some("port_blocked", "dns_failur")


@check("NET-99", "The port is open", causes=("port_bloked",))
def judge(case: Context) -> Finding:
    return case.fail("port_bloked", expected="open", observed="closed")
"""


def test_mypy_rejects_a_misspelt_cause_id(tmp_path: Path) -> None:
    """An error is reported on the line of each misspelt id and none on the line of the correct id."""
    program = tmp_path / "program.py"
    program.write_text(PROGRAM, encoding="utf-8")

    checked = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--explicit-package-bases", "--follow-imports=silent", "--no-error-summary",
         "--config-file=", f"--cache-dir={tmp_path / 'cache'}", str(program)],
        cwd=ROOT, capture_output=True, encoding="utf-8", check=False,
    )  # fmt: skip

    assert re.findall(r"program\.py:(\d+): error", checked.stdout) == ["7", "8", "9", "12", "14"], (
        checked.stdout + checked.stderr
    )
