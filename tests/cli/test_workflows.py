"""Tests that the workflow for GitHub Actions follows the published schema and names the test commands, systems and Python versions."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
WORKFLOW = ROOT / ".github" / "workflows" / "ci.yml"


def validate(file: Path) -> subprocess.CompletedProcess[str]:
    """Validate a workflow, without network access, against the schema that is included in the validator."""
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.github-workflows", str(file)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def test_workflow_follows_the_schema() -> None:
    """The workflow file follows the schema. The workflow itself cannot be run here."""
    done = validate(WORKFLOW)

    assert done.returncode == 0, done.stdout + done.stderr


def test_validator_rejects_a_misspelt_key(tmp_path: Path) -> None:
    """The validator rejects a workflow with a misspelt key."""
    wrong = tmp_path / "ci.yml"
    wrong.write_text(WORKFLOW.read_text(encoding="utf-8").replace("runs-on:", "run-on:"), encoding="utf-8")

    assert validate(wrong).returncode == 1


def test_workflow_covers_systems_and_pythons() -> None:
    """The workflow file contains .ci/run, the test command, Linux, Windows, macOS and each supported Python version."""
    text = WORKFLOW.read_text(encoding="utf-8")

    assert "bash .ci/run" in text
    assert "python run.py test" in text
    for word in ("ubuntu-latest", "windows-latest", "macos-latest", '"3.11", "3.12", "3.13", "3.14"'):
        assert word in text
