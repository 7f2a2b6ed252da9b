"""docs/fakes.md: every line that it tells to copy works, its fixture serves a project elsewhere, and no switch is missing."""

import os
import re
import shutil
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest

from fakes import Running, healthy
from fakes.world import Unverified
from tests.clients.attempt import PATIENCE, alone
from tests.clients.smtp_clients import SMTP_CLIENTS, swaks_checks_names

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs" / "fakes.md").read_text("utf-8")
_PROJECT = """
import json
import smtplib
import ssl
import subprocess

import pytest

{fixture}

def test_a_message_is_sent(microsoft365):
    place, sender = microsoft365["smtp"], microsoft365["senders"]["basic"]
    context = ssl.create_default_context(cafile=microsoft365["ca_file"])
    with smtplib.SMTP(place["host"], place["port"], "client.example") as client:
        client._host = "smtp.office365.com"
        client.starttls(context=context)
        client.ehlo("client.example")
        client.login(sender["username"], sender["password"])
        client.sendmail(sender["username"], ["ops@fabrikam.example"], "Subject: from elsewhere\\r\\n\\r\\nIt works.\\r\\n")
"""


def _blocks(heading: str) -> list[str]:
    section = GUIDE.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    return re.findall(r"```\w+\n(.*?)```", section, re.DOTALL)


def _surroundings(tenant: Running, folder: Path) -> dict[str, str]:
    found = tenant.description
    places = {"PORT": str(found["smtp"]["port"]), "LOGIN": str(found["https"]["port"]), "CA": found["ca_file"]}
    return alone(folder) | places | tenant.secrets


@pytest.mark.skipif(shutil.which("sh") is None, reason="the lines are for a POSIX shell")
@pytest.mark.parametrize("client", ["swaks", "curl", "msmtp", "nodemailer"])
def test_the_lines_for_a_mail_client_send_a_message(client: str, tenant: Running, tmp_path: Path) -> None:
    """Copied as they stand, after the secrets and the ports, each block of lines has its message arrive."""
    if reason := SMTP_CLIENTS[client].missing():
        pytest.skip(reason)
    if client == "swaks" and swaks_checks_names():
        pytest.skip("this swaks needs the option that the guide names beside the lines")
    tenant.change(healthy())
    blocks = _blocks(client)
    assert blocks
    for block in blocks:
        tenant.forget()

        done = subprocess.run(
            ["sh", "-c", block],
            env=_surroundings(tenant, tmp_path),
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )

        assert done.returncode == 0, done.stdout + done.stderr
        assert [message.recipients for message in tenant.messages] == [("ops@fabrikam.example",)]


def test_the_lines_for_msal_get_a_token(tenant: Running, tmp_path: Path) -> None:
    """The script runs as it stands and gets a bearer token."""
    pytest.importorskip("msal")
    tenant.change(healthy())
    (script,) = _blocks("msal")

    done = subprocess.run(
        [sys.executable, "-c", script],
        env=_surroundings(tenant, tmp_path),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )

    assert (done.stdout, done.returncode) == ("Bearer\n", 0), done.stderr


def test_the_fixture_serves_a_project_elsewhere(tmp_path: Path) -> None:
    """In a folder outside, the fixture starts the tenant, a message is sent, and the process ends with the tests."""
    (fixture,) = _blocks("In the tests of another project")
    (head,) = re.findall(r'"python3", "[^"]*run\.py", "fake"', fixture)
    # The same program without the door's own environment, which these tests have already.
    fixture = fixture.replace(head, f'{sys.executable!r}, "-m", "fakes"')
    (tmp_path / "test_elsewhere.py").write_text(_PROJECT.format(fixture=fixture), "utf-8")

    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:cacheprovider",
            "--rootdir",
            str(tmp_path),
            "test_elsewhere.py",
        ],
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=2 * PATIENCE,
        check=False,
    )

    assert "1 passed" in done.stdout, done.stdout + done.stderr


def test_every_switch_is_named_with_its_default() -> None:
    """What could not be verified is a named switch: the guide's table has each field of `Unverified` and its default."""
    rows = re.findall(r"^\| `(\w+)` \| `(\w+)` \|", GUIDE.partition("## What nobody could verify")[2], re.MULTILINE)

    assert rows == [(one.name, str(one.default)) for one in fields(Unverified)]
