"""Tests that the commands for clients in docs/fakes.md work, that the fixture works elsewhere, and that every switch is listed."""

import os
import re
import shutil
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest

from fakes import Running, healthy, serve
from fakes.world.world import Unverified
from tests.clients.attempt import PATIENCE, isolated_environment
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


def _environment(tenant: Running, folder: Path) -> dict[str, str]:
    found = tenant.description
    places = {"PORT": str(found["smtp"]["port"]), "LOGIN": str(found["https"]["port"]), "CA": found["ca_file"]}
    return isolated_environment(folder) | places | tenant.secrets


@pytest.mark.skipif(shutil.which("sh") is None, reason="the commands are for a POSIX shell")
@pytest.mark.parametrize("client", ["swaks", "curl", "msmtp", "nodemailer"])
def test_commands_for_a_mail_client_send_a_message(client: str, tenant: Running, tmp_path: Path) -> None:
    """Each block of commands, with the secrets and ports in the environment, sends a message that arrives."""
    if reason := SMTP_CLIENTS[client].missing():
        pytest.skip(reason)
    if client == "swaks" and swaks_checks_names():
        pytest.skip("this version of swaks needs an additional option, which the guide mentions")
    tenant.change(healthy())
    blocks = _blocks(client)
    assert blocks
    for block in blocks:
        tenant.forget()

        done = subprocess.run(
            ["sh", "-c", block],
            env=_environment(tenant, tmp_path),
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )

        assert done.returncode == 0, done.stdout + done.stderr
        assert [message.recipients for message in tenant.messages] == [("ops@fabrikam.example",)]


def test_script_for_msal_gets_a_token(tenant: Running, tmp_path: Path) -> None:
    """The guide's msal script runs unchanged and gets a bearer token."""
    pytest.importorskip("msal")
    tenant.change(healthy())
    (script,) = _blocks("msal")

    done = subprocess.run(
        [sys.executable, "-c", script],
        env=_environment(tenant, tmp_path),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )

    assert (done.stdout, done.returncode) == ("Bearer\n", 0), done.stderr


def test_fixture_works_in_another_project(tmp_path: Path) -> None:
    """In a folder outside the project, the fixture starts the tenant, and a test sends a message to it."""
    (fixture,) = _blocks("In the tests of another project")
    (head,) = re.findall(r'"python3", "[^"]*run\.py", "fake"', fixture)
    # The program that run.py starts. These tests already have the environment that run.py would set up.
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


def test_every_switch_is_listed_with_its_default() -> None:
    """The guide's table of unverified behaviour lists every field of `Unverified` with its default."""
    rows = re.findall(r"^\| `(\w+)` \| `(\w+)` \|", GUIDE.partition("## Unverified behaviour")[2], re.MULTILINE)

    assert rows == [(one.name, str(one.default)) for one in fields(Unverified)]


@pytest.mark.skipif(shutil.which("sh") is None or shutil.which("curl") is None, reason="needs a POSIX shell and curl")
def test_the_command_against_a_hostile_peer_ends_as_described(tmp_path: Path) -> None:
    """The guide's curl command ends with exit code 28 when it connects to the guide's hostile peer."""
    section = GUIDE.partition("\n## Hostile peers\n")[2]
    (peer,) = re.findall(r"^    python3 run\.py fake .*--hostile (\S+)$", section.partition("\n## ")[0], re.MULTILINE)
    (block,) = _blocks("Hostile peers")
    with serve(healthy(), folder=tmp_path, hostile=peer) as running:
        done = subprocess.run(
            ["sh", "-c", block],
            env=_environment(running, tmp_path),
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )

    assert done.stdout == "exit code 28\n", done.stderr
