"""What the tenant's own settings say of a cause: that it holds, that it does not, or what would have to be read to know."""

from __future__ import annotations

from checks import tenant_account, tenant_application
from checks.told import Judge, Told
from probes.tenant_evidence import TenantEvidence
from settings.model import Sender

_BY_CAUSE: dict[str, Judge] = {**tenant_account.BY_CAUSE, **tenant_application.BY_CAUSE}


def tell(cause: str, seen: TenantEvidence, sender: Sender) -> Told:
    """What the tenant says of one cause; a cause that no setting shows is not known and names nothing to read."""
    judge = _BY_CAUSE.get(cause)
    return Told(None) if judge is None else judge(seen, sender)
