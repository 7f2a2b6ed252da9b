"""Conditional Access policies in Microsoft Graph's format, built from the tenant's state.

Source: Microsoft Graph reference, conditionalAccessPolicy and conditionalAccessConditionSet.
"""

from typing import Any

from ..entra.device_code import DEVICE_CODE_POLICY
from ..world.tenant import ConditionalAccess, PolicyKind, Tenant

NAMED_LOCATION = "0d9a47f1-5c63-4be8-90f2-e7c31b86da05"
_NAMES = {
    PolicyKind.REQUIRE_MFA: "Require multifactor authentication",
    PolicyKind.BLOCK_LEGACY_CLIENTS: "Block legacy authentication",
    PolicyKind.BLOCK_WORKLOAD: "Block workload identities",
    PolicyKind.BLOCK_OTHER_LOCATIONS: "Only from our servers",
}


def documents(tenant: Tenant) -> list[dict[str, Any]]:
    """Return all policies. The policy that blocks device codes, if there is one, is the last."""
    found = [_policy(tenant, one) for one in tenant.conditional_access]
    if tenant.device_codes_forbidden:
        found.append(_without_device_codes())
    return found


def name_of(tenant: Tenant, policy_id: str) -> str:
    """Return the name of the policy with this id, or the id itself if `conditional_access` does not contain it."""
    return next((_NAMES[one.kind] for one in tenant.conditional_access if one.policy_id == policy_id), policy_id)


def _policy(tenant: Tenant, policy: ConditionalAccess) -> dict[str, Any]:
    conditions = _conditions()
    if policy.kind is PolicyKind.BLOCK_WORKLOAD or policy.workload:
        everyone = ["ServicePrincipalsInMyOrganization"]
        principals = sorted(
            one.object_id for name in policy.applies_to if (one := tenant.service_principal(name)) is not None
        )
        conditions["users"]["includeUsers"] = ["None"]
        conditions["clientApplications"] = {
            "includeServicePrincipals": principals if policy.applies_to else everyone,
            "excludeServicePrincipals": [],
        }
    elif policy.applies_to:
        conditions["users"]["includeUsers"] = sorted(map(tenant.object_id, policy.applies_to))
    if policy.kind is PolicyKind.BLOCK_LEGACY_CLIENTS:
        conditions["clientAppTypes"] = ["exchangeActiveSync", "other"]
    if policy.kind is PolicyKind.BLOCK_OTHER_LOCATIONS:
        conditions["locations"] = {"includeLocations": ["All"], "excludeLocations": [NAMED_LOCATION]}
    control = "mfa" if policy.kind is PolicyKind.REQUIRE_MFA else "block"
    state = "enabledForReportingButNotEnforced" if policy.report_only else "enabled"
    return _document(policy.policy_id, _NAMES[policy.kind], state, conditions, control)


def _without_device_codes() -> dict[str, Any]:
    conditions = _conditions()
    conditions["authenticationFlows"] = {"transferMethods": "deviceCodeFlow,authenticationTransfer"}
    return _document(DEVICE_CODE_POLICY, "Block device code flow", "enabled", conditions, "block")


def _conditions() -> dict[str, Any]:
    return {
        "userRiskLevels": [],
        "signInRiskLevels": [],
        "servicePrincipalRiskLevels": [],
        "clientAppTypes": ["all"],
        "platforms": None,
        "locations": None,
        "devices": None,
        "clientApplications": None,
        "authenticationFlows": None,
        "applications": {"includeApplications": ["All"], "excludeApplications": [], "includeUserActions": []},
        "users": {
            "includeUsers": ["All"],
            "excludeUsers": [],
            "includeGroups": [],
            "excludeGroups": [],
            "includeRoles": [],
            "excludeRoles": [],
        },
    }


def _document(policy_id: str, name: str, state: str, conditions: dict[str, Any], control: str) -> dict[str, Any]:
    return {
        "id": policy_id,
        "displayName": name,
        "createdDateTime": "2025-03-04T09:12:45Z",
        "modifiedDateTime": None,
        "state": state,
        "conditions": conditions,
        "grantControls": {
            "operator": "OR",
            "builtInControls": [control],
            "customAuthenticationFactors": [],
            "termsOfUse": [],
        },
        "sessionControls": None,
    }
