"""Check with curl and raw sockets that the other servers, and Postfix's additional ports, behave as the product's tests expect."""

import base64
import json
import shutil
import socket
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.real_servers.dovecot_submission import Submission
from tests.real_servers.exim import Exim
from tests.real_servers.mail_server import MailServer
from tests.real_servers.names import (
    AUDIENCE,
    CLIENT_ID,
    CLIENT_SECRET,
    COLLEAGUE,
    DOMAIN,
    HOST,
    LOGIN_HOST,
    PASSWORD,
    SCOPE,
    STALE_CLIENT_ID,
    USER,
    WRONG_CLIENT_SECRET,
    WRONG_PASSWORD,
)
from tests.real_servers.oidc_provider import TokenService
from tests.real_servers.programs import SECONDS

MESSAGE = f"From: {USER}\nTo: {USER}\nSubject: from curl\n\nhello\n"


def curl(ca_file: Path, name: str, port: int, *words: str | Path, given: str = "") -> subprocess.CompletedProcess[str]:
    """Run curl against a loopback port, using the name on the server's certificate. Curl writes the dialogue to standard error."""
    if shutil.which("curl") is None:
        pytest.skip("not installed: curl (.ci/run installs it)")
    place = ["--connect-to", f"{name}:{port}:127.0.0.1:{port}", "--cacert", str(ca_file)]
    command = ["curl", "--silent", "--show-error", "--verbose", "--max-time", str(SECONDS), *place, *words]
    return subprocess.run(command, input=given, capture_output=True, text=True, timeout=2 * SECONDS, check=False)


def submit(
    ca_file: Path, port: int, *sign_in: str, recipient: str = USER, sender: str = USER
) -> subprocess.CompletedProcess[str]:
    """Submit one message with curl over STARTTLS."""
    envelope = ["--mail-from", sender, "--mail-rcpt", recipient, "--upload-file", "-"]
    return curl(ca_file, HOST, port, f"smtp://{HOST}:{port}/client", "--ssl-reqd", *envelope, *sign_in, given=MESSAGE)


def password(word: str = PASSWORD) -> tuple[str, ...]:
    """Return curl's options for AUTH LOGIN."""
    return ("--user", f"{USER}:{word}", "--login-options", "AUTH=LOGIN")


def token(tokens: TokenService, client: str = CLIENT_ID, secret: str = CLIENT_SECRET) -> dict[str, Any]:
    """Return the token service's response to a request with client credentials."""
    port = int(tokens.issuer.partition("//")[2].partition("/")[0].rpartition(":")[2])
    fields = {"grant_type": "client_credentials", "client_id": client, "client_secret": secret, "scope": SCOPE}
    body = [word for name, value in fields.items() for word in ("--data-urlencode", f"{name}={value}")]
    answer = curl(tokens.ca_file, LOGIN_HOST, port, *body, f"{tokens.issuer}/token")
    decoded: dict[str, Any] = json.loads(answer.stdout)
    return decoded


def claims(access_token: str) -> dict[str, Any]:
    """Return the claims in a token without verifying its signature."""
    body = access_token.split(".")[1]
    decoded: dict[str, Any] = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    return decoded


def with_token(user: str, access_token: str) -> tuple[str, ...]:
    """Return curl's options for AUTH XOAUTH2."""
    return ("--user", f"{user}:", "--oauth2-bearer", access_token, "--login-options", "AUTH=XOAUTH2")


def test_exim_delivers_and_refuses(exim_server: Exim) -> None:
    """Exim delivers a message after the right password, and refuses a wrong password, an unknown recipient and a foreign domain."""
    before = len(exim_server.mailbox.received)

    sent = submit(exim_server.ca_file, exim_server.port, *password())
    wrong = submit(exim_server.ca_file, exim_server.port, *password(WRONG_PASSWORD))
    unknown_recipient = submit(exim_server.ca_file, exim_server.port, *password(), recipient=f"missing@{DOMAIN}")
    other_domain = submit(exim_server.ca_file, exim_server.port, *password(), recipient="ada@example.com")

    assert sent.returncode == 0, sent.stderr
    assert b"Subject: from curl" in exim_server.mailbox.wait_for(before + 1)[before]
    assert "< 535 Incorrect authentication data" in wrong.stderr
    assert "< 550 Unrouteable address" in unknown_recipient.stderr
    assert "< 550 Unrouteable address" in other_domain.stderr


def test_exim_has_a_port_with_greylisting_and_one_without_sign_in(exim_server: Exim) -> None:
    """One port answers RCPT with 451, and a second one accepts a message without a sign-in."""
    before = len(exim_server.mailbox.received)

    greylisting = submit(exim_server.ca_file, exim_server.greylisting, *password())
    unauthenticated = submit(exim_server.ca_file, exim_server.unauthenticated)
    ordinary = submit(exim_server.ca_file, exim_server.port)

    assert "< 451 4.7.1 Greylisted" in greylisting.stderr
    assert unauthenticated.returncode == 0, unauthenticated.stderr
    assert len(exim_server.mailbox.wait_for(before + 1)) == before + 1
    assert "< 550 authentication required" in ordinary.stderr


def test_postfix_has_ports_of_three_kinds(postfix: MailServer) -> None:
    """One port offers PLAIN but not LOGIN, one greylists at RCPT, and one requires a client certificate."""
    plain = submit(postfix.ca_file, postfix.plain, *password())
    greylisting = submit(postfix.ca_file, postfix.greylisting, *password())
    certified = submit(postfix.ca_file, postfix.certified, *password())

    assert "< 250-AUTH PLAIN\n" in plain.stderr.replace("\r", "")
    assert "Greylisted" in greylisting.stderr
    assert "< 450 4.2.0" in greylisting.stderr
    assert "No client certificate presented" in certified.stderr


def test_postfix_refuses_a_sender_address_of_another_account(postfix: MailServer) -> None:
    """If an account sends from a colleague's address, Postfix refuses with 553 5.7.1, and the reply contains both addresses."""
    answer = submit(postfix.ca_file, postfix.port, *password(), sender=COLLEAGUE)

    assert f"< 553 5.7.1 <{COLLEAGUE}>: Sender address rejected: not owned by user {USER}" in answer.stderr


def test_the_token_service_authenticates_its_clients(tokens: TokenService) -> None:
    """The service issues a valid token and an expired one for the mail server, and answers a wrong secret with `invalid_client`."""
    good, stale = (claims(token(tokens, client)["access_token"]) for client in (CLIENT_ID, STALE_CLIENT_ID))

    assert (good["aud"], good["iss"], good["mailbox"]) == (AUDIENCE, tokens.issuer, USER)
    assert good["exp"] - stale["exp"] > 3600
    assert token(tokens, secret=WRONG_CLIENT_SECRET)["error"] == "invalid_client"


def test_dovecot_accepts_passwords_and_tokens(dovecot: Submission, tokens: TokenService) -> None:
    """A message sent after a sign-in with a password, and one sent after a sign-in with a token, arrive behind Dovecot's relay."""
    before = len(dovecot.mailbox.received)
    access_token = token(tokens)["access_token"]

    sent = [submit(dovecot.ca_file, dovecot.port, *way) for way in (password(), with_token(USER, access_token))]

    assert [one.returncode for one in sent] == [0, 0], sent[-1].stderr + dovecot.log.read_text()
    assert len(dovecot.mailbox.wait_for(before + 2)) == before + 2


@pytest.mark.parametrize(
    ("user", "client"),
    [
        pytest.param(COLLEAGUE, CLIENT_ID, id="token of another user"),
        pytest.param(USER, STALE_CLIENT_ID, id="expired token"),
    ],
)
def test_dovecot_refuses_a_token_with_a_challenge(
    dovecot: Submission, tokens: TokenService, user: str, client: str
) -> None:
    """Dovecot's challenge is `334` followed by Base64-encoded JSON, whose status is 401."""
    answer = submit(dovecot.ca_file, dovecot.port, *with_token(user, token(tokens, client)["access_token"]))

    challenge = next(line for line in answer.stderr.splitlines() if line.startswith("< 334 eyJ"))
    assert json.loads(base64.b64decode(challenge.removeprefix("< 334 ")))["status"] == "401"


def test_stunnel_uses_implicit_tls(implicit_tls: int, ca_file: Path) -> None:
    """A client that starts TLS immediately receives Postfix's greeting."""
    answer = curl(ca_file, HOST, implicit_tls, f"smtps://{HOST}:{implicit_tls}/client")

    assert f"< 220 {HOST} ESMTP Postfix" in answer.stderr


def test_sshd_sends_its_identification(ssh: int) -> None:
    """The first line from sshd is `SSH-2.0-…` (RFC 4253, 4.2)."""
    with socket.create_connection(("127.0.0.1", ssh), SECONDS) as connection:
        assert connection.recv(99).startswith(b"SSH-2.0-")


def test_slapd_waits_for_the_client(ldap: int) -> None:
    """In LDAP the client sends first (RFC 4511), so the first bytes from slapd are its response to an anonymous bind."""
    bind = bytes.fromhex("300c020101600702010304008000")
    with socket.create_connection(("127.0.0.1", ldap), SECONDS) as connection:
        connection.sendall(bind)
        assert connection.recv(99) == bytes.fromhex("300c02010161070a010004000400")
