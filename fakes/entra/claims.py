"""The claims of an access token that Exchange evaluates. The signature was verified before."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """The relevant claims of an access token; only delegated tokens have `upn`."""

    audience: str
    tenant_id: str
    client_id: str
    expired: bool
    roles: frozenset[str] = frozenset()
    scopes: frozenset[str] = frozenset()
    upn: str | None = None
