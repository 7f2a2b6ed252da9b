"""Decide from the tenant's state whether the token endpoint issues a token or returns an error.

`service` handles HTTP. The checks run in this order: request, tenant, client, credential, policy and scope.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from ..world.clouds import CLOUDS, EXCHANGE_APP, GRAPH_APP
from ..world.tenant import EXCHANGE_ONLINE, GRAPH, App, PolicyKind, ServicePrincipal, Tenant
from ..world.world import World
from . import client_assertion, errors, tokens
from .errors import EntraError

SHARED_TENANTS = frozenset({"common", "organizations", "consumers"})
_GUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_DOMAIN = re.compile(r"[a-zA-Z0-9-]+(\.[a-zA-Z0-9-]+)+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Issued:
    """A successful token response."""

    access_token: str
    expires_in: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenRequest:
    """A request to the token endpoint; `version` is 1 or 2."""

    host: str
    tenant: str
    version: int
    form: Mapping[str, str]


def tenant_refused(world: World, host: str, tenant: str, *, discovery: bool = False) -> EntraError | None:
    """Return the error for the tenant in a URL, or None if the tenant exists in the cloud of that host."""
    if not (_GUID.fullmatch(tenant) or _DOMAIN.fullmatch(tenant) or tenant in SHARED_TENANTS):
        return errors.tenant_malformed(tenant)
    here = host in CLOUDS[world.tenant.cloud].login_hosts and world.tenant.exists
    known = tenant.lower() in {world.tenant.tenant_id, world.tenant.domain, *SHARED_TENANTS}
    return None if here and known else errors.tenant_not_found(tenant, discovery=discovery)


def answer(world: World, request: TokenRequest) -> Issued | EntraError:
    """Return the response to a client credentials request (RFC 6749, section 4.4), or the error."""
    form = request.form
    if world.tenant.throttled:
        return errors.throttled()
    missing = next((name for name in ("grant_type", "client_id") if not form.get(name)), None)
    if missing is not None:
        return errors.parameter_missing(missing)
    if (refusal := tenant_refused(world, request.host, request.tenant)) is not None:
        return refusal
    if form["grant_type"] != "client_credentials":
        return errors.grant_not_supported(form["grant_type"])
    if request.tenant in SHARED_TENANTS:
        return errors.common_not_allowed()
    scope = form.get("scope" if request.version == 2 else "resource", "")
    if not scope:
        return errors.parameter_missing("scope" if request.version == 2 else "resource")
    return _for_client(world, request, scope)


def _for_client(world: World, request: TokenRequest, scope: str) -> Issued | EntraError:
    tenant, form, client_id = world.tenant, request.form, request.form["client_id"]
    app, principal = tenant.app(client_id), tenant.service_principal(client_id)
    if app is None:
        return errors.app_unknown(client_id, tenant.display_name)
    refusal = _credential_refused(world, app, form, _endpoints(request)) or _principal_refused(world, app, principal)
    if refusal is not None or principal is None:
        return refusal or errors.principal_missing(client_id, tenant.tenant_id)
    resource = scope if request.version == 1 else _resource(scope)
    if isinstance(resource, EntraError):
        return resource
    if canonical(tenant, resource) not in tenant.resources:
        return errors.resource_missing(resource, tenant.display_name)
    token = tokens.mint(
        tenant,
        app,
        principal,
        audience=spelt(tenant, resource),
        now=world.now(),
        by_certificate="client_assertion" in form,
    )
    return Issued(access_token=token, expires_in=max(0, int(tenant.issuing.lifetime.total_seconds())))


def _endpoints(request: TokenRequest) -> frozenset[str]:
    """Return the audiences that are accepted in a client assertion: the token endpoint and the issuer, in both versions."""
    base = f"https://{request.host}/{request.tenant}"
    return frozenset({f"{base}/oauth2/v2.0/token", f"{base}/oauth2/token", f"{base}/v2.0", f"{base}/"})


def _principal_refused(world: World, app: App, principal: ServicePrincipal | None) -> EntraError | None:
    if principal is None:
        return errors.principal_missing(app.client_id, world.tenant.tenant_id)
    if not principal.enabled:
        return errors.app_disabled(app.client_id, app.display_name)
    for policy in world.tenant.conditional_access:
        shuts_out = (
            policy.kind is PolicyKind.BLOCK_OTHER_LOCATIONS and policy.workload and not policy.includes_this_machine
        )
        if policy.hits(app.client_id) and (policy.kind is PolicyKind.BLOCK_WORKLOAD or shuts_out):
            return errors.blocked_by_policy(policy.policy_id)
    return None


def _credential_refused(
    world: World, app: App, form: Mapping[str, str], endpoints: frozenset[str]
) -> EntraError | None:
    secret, assertion = form.get("client_secret", ""), form.get("client_assertion", "")
    if not secret and not assertion:
        return errors.credential_missing()
    if app.public_client:
        return errors.public_client()
    if assertion:
        return client_assertion.refused(world, app, assertion, form.get("client_assertion_type", ""), endpoints)
    known = next((one for one in app.secrets if one.value == secret), None)
    if known is None:
        return errors.secret_wrong(app.client_id)
    return errors.secret_expired(app.client_id) if known.expires < world.now() else None


def _resource(scope: str) -> str | EntraError:
    if " " in scope or not ("://" in scope or _GUID.match(scope)):
        return errors.scope_invalid(scope)
    if not scope.endswith("/.default"):
        return errors.scope_not_default(scope)
    return scope.removesuffix("/.default").rstrip("/")


def canonical(tenant: Tenant, resource: str) -> str:
    """Return the name that `Tenant.resources` uses for a resource. An unknown resource is returned without its final slashes."""
    name, cloud = resource.rstrip("/"), CLOUDS[tenant.cloud]
    if name == EXCHANGE_APP or name in cloud.exchange:
        return EXCHANGE_ONLINE
    return GRAPH if name in {GRAPH_APP, cloud.graph} else name


def spelt(tenant: Tenant, resource: str) -> str:
    """Return the audience of a token for this resource: the resource as requested, or its URL if it was requested by id."""
    cloud = CLOUDS[tenant.cloud]
    return {EXCHANGE_APP: cloud.exchange[0], GRAPH_APP: cloud.graph}.get(resource, resource)
