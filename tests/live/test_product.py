"""The checklist against servers that nobody here wrote: what it says of six situations at a real Postfix with Dovecot.

That server names neither a wrong password nor an unknown user, so both must come out as the same unsure short list.
"""

import base64
import json
import os
import socket
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.live.mail_server import HOST, OTHER_HOST, PASSWORD, USER, MailServer, wait_for

ROOT = Path(__file__).parents[2]
WRONG_PASSWORD = "Wrong-Horse-7"
LONGEST = 90  # seconds for one run; the product's own deadline for a sender is 30 s here

SETTINGS = """\
cloud = "custom"

[custom]
smtp_server = "{host}"
port = {port}

[network]
resolvers = ["{resolver}"]
sender_timeout = 30
{trust}

[sender.alerts]
smtp_server = "{host}"
port = {port}
use_ssl = true
enable_authentication = true
authentication_type = "Basic"
username = "{user}"
from = "{user}"
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """What is different this time from an account that can send."""

    host: str = HOST
    port: int
    user: str = USER
    password: str = PASSWORD
    ca_file: Path | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How one run ended: exit code, the only sender's results, and everything printed or written."""

    code: int
    sender: dict[str, Any]
    printed: str
    written: str


def run(situation: Situation, resolver: str, folder: Path) -> Outcome:
    """Run the checklist as a user would, in a folder and with a home of its own."""
    trust = f'ca_file = "{situation.ca_file}"' if situation.ca_file else ""
    words = {"host": situation.host, "port": situation.port, "user": situation.user, "resolver": resolver}
    (folder / "tenant.toml").write_text(SETTINGS.format(trust=trust, **words), encoding="utf-8")
    homes = {name: str(folder) for name in ("HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME", "LOCALAPPDATA")}
    environment = {**os.environ, **homes, "SMTP365_ALERTS_PASSWORD": situation.password, "PYTHONPATH": str(ROOT)}
    wanted = ["--target=live", "--settings=tenant.toml", "--json=results.json", "--html=report.html"]
    place = ["-c", str(ROOT / "pytest.ini"), "--rootdir", str(ROOT), "-o", f"cache_dir={folder / 'cache'}"]
    command = [sys.executable, "-P", "-m", "pytest", *place, *wanted, str(ROOT / "checks")]
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=LONGEST, check=False
    )
    printed = done.stdout + done.stderr
    files = [folder / "results.json", folder / "report.html"]
    assert all(file.exists() for file in files), printed
    results = json.loads(files[0].read_text(encoding="utf-8"))
    (sender,) = results["senders"]
    written = "".join(file.read_text(encoding="utf-8") for file in files)
    return Outcome(code=done.returncode, sender=sender, printed=printed, written=written)


def leaked(outcome: Outcome, password: str) -> list[str]:
    """Return the forms of the password that the run printed or wrote."""
    encoded = base64.b64encode(password.encode()).decode()
    return [form for form in (password, encoded, encoded.rstrip("=")) if form in outcome.printed + outcome.written]


def states(outcome: Outcome) -> dict[str, str]:
    """Return the state of each gate of the route."""
    return {gate["gate"]: gate["state"] for gate in outcome.sender["gates"]}


def test_an_account_that_can_send_is_said_to(postfix: MailServer, resolver: str, tmp_path: Path) -> None:
    """The right password: exit code 0, `can_send`, one sign-in, one message, and that message lies in the maildir."""
    before = len(postfix.received)

    outcome = run(Situation(port=postfix.port, ca_file=postfix.ca_file), resolver, tmp_path)

    assert outcome.code == 0, outcome.printed
    assert outcome.sender["verdict"] == "can_send"
    assert outcome.sender["first_broken_gate"] is None
    assert outcome.sender["traffic"]["sign_in_attempts"] == 1
    assert outcome.sender["traffic"]["messages_sent"] == 1
    assert leaked(outcome, PASSWORD) == []
    arrived = wait_for(postfix, before + 1)[before:]
    assert len(arrived) == 1
    assert b"Auto-Submitted: auto-generated" in arrived[0]


@pytest.mark.parametrize(
    ("user", "password"),
    [
        pytest.param(USER, WRONG_PASSWORD, id="wrong password"),
        pytest.param(f"nobody-{USER}", PASSWORD, id="unknown user"),
    ],
)
def test_a_refused_sign_in_is_an_unsure_short_list(
    postfix: MailServer, resolver: str, tmp_path: Path, user: str, password: str
) -> None:
    """One attempt, exit code 1, `bad_credentials` first, `mailbox_missing` in the list, and not sure of either."""
    situation = Situation(port=postfix.port, ca_file=postfix.ca_file, user=user, password=password)

    outcome = run(situation, resolver, tmp_path)

    assert outcome.code == 1, outcome.printed
    assert outcome.sender["verdict"] == "cannot_send"
    assert outcome.sender["first_broken_gate"] == "sign_in"
    assert outcome.sender["causes"][0] == "bad_credentials"
    assert "mailbox_missing" in outcome.sender["causes"]
    assert outcome.sender["sure"] is False
    assert outcome.sender["traffic"]["sign_in_attempts"] == 1
    assert leaked(outcome, password) == []


@pytest.mark.parametrize(
    ("host", "trusted", "cause"),
    [
        pytest.param(HOST, False, "cert_untrusted", id="untrusted authority"),
        pytest.param(OTHER_HOST, True, "cert_name_mismatch", id="wrong host name"),
    ],
)
def test_a_certificate_that_does_not_verify_ends_the_route(
    postfix: MailServer, resolver: str, tmp_path: Path, host: str, trusted: bool, cause: str
) -> None:
    """The gate is `tls`, the cause is the certificate's, and the server never sees a sign-in."""
    signed_in = postfix.log.count("sasl_method=")
    ca_file = postfix.ca_file if trusted else None

    outcome = run(Situation(host=host, port=postfix.port, ca_file=ca_file), resolver, tmp_path)

    assert outcome.code == 1, outcome.printed
    assert outcome.sender["first_broken_gate"] == "tls"
    assert outcome.sender["causes"][0] == cause
    assert states(outcome)["sign_in"] == "not_reached"
    assert outcome.sender["traffic"]["sign_in_attempts"] == 0
    assert postfix.log.count("sasl_method=") == signed_in


def test_a_closed_port_is_the_broken_gate(postfix: MailServer, resolver: str, tmp_path: Path) -> None:
    """The gate is `port`, and the list has the two ways in which a port is closed."""
    with socket.socket() as reserved:  # bound and never listening: nobody else can open it meanwhile
        reserved.bind(("127.0.0.1", 0))

        outcome = run(Situation(port=reserved.getsockname()[1], ca_file=postfix.ca_file), resolver, tmp_path)

    assert outcome.code == 1, outcome.printed
    assert outcome.sender["first_broken_gate"] == "port"
    assert {"port_blocked", "wrong_host_or_port"} & set(outcome.sender["causes"])
    assert states(outcome)["greeting"] == "not_reached"
