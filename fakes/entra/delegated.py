"""Token responses for a signed-in user (Microsoft, "Device authorization grant").

Microsoft's own clients receive the scopes that they request. The tenant's public client receives only User.Read and the permissions
for which consent was granted.
"""

import base64
import json
from typing import Any

from ..world.clouds import CLOUDS
from ..world.tenant import GRAPH, Tenant, User
from ..world.world import EXCHANGE_SCOPE, World
from . import errors, tokens
from .errors import EntraError
from .token_endpoint import canonical, spelt

_OPENID = frozenset({"openid", "profile", "email", "offline_access"})
_BASIC = "User.Read"


def issued(
    world: World, client_id: str, user: User, scope: str, *, wants_client_info: bool
) -> dict[str, Any] | EntraError:
    """Return the token response for scopes of one resource, or an error. MSAL uses `client_info` to identify the account."""
    tenant, now, asked = world.tenant, world.now(), scope.split()
    permissions = [one.rpartition("/") for one in asked if one not in _OPENID]
    resources = {spelt(tenant, resource) or CLOUDS[tenant.cloud].graph for resource, _, _ in permissions}
    resource = next(iter(resources), CLOUDS[tenant.cloud].graph)
    if len(resources) > 1:
        return errors.many_resources(scope)
    if canonical(tenant, resource) not in tenant.resources:
        return errors.resource_missing(resource, tenant.display_name)
    names = _granted(tenant, client_id, resource, [name for _, _, name in permissions] or [_BASIC])
    expires = int(tenant.issuing.lifetime.total_seconds())
    echoed = [one for one in asked if one in _OPENID or one.endswith("/.default")]
    answer: dict[str, Any] = {
        "token_type": "Bearer",
        "scope": " ".join([*(f"{resource}/{name}" for name in names), *echoed]),
        "expires_in": expires,
        "ext_expires_in": expires,
        "access_token": tokens.mint_for_user(
            tenant, user, client_id=client_id, audience=resource, scopes=names, now=now
        ),
    }
    if "openid" in asked:
        answer["id_token"] = tokens.mint_id_token(tenant, user, client_id=client_id, now=now)
    if wants_client_info:
        who = {"uid": tenant.object_id(user.upn), "utid": tenant.tenant_id}
        answer["client_info"] = base64.urlsafe_b64encode(json.dumps(who).encode()).rstrip(b"=").decode()
    return answer


def _granted(tenant: Tenant, client_id: str, resource: str, asked: list[str]) -> list[str]:
    auditing, on_graph = tenant.auditing, canonical(tenant, resource) == GRAPH
    if auditing is None or client_id != auditing.client.client_id:
        whole = _BASIC if on_graph else EXCHANGE_SCOPE
        return [whole if name == ".default" else name for name in asked]
    consented = [name for name in sorted(auditing.delegated) if (name != EXCHANGE_SCOPE) is on_graph]
    return consented if ".default" in asked else [name for name in asked if name in {*consented, _BASIC}]
