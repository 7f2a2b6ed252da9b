"""SMTP: the greeting, STARTTLS, and the authentication mechanisms that the server offers after STARTTLS."""

from __future__ import annotations

import re

from checks.model import Context, Finding, check
from checks.peer import encrypted, greets_as_exchange
from checks.text_reading import read_reply
from checks.tls import asks_for_certificate
from evidence.failure import FailureKind
from evidence.gates import Gate
from evidence.wire import CommandEvidence, HelloEvidence, TlsEvidence
from knowledge.cause_ids import CauseId

_MASKED = re.compile(r"X{4,}\w?\b|\*{4,}")
_IMPLICIT_TLS_PORTS = {465, 993, 995}
_NO_GREETING = "the connection opened, but no greeting arrived; either the server or a device on the way withheld it"


@check(
    "SMTP-01",
    "The greeting comes from Exchange Online",
    needs=("NET-02",),
    gate=Gate.GREETING,
    declared_title="The server sends a 220 greeting and answers EHLO",
    causes=(
        "port_blocked",
        "wrong_host_or_port",
        "smtp_intercepted",
        "smtp_rewritten",
        "connection_cut",
        "ehlo_name_invalid",
        "implicit_tls_port",
        "service_side_fault",
    ),
    reads_reply=True,
)
def greeting(case: Context) -> Finding:
    """The server sends the expected greeting. Any other greeting usually comes from a device on the way."""
    evidence, cloud = case.evidence.greeting, case.settings.service
    if evidence is None:
        return case.not_recorded("greeting", "the greeting")
    expected = "220 … Microsoft ESMTP MAIL Service ready" if cloud.microsoft else "220 and an answer to EHLO"
    if evidence.failure is not None:
        return _no_greeting(case, evidence, expected)
    if evidence.greeting is not None and evidence.greeting.code != 220:
        reading = read_reply(case, evidence.greeting.text, "connect")
        causes = reading.causes if reading.causes[0] != "unrecognised" else ("service_side_fault", "smtp_intercepted")
        return case.fail(*causes, expected=expected, observed=evidence.greeting.text, sure=False,
                         why="the server or a device on the way refuses the session")  # fmt: skip
    text = evidence.greeting.text if evidence.greeting is not None else ""
    if evidence.ehlo is not None and evidence.ehlo.code != 250:
        if evidence.ehlo.code in {501, 504, 550, 553}:
            return case.fail("ehlo_name_invalid", expected="250 to EHLO",
                             observed=f"EHLO {evidence.ehlo_name}: {evidence.ehlo.text}")  # fmt: skip
        reading = read_reply(case, evidence.ehlo.text, "ehlo")
        return case.fail(*reading.causes, expected="250 to EHLO", observed=evidence.ehlo.text, sure=reading.sure)
    if not cloud.microsoft or greets_as_exchange(text):
        return case.ok(observed=text)
    return _foreign_greeting(case, text, expected)


def _no_greeting(case: Context, evidence: HelloEvidence, expected: str) -> Finding:
    sender, cloud = case.settings.sender, case.settings.service
    if (answer := _tls_at_once(evidence.tls_at_once)) is not None:
        return _implicit_tls(case, answer, expected)
    failure = evidence.failure
    kind = failure.kind if failure is not None else FailureKind.OTHER
    text = failure.text if failure is not None else ""
    reply = text if kind is FailureKind.NOT_SMTP else evidence.answer_to_tls
    observed = f"{kind.value.replace('_', ' ')}: {reply or evidence.raw or text}"
    if reply and not cloud.microsoft:
        observed = f"the service on this port is not an SMTP server: it sent {reply}"
    if sender.port in _IMPLICIT_TLS_PORTS or not cloud.declares_smtp(sender.smtp_server):
        return case.fail("wrong_host_or_port", expected=expected, observed=observed)
    if reply or kind in {FailureKind.NOT_SMTP, FailureKind.TOO_LONG}:
        cause: CauseId = "smtp_intercepted" if cloud.microsoft else "wrong_host_or_port"
        return case.fail(cause, expected=expected, observed=observed)
    if kind in {FailureKind.RESET, FailureKind.CLOSED}:
        return case.fail("port_blocked", "smtp_intercepted", "service_side_fault", expected=expected, observed=observed,
                         sure=False, why=_NO_GREETING)  # fmt: skip
    if cloud.microsoft:
        return case.fail("smtp_intercepted", "service_side_fault", expected=expected, observed=observed, sure=False,
                         why=_NO_GREETING)  # fmt: skip
    why = "the service on this port waits for the client to send first, as many protocols other than SMTP do"
    if _closed_on(evidence.tls_at_once):  # it reads what the client sends, and it does not support TLS
        return case.fail("wrong_host_or_port", "smtp_intercepted", expected=expected, sure=False, why=why,
                         observed=f"{observed}; it closed the connection when a TLS handshake began")  # fmt: skip
    return case.fail("wrong_host_or_port", "service_side_fault", "smtp_intercepted", expected=expected, observed=observed,
                     sure=False, why=why)  # fmt: skip


def _closed_on(hello: TlsEvidence | None) -> bool:
    """Return whether the peer closed the connection after a ClientHello."""
    kinds = {FailureKind.CLOSED, FailureKind.RESET}
    return hello is not None and hello.failure is not None and hello.failure.kind in kinds


def _tls_at_once(shown: TlsEvidence | None) -> str | None:
    """Return how the server answered an immediate TLS handshake, or None if it sent no TLS. An alert is an answer (RFC 8446, 6)."""
    if shown is None:
        return None
    if shown.version is not None:
        names = ", ".join(shown.chain[0].names[:5]) if shown.chain else ""
        return f"{shown.version}{f', with a certificate for {names}' if names else ''}"
    alerted = shown.failure is not None and shown.failure.kind in {FailureKind.TLS_ALERT, FailureKind.TLS_VERSION}
    return f"a TLS alert: {shown.failure.text}" if alerted and shown.failure is not None else None


def _implicit_tls(case: Context, answer: str, expected: str) -> Finding:
    """Return the finding for a port that uses TLS from the first byte."""
    sender, cloud = case.settings.sender, case.settings.service
    observed = (
        f"no greeting arrived in plain text; the server answered a TLS handshake from the first byte with {answer}"
    )
    if not cloud.microsoft:
        cause: CauseId = "implicit_tls_port" if cloud.declares_smtp(sender.smtp_server) else "wrong_host_or_port"
        return case.fail(cause, expected=expected, observed=observed)
    ours = sender.port == cloud.port and cloud.declares_smtp(sender.smtp_server)
    return case.fail("smtp_intercepted" if ours else "wrong_host_or_port", expected=expected, observed=observed)


def _foreign_greeting(case: Context, text: str, expected: str) -> Finding:
    if not case.settings.service.declares_smtp(case.settings.sender.smtp_server):
        return case.fail("wrong_host_or_port", expected=expected, observed=text)
    if case.evidence.tls is not None and case.evidence.tls.verified:
        why = "a device on the way rewrites the greeting; the certificate is that of the real server"
        return case.risk("smtp_rewritten", observed=text, expected=expected, why=why)
    if _MASKED.search(text):
        return case.fail("smtp_rewritten", expected=expected, observed=text)
    return case.fail("smtp_intercepted", expected=expected, observed=text)


@check(
    "SMTP-02",
    "The server starts TLS after STARTTLS",
    needs=("SMTP-01",),
    gate=Gate.STARTTLS,
    causes=("smtp_rewritten", "starttls_missing_or_implicit_tls_on_587"),
)
def starttls(case: Context) -> Finding:
    """The client starts TLS on port 587 with STARTTLS (RFC 3207). The server accepts neither implicit TLS there nor mail without TLS."""
    expected = "STARTTLS is offered and answered with 220"
    if not case.settings.sender.use_ssl:
        reply = _describe_reply(case.evidence.plain_mail)
        return case.fail(
            "starttls_missing_or_implicit_tls_on_587",
            expected=expected,
            observed=f"Use SSL is not ticked; the reply to MAIL without TLS was: {reply}",
        )
    evidence, hello = case.evidence.starttls, case.evidence.greeting
    if evidence is None or hello is None:
        return case.not_recorded("starttls", "STARTTLS")
    offered = "STARTTLS" in hello.keywords
    masked = next((line for line in (hello.ehlo.lines if hello.ehlo else ()) if _MASKED.search(line)), "")
    cause: CauseId = "smtp_rewritten" if case.settings.service.microsoft else "starttls_missing_or_implicit_tls_on_587"
    if evidence.reply is None or evidence.reply.code != 220:
        seen = f"masked: {masked}" if masked else ("offered" if offered else "not offered")
        return case.fail(cause, expected=expected, observed=f"{seen}; STARTTLS: {_describe_reply(evidence)}")
    if evidence.surplus:
        return case.fail(
            cause, expected=expected, observed="the server sent more than the reply to STARTTLS before TLS started"
        )
    if not offered:
        observed = f"{masked or 'not offered'}; STARTTLS: {evidence.reply.text}"
        why = (
            "STARTTLS works although it is not offered: a device on the way rewrites the list, and most clients "
            "do not try a missing command"
        )
        return case.fail(cause, expected=expected, observed=observed, why=why)
    return case.ok(observed=evidence.reply.text)


def _describe_reply(command: CommandEvidence | None) -> str:
    if command is None:
        return "not tried"
    if command.reply is not None:
        return command.reply.text
    return command.failure.text or command.failure.kind.value if command.failure is not None else "no answer"


@check(
    "SMTP-03",
    "The server offers the sender's authentication mechanism after STARTTLS",
    needs=("TLS-01",),
    gate=Gate.AUTH_OFFERED,
    causes=(
        "wrong_host_or_port",
        "smtp_rewritten",
        "connection_cut",
        "client_certificate_required",
        "auth_mechanism_unsupported",
        "service_side_fault",
    ),
)
def auth_offered(case: Context) -> Finding:
    """Exchange Online offers AUTH LOGIN XOAUTH2 only after TLS has started."""
    evidence, cloud = case.evidence.auth_offered, case.settings.service
    if evidence is None:
        return case.not_recorded("auth_offered", "the second EHLO")
    wanted = "LOGIN" if case.settings.sender.method == "basic" else "XOAUTH2"
    expected = f"AUTH with {wanted}"
    if evidence.ehlo is None or evidence.ehlo.code != 250:
        observed = evidence.ehlo.text if evidence.ehlo else _describe_reply(CommandEvidence(failure=evidence.failure))
        if _wants_client_certificate(case, observed):
            return case.fail("client_certificate_required", expected=expected, observed=observed)
        return case.fail("connection_cut", "service_side_fault", expected=expected, observed=observed, sure=False,
                         why="the connection ended without a reply; either the server or a device on the way closed it")  # fmt: skip
    offered = evidence.keywords.get("AUTH")
    observed = f"AUTH {offered}" if offered is not None else f"no AUTH; {', '.join(evidence.keywords)}"
    if offered is not None and wanted in offered.upper().split():
        return case.ok(observed=observed)
    if not case.settings.sender.enable_authentication:
        return case.not_applicable(
            f"Enable Authentication is not ticked, so no mechanism is needed; offered: {observed}"
        )
    if not cloud.declares_smtp(case.settings.sender.smtp_server):
        return case.fail("wrong_host_or_port", expected=expected, observed=observed)
    if not cloud.microsoft:
        lacks = f"{observed}: {wanted} is missing, but the application needs it"
        return case.fail("auth_mechanism_unsupported", expected=expected, observed=lacks)
    if encrypted(case):
        why = "the certificate is Microsoft's, so no device on the way removed the mechanism"
        return case.fail("service_side_fault", expected=expected, observed=observed, sure=False, why=why)
    return case.fail("smtp_rewritten", expected=expected, observed=observed)


def _wants_client_certificate(case: Context, observed: str) -> bool:
    """Return whether the server ended the session for lack of a client certificate.

    The server's text can state the reason. In TLS 1.3, a server can also close the connection after the handshake.
    """
    tls, hello = case.evidence.tls, case.evidence.auth_offered
    late = hello is not None and hello.ehlo is None and tls is not None and tls.asks_client_certificate
    return late or asks_for_certificate(observed)
