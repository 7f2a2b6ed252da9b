"""Issue tokens as Entra does, and verify them for Exchange and Microsoft Graph.

All access tokens have version 1.0, because the resource determines the version (Microsoft, "Access tokens").
"""

import uuid
from datetime import datetime, timedelta
from typing import Any

import jwt

from ..world import clouds
from ..world.tenant import App, Issuing, ServicePrincipal, Tenant, User
from . import keys
from .claims import Claims

_BACKDATED = timedelta(minutes=5)  # Entra backdates its tokens to allow for clock differences


def mint(
    tenant: Tenant,
    app: App,
    principal: ServicePrincipal,
    *,
    audience: str,
    now: datetime,
    by_certificate: bool = False,
) -> str:
    """Return a signed access token for an application. The fields of `tenant.issuing` can make the token invalid."""
    issuing = (
        tenant.issuing if app in tenant.apps else Issuing(lifetime=tenant.issuing.lifetime)
    )  # the auditor's tokens are always valid
    tenant_id = issuing.tenant_id or tenant.tenant_id
    aimed_at = issuing.audience or audience
    issued = now - issuing.age - _BACKDATED
    payload: dict[str, Any] = {
        "aud": aimed_at,
        "iss": f"https://sts.windows.net/{tenant_id}/",
        "iat": int(issued.timestamp()),
        "nbf": int(issued.timestamp()),
        "exp": int((issued + _BACKDATED + issuing.lifetime).timestamp()),
        "aio": uuid.uuid4().hex,
        "app_displayname": app.display_name,
        "appid": app.client_id,
        "appidacr": "2" if by_certificate else "1",
        "idp": f"https://sts.windows.net/{tenant_id}/",
        "oid": principal.object_id,
        "rh": "0." + uuid.uuid4().hex,
        "sub": principal.object_id,
        "tid": tenant_id,
        "uti": uuid.uuid4().hex[:22],
        "ver": "1.0",
    }
    if issuing.delegated_user is not None:
        payload |= {"scp": "SMTP.Send", "upn": issuing.delegated_user, "unique_name": issuing.delegated_user}
    elif roles := _roles(principal, aimed_at):
        payload["roles"] = sorted(roles)
    return _signed(payload, keys.foreign_key() if issuing.foreign_key else keys.entra_key())


def _roles(principal: ServicePrincipal, audience: str) -> frozenset[str]:
    if clouds.is_graph(audience):
        return principal.graph_roles
    return principal.consented if clouds.is_exchange(audience) else frozenset()


def _for_user(tenant: Tenant, user: User, now: datetime) -> dict[str, Any]:
    issued = now - _BACKDATED
    return {
        "iat": int(issued.timestamp()),
        "nbf": int(issued.timestamp()),
        "exp": int((now + tenant.issuing.lifetime).timestamp()),
        "oid": tenant.object_id(user.upn),
        "tid": tenant.tenant_id,
        "uti": uuid.uuid4().hex[:22],
    }


def mint_for_user(
    tenant: Tenant, user: User, *, client_id: str, audience: str, scopes: list[str], now: datetime
) -> str:
    """Return a signed access token for a user. It has delegated permissions and no application roles."""
    payload = _for_user(tenant, user, now) | {
        "aud": audience,
        "iss": f"https://sts.windows.net/{tenant.tenant_id}/",
        "appid": client_id,
        "appidacr": "0",
        "scp": " ".join(scopes),
        "upn": user.upn,
        "unique_name": user.upn,
        "ver": "1.0",
    }
    return _signed(payload, keys.entra_key())


def mint_id_token(tenant: Tenant, user: User, *, client_id: str, now: datetime) -> str:
    """Return a signed ID token for a user, in version 2.0 (OpenID Connect Core, section 2)."""
    payload = _for_user(tenant, user, now) | {
        "aud": client_id,
        "iss": f"https://{clouds.CLOUDS[tenant.cloud].login_hosts[0]}/{tenant.tenant_id}/v2.0",
        "sub": uuid.uuid5(uuid.UUID(client_id), user.upn.casefold()).hex,
        "name": user.upn.partition("@")[0],
        "preferred_username": user.upn,
        "ver": "2.0",
    }
    return _signed(payload, keys.entra_key())


def _signed(payload: dict[str, Any], key: keys.SigningKey) -> str:
    return jwt.encode(payload, key.private, algorithm="RS256", headers={"kid": key.key_id, "x5t": key.key_id})


def read(token: str, now: datetime) -> Claims | None:
    """Return the claims of a token that Entra signed, or None for any other token."""
    try:
        claims = jwt.decode(
            token,
            keys.entra_key().private.public_key(),
            algorithms=["RS256"],
            options={"verify_aud": False, "verify_exp": False, "verify_nbf": False, "verify_iat": False},
        )
    except jwt.InvalidTokenError:
        return None
    return Claims(
        audience=str(claims.get("aud", "")).rstrip("/"),
        tenant_id=str(claims.get("tid", "")),
        client_id=str(claims.get("appid", "")),
        expired=float(claims.get("exp", 0)) < now.timestamp(),
        roles=frozenset(claims.get("roles", ())),
        scopes=frozenset(str(claims.get("scp", "")).split()),
        upn=claims.get("upn"),
    )
