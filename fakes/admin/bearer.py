"""Derive the caller of a lookup request, and the caller's permissions, from the bearer token.

A permission is an application role or a delegated scope. A user, and for Exchange also an application, needs a directory role with
read access as well. Sources: Microsoft, "Microsoft Graph permissions overview"; "App-only authentication in Exchange Online
PowerShell".
"""

from dataclasses import dataclass

from ..entra import tokens
from ..entra.claims import Claims
from ..world.world import GLOBAL_READER, World

READERS = frozenset({GLOBAL_READER, "Global Administrator", "Exchange Administrator"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """The permissions and directory roles of a caller. `person` is true for a delegated token and false for an app-only token."""

    permissions: frozenset[str]
    roles: frozenset[str]
    person: bool
    client_id: str = ""

    @property
    def reads(self) -> bool:
        """Whether one of the caller's directory roles grants read access to administrative data."""
        return bool(self.roles & READERS)


def claims_of(header: str, world: World) -> Claims | None:
    """Return the claims of a token that Entra signed for this tenant, even if it has expired, or None for any other token."""
    scheme, _, token = header.partition(" ")
    claims = tokens.read(token.strip(), world.now()) if scheme.lower() == "bearer" else None
    return claims if claims is not None and claims.tenant_id == world.tenant.tenant_id else None


def caller(world: World, claims: Claims) -> Caller:
    """Return the caller identified by the claims, with the directory roles that the caller currently has."""
    if claims.upn is not None:
        user = world.tenant.user(claims.upn)
        roles = user.entra_roles if user else frozenset()
        return Caller(permissions=claims.scopes, roles=roles, person=True, client_id=claims.client_id)
    principal = world.tenant.service_principal(claims.client_id)
    held = principal.entra_roles if principal else frozenset()
    return Caller(permissions=claims.roles, roles=held, person=False, client_id=claims.client_id)
