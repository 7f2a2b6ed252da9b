"""A secret in the wrong field of the settings is not shown in full, and the workers of pytest-xdist do not inherit secrets."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from settings import client_id

ROOT = Path(__file__).parents[2]
SECRET = "Abc8Q~S3cretCanary.99-typed-into-the-field"
SETTINGS = f"""
[network]
only_mapped = true
connect_timeout = 2
resolvers = ["127.0.0.1:9"]
dns_timeout = 1
[sender.alerts]
authentication_type = "OpenID"
username = "alerts@example.com"
client_id = "{SECRET}"
client_secret_from = "env:HIDDEN_FROM_WORKERS"
openid_endpoint_configuration = "https://login.microsoftonline.com/example.com/v2.0/.well-known/openid-configuration"
scope = "https://outlook.office365.com/.default"
"""


def outputs(folder: Path, *more: str) -> dict[str, str]:
    """Return everything that a run with these settings prints and writes."""
    (folder / "settings.toml").write_text(SETTINGS, encoding="utf-8")
    out = folder / "out"
    command = [
        sys.executable, "-m", "pytest", "--target=live", f"--settings={folder / 'settings.toml'}", "-p", "no:cacheprovider",
        f"--html={out / 'r.html'}", f"--json={out / 'r.json'}", f"--junit-xml={out / 'r.xml'}", *more,
    ]  # fmt: skip
    environment = {
        **os.environ,
        "HIDDEN_FROM_WORKERS": "a-secret-that-only-the-controller-reads-7",
        "XDG_STATE_HOME": str(folder / "state"),
        "WORKER_ENVIRONMENT": str(folder / "worker.txt"),
    }
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, encoding="utf-8", timeout=300, check=False
    )
    assert done.returncode == 1, done.stdout + done.stderr
    return {"printed": done.stdout + done.stderr} | {
        path.name: path.read_text(encoding="utf-8") for path in out.iterdir()
    }


def test_a_secret_typed_as_the_client_id_is_not_shown_whole(tmp_path: Path) -> None:
    """No output shows more than the first four characters of a client id that is not a GUID."""
    written = outputs(tmp_path)

    assert {"r.html", "r.json", "r.xml"} <= set(written)
    assert [name for name, text in written.items() if SECRET[:5] in text] == []


def test_workers_do_not_inherit_secrets(tmp_path: Path) -> None:
    """The environment of a pytest-xdist worker does not contain the variable with the secret."""
    outputs(tmp_path, "-n", "1", "-p", "tests.settings.worker_environment")

    names = (tmp_path / "worker.txt").read_text(encoding="utf-8").splitlines()
    assert "PATH" in names
    assert "HIDDEN_FROM_WORKERS" not in names


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("77777777-2222-4333-8444-555555555555", "77777777-2222-4333-8444-555555555555"),
        ("{77777777-2222-4333-8444-555555555555}", "{77777777-2222-4333-8444-555555555555}"),
        ("mail", "mail"),
        ("mail-client", "mail…"),
        (SECRET, "Abc8…"),
        ("", ""),
    ],
)
def test_only_a_guid_is_shown_whole(value: str, shown: str) -> None:
    """A GUID is shown in full. At most the first four characters of any other client id are shown."""
    assert client_id.shown(value) == shown
