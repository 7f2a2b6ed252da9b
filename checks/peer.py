"""Whether the server itself was reached, so that no finding says that another one answers in its place."""

from __future__ import annotations

from dataclasses import replace

from checks.model import Context, Finding
from evidence.wire import Certificate
from knowledge.cause_ids import CauseId

_OWN = ("microsoft", "digicert")


def is_own(leaf: Certificate) -> bool:
    """Whether a certificate was issued by an authority that Microsoft uses for its servers."""
    return any(name in leaf.issuer_organisation.lower() for name in _OWN)


def greets_as_exchange(greeting: str) -> bool:
    """Whether a 220 line is Exchange Online's: `… Microsoft ESMTP MAIL Service ready at …`."""
    return "microsoft esmtp mail service" in greeting.lower()


def reached(case: Context) -> bool:
    """Whether the certificate (of a declared service: one that verified) or the greeting was the server's own in this run."""
    if encrypted(case):
        return True
    hello = case.evidence.greeting
    greeting = hello.greeting if hello is not None else None
    return case.settings.service.microsoft and greeting is not None and greets_as_exchange(greeting.text)


def encrypted(case: Context) -> bool:
    """Whether TLS was verified up to the server itself: nothing on the way can read or change what was said after it."""
    tls = case.evidence.tls
    if tls is None or not tls.verified:
        return False
    return not case.settings.service.microsoft or bool(tls.chain and is_own(tls.chain[0]))


def truly(case: Context, finding: Finding) -> Finding:
    """The finding without the claim that another server answers, where the server itself was reached.

    A reply that is read by its words can mean a foreign server; the greeting and the certificate of the run know better.
    """
    if "smtp_intercepted" not in finding.causes or not reached(case):
        return finding
    instead: CauseId = "connection_cut" if encrypted(case) else "smtp_rewritten"
    causes = tuple(dict.fromkeys(instead if cause == "smtp_intercepted" else cause for cause in finding.causes))
    return replace(finding, causes=causes)
