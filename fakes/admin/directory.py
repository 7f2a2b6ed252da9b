"""Directory objects in Microsoft Graph's format: users, domains, applications and enterprise applications.

Functions that look up an object return None if it does not exist. Sources: Microsoft Graph reference; the published ids of Exchange
Online's application roles.
"""

import uuid
from typing import Any

from ..world import passwords
from ..world.clouds import EXCHANGE_APP, GRAPH_APP
from ..world.tenant import EXCHANGE_ONLINE, GRAPH, App, Federation, ServicePrincipal, Tenant, User
from ..world.world import World
from .odata import stamp

Object = dict[str, Any]
USER_DEFAULTS = ("displayName", "mail", "userPrincipalName", "id")
_EXCHANGE_PLAN = "9aaf7827-d63c-4b61-89c3-182f06f82e5c"
_EXCHANGE_ROLES = {
    "SMTP.SendAsApp": "7146a1f0-8703-45b3-9eae-527a64c00995",
    "IMAP.AccessAsApp": "5e5addcd-3e8d-4e90-baf5-964efab2b20a",
    "POP.AccessAsApp": "cb842b43-da6e-4506-86fe-bb12199c656d",
    "Exchange.ManageAsApp": "dc50a0fb-09a3-484d-be87-e023b12c6440",
    "full_access_as_app": "dc890d15-9560-4a4c-9b7f-a736ec74ec40",
    "Mail.Send": "b633e1c5-b582-4048-a93e-9f11b44c7e96",
}
_RESOURCES = {EXCHANGE_APP: (EXCHANGE_ONLINE, "Office 365 Exchange Online"), GRAPH_APP: (GRAPH, "Microsoft Graph")}
_METHOD_IDS = {"password": "28c10230-6103-485e-b985-444c60001490", "phone": "3179e48a-750b-4051-897c-87b9720928f7"}


def find_user(tenant: Tenant, name: str) -> User | None:
    """Return the user with this sign-in address or object id, or None."""
    everybody = (*tenant.users, *((tenant.auditing.administrator,) if tenant.auditing else ()))
    return tenant.user(name) or next((one for one in everybody if tenant.object_id(one.upn) == name.lower()), None)


def user(world: World, name: str) -> Object | None:
    """Return a user in Microsoft Graph's format."""
    found = find_user(world.tenant, name)
    if found is None:
        return None
    aliases = sorted(found.mailbox.aliases) if found.mailbox else []
    return {
        "id": world.tenant.object_id(found.upn),
        "displayName": found.upn.partition("@")[0],
        "userPrincipalName": found.upn,
        "mail": found.primary if found.own_addresses else None,
        "userType": "Member",
        "accountEnabled": found.enabled,
        "onPremisesSyncEnabled": True if found.synchronised else None,
        "assignedPlans": _plans() if found.mailbox else [],
        "proxyAddresses": [f"SMTP:{found.primary}", *(f"smtp:{alias}" for alias in aliases)]
        if found.own_addresses
        else [],
        "passwordPolicies": "DisablePasswordExpiration" if passwords.never_expires(found) else None,
        "lastPasswordChangeDateTime": stamp(passwords.changed(world, found)),
    }


def _plans() -> list[Object]:
    return [
        {
            "assignedDateTime": "2024-06-03T08:00:00Z",
            "capabilityStatus": "Enabled",
            "service": "exchange",
            "servicePlanId": _EXCHANGE_PLAN,
        }
    ]


def per_user_mfa(found: User) -> str:
    """Return the per-user MFA state. Only `enforced` blocks sign-in with a password alone."""
    if found.mfa_required:
        return "enforced"
    return "enabled" if found.mfa_enabled else "disabled"


def methods(found: User) -> list[Object]:
    """Return the registered authentication methods, including the password. If MFA is required, a phone is included as well."""
    names = {"password", *found.methods, *({"phone"} if found.mfa_required else ())}
    return [
        {
            "@odata.type": f"#microsoft.graph.{name}AuthenticationMethod",
            "id": _METHOD_IDS.get(name) or str(uuid.uuid5(uuid.NAMESPACE_DNS, f"{name}.{found.upn}")),
        }
        for name in sorted(names, key=lambda name: (name != "password", name))
    ]


def domain(tenant: Tenant, name: str) -> Object | None:
    """Return a verified domain: the tenant's own domain, or the domain of a user's sign-in address."""
    owners = [one for one in tenant.users if one.upn.rpartition("@")[2].casefold() == name.casefold()]
    if not owners and name.casefold() != tenant.domain.casefold():
        return None
    federated = any(one.federation is not Federation.MANAGED for one in owners)
    return {
        "id": name.lower(),
        "authenticationType": "Federated" if federated else "Managed",
        "isAdminManaged": True,
        "isDefault": name.casefold() == tenant.domain.casefold(),
        "isInitial": False,
        "isRoot": True,
        "isVerified": True,
        "supportedServices": ["Email"],
        "passwordValidityPeriodInDays": tenant.password_valid_days,
        "passwordNotificationWindowInDays": 14,
    }


def application(tenant: Tenant, client_id: str) -> Object | None:
    """Return an app registration with its credentials. Only the first three characters of each secret are included."""
    app = tenant.app(client_id)
    if app is None:
        return None
    return {
        "id": app.object_id,
        "appId": app.client_id,
        "displayName": app.display_name,
        "signInAudience": app.sign_in_audience,
        "isFallbackPublicClient": app.public_client or None,
        "passwordCredentials": _secrets(app),
        "keyCredentials": _certificates(app),
    }


def _secrets(app: App) -> list[Object]:
    return [
        {
            "customKeyIdentifier": None,
            "displayName": "alarm mail",
            "endDateTime": stamp(one.expires),
            "hint": one.value[:3],
            "keyId": one.key_id,
            "secretText": None,
            "startDateTime": "2025-01-13T10:00:00Z",
        }
        for one in app.secrets
    ]


def _certificates(app: App) -> list[Object]:
    return [
        {
            "customKeyIdentifier": one.thumbprint,
            "displayName": "CN=alarm mail",
            "endDateTime": stamp(one.expires),
            "key": None,
            "keyId": str(uuid.uuid5(uuid.NAMESPACE_DNS, one.thumbprint)),
            "startDateTime": "2025-01-13T10:00:00Z",
            "type": "AsymmetricX509Cert",
            "usage": "Verify",
        }
        for one in app.certificates
    ]


def principal(tenant: Tenant, client_id: str) -> Object | None:
    """Return the enterprise application with this client id. It can also be a Microsoft resource, such as Exchange Online."""
    resource = _RESOURCES.get(client_id.lower())
    if resource is not None:
        return _resource(tenant, client_id.lower()) if resource[0] in tenant.resources else None
    found, app = tenant.service_principal(client_id), tenant.app(client_id)
    if found is None:
        return None
    return {
        "id": found.object_id,
        "appId": found.client_id,
        "displayName": app.display_name if app else "",
        "accountEnabled": found.enabled,
        "appRoleAssignmentRequired": False,
        "servicePrincipalType": "Application",
        "appRoles": [],
    }


def _resource(tenant: Tenant, app_id: str) -> Object:
    roles = _EXCHANGE_ROLES if app_id == EXCHANGE_APP else {}
    return {
        "id": _resource_id(tenant, app_id),
        "appId": app_id,
        "displayName": _RESOURCES[app_id][1],
        "accountEnabled": True,
        "appRoleAssignmentRequired": False,
        "servicePrincipalType": "Application",
        "appRoles": [
            {
                "allowedMemberTypes": ["Application"],
                "description": value,
                "displayName": value,
                "id": role_id,
                "isEnabled": True,
                "origin": "Application",
                "value": value,
            }
            for value, role_id in roles.items()
        ],
    }


def _resource_id(tenant: Tenant, app_id: str) -> str:
    return str(uuid.uuid5(uuid.UUID(tenant.tenant_id), app_id))


def role_assignments(tenant: Tenant, object_id: str) -> list[Object] | None:
    """Return the application permissions granted to the enterprise application with this object id."""
    others = (tenant.auditing.principal,) if tenant.auditing else ()
    everybody = (*tenant.service_principals, *others)
    found = next((one for one in everybody if one.object_id == object_id.lower()), None)
    if found is None:
        return None
    exchange = [_assignment(tenant, found, EXCHANGE_APP, role) for role in sorted(found.consented)]
    return exchange + [_assignment(tenant, found, GRAPH_APP, role) for role in sorted(found.graph_roles)]


def _assignment(tenant: Tenant, found: ServicePrincipal, resource: str, role: str) -> Object:
    app = tenant.app(found.client_id)
    role_id = _EXCHANGE_ROLES.get(role) if resource == EXCHANGE_APP else None
    return {
        "id": str(uuid.uuid5(uuid.UUID(found.object_id), role)),
        "deletedDateTime": None,
        "appRoleId": role_id or str(uuid.uuid5(uuid.UUID(resource), role)),
        "createdDateTime": "2025-01-13T10:05:00Z",
        "principalDisplayName": app.display_name if app else "",
        "principalId": found.object_id,
        "principalType": "ServicePrincipal",
        "resourceDisplayName": _RESOURCES[resource][1],
        "resourceId": _resource_id(tenant, resource),
    }
