"""Turns Graph's answers into records, such as those of the user, the domain, the application and its permissions.

Source: Microsoft Graph reference, resources user, domain, application, servicePrincipal, appRoleAssignment.
"""

from __future__ import annotations

from typing import Any, Final

from evidence.tenant import (
    ApplicationLookup,
    CredentialEntry,
    DomainLookup,
    LookupState,
    MethodsLookup,
    MfaLookup,
    PrincipalLookup,
    RolesLookup,
    SecurityDefaultsLookup,
    UserLookup,
)
from probes.lookups.client import LookupClient, like
from probes.lookups.questions import question
from probes.lookups.reading import Json, flag, moment, number, required, rows, text, texts

# Plans that belong to the service "exchange" and include no mailbox (Microsoft, "Product names and service plan identifiers").
_NO_MAILBOX: Final = frozenset(
    {
        "113feb6c-3fe4-4440-bddc-54d774bf0318",  # Exchange Foundation
        "176a09a6-7ec5-4039-ac02-b2791c6ba793",  # Exchange Online Archiving
        "34c0d7a0-a70f-4668-9238-47f9fc208882",  # MyAnalytics
        "33c4f319-9bdd-48d6-9c4d-410b750a4a5a",  # Insights by MyAnalytics
        "b088306e-925b-44ab-baa0-63291c629a91",  # Insights by MyAnalytics, backend
    }
)
_IN_FORCE: Final = frozenset({"enabled", "warning"})  # "warning" is the grace period of a subscription that ended
_METHOD: Final = ("#microsoft.graph.", "AuthenticationMethod")


def user(client: LookupClient, upn: str) -> UserLookup:
    """Look up the user who signs in."""

    def read() -> dict[str, Any]:
        body = client.body("user", user=upn)
        policies = text(body, "passwordPolicies")
        return {
            "object_id": required(body, "id"),
            "enabled": flag(body, "accountEnabled"),
            # in Graph null means never
            "synchronised": bool(flag(body, "onPremisesSyncEnabled")) if "onPremisesSyncEnabled" in body else None,
            "exchange_plan": _has_plan(body) if "assignedPlans" in body else None,
            "proxy_addresses": texts(body, "proxyAddresses"),
            "password_never_expires": "DisablePasswordExpiration" in (policies or "")
            if "passwordPolicies" in body
            else None,
            "password_changed": moment(body, "lastPasswordChangeDateTime"),
        }

    return client.lookup(UserLookup, question("user", user=upn), read)


def _has_plan(body: Json) -> bool:
    return any(
        (text(plan, "service") or "").lower() == "exchange"
        and (text(plan, "capabilityStatus") or "").lower() in _IN_FORCE
        and (text(plan, "servicePlanId") or "").lower() not in _NO_MAILBOX
        for plan in rows(body, "assignedPlans")
    )


def domain(client: LookupClient, upn: str) -> DomainLookup:
    """Look up the domain in the user name."""
    name = upn.rpartition("@")[2].lower() if "@" in upn else ""

    def read() -> dict[str, Any]:
        body = client.body("domain", domain=name)
        kind = text(body, "authenticationType")
        return {
            "federated": None if kind is None else kind.lower() == "federated",
            "password_valid_days": number(body, "passwordValidityPeriodInDays"),
        }

    return client.lookup(DomainLookup, question("domain", domain=name), read)


def mfa(client: LookupClient, upn: str) -> MfaLookup:
    """Look up the state of per-user MFA. The lookup fails if the value is not one of the three documented ones."""

    def read() -> dict[str, Any]:
        return {"per_user": required(client.body("mfa", user=upn), "perUserMfaState").lower()}

    return client.lookup(MfaLookup, question("mfa", user=upn), read)


def methods(client: LookupClient, upn: str) -> MethodsLookup:
    """Look up the registered authentication methods other than the password. Each kind is listed once."""

    def read() -> dict[str, Any]:
        kinds = [required(row, "@odata.type") for row in rows(client.body("methods", user=upn))]
        plain = [kind.removeprefix(_METHOD[0]).removesuffix(_METHOD[1]) for kind in kinds]
        return {"methods": tuple(dict.fromkeys(kind for kind in plain if kind != "password"))}

    return client.lookup(MethodsLookup, question("methods", user=upn), read)


def security_defaults(client: LookupClient) -> SecurityDefaultsLookup:
    """Look up whether security defaults are on for the tenant."""
    return client.lookup(
        SecurityDefaultsLookup,
        question("security_defaults"),
        lambda: {"enabled": flag(client.body("security_defaults"), "isEnabled")},
    )


def application(client: LookupClient, client_id: str) -> ApplicationLookup:
    """Look up the app registration and the expiry dates of its secrets and certificates."""

    def read() -> dict[str, Any]:
        body = client.body("application", client_id=client_id)
        secrets = rows(body, "passwordCredentials") if "passwordCredentials" in body else ()
        certificates = rows(body, "keyCredentials") if "keyCredentials" in body else ()
        return {
            "object_id": required(body, "id"),
            "name": text(body, "displayName") or "",
            "sign_in_audience": text(body, "signInAudience") or "",
            "public_client": flag(body, "isFallbackPublicClient"),
            "credentials": (
                *(_credential(row, "secret") for row in secrets),
                *(_credential(row, "certificate") for row in certificates),
            ),
        }

    return client.lookup(ApplicationLookup, question("application", client_id=client_id), read)


def _credential(row: Json, kind: str) -> CredentialEntry:
    return CredentialEntry.model_validate(
        {
            "kind": kind,
            "key_id": required(row, "keyId"),
            "ends": moment(row, "endDateTime"),
        }
    )


def principal(client: LookupClient, client_id: str) -> PrincipalLookup:
    """Look up the enterprise application."""

    def read() -> dict[str, Any]:
        body = client.body("principal", client_id=client_id)
        return {"object_id": required(body, "id"), "enabled": flag(body, "accountEnabled")}

    return client.lookup(PrincipalLookup, question("principal", client_id=client_id), read)


def roles(client: LookupClient, of: PrincipalLookup) -> RolesLookup:
    """Look up the consented permissions for Exchange Online. A role is identified by its value, because its id is undocumented."""
    if of.state is not LookupState.ANSWERED:
        return like(RolesLookup, of)

    def read() -> dict[str, Any]:
        assigned = rows(client.body("assignments", principal=of.object_id))
        resource = client.body("exchange_online")
        here = required(resource, "id").lower()
        values = {required(role, "id").lower(): text(role, "value") or "" for role in rows(resource, "appRoles")}
        granted = [
            values.get(required(row, "appRoleId").lower(), "")
            for row in assigned
            if required(row, "resourceId").lower() == here
        ]
        return {"roles": tuple(dict.fromkeys(value for value in granted if value))}

    asked = question("assignments", principal=of.object_id)
    found = client.lookup(RolesLookup, asked, read)
    if found.state is LookupState.ABSENT and found.question == question("exchange_online").text:
        # Without Exchange Online in the directory no consent to its permissions is possible. That is an answer.
        return RolesLookup(
            state=LookupState.ANSWERED,
            question=asked.text,
            detail=found.detail,
            seconds=found.seconds,
            resource_present=False,
        )
    return found
