"""The claims that Exchange looks at in an access token, read from a token whose signature was checked."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """What matters of an access token; ``upn`` is present in delegated tokens only."""

    audience: str
    tenant_id: str
    client_id: str
    expired: bool
    roles: frozenset[str] = frozenset()
    scopes: frozenset[str] = frozenset()
    upn: str | None = None
