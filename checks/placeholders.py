"""The values of the placeholders in `knowledge` for one sender, from its settings, its evidence and the lookups."""

from __future__ import annotations

from checks import token_claims
from evidence.wire import SenderEvidence
from settings.address import address_of
from settings.clouds import is_high_volume
from settings.model import SenderSettings


def values(evidence: SenderEvidence, settings: SenderSettings) -> dict[str, str]:
    """Return the value of each placeholder, and the values that select lines. A missing value is an empty string."""
    sender = settings.sender
    url = sender.openid_endpoint_configuration
    return {
        "method": sender.method,
        "high_volume": "yes" if is_high_volume(sender.smtp_server) else "no",
        "account": sender.sign_in_user,
        "from_address": sender.envelope_from,
        "recipient": sender.envelope_to,
        "client_id": sender.client_id,
        "tenant": token_claims.tenant_of(url),
        "sp_object_id": token_claims.claim(evidence, "oid") or _principal(evidence),
        "smtp_server": sender.smtp_server,
        "port": str(sender.port),
        "login_host": address_of(url).place,
        "issuer_document": url,
        "scope": sender.scope,
        "resolver": _resolver(evidence),
        "proxy": _proxy(evidence),
        "answer": _answer(evidence),
        "token_endpoint": (evidence.issuer.token_endpoint or "") if evidence.issuer is not None else "",
    }


def _resolver(evidence: SenderEvidence) -> str:
    """Return a resolver of the run that did not answer or, if all of them answered, the first one."""
    answers = evidence.name.answers if evidence.name is not None else ()
    silent = [answer.resolver for answer in answers if answer.status in {"timeout", "unreachable"}]
    return next(iter(silent), answers[0].resolver if answers else next(iter(evidence.machine.resolvers), ""))


def _proxy(evidence: SenderEvidence) -> str:
    found = (record.proxy for record in (evidence.issuer, evidence.token) if record is not None)
    return next((proxy for proxy in found if proxy), "")


def _answer(evidence: SenderEvidence) -> str:
    """Return the last answer from the login host if it was not the expected one."""
    for record in (evidence.token, evidence.issuer):
        if record is not None and record.failure is not None:
            return token_claims.answered(record)
    return ""


def _principal(evidence: SenderEvidence) -> str:
    """Return the enterprise application's object id from the lookups."""
    seen = evidence.tenant.principal if evidence.tenant is not None else None
    return seen.object_id if seen is not None else ""
