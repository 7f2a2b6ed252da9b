"""The report stays small, whatever a server sends."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from checks.assessment import Assessment
from evidence.gates import Gate
from plugin.report_reader import load_report
from tests.resilience.verbose_server import HOST, verbose_server

ROOT = Path(__file__).resolve().parents[2]
LARGEST_FOR_TWO = 400_000  # bytes
SETTINGS = """
cloud = "custom"
[custom]
smtp_server = "{host}"
port = {port}
[network]
ca_file = "root.pem"
sender_timeout = 60
[sender.alerts]
smtp_server = "{host}"
port = {port}
authentication_type = "Basic"
username = "alerts@adatum.test"
password_from = "env:PASSWORD_OF_ALERTS"
"""


@pytest.mark.parametrize(
    ("line", "stops_at"),
    [
        pytest.param(8000, Gate.GREETING, id="8000 octets"),
        pytest.param(110, Gate.AUTH_OFFERED, id="110 octets"),
        pytest.param(20, None, id="20 octets"),
    ],
)
def test_long_replies_do_not_make_the_report_large(line: int, stops_at: Gate | None, tmp_path: Path) -> None:
    """With replies of more than 120 lines, the HTML file for one sender is smaller than the limit for two, and can be loaded again.

    The session ends when a reply, or all replies together, exceed their limit.
    """
    with verbose_server(tmp_path, line) as port:
        (tmp_path / "settings.toml").write_text(SETTINGS.format(host=HOST, port=port), encoding="utf-8")
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--html={tmp_path / 'report.html'}"]
        done = subprocess.run(
            [*command, "--target=live", f"--json={tmp_path / 'r.json'}", f"--settings={tmp_path / 'settings.toml'}"],
            cwd=ROOT,
            env={**os.environ, "PASSWORD_OF_ALERTS": "Sesame-4711-open", "XDG_STATE_HOME": str(tmp_path)},
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )

    assert done.returncode in {0, 1, 6}, done.stdout + done.stderr
    data, [(evidence, settings)] = load_report(tmp_path / "report.html")
    assert data["senders"][0]["first_broken_gate"] == stops_at
    assert Assessment(evidence, settings).first_broken_gate == stops_at
    assert (tmp_path / "report.html").stat().st_size < LARGEST_FOR_TWO
