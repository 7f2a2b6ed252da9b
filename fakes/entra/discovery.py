"""Entra's public documents: OpenID discovery in both versions, and instance discovery.

Members are in the order in which the service returns them (RFC 8414; captures of the documents).
"""

from typing import Any

from ..world.clouds import CLOUDS
from ..world.world import World
from .token_endpoint import SHARED_TENANTS

_ALIASES = (
    (
        "login.microsoftonline.com",
        "login.windows.net",
        ["login.microsoftonline.com", "login.windows.net", "login.microsoft.com", "sts.windows.net"],
    ),
    (
        "login.partner.microsoftonline.cn",
        "login.partner.microsoftonline.cn",
        ["login.partner.microsoftonline.cn", "login.chinacloudapi.cn"],
    ),
    (
        "login.microsoftonline.us",
        "login.microsoftonline.us",
        ["login.microsoftonline.us", "login.usgovcloudapi.net"],
    ),
)


def issuer(world: World, tenant: str, version: int) -> str:
    """Return the issuer for a discovery document.

    At a shared endpoint, it contains a placeholder instead of the tenant id. A fault can replace the id with a different one.
    """
    host = CLOUDS[world.tenant.cloud].login_hosts[0]
    name = "{tenantid}" if tenant in SHARED_TENANTS else world.tenant.tenant_id
    if world.tenant.issuing.foreign_issuer_in_discovery:
        name = "99999999-9999-4999-8999-999999999999"
    return f"https://{host}/{name}/v2.0" if version == 2 else f"https://sts.windows.net/{name}/"


def document(world: World, host: str, tenant: str, version: int, *, token_host: str | None = None) -> dict[str, Any]:
    """Return a tenant's discovery document. `token_host` replaces the host in the URL of the token endpoint."""
    name = tenant if tenant in SHARED_TENANTS else world.tenant.tenant_id
    base, v2 = f"https://{host}/{name}", "/v2.0" if version == 2 else ""
    body: dict[str, Any] = {
        "token_endpoint": f"https://{token_host or host}/{name}/oauth2{v2}/token",
        "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt", "client_secret_basic"],
        "jwks_uri": f"{base}/discovery{v2}/keys",
        "response_modes_supported": ["query", "fragment", "form_post"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "response_types_supported": ["code", "id_token", "code id_token", "id_token token"],
        "scopes_supported": ["openid", "profile", "email", "offline_access"],
        "issuer": issuer(world, tenant, version),
        "request_uri_parameter_supported": False,
        "userinfo_endpoint": "https://graph.microsoft.com/oidc/userinfo",
        "authorization_endpoint": f"{base}/oauth2{v2}/authorize",
    }
    if version == 2:
        body["device_authorization_endpoint"] = f"{base}/oauth2/v2.0/devicecode"
    return body | {
        "http_logout_supported": True,
        "frontchannel_logout_supported": True,
        "end_session_endpoint": f"{base}/oauth2{v2}/logout",
        "claims_supported": _claims(),
        "kerberos_endpoint": f"{base}/kerberos",
        "tenant_region_scope": "EU",
        "cloud_instance_name": "microsoftonline.com",
        "cloud_graph_host_name": "graph.windows.net",
        "msgraph_host": CLOUDS[world.tenant.cloud].graph_host,
        "rbac_url": "https://pas.windows.net",
    }


def _claims() -> list[str]:
    names = (
        "sub iss cloud_instance_name cloud_instance_host_name cloud_graph_host_name msgraph_host aud exp iat auth_time "
        "acr nonce preferred_username name tid ver at_hash c_hash email"
    )
    return names.split()


def instances(host: str) -> dict[str, Any]:
    """Return the instance discovery document, which MSAL requests before it trusts an authority."""
    rows = [{"preferred_network": name, "preferred_cache": cache, "aliases": also} for name, cache, also in _ALIASES]
    return {
        "tenant_discovery_endpoint": f"https://{host}/common/v2.0/.well-known/openid-configuration",
        "api-version": "1.1",
        "metadata": rows,
    }
