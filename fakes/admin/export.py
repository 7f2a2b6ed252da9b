"""Build the tenant export, a JSON document that contains the lookup queries for both senders with their answers.

The export calls the code of both APIs directly, with full read access, instead of sending HTTP requests. It is not tied to one run, so
it queries the sign-in log and the message trace without a time range, and stores these answers under keys of their own.
"""

from collections.abc import Iterator
from typing import Any

from ..world.clouds import CLOUDS, EXCHANGE_APP
from ..world.records import Records
from ..world.tenant import Tenant
from ..world.world import EXCHANGE_SCOPE, GLOBAL_READER, GRAPH_ROLES, Sender, World
from . import cmdlets, graph_answers
from .bearer import Caller
from .cmdlets import CmdletError
from .graph_errors import GraphError
from .odata import stamp

SCHEMA = "smtp365-tenant-export/1"
_EVERYTHING = Caller(permissions=GRAPH_ROLES | {EXCHANGE_SCOPE}, roles=frozenset({GLOBAL_READER}), person=True)
_USER = (
    "id,userPrincipalName,accountEnabled,onPremisesSyncEnabled,assignedPlans,proxyAddresses,passwordPolicies,"
    "lastPasswordChangeDateTime"
)
_APPLICATION = "id,appId,displayName,signInAudience,isFallbackPublicClient,passwordCredentials,keyCredentials"


def document(world: World, records: Records) -> dict[str, Any]:
    """Return the tenant export, with the lookups for both senders."""
    graph: dict[str, Any] = {}
    exchange: dict[str, Any] = {}
    for sender in world.senders:
        for address in _addresses(world.tenant, sender):
            graph.setdefault(address, _asked(world, records, address))
        for name, address in _books(world.tenant, sender):
            graph.setdefault(name, _asked(world, records, address))
        for name, parameters in _cmdlets(world.tenant, sender):
            words = " ".join([name, *(f"{key}={value}" for key, value in parameters.items())])
            exchange.setdefault(words, _ran(world.tenant, name, parameters))
    made = world.now().replace(microsecond=0)
    return {
        "schema": SCHEMA,
        "made": stamp(made),
        "tenant_id": world.tenant.tenant_id,
        "graph": graph,
        "exchange": exchange,
    }


def _addresses(tenant: Tenant, sender: Sender) -> Iterator[str]:
    upn, domain = sender.username, sender.username.rpartition("@")[2]
    yield f"/v1.0/users/{upn}?$select={_USER}"
    if "@" in upn:
        yield f"/v1.0/domains/{domain}?$select=id,authenticationType,passwordValidityPeriodInDays"
    yield f"/beta/users/{upn}/authentication/requirements"
    yield f"/v1.0/users/{upn}/authentication/methods"
    yield "/v1.0/policies/identitySecurityDefaultsEnforcementPolicy"
    yield "/v1.0/identity/conditionalAccess/policies?$select=id,displayName,state,conditions,grantControls"
    if sender.client_id:
        yield f"/v1.0/applications(appId='{sender.client_id}')?$select={_APPLICATION}"
        yield f"/v1.0/servicePrincipals(appId='{sender.client_id}')?$select=id,appId,displayName,accountEnabled"
        principal = tenant.service_principal(sender.client_id)
        if principal is not None:
            yield f"/v1.0/servicePrincipals/{principal.object_id}/appRoleAssignments"
        yield f"/v1.0/servicePrincipals(appId='{EXCHANGE_APP}')?$select=id,appId,displayName,appRoles"


def _books(tenant: Tenant, sender: Sender) -> Iterator[tuple[str, str]]:
    upn = sender.username.replace("'", "''")
    yield f"sign_in_log {sender.username}", f"/v1.0/auditLogs/signIns?$filter=userPrincipalName eq '{upn}'"
    if sender.client_id:
        of_app = f"signInEventTypes/any(t: t eq 'servicePrincipal') and appId eq '{sender.client_id}'"
        yield f"sign_in_log {sender.client_id}", f"/beta/auditLogs/signIns?$filter={of_app}"
    if CLOUDS[tenant.cloud].traces:
        by = sender.mail_from.replace("'", "''")
        yield (
            f"trace {sender.mail_from}",
            f"/v1.0/admin/exchange/tracing/messageTraces?$filter=senderAddress eq '{by}'",
        )


def _cmdlets(tenant: Tenant, sender: Sender) -> Iterator[tuple[str, dict[str, str]]]:
    mailbox, app = sender.username, sender.client_id
    yield "Get-TransportConfig", {}
    yield "Get-CASMailbox", {"Identity": mailbox}
    yield "Get-User", {"Identity": mailbox}
    yield "Get-OrganizationConfig", {}
    user = tenant.user(mailbox)
    for policy in sorted({tenant.default_auth_policy, user.auth_policy if user else None} - {None}, key=str):
        yield "Get-AuthenticationPolicy", {"Identity": str(policy)}
    if not app:
        return
    yield "Get-ServicePrincipal", {"Identity": app}
    known, enterprise = tenant.exchange_principal(app), tenant.service_principal(app)
    for object_id in sorted({one.object_id for one in (known, enterprise) if one is not None}):
        yield "Get-MailboxPermission", {"Identity": mailbox, "User": object_id}
        yield "Get-RecipientPermission", {"Identity": mailbox, "Trustee": object_id}
    yield "Test-ServicePrincipalAuthorization", {"Identity": app, "Resource": mailbox}


def _asked(world: World, records: Records, address: str) -> dict[str, Any]:
    path, _, written = address.partition("?")
    query = dict(pair.split("=", 1) for pair in written.split("&")) if written else {}
    host = CLOUDS[world.tenant.cloud].graph_host
    body = graph_answers.answer(world, records, _EVERYTHING, host=host, path=path, query=query)
    if isinstance(body, GraphError):
        return {"status": body.status, "body": body.document(world.now())}
    return {"status": 200, "body": body}


def _ran(tenant: Tenant, name: str, parameters: dict[str, str]) -> dict[str, Any]:
    rows = cmdlets.run(tenant, name, parameters)
    if isinstance(rows, CmdletError):
        return {"status": rows.status, "value": [], "message": f"{rows.exception}|{rows.message}"}
    return {"status": 200, "value": rows or []}
