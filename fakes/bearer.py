"""Who asks a look-up: the bearer token of a request, read into what its owner may do.

A permission is an application's role or a delegated scope; a person also needs a directory role that reads (Microsoft,
"Microsoft Graph permissions overview"; "App-only authentication in Exchange Online PowerShell").
"""

from dataclasses import dataclass

from fakes import tokens
from fakes.claims import Claims
from fakes.world import GLOBAL_READER, World

READERS = frozenset({GLOBAL_READER, "Global Administrator", "Exchange Administrator"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """What a caller may do: permissions by name, directory roles; ``person`` tells delegated tokens from app-only ones."""

    permissions: frozenset[str]
    roles: frozenset[str]
    person: bool
    client_id: str = ""

    @property
    def reads(self) -> bool:
        """Whether a directory role lets the caller read what administrators see."""
        return bool(self.roles & READERS)


def claims_of(header: str, world: World) -> Claims | None:
    """The claims of a bearer token that Entra signed for this tenant, expired or not; None for anything else."""
    scheme, _, token = header.partition(" ")
    claims = tokens.read(token.strip(), world.now()) if scheme.lower() == "bearer" else None
    return claims if claims is not None and claims.tenant_id == world.tenant.tenant_id else None


def caller(world: World, claims: Claims) -> Caller:
    """The caller behind the claims, with the directory roles that it has now."""
    if claims.upn is not None:
        user = world.tenant.user(claims.upn)
        roles = user.entra_roles if user else frozenset()
        return Caller(permissions=claims.scopes, roles=roles, person=True, client_id=claims.client_id)
    principal = world.tenant.service_principal(claims.client_id)
    held = principal.entra_roles if principal else frozenset()
    return Caller(permissions=claims.roles, roles=held, person=False, client_id=claims.client_id)
