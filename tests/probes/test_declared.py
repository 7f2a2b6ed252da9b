"""Credentials go only to a declared service's own host and port, and the findings follow from its replies."""

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
from evidence.wire import Challenge, SkipReason
from tests.probes.declared import (
    HOST,
    TOKEN,
    DeclaredService,
    Peer,
    Received,
    banner,
    context_requiring_client_certificate,
    encoded_challenge,
    granting_responses,
    implicit_tls,
)

QUICK = 0.5  # reply timeout in seconds, for a silent peer


@pytest.fixture
def declared(tmp_path: Path) -> DeclaredService:
    """Return a declared service in a temporary folder."""
    return DeclaredService(tmp_path)


@contextmanager
def granting_issuer(declared: DeclaredService, token_port: list[int] | None = None) -> Iterator[Received]:
    """Serve an issuer that grants every token; `token_port`, if given, holds a different port for its token endpoint."""
    ports: list[int] = []
    with declared.serve_issuer(granting_responses(lambda: (token_port or ports)[0])) as received:
        ports.append(received.port)
        yield received


def failed(assessment: Assessment) -> Finding:
    """Assert that the sender cannot send, and return the decisive finding."""
    assert assessment.verdict == "cannot_send"
    assert assessment.decisive is not None
    return assessment.decisive


def test_password_is_sent_to_the_declared_port(declared: DeclaredService) -> None:
    """The password is sent once to the declared port, and the sender can send."""
    with declared.serve(declared.smtp()) as server:
        assessment = declared.basic(server.port)

    assert assessment.verdict == "can_send"
    assert len(server.credentials) == 1


def test_no_password_is_sent_to_another_port_of_the_declared_host(declared: DeclaredService) -> None:
    """The password is not sent to an undeclared port of the declared host."""
    with declared.serve(declared.smtp()) as server, declared.serve(declared.smtp()) as other:
        assessment = declared.basic(server.port, declared=other.port)

    finding = failed(assessment)
    sign_in = assessment.evidence.sign_in
    assert server.credentials == []
    assert assessment.evidence.traffic.sign_in_attempts == 0
    assert sign_in is not None
    assert sign_in.withheld is SkipReason.HOST_NOT_DECLARED
    assert (finding.check, finding.causes, finding.sure) == ("AUTH-01", ("wrong_host_or_port",), True)
    assert finding.observed == (
        f"no sign-in was tried at {HOST}:{server.port}: credentials go only to {HOST}:{other.port}"
    )


def test_issuer_may_be_on_any_port(declared: DeclaredService) -> None:
    """The client secret is sent to the declared issuer even if its port is not 443."""
    with declared.serve(declared.smtp()) as server, granting_issuer(declared) as issuer:
        assessment = declared.oauth(server.port, issuer=f"https://{HOST}:{issuer.port}/tenant")

    assert assessment.verdict == "can_send"
    assert len(issuer.posted) == 1


def test_no_secret_is_sent_to_another_port_of_the_issuer(declared: DeclaredService) -> None:
    """A token endpoint on a different port of the issuer's host gets no secret, and the finding contains both ports."""
    with (
        declared.serve(declared.smtp()) as server,
        granting_issuer(declared) as other,
        granting_issuer(declared, token_port=[other.port]) as issuer,
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


def test_discovery_url_on_another_port_is_refused(declared: DeclaredService) -> None:
    """No secret is sent if the discovery URL in the settings has a different port from the declared issuer."""
    with (
        declared.serve(declared.smtp()) as server,
        granting_issuer(declared) as other,
        granting_issuer(declared) as issuer,
    ):
        url = f"https://{HOST}:{other.port}/tenant/.well-known/openid-configuration"
        assessment = declared.oauth(server.port, issuer=f"https://{HOST}:{issuer.port}/tenant", url=url)

    finding = failed(assessment)
    assert (other.posted, issuer.posted) == ([], [])
    assert (finding.check, finding.causes) == ("TOKEN-01", ("wrong_tenant_or_authority",))
    assert finding.observed == (
        f"{HOST}:{other.port} is not {HOST}:{issuer.port}, the host and port of the declared issuer"
    )
    assert assessment.finding("AUTH-01").verdict is Verdict.BLOCKED


def refused_oauth_run(declared: DeclaredService, **server: object) -> tuple[Assessment, Received]:
    """Run the probes with a token that the server refuses. Return the assessment and what the server received."""
    with declared.serve(declared.smtp(**server)) as received, granting_issuer(declared) as issuer:
        return declared.oauth(received.port, issuer=f"https://{HOST}:{issuer.port}/tenant"), received


def test_challenge_of_a_refusal_gets_an_empty_response(declared: DeclaredService) -> None:
    """The client answers an error challenge with an empty response, as in Google's XOAUTH2, and then gets the server's reply."""
    challenge = encoded_challenge({"status": "401", "schemes": "bearer", "scope": "mail"})

    assessment, server = refused_oauth_run(
        declared, challenge=challenge, replies={"AUTH": "535 5.7.8 Authentication failed"}
    )

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


def test_insufficient_scope_is_the_only_cause(declared: DeclaredService) -> None:
    """The status `insufficient_scope` leads only to the scope as the cause (RFC 7628, section 3.2.2)."""
    challenge = encoded_challenge({"status": "insufficient_scope", "scope": "mail.send"})

    finding = failed(refused_oauth_run(declared, challenge=challenge, replies={"AUTH": "535 5.7.8 no"})[0])

    assert (finding.causes, finding.sure) == (("wrong_scope_or_audience",), True)


@pytest.mark.parametrize(
    "challenge",
    [
        pytest.param(encoded_challenge({"status": TOKEN, TOKEN: "401"}), id="the token itself"),
        pytest.param(encoded_challenge({"status": "x" * 4000}), id="a long value"),
        pytest.param(encoded_challenge({f"member{number}": "y" for number in range(300)}), id="many members"),
        pytest.param(encoded_challenge([[[]]] * 9), id="no object"),
        pytest.param("!!! not base64", id="not base64"),
        pytest.param("/////w==", id="not text"),
        pytest.param(base64.b64encode(b"[" * 5000).decode(), id="deep"),
        pytest.param(base64.b64encode(b'{"status": "\x1b]0;x\x07"}').decode(), id="terminal escapes"),
    ],
)
def test_challenge_is_bounded_and_redacted(declared: DeclaredService, challenge: str) -> None:
    """The evidence keeps only short, printable text from any challenge, and no secret (each run of the probes asserts this)."""
    assessment, _ = refused_oauth_run(declared, challenge=challenge, replies={"AUTH": "535 5.7.8 no"})

    sign_in = assessment.evidence.sign_in
    assert sign_in is not None
    assert sign_in.reply is not None
    assert sign_in.reply.code == 535
    assert sign_in.challenge is not None
    assert all(len(text) <= 200 and text.isprintable() for text in sign_in.challenge.model_dump().values())


def test_third_login_prompt_is_cancelled(declared: DeclaredService) -> None:
    """The client cancels AUTH LOGIN at a third prompt, because the mechanism has only two (RFC 4954, section 4)."""
    replies = {"AUTH": "501 5.7.0 cancelled"}
    with declared.serve(declared.smtp(challenge="T25lIG1vcmU6", replies=replies)) as server:
        assessment = declared.basic(server.port)

    (lines,) = server.connections
    assert lines[lines.index("AUTH LOGIN") + 3] == "*"
    assert failed(assessment).check == "AUTH-01"


DEFERRED = "temporarily_deferred"
TEMPORARY = (DEFERRED, "rate_limited", "service_side_fault")


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
            TEMPORARY,
            False,
            id="not verified yet",
        ),
        pytest.param(
            "RCPT",
            "450 No such user, recipient refused for now",
            "MBX-02",
            TEMPORARY,
            False,
            id="4xx",
        ),
        pytest.param("RCPT", "451 Wibble", "MBX-02", TEMPORARY, False, id="unknown 4xx"),
        pytest.param("MAIL", "451 4.9.9 Wibble", "MBX-01", TEMPORARY, False, id="unknown 4xx to MAIL"),
        pytest.param("DATA", "451 4.9.9 Wibble", "MBX-03", TEMPORARY, False, id="unknown 4xx to DATA"),
        pytest.param(".", "451 4.7.1 Try again later", "MBX-03", TEMPORARY, False, id="after the message"),
        pytest.param("RCPT", "550 Unrouteable address", "MBX-02", ("recipient_rejected",), True, id="Exim unrouteable"),
        pytest.param("RCPT", "550 Wibble", "MBX-02", ("recipient_rejected",), True, id="unknown 5xx to RCPT"),
    ],
)
def test_refused_envelope_command(
    declared: DeclaredService, command: str, reply: str, check: str, causes: tuple[str, ...], sure: bool
) -> None:
    """A 4xx reply leads to temporary causes, and a 550 reply to RCPT leads to `recipient_rejected`."""
    with declared.serve(declared.smtp(replies={command: reply})) as server:
        finding = failed(declared.basic(server.port))

    assert (finding.check, finding.causes, finding.sure, finding.observed) == (check, causes, sure, reply)
    assert finding.sure or finding.why


NO_CERTIFICATE = "421 4.7.1 peer.example Error: No client certificate presented"


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3], ids=["TLS 1.2", "TLS 1.3"])
def test_tls_alert_for_a_missing_client_certificate(declared: DeclaredService, version: ssl.TLSVersion) -> None:
    """The finding says that a client certificate is required, whether the alert arrives during the handshake (TLS 1.2) or after it (1.3).

    A second connection, without a credential, detects the server's request for the certificate.
    """
    with declared.serve(declared.smtp(context=context_requiring_client_certificate(declared, version))) as server:
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
def test_reply_that_requires_a_client_certificate(
    declared: DeclaredService, command: str, reply: str, check: str
) -> None:
    """A reply can require a client certificate after the handshake, as Postfix's replies do with `smtpd_tls_req_ccert`."""
    with declared.serve(declared.smtp(replies={command: reply})) as server:
        finding = failed(declared.basic(server.port))

    assert (finding.check, finding.causes, finding.sure) == (check, ("client_certificate_required",), True)


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3], ids=["TLS 1.2", "TLS 1.3"])
def test_optional_client_certificate_is_no_cause(declared: DeclaredService, version: ssl.TLSVersion) -> None:
    """Mail is accepted if the server requests a certificate but does not require one, as Postfix does with `smtpd_tls_ask_ccert`."""
    context = context_requiring_client_certificate(declared, version)
    context.verify_mode = ssl.CERT_OPTIONAL
    with declared.serve(declared.smtp(context=context)) as server:
        assert declared.basic(server.port).verdict == "can_send"


def test_implicit_tls_is_recognised(declared: DeclaredService) -> None:
    """If client and server wait for each other, a ClientHello on a second connection, without a credential, reveals implicit TLS."""
    with declared.serve(implicit_tls(declared.smtp())) as server:
        assessment = declared.basic(server.port, patience=QUICK)

    finding = failed(assessment)
    assert (finding.check, finding.causes, finding.sure) == ("SMTP-01", ("implicit_tls_port",), True)
    assert (
        f"the server answered a TLS handshake from the first byte with TLSv1.3, with a certificate for {HOST}"
        in finding.observed
    )
    assert assessment.evidence.traffic.diagnostic_connections == 1
    assert assessment.evidence.traffic.smtp_sessions == 1
    assert server.credentials == []


def test_no_second_connection_after_the_deadline(declared: DeclaredService) -> None:
    """No second connection is opened after the sender's deadline."""
    with declared.serve(implicit_tls(declared.smtp())) as server:
        assessment = declared.basic(server.port, deadline=QUICK)

    assert assessment.evidence.deadline_hit
    assert assessment.evidence.traffic.diagnostic_connections == 0
    assert len(server.connections) == 1


def test_tls_alert_is_attributed_to_the_server(declared: DeclaredService) -> None:
    """A TLS alert comes from the server itself (RFC 8446, section 6), so the first cause is a fault in the service."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_ciphers("ECDHE-ECDSA-AES128-GCM-SHA256")
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    certificate = declared.authority.issue_cert(
        HOST, key_type=trustme.KeyType.RSA
    )  # the only cipher needs an ECDSA key
    certificate.configure_cert(context)
    with declared.serve(declared.smtp(context=context)) as server:
        finding = failed(declared.basic(server.port))

    assert (finding.check, finding.causes[0], finding.sure) == ("TLS-01", "service_side_fault", False)


def test_long_certificate_is_recognised_as_tls(declared: DeclaredService) -> None:
    """A handshake that arrives in many segments is recognised, although only the first segment looks like TLS."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    declared.authority.issue_cert(*(f"host-{number}.peer.example" for number in range(1500))).configure_cert(context)
    with declared.serve(implicit_tls(declared.smtp(context=context))) as server:
        finding = failed(declared.basic(server.port, patience=QUICK))

    assert (finding.causes, finding.sure) == (("implicit_tls_port",), True)


@pytest.mark.parametrize(
    ("peer", "quoted"),
    [
        pytest.param(banner(b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n\x00\x00\x04\x14\x08"), "SSH-2.0-OpenSSH", id="sshd"),
        pytest.param(banner(b"HTTP/1.1 400 Bad Request\r\n\r\n", after=True), "HTTP/1.1 400 Bad Request", id="HTTP"),
        pytest.param(banner(b"+OK POP3 ready\r\n"), "+OK POP3 ready", id="POP3"),
    ],
)
def test_other_protocol_is_quoted(declared: DeclaredService, peer: Peer, quoted: str) -> None:
    """If the peer is not an SMTP server, the finding quotes what the peer sent, and the cause is a wrong host or port."""
    with declared.serve(peer) as server:
        assessment = declared.basic(server.port, patience=QUICK)

    finding = failed(assessment)
    assert (finding.check, finding.causes, finding.sure) == ("SMTP-01", ("wrong_host_or_port",), True)
    assert finding.observed.startswith(f"the service on this port is not an SMTP server: it sent {quoted}")
    assert server.credentials == []


def disconnects(sock: socket.socket, received: list[str]) -> None:
    """Wait for the client's first bytes and then disconnect, as slapd does."""
    received.append(sock.recv(4096).decode("latin-1"))


@pytest.mark.parametrize(
    ("peer", "causes"),
    [
        pytest.param(banner(b""), ("wrong_host_or_port", "service_side_fault", "smtp_intercepted"), id="silence"),
        pytest.param(disconnects, ("wrong_host_or_port", "smtp_intercepted"), id="slapd"),
    ],
)
def test_silent_port_is_inconclusive(declared: DeclaredService, peer: Peer, causes: tuple[str, ...]) -> None:
    """The finding is inconclusive if the service stays silent or disconnects after a ClientHello."""
    with declared.serve(peer) as server:
        finding = failed(declared.basic(server.port, patience=QUICK))

    assert (finding.causes, finding.sure) == (causes, False)
    assert server.credentials == []


def test_server_without_login_gets_no_credential(declared: DeclaredService) -> None:
    """If the application uses LOGIN and the server does not offer it, no credential is sent."""
    with declared.serve(declared.smtp(offers=("AUTH PLAIN",))) as server:
        assessment = declared.basic(server.port)

    finding = failed(assessment)
    assert (finding.check, finding.causes, finding.sure) == ("SMTP-03", ("auth_mechanism_unsupported",), True)
    assert finding.observed == "AUTH PLAIN: LOGIN is missing, but the application needs it"
    assert server.credentials == []
    assert assessment.evidence.traffic.sign_in_attempts == 0


def test_missing_discovery_document_shows_that_the_issuer_was_reached(declared: DeclaredService) -> None:
    """After HTTP 404 from the issuer, the first cause is a wrong URL, and an unreachable host is not among the causes."""
    with declared.serve(declared.smtp()) as server, granting_issuer(declared) as issuer:
        finding = failed(declared.oauth(server.port, issuer=f"https://{HOST}:{issuer.port}/other"))

    assert (finding.check, finding.causes[0], finding.sure) == ("TOKEN-01", "wrong_tenant_or_authority", False)
    assert "404" in finding.observed
    assert "token_endpoint_unreachable" not in finding.causes
