"""Test that a live run against the built-in tenant has the same findings as a built-in run."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from fakes import serve_in_subprocess

ROOT = Path(__file__).resolve().parents[2]


def _findings(
    folder: Path, *options: str, **environment: str
) -> tuple[int, list[tuple[str, str, str, tuple[str, ...]]]]:
    file = folder / f"{len(list(folder.iterdir()))}.json"
    homes = {name: str(folder) for name in ("HOME", "XDG_STATE_HOME", "LOCALAPPDATA")}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", f"--json={file}", f"--html={file.with_suffix('.html')}", "-q", *options],
        cwd=ROOT,
        env={**os.environ, **homes, **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    data: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return done.returncode, [
        (sender["name"], check["id"], check["verdict"], tuple(check["causes"]))
        for sender in data["senders"]
        for check in sender["checks"]
    ]


@pytest.mark.parametrize("fault", [None, "smtp_auth_off_tenant", "mailbox_right_missing", "certificate_unknown_root"])
def test_live_and_fake_run_the_same_code(fault: str | None, tmp_path: Path) -> None:
    """A live run against a served tenant has the same exit code, verdicts and causes as a run with `--target=fake`."""
    faults = [fault] if fault is not None else []
    built_in = _findings(tmp_path, *(f"--fault={one}" for one in faults), "-p", "no:cacheprovider")
    with serve_in_subprocess(faults, folder=tmp_path / "tenant") as tenant:
        options = ["--target=live", f"--settings={tenant.settings_file}", "-p", "no:cacheprovider"]
        live = _findings(tmp_path, *options, **tenant.secrets)

    assert live == built_in
    assert live[0] == (0 if fault is None else 1)


def test_live_run_writes_a_reminder_beside_the_report(tmp_path: Path) -> None:
    """For a declared expiry date, a live run writes a calendar file next to its report, and a built-in run writes none."""
    with serve_in_subprocess([], folder=tmp_path / "tenant") as tenant:
        _findings(tmp_path, "--target=live", f"--settings={tenant.settings_file}", **tenant.secrets)
    _findings(tmp_path, "-p", "no:cacheprovider")

    reminders = list(tmp_path.glob("*.ics"))
    assert len(reminders) == 1
    assert b"BEGIN:VALARM" in reminders[0].read_bytes()
