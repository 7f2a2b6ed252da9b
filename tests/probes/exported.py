"""A complete export of an invented tenant, written by hand from Microsoft's reference documentation."""

from __future__ import annotations

from typing import Any

from probes.lookups.questions import EXCHANGE_ONLINE_APP, question
from tests.probes.scripted import CLIENT, TENANT, USER

USER_ID = "a0000000-1111-4222-8333-444444444444"
PRINCIPAL = "b0000000-1111-4222-8333-444444444444"
EXCHANGE = "c0000000-1111-4222-8333-444444444444"
ROLE = "d0000000-1111-4222-8333-444444444444"
_STAMP = {"started": "x", "now": "x"}
_VALUES = {
    "user": USER,
    "mailbox": USER,
    "mail_from": USER,
    "domain": USER.partition("@")[2],
    "client_id": CLIENT,
    "principal": PRINCIPAL,
    "policy": "No Basic",
    **_STAMP,
}


def policy(**changes: Any) -> dict[str, Any]:  # noqa: ANN401 - any member of the JSON
    """Return a Conditional Access policy that blocks legacy clients for all users outside one location."""
    conditions = {
        "clientAppTypes": ["exchangeActiveSync", "other"],
        "applications": {"includeApplications": ["All"], "excludeApplications": []},
        "users": {"includeUsers": ["All"], "excludeUsers": [], "includeGroups": [], "excludeGroups": []},
        "locations": {"includeLocations": ["All"], "excludeLocations": ["e0000000"]},
        "clientApplications": None,
    }
    recorded: dict[str, Any] = {
        "id": "f0000000",
        "displayName": "Block legacy",
        "state": "enabled",
        "grantControls": {"operator": "OR", "builtInControls": ["block"], "authenticationStrength": None},
    }
    return {**recorded, "conditions": conditions} | changes


def workload(**changes: Any) -> dict[str, Any]:  # noqa: ANN401 - any member of the JSON
    """Return a Conditional Access policy for workload identities."""
    clients = {"includeServicePrincipals": ["ServicePrincipalsInMyTenant"], "excludeServicePrincipals": []}
    conditions = {
        "clientAppTypes": ["all"],
        "applications": {"includeApplications": ["All"]},
        "users": {"includeUsers": ["None"]},
        "clientApplications": clients,
    }
    return policy(id="f1000000", displayName="Workloads", conditions=conditions) | changes


def answers() -> dict[str, Any]:
    """Return valid answers, keyed by the name of the question."""
    secret = {"keyId": "k1", "endDateTime": "2027-03-01T00:00:00Z", "hint": "abc", "secretText": None}
    certificate = {"keyId": "k2", "endDateTime": "2028-03-01T00:00:00.1234567Z", "key": None}
    basic = "#microsoft.graph.passwordAuthenticationMethod"
    phone = "#microsoft.graph.phoneAuthenticationMethod"
    return {
        "user": {
            "id": USER_ID,
            "accountEnabled": True,
            "onPremisesSyncEnabled": None,
            "assignedPlans": [
                {
                    "service": "exchange",
                    "capabilityStatus": "Enabled",
                    "servicePlanId": "efb87545-963c-4e0d-99df-69c6916d9eb0",
                }
            ],
            "proxyAddresses": [f"SMTP:{USER}", "smtp:alias@contoso.example"],
            "passwordPolicies": "DisablePasswordExpiration, DisableStrongPassword",
            "lastPasswordChangeDateTime": "2026-01-02T03:04:05Z",
        },
        "domain": {
            "id": "contoso.example",
            "authenticationType": "Managed",
            "passwordValidityPeriodInDays": 2147483647,
        },
        "mfa": {"perUserMfaState": "disabled"},
        "methods": {"value": [{"@odata.type": basic, "id": "1"}, {"@odata.type": phone, "id": "2"}]},
        "security_defaults": {"isEnabled": False},
        "conditional_access": {"value": [policy(), workload()]},
        "application": {
            "id": "1",
            "displayName": "Alarms",
            "signInAudience": "AzureADMyOrg",
            "isFallbackPublicClient": None,
            "passwordCredentials": [secret],
            "keyCredentials": [certificate],
        },
        "principal": {"id": PRINCIPAL, "appId": CLIENT, "accountEnabled": True},
        "assignments": {
            "value": [{"resourceId": EXCHANGE, "appRoleId": ROLE}, {"resourceId": PRINCIPAL, "appRoleId": ROLE}]
        },
        "exchange_online": {
            "id": EXCHANGE,
            "appId": EXCHANGE_ONLINE_APP,
            "appRoles": [{"id": ROLE, "value": "SMTP.SendAsApp"}, {"id": "other", "value": "Mail.Send"}],
        },
        "user_sign_ins": {"value": []},
        "application_sign_ins": {"value": []},
        "trace": {"value": []},
        "transport": [{"SmtpClientAuthenticationDisabled": True, "AllowLegacyTLSClients": None}],
        "mailbox": [{"SmtpClientAuthenticationDisabled": None}],
        "exchange_user": [{"AuthenticationPolicy": ""}],
        "organisation": [{"DefaultAuthenticationPolicy": "No Basic"}],
        "policy": [{"AllowBasicAuthSmtp": False}],
        "exchange_principal": [{"AppId": CLIENT, "ObjectId": PRINCIPAL}],
        "mailbox_permission": [{"AccessRights": ["FullAccess", "ReadPermission"], "Deny": False}],
        "recipient_permission": [{"AccessRights": "SendAs", "AccessControlType": "Allow"}],
        "rbac": [{"RoleName": "Application SMTP.SendAsApp", "InScope": True}],
    }


def export(given: dict[str, Any] | None = None, made: str = "2026-11-25T07:00:00Z") -> dict[str, Any]:
    """Return the content of an export file with the given answers, or with valid answers to every question."""
    found: dict[str, Any] = {
        "schema": "smtp365-tenant-export/1",
        "made": made,
        "tenant_id": TENANT,
        "graph": {},
        "exchange": {},
    }
    for name, answer in (answers() if given is None else given).items():
        asked_question = question(name, **_VALUES)
        recorded = {"status": 200, "body" if asked_question.service == "graph" else "value": answer}
        found[asked_question.service.value][asked_question.key] = recorded
    return found
