"""The evidence from the token service as sections: issuer document, token response and claims."""

from __future__ import annotations

from evidence.wire import SenderEvidence
from reports.blocks import Block, Section, certificates, failure_text, pairs
from reports.labels import duration

_SHARED = "once in this run, for a different sender with the same application"


def issuer(evidence: SenderEvidence) -> Section | None:
    """Return the section for the issuer document, or None if there is no record of it."""
    document = evidence.issuer
    if document is None:
        return None
    status = "" if document.status is None else f"HTTP {document.status}"
    fetched = pairs(
        "Fetched",
        ("URL", document.url),
        ("Status", status + failure_text(document.failure)),
        ("Content type", document.content_type),
        ("Error", " ".join(filter(None, (document.error, document.error_description)))),
        ("Proxy", document.proxy or ""),
        ("Server's date", "" if document.server_date is None else f"{document.server_date:%Y-%m-%d %H:%M:%S %Z}"),
        ("Requested", _SHARED if document.shared else ""),
        ("Took", duration(document.seconds)),
        ("Start of the response", document.excerpt if document.issuer is None else ""),
    )
    members = Block("Members of the document", rows=tuple(document.members.items()))
    blocks = [
        fetched,
        *([members] if document.members else []),
        *([certificates(document.tls)] if document.tls and document.tls.chain else []),
    ]
    return Section(
        "Issuer document",
        (document.issuer or status + failure_text(document.failure) or "no response")[:160],
        tuple(blocks),
    )


def token(evidence: SenderEvidence) -> Section | None:
    """Return the section for the token response, or None if there is no record of it."""
    answer = evidence.token
    if answer is None:
        return None
    status = "" if answer.status is None else f"HTTP {answer.status}"
    codes = ", ".join(f"AADSTS{code}" for code in answer.error_codes)
    response = pairs(
        "Response",
        ("Endpoint", answer.endpoint),
        ("Scope", answer.scope),
        ("Status", status + failure_text(answer.failure)),
        ("Error", answer.error or ""),
        ("Error codes", codes),
        ("Description", answer.error_description or ""),
        ("Suberror", answer.suberror or ""),
        ("Trace id", answer.trace_id or ""),
        ("Correlation id", answer.correlation_id or ""),
        ("Not requested because", answer.withheld or ""),
        ("Retry after", answer.retry_after or ""),
        ("Token type", answer.token_type or ""),
        ("Requested", _SHARED if answer.shared else ""),
        ("Took", duration(answer.seconds)),
        ("Valid for", f"{answer.expires_in} s" if answer.expires_in is not None else ""),
        ("Length", f"{answer.length} characters" if answer.length is not None else ""),
        ("Claims", "not readable (opaque token)" if answer.opaque else ""),
    )
    summary = " ".join(filter(None, (status, codes, answer.error or "", answer.withheld or "")))
    return Section("Token", summary[:160] or "no response", (response,))


def claims(evidence: SenderEvidence) -> Section | None:
    """Return the section for the claims of the access token, or None if there are none."""
    if evidence.token is None or not evidence.token.claims:
        return None
    shown = {
        name: ", ".join(value) if isinstance(value, list) else str(value)
        for name, value in evidence.token.claims.items()
    }
    rows = tuple(shown.items())
    summary = f"audience {shown.get('aud') or 'missing'}, roles {shown.get('roles') or 'none'}"
    return Section(
        "Token claims", summary[:160], (Block("Claims (decoded locally; signature not verified)", rows=rows),)
    )
