"""Decides whether the run reached the real server. If it did, no finding claims that another server answers in its place."""

from __future__ import annotations

from dataclasses import replace

from checks.model import Context, Finding
from evidence.wire import Certificate
from knowledge.cause_ids import CauseId

_OWN = ("microsoft", "digicert")


def is_own(leaf: Certificate) -> bool:
    """Return whether a certificate authority that Microsoft uses for its servers issued the certificate."""
    return any(name in leaf.issuer_organisation.lower() for name in _OWN)


def greets_as_exchange(greeting: str) -> bool:
    """Return whether a 220 line has the form of Exchange Online's greeting: `… Microsoft ESMTP MAIL Service ready at …`."""
    return "microsoft esmtp mail service" in greeting.lower()


def reached_server(case: Context) -> bool:
    """Return whether a verified certificate or, for Microsoft's service, the greeting shows that the run reached the real server."""
    if encrypted(case):
        return True
    hello = case.evidence.greeting
    greeting = hello.greeting if hello is not None else None
    return case.settings.service.microsoft and greeting is not None and greets_as_exchange(greeting.text)


def encrypted(case: Context) -> bool:
    """Return whether a verified certificate proves that the session is encrypted as far as the real server."""
    tls = case.evidence.tls
    if tls is None or not tls.verified:
        return False
    return not case.settings.service.microsoft or bool(tls.chain and is_own(tls.chain[0]))


def without_false_interception(case: Context, finding: Finding) -> Finding:
    """Replace the cause `smtp_intercepted` in a finding if the run reached the real server.

    The text of a reply can suggest a different server, but the run's greeting and certificate are better evidence.
    """
    if "smtp_intercepted" not in finding.causes or not reached_server(case):
        return finding
    instead: CauseId = "connection_cut" if encrypted(case) else "smtp_rewritten"
    causes = tuple(dict.fromkeys(instead if cause == "smtp_intercepted" else cause for cause in finding.causes))
    return replace(finding, causes=causes)
