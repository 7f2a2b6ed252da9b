"""What the placeholders of the knowledge room mean for one sender, from its settings and, for the object id, from the token."""

from __future__ import annotations

from checks import entered
from probes.evidence import SenderEvidence
from settings.address import address_of
from settings.model import Judged


def values(evidence: SenderEvidence, settings: Judged) -> dict[str, str]:
    """Every placeholder by name, and the method, by which lines are chosen; an empty value where this sender has none."""
    sender = settings.sender
    url = sender.openid_endpoint_configuration
    return {
        "method": sender.method,
        "account": sender.sign_in_user,
        "from_address": sender.envelope_from,
        "recipient": sender.envelope_to,
        "client_id": sender.client_id,
        "tenant": entered.tenant_of(url),
        "sp_object_id": entered.claim(evidence, "oid") or _principal(evidence),
        "smtp_server": sender.smtp_server,
        "port": str(sender.port),
        "login_host": address_of(url).place,
        "issuer_document": url,
        "scope": sender.scope,
    }


def _principal(evidence: SenderEvidence) -> str:
    """The enterprise application's object id as the tenant shows it."""
    seen = evidence.tenant.principal if evidence.tenant is not None else None
    return seen.object_id if seen is not None else ""
