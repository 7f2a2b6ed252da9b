"""TLS: the handshake and the certificate. A rejected certificate is itself examined to find the cause."""

from __future__ import annotations

import re
from datetime import datetime

from checks.model import Context, Finding, check
from checks.peer import is_own
from evidence.failure import FailureKind
from evidence.gates import Gate
from evidence.names import covers
from evidence.wire import TlsEvidence
from knowledge.cause_ids import CauseId

_OLD = {"TLSv1", "TLSv1.1", "SSLv3", "SSLv2"}
REMARK = "this is the result of Python's TLS library; the application may use a different one"


@check(
    "TLS-01",
    "The TLS handshake succeeds and the certificate is trusted",
    needs=("SMTP-02",),
    gate=Gate.TLS,
    causes=(
        "wrong_host_or_port",
        "smtp_rewritten",
        "connection_cut",
        "client_certificate_required",
        "tls_version",
        "cert_untrusted",
        "cert_name_mismatch",
        "cert_expired",
        "service_side_fault",
    ),
)
def handshake(case: Context) -> Finding:
    """This machine trusts the certificate, and the certificate matches the name in the settings (FAQ "SSL/TLS handshake failed")."""
    evidence = case.evidence.tls
    if evidence is None:
        return case.not_recorded("tls", "the TLS handshake")
    expected = f"a certificate for {evidence.server_name} that this machine trusts"
    if evidence.verified:
        return case.ok(observed=f"{evidence.version}, {evidence.cipher}; {_describe_certificate(evidence)}", why=REMARK)
    kind = evidence.failure.kind if evidence.failure is not None else FailureKind.OTHER
    text = evidence.failure.text if evidence.failure is not None else ""
    if kind is FailureKind.TLS_VERSION or evidence.version in _OLD:
        older = (
            "which Microsoft's servers support; an older device on the way prevents it"
            if case.settings.service.microsoft
            else "but an older server or a device on the way answered"
        )
        why = f"this suite offered TLS 1.2 and newer, {older}"
        return case.fail("tls_version", expected="TLS 1.2 or newer", observed=f"{evidence.version or text}", why=why)
    if kind is FailureKind.TLS_CERTIFICATE:
        if not evidence.chain:
            why = "a second connection did not show the certificate"
            return case.fail("cert_untrusted", "cert_name_mismatch", "cert_expired", expected=expected, observed=text,
                             sure=False, why=why)  # fmt: skip
        cause, observed = blame(evidence, case.evidence.started)
        if cause == "cert_untrusted" and evidence.server_name.endswith(".") and "mismatch" in text.lower():
            observed = f"{evidence.server_name} ends with a dot, but host names in certificates do not"
            return case.fail("wrong_host_or_port", expected=evidence.server_name.rstrip("."), observed=observed)
        if cause == "cert_name_mismatch" and not case.settings.service.declares_smtp(evidence.server_name):
            return case.fail("wrong_host_or_port", expected=case.settings.service.smtp_host, observed=observed)
        return case.fail(cause, expected=expected, observed=observed)
    return _other_failure(case, evidence, expected)


def _other_failure(case: Context, evidence: TlsEvidence, expected: str) -> Finding:
    """Return the finding for a handshake that failed for a reason other than the version or the certificate."""
    kind = evidence.failure.kind if evidence.failure is not None else FailureKind.OTHER
    text = evidence.failure.text if evidence.failure is not None else ""
    if evidence.asks_client_certificate or asks_for_certificate(text):
        observed = f"{text or kind.value}; the server asked for a client certificate"
        return case.fail("client_certificate_required", expected="a handshake without a client certificate",
                         observed=observed)  # fmt: skip
    if kind is FailureKind.NOT_TLS:
        return case.fail("smtp_rewritten", expected="TLS after STARTTLS", observed=text)
    if kind is FailureKind.TLS_ALERT and not case.settings.service.microsoft:
        why = "the peer ended the handshake with an alert; the server's log shows the reason"  # RFC 8446, 6
        return case.fail("service_side_fault", "tls_version", "connection_cut", expected=expected, observed=text,
                         sure=False, why=why)  # fmt: skip
    why = "the handshake ended without a stated reason; TLS inspection on the way can cause this"
    return case.fail("connection_cut", "tls_version", "service_side_fault", expected=expected,
                     observed=text or kind.value, sure=False, why=why)  # fmt: skip


_ASKS = re.compile(r"client certificate|certificate[ _]required", re.IGNORECASE)


def asks_for_certificate(text: str) -> bool:
    """Return whether a reply, or a TLS alert (RFC 8446, 6.2: certificate_required), asks for a client certificate."""
    return bool(_ASKS.search(text))


def blame(evidence: TlsEvidence, now: datetime) -> tuple[CauseId, str]:
    """Return the cause of a rejected certificate and the evidence for it. The name is checked first, then the dates, then the chain."""
    leaf = evidence.chain[0]
    if not covers(leaf, evidence.server_name):
        return "cert_name_mismatch", f"the certificate is for {', '.join(leaf.names[:5]) or leaf.subject}"
    if not leaf.not_before <= now <= leaf.not_after:
        dates = f"valid from {leaf.not_before:%Y-%m-%d} to {leaf.not_after:%Y-%m-%d}, today is {now:%Y-%m-%d}"
        return "cert_expired", dates
    text = evidence.failure.text if evidence.failure is not None else ""
    return "cert_untrusted", f"{text}; {_describe_certificate(evidence)}"


def _describe_certificate(evidence: TlsEvidence) -> str:
    if not evidence.chain:
        return "the certificate is not in the evidence"
    leaf = evidence.chain[0]
    issuer = leaf.issuer_organisation or leaf.issuer_name or leaf.issuer
    return f"issued by {issuer}, valid until {leaf.not_after:%Y-%m-%d}"


@check(
    "TLS-02",
    "The certificate belongs to Microsoft",
    needs=("TLS-01",),
    microsoft_only=True,
    causes=("smtp_rewritten", "cert_untrusted"),
)
def microsofts_own(case: Context) -> Finding:
    """The certificate is not that of a proxy that inspects TLS. Some applications do not trust a proxy's certificate."""
    evidence = case.evidence.tls
    if evidence is None or not evidence.chain:
        return case.unknown("this version of Python does not show the server's certificate")
    leaf = evidence.chain[0]
    if is_own(leaf):
        return case.ok(observed=f"{leaf.organisation or leaf.subject}, {_describe_certificate(evidence)}")
    why = (
        "a device on the way inspects TLS: this machine trusts its certificate, but an application with its own "
        "root certificates may not"
    )
    return case.risk("smtp_rewritten", "cert_untrusted", observed=_describe_certificate(evidence), why=why,
                     expected="issued by DigiCert or Microsoft")  # fmt: skip


@check("TLS-03", "TLS 1.2 or newer is used", reads=("TLS-01",), causes=("tls_version",))
def version(case: Context) -> Finding:
    """The handshake used TLS 1.2 or newer (FAQ "Office365 requires TLS 1.2+")."""
    evidence = case.evidence.tls
    if evidence is None or evidence.version is None:
        return case.stopped("TLS-01") or case.unknown("the handshake did not show the TLS version")
    if evidence.version in _OLD:
        return case.fail("tls_version", expected="TLS 1.2 or newer", observed=evidence.version)
    return case.ok(observed=evidence.version, why=REMARK)
