"""A declared service: where its credentials may go, and what is concluded from what such a server says."""

from __future__ import annotations

import base64
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import trustme

from checks.assessment import Assessment
from checks.model import Finding, Verdict
from evidence.wire import Challenge, Withheld
from tests.probes.declared import (
    HOST,
    TOKEN,
    Declared,
    Heard,
    Peer,
    banner,
    encoded,
    issuer_that_grants,
    tls_at_once,
    wants_certificate,
)

QUICK = 0.5  # seconds for a reply, where a peer says nothing


@pytest.fixture
def declared(tmp_path: Path) -> Declared:
    """A folder for one declared service."""
    return Declared(tmp_path)


@contextmanager
def issuing(declared: Declared, elsewhere: list[int] | None = None) -> Iterator[Heard]:
    """An issuer that grants; its token endpoint is on the port in `elsewhere` when there is one."""
    places: list[int] = []
    with declared.issuing(issuer_that_grants(lambda: (elsewhere or places)[0])) as heard:
        places.append(heard.port)
        yield heard


def failed(assessment: Assessment) -> Finding:
    """The finding of the first broken gate."""
    assert assessment.verdict == "cannot_send"
    assert assessment.decisive is not None
    return assessment.decisive


def test_a_password_goes_to_the_declared_port(declared: Declared) -> None:
    """The peer of these tests takes mail: what it refuses elsewhere is refused for the reason that the test gives."""
    with declared.served(declared.smtp()) as server:
        assessment = declared.basic(server.port)

    assert assessment.verdict == "can_send"
    assert len(server.credentials) == 1


def test_no_password_goes_to_another_port_of_the_declared_host(declared: Declared) -> None:
    """The port binds the credential as the host does."""
    with declared.served(declared.smtp()) as server, declared.served(declared.smtp()) as other:
        assessment = declared.basic(server.port, declared=other.port)

    finding = failed(assessment)
    sign_in = assessment.evidence.sign_in
    assert server.credentials == []
    assert assessment.evidence.traffic.sign_in_attempts == 0
    assert sign_in is not None
    assert sign_in.withheld is Withheld.HOST_NOT_DECLARED
    assert (finding.check, finding.causes, finding.sure) == ("AUTH-01", ("wrong_host_or_port",), True)
    assert finding.observed == (
        f"not tried: {HOST}:{server.port} is not {HOST}:{other.port}, and credentials go only to {HOST}:{other.port}"
    )


def test_an_issuer_on_any_port_gives_the_token(declared: Declared) -> None:
    """The declared issuer's port is part of where the client secret may go, in the probe and in the judgement."""
    with declared.served(declared.smtp()) as server, issuing(declared) as issuer:
        assessment = declared.oauth(server.port, issuer=f"https://{HOST}:{issuer.port}/tenant")

    assert assessment.verdict == "can_send"
    assert len(issuer.posted) == 1


def test_no_secret_goes_to_another_port_of_the_issuers_host(declared: Declared) -> None:
    """A document that leads to another port of the same host is not followed, and the text names both places."""
    with (
        declared.served(declared.smtp()) as server,
        issuing(declared) as other,
        issuing(declared, elsewhere=[other.port]) as issuer,
    ):
        assessment = declared.oauth(server.port, issuer=f"https://{HOST}:{issuer.port}/tenant")

    finding = failed(assessment)
    token = assessment.evidence.token
    assert (other.posted, issuer.posted) == ([], [])
    assert token is not None
    assert token.withheld is not None
    assert f"{HOST}:{other.port}" in token.withheld
    assert (finding.check, finding.causes) == ("TOKEN-01", ("wrong_tenant_or_authority",))
    assert f"{HOST}:{other.port}/tenant/token" in finding.observed
    assert f"{HOST}:{issuer.port}, the host and port of the declared issuer" in finding.observed


def test_a_document_on_another_port_is_not_the_declared_issuers(declared: Declared) -> None:
    """The URL in the settings must be on the declared issuer's host and port, too."""
    with declared.served(declared.smtp()) as server, issuing(declared) as other, issuing(declared) as issuer:
        url = f"https://{HOST}:{other.port}/tenant/.well-known/openid-configuration"
        assessment = declared.oauth(server.port, issuer=f"https://{HOST}:{issuer.port}/tenant", url=url)

    finding = failed(assessment)
    assert (other.posted, issuer.posted) == ([], [])
    assert (finding.check, finding.causes) == ("TOKEN-01", ("wrong_tenant_or_authority",))
    assert finding.observed == (
        f"{HOST}:{other.port} is not {HOST}:{issuer.port}, the host and port of the declared issuer"
    )
    assert assessment.finding("AUTH-01").verdict is Verdict.BLOCKED


def oauth_refused(declared: Declared, **server: object) -> tuple[Assessment, Heard]:
    """A visit with a token that the server refuses."""
    with declared.served(declared.smtp(**server)) as heard, issuing(declared) as issuer:
        return declared.oauth(heard.port, issuer=f"https://{HOST}:{issuer.port}/tenant"), heard


def test_a_refusal_by_challenge_is_answered_with_an_empty_line(declared: Declared) -> None:
    """Google's XOAUTH2 and RFC 7628: behind the challenge comes the reply, and the challenge says what is wrong."""
    told = encoded({"status": "401", "schemes": "bearer", "scope": "mail"})

    assessment, server = oauth_refused(declared, challenge=told, says={"AUTH": "535 5.7.8 Authentication failed"})

    finding, sign_in = failed(assessment), assessment.evidence.sign_in
    (lines,) = server.connections
    assert lines[lines.index("AUTH XOAUTH2") + 2] == ""
    assert sign_in is not None
    assert sign_in.reply is not None
    assert sign_in.reply.code == 535
    assert sign_in.challenge == Challenge(status="401", schemes="bearer", scope="mail")
    assert finding.causes == ("token_user_mismatch", "wrong_scope_or_audience", "mailbox_missing", "consent_missing")
    assert not finding.sure
    assert finding.observed == (
        '535 5.7.8 Authentication failed (its error: {"status":"401","schemes":"bearer","scope":"mail"})'
    )


def test_a_scope_that_is_not_enough_is_the_cause_alone(declared: Declared) -> None:
    """RFC 7628, 3.2.2: insufficient_scope is about the scope and nothing else."""
    told = encoded({"status": "insufficient_scope", "scope": "mail.send"})

    finding = failed(oauth_refused(declared, challenge=told, says={"AUTH": "535 5.7.8 no"})[0])

    assert (finding.causes, finding.sure) == (("wrong_scope_or_audience",), True)


@pytest.mark.parametrize(
    "challenge",
    [
        pytest.param(encoded({"status": TOKEN, TOKEN: "401"}), id="the token itself"),
        pytest.param(encoded({"status": "x" * 4000}), id="a long value"),
        pytest.param(encoded({f"member{number}": "y" for number in range(300)}), id="many members"),
        pytest.param(encoded([[[]]] * 9), id="no object"),
        pytest.param("!!! not base64", id="not base64"),
        pytest.param("/////w==", id="not text"),
        pytest.param(base64.b64encode(b"[" * 5000).decode(), id="deep"),
        pytest.param(base64.b64encode(b'{"status": "\x1b]0;x\x07"}').decode(), id="terminal escapes"),
    ],
)
def test_a_challenge_is_bounded_and_redacted(declared: Declared, challenge: str) -> None:
    """Whatever a server sends there, little of it is kept, none of it a secret (looked for by the visit) or unprintable."""
    assessment, _ = oauth_refused(declared, challenge=challenge, says={"AUTH": "535 5.7.8 no"})

    sign_in = assessment.evidence.sign_in
    assert sign_in is not None
    assert sign_in.reply is not None
    assert sign_in.reply.code == 535
    assert sign_in.challenge is not None
    assert all(len(text) <= 200 and text.isprintable() for text in sign_in.challenge.model_dump().values())


def test_a_prompt_behind_the_password_is_still_cancelled(declared: Declared) -> None:
    """AUTH LOGIN has two prompts; a third gets no third answer (RFC 4954, section 4)."""
    says = {"AUTH": "501 5.7.0 cancelled"}
    with declared.served(declared.smtp(challenge="T25lIG1vcmU6", says=says)) as server:
        assessment = declared.basic(server.port)

    (lines,) = server.connections
    assert lines[lines.index("AUTH LOGIN") + 3] == "*"
    assert failed(assessment).check == "AUTH-01"


DEFERRED = "temporarily_deferred"
FOR_NOW = (DEFERRED, "rate_limited", "service_side_fault")


@pytest.mark.parametrize(
    ("command", "reply", "check", "causes", "sure"),
    [
        pytest.param(
            "RCPT",
            "450 4.2.0 <a@b.example>: Recipient address rejected: Greylisted",
            "MBX-02",
            (DEFERRED,),
            True,
            id="Postfix greylists",
        ),
        pytest.param(
            "RCPT",
            "451 4.7.1 Greylisted, please try again in 300 seconds",
            "MBX-02",
            (DEFERRED,),
            True,
            id="Exim greylists",
        ),
        pytest.param(
            "RCPT",
            "450 4.1.1 <a@b.example>: Recipient address rejected: unverified address",
            "MBX-02",
            FOR_NOW,
            False,
            id="not verified yet",
        ),
        pytest.param(
            "RCPT",
            "450 No such user, recipient refused for now",
            "MBX-02",
            FOR_NOW,
            False,
            id="4xx",
        ),
        pytest.param("RCPT", "451 Wibble", "MBX-02", FOR_NOW, False, id="unknown 4xx"),
        pytest.param("MAIL", "451 4.9.9 Wibble", "MBX-01", FOR_NOW, False, id="unknown 4xx to MAIL"),
        pytest.param("DATA", "451 4.9.9 Wibble", "MBX-03", FOR_NOW, False, id="unknown 4xx to DATA"),
        pytest.param(".", "451 4.7.1 Try again later", "MBX-03", FOR_NOW, False, id="after the message"),
        pytest.param("RCPT", "550 Unrouteable address", "MBX-02", ("recipient_rejected",), True, id="Exim unrouteable"),
        pytest.param("RCPT", "550 Wibble", "MBX-02", ("recipient_rejected",), True, id="unknown 5xx to RCPT"),
    ],
)
def test_a_refused_command_of_the_envelope(
    declared: Declared, command: str, reply: str, check: str, causes: tuple[str, ...], sure: bool
) -> None:
    """A reply that begins with 4 is not for good, and an unknown refusal of RCPT is about the recipient."""
    with declared.served(declared.smtp(says={command: reply})) as server:
        finding = failed(declared.basic(server.port))

    assert (finding.check, finding.causes, finding.sure, finding.observed) == (check, causes, sure, reply)
    assert finding.sure or finding.why


NO_CERTIFICATE = "421 4.7.1 peer.example Error: No client certificate presented"


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3], ids=["TLS 1.2", "TLS 1.3"])
def test_a_server_that_ends_tls_without_a_client_certificate(declared: Declared, version: ssl.TLSVersion) -> None:
    """TLS 1.2 ends within the handshake, TLS 1.3 behind it; a connection without a credential sees the request."""
    with declared.served(declared.smtp(context=wants_certificate(declared, version))) as server:
        assessment = declared.basic(server.port)

    finding = failed(assessment)
    assert (finding.causes, finding.sure) == (("client_certificate_required",), True)
    assert finding.check == ("TLS-01" if version is ssl.TLSVersion.TLSv1_2 else "SMTP-03")
    assert assessment.evidence.traffic.diagnostic_connections == 1
    assert server.credentials == []


@pytest.mark.parametrize(
    ("command", "reply", "check"),
    [
        pytest.param("EHLO over TLS", NO_CERTIFICATE, "SMTP-03", id="421 to EHLO"),
        pytest.param("AUTH", "454 4.7.0 client certificate required", "AUTH-01", id="454 to AUTH"),
        pytest.param("AUTH", "535 5.7.0 Client certificate not trusted", "AUTH-01", id="535 to AUTH"),
        pytest.param("MAIL", "530 5.7.0 Must present a client certificate", "MBX-01", id="530 to MAIL"),
    ],
)
def test_a_server_that_asks_for_a_client_certificate_in_words(
    declared: Declared, command: str, reply: str, check: str
) -> None:
    """Postfix with smtpd_tls_req_ccert, and others that end the handshake well and refuse behind it."""
    with declared.served(declared.smtp(says={command: reply})) as server:
        finding = failed(declared.basic(server.port))

    assert (finding.check, finding.causes, finding.sure) == (check, ("client_certificate_required",), True)


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3], ids=["TLS 1.2", "TLS 1.3"])
def test_a_client_certificate_that_may_be_missing_is_no_cause(declared: Declared, version: ssl.TLSVersion) -> None:
    """A server that asks for one and goes on without it (Postfix, smtpd_tls_ask_ccert) takes the mail."""
    context = wants_certificate(declared, version)
    context.verify_mode = ssl.CERT_OPTIONAL
    with declared.served(declared.smtp(context=context)) as server:
        assert declared.basic(server.port).verdict == "can_send"


def test_a_server_that_speaks_tls_at_once_is_named(declared: Declared) -> None:
    """Both sides wait for each other; a ClientHello on a connection of its own, without a credential, decides."""
    with declared.served(tls_at_once(declared.smtp())) as server:
        assessment = declared.basic(server.port, patience=QUICK)

    finding = failed(assessment)
    assert (finding.check, finding.causes, finding.sure) == ("SMTP-01", ("implicit_tls_port",), True)
    assert f"was answered with TLSv1.3, with a certificate for {HOST}" in finding.observed
    assert assessment.evidence.traffic.diagnostic_connections == 1
    assert assessment.evidence.traffic.smtp_sessions == 1
    assert server.credentials == []


def test_the_deadline_leaves_no_time_for_a_second_connection(declared: Declared) -> None:
    """Nothing begins behind the sender's deadline."""
    with declared.served(tls_at_once(declared.smtp())) as server:
        assessment = declared.basic(server.port, deadline=QUICK)

    assert assessment.evidence.deadline_hit
    assert assessment.evidence.traffic.diagnostic_connections == 0
    assert len(server.connections) == 1


def test_an_alert_within_the_handshake_is_the_servers_own(declared: Declared) -> None:
    """RFC 8446, 6: the peer itself ended it, so a box in between is the last guess."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_ciphers("ECDHE-ECDSA-AES128-GCM-SHA256")
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    certificate = declared.authority.issue_cert(HOST, key_type=trustme.KeyType.RSA)  # no key for the one cipher
    certificate.configure_cert(context)
    with declared.served(declared.smtp(context=context)) as server:
        finding = failed(declared.basic(server.port))

    assert (finding.check, finding.causes[0], finding.sure) == ("TLS-01", "service_side_fault", False)


def test_a_long_certificate_is_still_tls(declared: Declared) -> None:
    """A handshake that comes in many pieces, of which only the first begins like TLS."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    declared.authority.issue_cert(*(f"host-{number}.peer.example" for number in range(1500))).configure_cert(context)
    with declared.served(tls_at_once(declared.smtp(context=context))) as server:
        finding = failed(declared.basic(server.port, patience=QUICK))

    assert (finding.causes, finding.sure) == (("implicit_tls_port",), True)


@pytest.mark.parametrize(
    ("peer", "said"),
    [
        pytest.param(banner(b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n\x00\x00\x04\x14\x08"), "SSH-2.0-OpenSSH", id="sshd"),
        pytest.param(banner(b"HTTP/1.1 400 Bad Request\r\n\r\n", after=True), "HTTP/1.1 400 Bad Request", id="HTTP"),
        pytest.param(banner(b"+OK POP3 ready\r\n"), "+OK POP3 ready", id="POP3"),
    ],
)
def test_another_protocol_on_the_port_is_named(declared: Declared, peer: Peer, said: str) -> None:
    """No SMTP server: the port in the settings is the wrong one, and what answered is quoted."""
    with declared.served(peer) as server:
        assessment = declared.basic(server.port, patience=QUICK)

    finding = failed(assessment)
    assert (finding.check, finding.causes, finding.sure) == ("SMTP-01", ("wrong_host_or_port",), True)
    assert finding.observed.startswith(f"the service on this port is not an SMTP server: it sent {said}")
    assert server.credentials == []


def hangs_up(sock: socket.socket, heard: list[str]) -> None:
    """Wait for the client to speak first, and leave when it is not understood: as slapd does."""
    heard.append(sock.recv(4096).decode("latin-1"))


@pytest.mark.parametrize(
    ("peer", "causes"),
    [
        pytest.param(banner(b""), ("wrong_host_or_port", "service_side_fault", "smtp_intercepted"), id="silence"),
        pytest.param(hangs_up, ("wrong_host_or_port", "smtp_intercepted"), id="slapd"),
    ],
)
def test_a_port_that_says_nothing_is_not_sure(declared: Declared, peer: Peer, causes: tuple[str, ...]) -> None:
    """A service that waits for its client, and one that is held back, look the same until a ClientHello makes one leave."""
    with declared.served(peer) as server:
        finding = failed(declared.basic(server.port, patience=QUICK))

    assert (finding.causes, finding.sure) == (causes, False)
    assert server.credentials == []


def test_a_server_without_login_gets_no_credential(declared: Declared) -> None:
    """Only PLAIN is offered; the application knows LOGIN."""
    with declared.served(declared.smtp(offers=("AUTH PLAIN",))) as server:
        assessment = declared.basic(server.port)

    finding = failed(assessment)
    assert (finding.check, finding.causes, finding.sure) == ("SMTP-03", ("auth_mechanism_unsupported",), True)
    assert finding.observed == "AUTH PLAIN: LOGIN is missing, and the application signs in with it"
    assert server.credentials == []
    assert assessment.evidence.traffic.sign_in_attempts == 0


def test_an_issuer_without_the_document_was_reached(declared: Declared) -> None:
    """HTTP 404: the login host answered, so it is the address that is wrong first, and a proxy could have answered."""
    with declared.served(declared.smtp()) as server, issuing(declared) as issuer:
        finding = failed(declared.oauth(server.port, issuer=f"https://{HOST}:{issuer.port}/other"))

    assert (finding.check, finding.causes[0], finding.sure) == ("TOKEN-01", "wrong_tenant_or_authority", False)
    assert "404" in finding.observed
    assert "token_endpoint_unreachable" not in finding.causes
