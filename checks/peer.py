"""Whether this run reached the real server. If so, no finding claims that another server answers in its place."""

from __future__ import annotations

from dataclasses import replace

from checks.model import Context, Finding
from evidence.wire import Certificate
from knowledge.cause_ids import CauseId

_OWN = ("microsoft", "digicert")


def is_own(leaf: Certificate) -> bool:
    """Return whether an authority that Microsoft uses for its servers issued the certificate."""
    return any(name in leaf.issuer_organisation.lower() for name in _OWN)


def greets_as_exchange(greeting: str) -> bool:
    """Return whether a 220 line is that of Exchange Online: `… Microsoft ESMTP MAIL Service ready at …`."""
    return "microsoft esmtp mail service" in greeting.lower()


def reached_server(case: Context) -> bool:
    """Return whether the certificate (for a declared service: a verified one) or the greeting is that of the real server."""
    if encrypted(case):
        return True
    hello = case.evidence.greeting
    greeting = hello.greeting if hello is not None else None
    return case.settings.service.microsoft and greeting is not None and greets_as_exchange(greeting.text)


def encrypted(case: Context) -> bool:
    """Return whether TLS is verified up to the real server, so that nothing on the way can read or change the session."""
    tls = case.evidence.tls
    if tls is None or not tls.verified:
        return False
    return not case.settings.service.microsoft or bool(tls.chain and is_own(tls.chain[0]))


def without_false_interception(case: Context, finding: Finding) -> Finding:
    """Replace the cause that another server answers if this run reached the real server.

    The text of a reply can mean another server; the greeting and the certificate of the run are better evidence.
    """
    if "smtp_intercepted" not in finding.causes or not reached_server(case):
        return finding
    instead: CauseId = "connection_cut" if encrypted(case) else "smtp_rewritten"
    causes = tuple(dict.fromkeys(instead if cause == "smtp_intercepted" else cause for cause in finding.causes))
    return replace(finding, causes=causes)
