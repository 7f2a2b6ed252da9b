"""Run the checklist in six situations against an independent server, Postfix with Dovecot.

The server sends the same reply for a wrong password and for an unknown user, so both must lead to an inconclusive list of causes.
"""

import socket
from pathlib import Path

import pytest

from tests.real_servers.mail_server import MailServer
from tests.real_servers.names import HOST, OTHER_HOST, PASSWORD, USER, WRONG_PASSWORD
from tests.real_servers.running import Situation, leaked, run, states


def test_an_account_that_can_send(postfix: MailServer, resolver: str, tmp_path: Path) -> None:
    """With the right password, the run reports `can_send` after one sign-in, and one message arrives."""
    before = len(postfix.received)

    outcome = run(Situation(port=postfix.port, ca_file=postfix.ca_file), resolver, tmp_path)

    assert outcome.code == 0, outcome.printed
    assert outcome.sender["verdict"] == "can_send"
    assert outcome.sender["first_broken_gate"] is None
    assert outcome.sender["traffic"]["sign_in_attempts"] == 1
    assert outcome.sender["traffic"]["messages_sent"] == 1
    assert leaked(outcome, PASSWORD) == []
    arrived = postfix.mailbox.wait_for(before + 1)[before:]
    assert len(arrived) == 1
    assert b"Auto-Submitted: auto-generated" in arrived[0]


@pytest.mark.parametrize(
    ("user", "password"),
    [
        pytest.param(USER, WRONG_PASSWORD, id="wrong password"),
        pytest.param(f"nobody-{USER}", PASSWORD, id="unknown user"),
    ],
)
def test_a_refused_sign_in_is_inconclusive(
    postfix: MailServer, resolver: str, tmp_path: Path, user: str, password: str
) -> None:
    """After one refused attempt, the inconclusive result lists `bad_credentials` first and includes `mailbox_missing`."""
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
def test_an_invalid_certificate_stops_the_run(
    postfix: MailServer, resolver: str, tmp_path: Path, host: str, trusted: bool, cause: str
) -> None:
    """A certificate error breaks the `tls` gate and is the first cause, and the server receives no sign-in."""
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
    """A closed port breaks the `port` gate, and at least one possible cause of a closed port is listed."""
    with socket.socket() as reserved:  # bound but not listening: no other program can open the port
        reserved.bind(("127.0.0.1", 0))

        outcome = run(Situation(port=reserved.getsockname()[1], ca_file=postfix.ca_file), resolver, tmp_path)

    assert outcome.code == 1, outcome.printed
    assert outcome.sender["first_broken_gate"] == "port"
    assert {"port_blocked", "wrong_host_or_port"} & set(outcome.sender["causes"])
    assert states(outcome)["greeting"] == "not_reached"
