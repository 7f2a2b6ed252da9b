"""Situations in which a declared service, or a device on the way to Microsoft, answers in a way that no fault in the tenant causes."""

from __future__ import annotations

from collections.abc import Callable

from evidence.failure import Failure, FailureKind
from evidence.tenant import ApplicationLookup, LookupState, MethodsLookup, SourceKind, TenantEvidence
from evidence.wire import SenderEvidence, TlsEvidence
from settings.model import Custom, SenderSettings

Recorded = tuple[SenderEvidence, SenderSettings]
Change = Callable[[SenderEvidence, SenderSettings], Recorded]


def declared(evidence: SenderEvidence, settings: SenderSettings) -> Recorded:
    """Declare the same servers as a custom service instead of Microsoft 365, and return the evidence and settings."""
    custom = Custom(
        smtp_server=settings.sender.smtp_server,
        issuer=(evidence.issuer.issuer or "") if evidence.issuer else "",
        audience="https://outlook.office365.com",
    )
    return evidence, settings.model_copy(update={"cloud": "custom", "custom": custom})


def on_declared(change: Change) -> Change:
    """Return a change that declares the servers as a custom service and then makes this change."""
    return lambda evidence, settings: change(*declared(evidence, settings))


def _closes_on_tls(evidence: SenderEvidence, settings: SenderSettings) -> Recorded:
    """Return evidence of a port that sends no greeting and disconnects after a ClientHello on a second connection."""
    hello = TlsEvidence(
        server_name=settings.sender.smtp_server, verified=False, failure=Failure(kind=FailureKind.CLOSED)
    )
    greeting = evidence.greeting and evidence.greeting.model_copy(update={"tls_at_once": hello})
    return evidence.model_copy(update={"greeting": greeting}), settings


def _asks_certificate_late(evidence: SenderEvidence, settings: SenderSettings) -> Recorded:
    """Return evidence of a server that ends the session after the TLS 1.3 handshake because the client has no certificate."""
    hello = evidence.auth_offered and evidence.auth_offered.model_copy(
        update={"ehlo": None, "failure": Failure(kind=FailureKind.TLS_ALERT, text="certificate required")}
    )
    return evidence.model_copy(update={"auth_offered": hello, "sign_in": None, "envelope": None}), settings


def _handshake(text: str, *, asks: bool = False) -> Change:
    """Return a change in which the TLS handshake ends with an alert."""

    def change(evidence: SenderEvidence, settings: SenderSettings) -> Recorded:
        update = {
            "failure": Failure(kind=FailureKind.TLS_ALERT, text=text),
            "verified": False,
            "chain": (),
            "version": None,
            "asks_client_certificate": asks,
        }
        tls = evidence.tls and evidence.tls.model_copy(update=update)
        gone = {"tls": tls, "auth_offered": None, "sign_in": None, "envelope": None}
        return evidence.model_copy(update=gone), settings

    return change


def _certificate_of_another(evidence: SenderEvidence, settings: SenderSettings) -> Recorded:
    """Return evidence of TLS inspection: a trusted certificate that was not issued by one of Microsoft's authorities."""
    if evidence.tls is None or not evidence.tls.chain:
        return evidence, settings
    leaf = evidence.tls.chain[0].model_copy(update={"issuer_organisation": "Fabrikam"})
    tls = evidence.tls.model_copy(update={"chain": (leaf, *evidence.tls.chain[1:])})
    return evidence.model_copy(update={"tls": tls}), settings


def _no_tls(evidence: SenderEvidence, settings: SenderSettings) -> Recorded:
    """Return the evidence of a run that ended before the TLS handshake."""
    return evidence.model_copy(update={"tls": None, "auth_offered": None, "sign_in": None, "envelope": None}), settings


def _issuer(**fields: object) -> Change:
    """Return a change that replaces fields of the issuer's record and removes the records that depend on it."""

    def change(evidence: SenderEvidence, settings: SenderSettings) -> Recorded:
        issuer = evidence.issuer and evidence.issuer.model_copy(update=fields)
        gone = {"issuer": issuer, "token": None, "sign_in": None, "envelope": None}
        return evidence.model_copy(update=gone), settings

    return change


def _opaque_token(evidence: SenderEvidence, settings: SenderSettings) -> Recorded:
    """Return the evidence of a run that ended before the sign-in, with a token whose claims cannot be read."""
    token = evidence.token and evidence.token.model_copy(update={"claims": None, "opaque": True})
    return evidence.model_copy(update={"token": token, "sign_in": None, "envelope": None}), settings


def _not_asked(evidence: SenderEvidence, settings: SenderSettings) -> Recorded:
    """Return evidence with lookups in which the registration and the authentication methods were not looked up."""
    state, question = LookupState.NOT_ASKED, "registration"
    tenant = TenantEvidence(
        way=SourceKind.APPLICATION,
        tenant="fabrikam.example",
        looked_at=evidence.started,
        application=ApplicationLookup(state=state, question=question),
        methods=MethodsLookup(state=state, question=question),
    )
    return evidence.model_copy(update={"tenant": tenant}), settings


NO_ANSWER = Failure(kind=FailureKind.PROXY, text="no answer to CONNECT")
FORBIDDEN = {
    "status": 403,
    "issuer": None,
    "page": "Forbidden",
    "failure": Failure(kind=FailureKind.NOT_JSON),
}
INVALID = {"status": 400, "issuer": None, "token_endpoint": None, "error": "invalid_request"}

# name: (the fault that provides the evidence, or None for the healthy world; the change)
SERVICE_SITUATIONS: dict[str, tuple[str | None, Change]] = {
    "declared service, silent": ("silence_after_connect", declared),
    "declared service, silent, closes a TLS handshake": ("silence_after_connect", on_declared(_closes_on_tls)),
    "declared service, implicit TLS": ("tls_at_once", declared),
    "declared service, handshake ends with an alert": (None, on_declared(_handshake("internal error"))),
    "declared service, issuer answers 403": (None, on_declared(_issuer(**FORBIDDEN))),
    "declared service, issuer answers with an error": (None, on_declared(_issuer(**INVALID))),
    "declared service, opaque token, not sent": (None, on_declared(_opaque_token)),
    "opaque token, not sent": (None, _opaque_token),
    "proxy without an answer": (None, _issuer(status=None, issuer=None, failure=NO_ANSWER)),
    "masked greeting, no TLS": ("greeting_masked", _no_tls),
    "client certificate demanded in the handshake": (None, _handshake("certificate required", asks=True)),
    "client certificate demanded after the handshake": (None, _asks_certificate_late),
    "AUTH removed behind TLS inspection": ("auth_stripped", _certificate_of_another),
    "not looked up": (None, _not_asked),
}
