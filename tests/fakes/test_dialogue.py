"""Tests with smtplib that the fake submission server follows Exchange's dialogue."""

import re
import socket
import ssl
import warnings
from pathlib import Path

import pytest

from fakes import healthy
from tests.fakes.clients import (
    SMTP_HOST,
    Submission,
    base64_of,
    by_password,
    mapped_address,
    submission,
    tenant,
    tls_context,
    token,
)

DATE = r"\w{3}, \d{1,2} \w{3} \d{4} \d\d:\d\d:\d\d \+0000"
STAMP = r" \[\S+ \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z [0-9A-F]{16}\]"

# A captured dialogue with Microsoft's server, in which names, dates and ids are replaced by patterns.
LIST = [
    r"S: 250-\S+\.outlook\.office365\.com Hello \[127\.0\.0\.1\]",
    r"S: 250-SIZE 157286400",
    r"S: 250-PIPELINING",
    r"S: 250-DSN",
    r"S: 250-ENHANCEDSTATUSCODES",
    r"S: 250-STARTTLS",
    r"S: 250-8BITMIME",
    r"S: 250-BINARYMIME",
    r"S: 250-CHUNKING",
    r"S: 250 SMTPUTF8",
]
REFERENCE = [
    rf"S: 220 \S+\.outlook\.office365\.com Microsoft ESMTP MAIL Service ready at {DATE} \[[0-9A-F]{{16}}\]",
    r"C: ehlo client\.example",
    *LIST,
    r"C: STARTTLS",
    r"S: 220 2\.0\.0 SMTP server ready",
    r"C: ehlo client\.example",
    *[line.replace("STARTTLS", "AUTH LOGIN XOAUTH2") for line in LIST],
    r"C: AUTH LOGIN",
    r"S: 334 VXNlcm5hbWU6",
    r"C: \S+",
    r"S: 334 UGFzc3dvcmQ6",
    r"C: \S+",
    r"S: 235 2\.7\.0 Authentication successful",
    r"C: mail FROM:<alerts@fabrikam\.example>",
    r"S: 250 2\.1\.0 Sender OK",
    r"C: rcpt TO:<alerts@fabrikam\.example>",
    r"S: 250 2\.1\.5 Recipient OK",
    r"C: data",
    r"S: 354 Start mail input; end with <CRLF>\.<CRLF>",
    r"C: From: .*",
    r"S: 250 2\.0\.0 OK <(\w+)@(\S+)> \[Hostname=\2\]",
    r"C: quit",
    r"S: 221 2\.0\.0 Service closing transmission channel",
]


def test_healthy_dialogue_is_the_reference(tmp_path: Path) -> None:
    """The dialogue for a successful sign-in and message equals the captured one, line by line."""
    with tenant(tmp_path) as running:
        client = Submission(running).connect_encrypted()
        by_password(client, running)
        user = running.world.basic.username
        client.mail(user)
        client.rcpt(user)
        client.data(f"From: {user}\r\nSubject: test\r\n\r\n.dot\r\n")
        client.quit()

    assert len(client.lines) == len(REFERENCE)
    for line, pattern in zip(client.lines, REFERENCE, strict=True):
        assert re.fullmatch(pattern, line, re.DOTALL), line


def test_message_arrives_as_sent(tmp_path: Path) -> None:
    """A message is stored exactly as sent, with its envelope and the signed-in user."""
    with tenant(tmp_path) as running:
        user, content = running.world.basic.username, b"From: <alerts@fabrikam.example>\r\n\r\n.a\r\n..\r\nz\r\n"
        with submission(running) as client:
            by_password(client, running)
            client.sendmail(user, ["one@contoso.example", "two@contoso.example"], content)
        (message,) = running.messages

    assert message.content == content
    assert (message.sender, message.recipients) == (user, ("one@contoso.example", "two@contoso.example"))
    assert (message.user, message.mechanism) == (user, "LOGIN")


@pytest.mark.parametrize(
    ("lines", "reply"),
    [
        pytest.param(["EHLO bad..name"], "501 5.5.4 Invalid domain name", id="double dot in EHLO"),
        pytest.param(["EHLO under_score"], "501 5.5.4 Invalid domain name", id="underscore in EHLO"),
        pytest.param(["EHLO"], "501 5.5.4 Invalid domain name", id="EHLO without a name"),
        pytest.param(["MAIL FROM:<a@b.example>"], "503 5.5.2 Send hello first", id="no EHLO"),
        pytest.param(
            ["EHLO client.example", "MAIL FROM:<a@b.example>"],
            "451 5.7.3 STARTTLS is required to send mail",
            id="MAIL before STARTTLS",
        ),
        pytest.param(
            ["EHLO client.example", "AUTH LOGIN"],
            "504 5.7.4 Unrecognized authentication type",
            id="AUTH before STARTTLS",
        ),
        pytest.param(["EHLO client.example", "XYZZY"], "500 5.3.3 Unrecognized command", id="unknown verb"),
        pytest.param(["NOOP " + "x" * 20_000], "500 5.5.2 Line too long", id="endless line"),
    ],
)
def test_invalid_commands_before_tls(tmp_path: Path, lines: list[str], reply: str) -> None:
    """Before TLS, each invalid command gets Exchange's reply, with a stamp that contains the session id from the greeting."""
    with tenant(tmp_path) as running:
        client = Submission(running)
        greeting = client.connect_plain()[1].decode()
        for line in lines:
            received = client.command(line)
        client.close()

    assert re.fullmatch(re.escape(reply) + STAMP, received)
    assert received[-17:-1] == greeting[-17:-1]


@pytest.mark.parametrize(
    ("lines", "reply"),
    [
        pytest.param(["AUTH PLAIN AGEAYg=="], "504 5.7.4 Unrecognized authentication type", id="PLAIN"),
        pytest.param(["AUTH CRAM-MD5"], "504 5.7.4 Unrecognized authentication type", id="CRAM-MD5"),
        pytest.param(
            ["MAIL FROM:<a@b.example>"], "530 5.7.57 Client not authenticated to send mail.", id="not signed in"
        ),
        pytest.param(["AUTH LOGIN", "*"], "535 5.7.3 Authentication unsuccessful", id="cancelled"),
        pytest.param(
            ["auth xoauth2", base64_of("nonsense")], "535 5.7.3 Authentication unsuccessful", id="malformed XOAUTH2"
        ),
        pytest.param(["STARTTLS"], "500 5.3.3 Unrecognized command", id="STARTTLS twice"),
        pytest.param(["RCPT TO:<a@b.example>"], "503 5.5.2 Need mail command", id="RCPT first"),
        pytest.param(["DATA"], "503 5.5.2 Need rcpt command", id="DATA first"),
    ],
)
def test_invalid_commands_after_tls(tmp_path: Path, lines: list[str], reply: str) -> None:
    """Inside TLS, too, each invalid command gets Exchange's reply."""
    with tenant(tmp_path) as running, submission(running) as client:
        for line in lines:
            received = client.command(line)

    assert re.fullmatch(re.escape(reply) + STAMP, received)


@pytest.mark.parametrize(
    ("line", "reply"),
    [
        pytest.param("MAIL FROM:a@b.example", "501 5.5.4 Invalid arguments", id="no angle brackets"),
        pytest.param("MAIL FROM:<a@b.example> COLOUR=RED", "501 5.5.4 Invalid arguments", id="unknown parameter"),
        pytest.param("MAIL FROM:<a@b.example> BODY=9BIT", "501 5.5.4 Invalid arguments", id="unknown body"),
        pytest.param("MAIL FROM:<nobody>", "501 5.1.7 Invalid address", id="no domain"),
        pytest.param(
            "MAIL FROM:<a@b.example> SIZE=157286401",
            "552 5.3.4 Message size exceeds fixed maximum message size",
            id="announced size over the limit",
        ),
        pytest.param("AUTH LOGIN", "503 5.5.1 Bad sequence of commands", id="AUTH twice"),
    ],
)
def test_invalid_envelopes(tmp_path: Path, line: str, reply: str) -> None:
    """A signed-in client gets Exchange's reply to an invalid envelope."""
    with tenant(tmp_path) as running, submission(running) as client:
        by_password(client, running)
        received = client.command(line)

    assert re.fullmatch(re.escape(reply) + STAMP, received)


def test_refusal_is_repeated_at_mail(tmp_path: Path) -> None:
    """After a refused sign-in, MAIL gets 530 5.7.57 with the text of that refusal."""
    with tenant(tmp_path, "wrong_password") as running, submission(running) as client:
        by_password(client, running)
        received = client.command("MAIL FROM:<alerts@fabrikam.example>")

    inside = "Error: 535 5.7.139 Authentication unsuccessful, the user credentials were incorrect."
    assert re.fullmatch(re.escape(f"530 5.7.57 Client not authenticated to send mail. {inside}") + STAMP, received)


def test_every_advertised_extension_works(tmp_path: Path) -> None:
    """Chunking, binary bodies, delivery status parameters, UTF-8 addresses and pipelining work."""
    body = b"From: alerts@fabrikam.example\r\n\r\n\x00\xff no line end"
    with tenant(tmp_path) as running, submission(running) as client:
        by_password(client, running)
        client.send(
            "MAIL FROM:<alerts@fabrikam.example> BODY=BINARYMIME SMTPUTF8 RET=HDRS ENVID=abc SIZE=100\r\n"
            "RCPT TO:<pål@contoso.example> NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;x@contoso.example\r\n".encode()
        )
        replies = [client.getreply() for _ in range(2)]
        client.send(b"BDAT 10\r\n" + body[:10] + b"BDAT %d LAST\r\n" % (len(body) - 10) + body[10:])
        replies += [client.getreply() for _ in range(2)]
        (message,) = running.messages

    assert [code for code, _ in replies] == [250, 250, 250, 250]
    assert message.content == body
    assert message.recipients == ("pål@contoso.example",)


@pytest.mark.parametrize("inline", [pytest.param(True, id="initial response"), pytest.param(False, id="two steps")])
def test_both_forms_of_xoauth2(tmp_path: Path, *, inline: bool) -> None:
    """The server accepts an XOAUTH2 token both in the AUTH command itself and in the response to an empty challenge."""
    with tenant(tmp_path) as running, submission(running) as client:
        blob = base64_of(f"user={running.world.oauth.username}\1auth=Bearer {token(running)}\1\1")
        received = (
            client.command(f"AUTH XOAUTH2 {blob}")
            if inline
            else (client.command("AUTH XOAUTH2"), client.command(blob))[1]
        )

    assert received == "235 2.7.0 Authentication successful"
    if not inline:
        assert "S: 334" in client.lines


def test_long_token_is_read_completely(tmp_path: Path) -> None:
    """A SASL response of 12,288 octets gets a reply and does not end the session."""
    with tenant(tmp_path) as running, submission(running) as client:
        blob = base64_of(f"user={running.world.oauth.username}\1auth=Bearer ".ljust(9_214, "x") + "\1\1")
        client.command("AUTH XOAUTH2")
        received = client.command(blob)
        after = client.command("NOOP")

    assert len(blob) == 12_288
    assert received.startswith("535 5.7.3 ")
    assert after == "250 2.0.0 OK"


def test_old_tls_is_refused_at_auth(tmp_path: Path) -> None:
    """A client that uses TLS 1.1 gets 421 4.7.66 in reply to AUTH."""
    with tenant(tmp_path, "tls_too_old") as running:
        client = Submission(running)
        client.connect_plain()
        client.ehlo()
        old = tls_context(running)
        old.set_ciphers("ALL:@SECLEVEL=0")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            old.minimum_version = ssl.TLSVersion.TLSv1
        client.starttls(context=old)
        client.ehlo()
        received = client.command("AUTH LOGIN")
        client.close()

    assert received.startswith("421 4.7.66 TLS 1.0 and 1.1 are not supported. Please upgrade/update your client")


def test_current_client_rejects_old_tls(tmp_path: Path) -> None:
    """If the server supports only old TLS versions, the TLS handshake of a current client fails."""
    with tenant(tmp_path, "tls_too_old") as running:
        client = Submission(running)

        with pytest.raises(ssl.SSLError):
            client.connect_encrypted()
        client.close()


def test_mx_host_accepts_mail_without_auth(tmp_path: Path) -> None:
    """Port 25 of the tenant's MX host accepts mail and offers no AUTH."""
    with (
        tenant(tmp_path) as running,
        submission(running, server="fabrikam-example.mail.protection.outlook.com", port=25) as client,
    ):
        offered = dict(client.esmtp_features)
        received = client.command("MAIL FROM:<a@b.example>")

    assert "auth" not in offered
    assert received == "250 2.1.0 Sender OK"


def test_clients_may_disconnect_at_any_moment(tmp_path: Path) -> None:
    """A client that disconnects at any point does not affect the next session."""
    scripts = [
        b"",
        b"EHLO x\r\n",
        b"EHLO x\r\nSTARTTLS\r\n",
        b"EHLO x\r\nSTARTTLS\r\n\x16\x03\x01\x00",
        b"\xff\x00\r\n\r\n\r\n",
    ]
    with tenant(tmp_path) as running:
        for script in scripts:
            with socket.create_connection(mapped_address(running, f"{SMTP_HOST}:587"), timeout=5) as plain:
                plain.sendall(script)
        with submission(running) as client:
            received = client.command("NOOP")

    assert received == "250 2.0.0 OK"


def test_healthy_world_is_frozen() -> None:
    """The attributes of a world cannot be assigned, and a tenant is hashable."""
    world = healthy()

    with pytest.raises(AttributeError):
        world.cloud = "china"  # type: ignore[misc]  # the test expects the assignment to fail
    assert hash(world.tenant) == hash(world.tenant)
