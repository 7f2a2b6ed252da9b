"""Compares causes with the tenant's settings: the cause holds, is refuted, or is unknown until another lookup is answered."""

from __future__ import annotations

from checks import tenant_account, tenant_application
from checks.tri_state import Fact, Judge
from evidence.tenant import TenantEvidence
from settings.model import Sender

_BY_CAUSE: dict[str, Judge] = {**tenant_account.BY_CAUSE, **tenant_application.BY_CAUSE}


def fact_about(cause: str, seen: TenantEvidence, sender: Sender) -> Fact:
    """Return what the tenant's settings show about a cause. If no setting can show it, the cause is unknown and needs no lookup."""
    judge = _BY_CAUSE.get(cause)
    return Fact(None) if judge is None else judge(seen, sender)
