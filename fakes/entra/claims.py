"""The claims in an access token that Exchange and Graph evaluate, after the signature has been verified."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """The relevant claims in an access token. Only delegated tokens have `upn`."""

    audience: str
    tenant_id: str
    client_id: str
    expired: bool
    roles: frozenset[str] = frozenset()
    scopes: frozenset[str] = frozenset()
    upn: str | None = None
