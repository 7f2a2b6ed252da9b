"""SMTP: the greeting, STARTTLS, and what is offered behind it."""

from __future__ import annotations

import re

from checks.model import Case, Finding, check
from checks.peer import encrypted, greets_as_exchange
from checks.words import read_reply
from probes.evidence import CommandEvidence, FailureKind, Gate, HelloEvidence

_MASKED = re.compile(r"X{4,}\w?\b|\*{4,}")
_IMPLICIT_TLS_PORTS = {465, 993, 995}


@check(
    "SMTP-01",
    "The server greets as Exchange Online",
    needs=("NET-02",),
    gate=Gate.GREETING,
    declared_title="The server greets with 220 and answers EHLO",
)
def greeting(case: Case) -> Finding:
    """Another greeting, or none, means that something between answers, or changes what the server says."""
    evidence, cloud = case.evidence.greeting, case.settings.the_cloud
    if evidence is None:
        return case.unknown("the run ended before the greeting; run it again")
    expected = "220 … Microsoft ESMTP MAIL Service ready" if cloud.microsoft else "220 and an answer to EHLO"
    if evidence.failure is not None:
        return _no_greeting(case, evidence, expected)
    if evidence.greeting is not None and evidence.greeting.code != 220:
        reading = read_reply(case, evidence.greeting.text, "connect")
        causes = reading.causes if reading.causes[0] != "unrecognised" else ("service_side_fault", "smtp_intercepted")
        return case.fail(*causes, expected=expected, observed=evidence.greeting.text, sure=False,
                         why="try again in a few minutes, and from another network")  # fmt: skip
    said = evidence.greeting.text if evidence.greeting is not None else ""
    if evidence.ehlo is not None and evidence.ehlo.code != 250:
        if evidence.ehlo.code in {501, 504, 550, 553}:
            return case.fail("ehlo_name_invalid", expected="250 to EHLO",
                             observed=f"EHLO {evidence.ehlo_name}: {evidence.ehlo.text}")  # fmt: skip
        reading = read_reply(case, evidence.ehlo.text, "ehlo")
        return case.fail(*reading.causes, expected="250 to EHLO", observed=evidence.ehlo.text, sure=reading.sure)
    if not cloud.microsoft or greets_as_exchange(said):
        return case.ok(observed=said)
    return _foreign_greeting(case, said, expected)


def _no_greeting(case: Case, evidence: HelloEvidence, expected: str) -> Finding:
    sender, cloud = case.settings.sender, case.settings.the_cloud
    failure = evidence.failure
    kind = failure.kind if failure is not None else FailureKind.OTHER
    observed = f"{kind.value.replace('_', ' ')}: {evidence.raw or (failure.text if failure else '')}"
    if sender.port in _IMPLICIT_TLS_PORTS or not cloud.declares_smtp(sender.smtp_server):
        return case.fail("wrong_host_or_port", expected=expected, observed=observed)
    if kind in {FailureKind.NOT_SMTP, FailureKind.TOO_LONG}:
        return case.fail("smtp_intercepted", expected=expected, observed=observed)
    why = "compare with another network: if the greeting comes there, something between holds it back here"
    if kind in {FailureKind.RESET, FailureKind.CLOSED}:
        return case.fail("port_blocked", "smtp_intercepted", "service_side_fault", expected=expected, observed=observed,
                         sure=False, why=why)  # fmt: skip
    return case.fail(
        "smtp_intercepted", "service_side_fault", expected=expected, observed=observed, sure=False, why=why
    )


def _foreign_greeting(case: Case, said: str, expected: str) -> Finding:
    if not case.settings.the_cloud.declares_smtp(case.settings.sender.smtp_server):
        return case.fail("wrong_host_or_port", expected=expected, observed=said)
    if case.evidence.tls is not None and case.evidence.tls.verified:
        why = "something between rewrites the greeting; the certificate behind it is still the server's own"
        return case.risk("smtp_rewritten", observed=said, expected=expected, why=why)
    if _MASKED.search(said):
        return case.fail("smtp_rewritten", expected=expected, observed=said)
    return case.fail("smtp_intercepted", expected=expected, observed=said)


@check("SMTP-02", "The server begins TLS on STARTTLS", needs=("SMTP-01",), gate=Gate.STARTTLS)
def starttls(case: Case) -> Finding:
    """RFC 3207. On 587 TLS begins with STARTTLS; a client that speaks in the clear, or TLS at once, is refused."""
    expected = "STARTTLS is offered and answered with 220"
    if not case.settings.sender.use_ssl:
        heard = _heard(case.evidence.plain_mail)
        return case.fail(
            "starttls_missing_or_implicit_tls_on_587",
            expected=expected,
            observed=f"Use SSL is not ticked; MAIL in the clear: {heard}",
        )
    evidence, hello = case.evidence.starttls, case.evidence.greeting
    if evidence is None or hello is None:
        return case.unknown("the run ended before STARTTLS; run it again")
    offered = "STARTTLS" in hello.keywords
    masked = next((line for line in (hello.ehlo.lines if hello.ehlo else ()) if _MASKED.search(line)), "")
    cause = "smtp_rewritten" if case.settings.the_cloud.microsoft else "starttls_missing_or_implicit_tls_on_587"
    if evidence.reply is None or evidence.reply.code != 220:
        seen = f"masked: {masked}" if masked else ("offered" if offered else "not offered")
        return case.fail(cause, expected=expected, observed=f"{seen}; STARTTLS: {_heard(evidence)}")
    if evidence.surplus:
        return case.fail(cause, expected=expected, observed="more was sent before TLS than the answer to STARTTLS")
    if not offered:
        why = "STARTTLS works though it is not offered: something between rewrites the list, and clients will not try"
        return case.risk(cause, observed=masked or "not offered", expected=expected, why=why)
    return case.ok(observed=evidence.reply.text)


def _heard(command: CommandEvidence | None) -> str:
    if command is None:
        return "not tried"
    if command.reply is not None:
        return command.reply.text
    return command.failure.text or command.failure.kind.value if command.failure is not None else "no answer"


@check("SMTP-03", "The server offers the mechanism after TLS", needs=("TLS-01",), gate=Gate.AUTH_OFFERED)
def auth_offered(case: Case) -> Finding:
    """Exchange Online offers AUTH LOGIN XOAUTH2 behind TLS, and nowhere else."""
    evidence, cloud = case.evidence.auth_offered, case.settings.the_cloud
    if evidence is None:
        return case.unknown("the run ended before the second EHLO; run it again")
    wanted = "LOGIN" if case.settings.sender.method == "basic" else "XOAUTH2"
    expected = f"AUTH with {wanted}"
    if evidence.ehlo is None or evidence.ehlo.code != 250:
        observed = evidence.ehlo.text if evidence.ehlo else _heard(CommandEvidence(failure=evidence.failure))
        return case.fail("connection_cut", "service_side_fault", expected=expected, observed=observed, sure=False,
                         why="compare with another network")  # fmt: skip
    offered = evidence.keywords.get("AUTH")
    observed = f"AUTH {offered}" if offered is not None else f"no AUTH; {', '.join(evidence.keywords)}"
    if offered is not None and wanted in offered.upper().split():
        return case.ok(observed=observed)
    if not case.settings.sender.enable_authentication:
        return case.ok(observed=observed, why="authentication is off in the settings, so none is needed here")
    if not cloud.declares_smtp(case.settings.sender.smtp_server):
        return case.fail("wrong_host_or_port", expected=expected, observed=observed)
    if not cloud.microsoft:
        return case.fail("auth_mechanism_unsupported", expected=expected, observed=observed)
    if encrypted(case):
        why = "the certificate is Microsoft's own, so nothing on the way removed it; try again later and from another network"
        return case.fail("service_side_fault", expected=expected, observed=observed, sure=False, why=why)
    return case.fail("smtp_rewritten", expected=expected, observed=observed)
