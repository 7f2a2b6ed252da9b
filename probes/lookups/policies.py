"""Conditional Access: which of the tenant's policies apply to this sender's sign-in, and what they require.

A password sign-in over SMTP has the client type `other` (legacy). An application with a secret is a workload identity, to which
only policies for service principals apply. Source: Microsoft Graph reference, conditionalAccessPolicy.
"""

from __future__ import annotations

from typing import Any, Final

from evidence.tenant import ConditionalAccessLookup, ConditionalPolicy
from probes.lookups.client import LookupClient
from probes.lookups.questions import EXCHANGE_ONLINE_APP, question
from probes.lookups.reading import Json, required, rows, table, text, texts

_STATES: Final = {"enabled": "enabled", "enabledForReportingButNotEnforced": "report_only"}
_LEGACY: Final = frozenset({"all", "other"})
_EXCHANGE: Final = frozenset({"all", "office365", EXCHANGE_ONLINE_APP})
_OWN_PRINCIPALS: Final = "serviceprincipalsinmytenant"
# A mail client that signs in with a password has neither a compliant device nor an approved app, so these controls block it.
_IMPOSSIBLE: Final = frozenset(
    {"block", "compliantdevice", "domainjoineddevice", "approvedapplication", "compliantapplication"}
)


def conditional_access(client: LookupClient, *, aims_at: str, object_id: str) -> ConditionalAccessLookup:
    """Look up the policies that target, or may target, this user or service principal. An unknown `object_id` is an empty string."""

    def read() -> dict[str, Any]:
        found = [_policy(row, aims_at, object_id.lower()) for row in rows(client.body("conditional_access"))]
        return {"policies": tuple(policy for policy in found if policy is not None)}

    return client.lookup(ConditionalAccessLookup, question("conditional_access"), read)


def _policy(row: Json, aims_at: str, object_id: str) -> ConditionalPolicy | None:
    state = _STATES.get(text(row, "state") or "")
    conditions, grant = table(row, "conditions"), table(row, "grantControls")
    if state is None or not _concerns_exchange(table(conditions, "applications")):
        return None
    if _lowered(table(conditions, "authenticationFlows"), "transferMethods") - {"none"}:
        return None  # it applies only to device codes and transferred sessions
    if aims_at == "user":
        if not _LEGACY & _lowered(conditions, "clientAppTypes"):
            return None
        hits, guessed = _targets_user(table(conditions, "users"), object_id)
    else:
        hits, guessed = _targets_principal(table(conditions, "clientApplications"), object_id)
    if not hits:
        return None
    controls = _lowered(grant, "builtInControls")
    locations = table(conditions, "locations")
    return ConditionalPolicy.model_validate(
        {
            "policy_id": required(row, "id"),
            "name": text(row, "displayName") or "",
            "state": state,
            "aims_at": aims_at,
            "blocks": bool(controls & (_IMPOSSIBLE if aims_at == "user" else {"block"})),
            "demands_mfa": "mfa" in controls or bool(table(grant, "authenticationStrength")),
            "limits_location": bool(texts(locations, "excludeLocations"))
            or bool(_lowered(locations, "includeLocations") - {"all"}),
            "membership_unknown": guessed,
        }
    )


def _concerns_exchange(applications: Json) -> bool:
    named = _lowered(applications, "includeApplications")
    return bool(named & _EXCHANGE) and not _lowered(applications, "excludeApplications") & (_EXCHANGE - {"all"})


def _targets_user(users: Json, object_id: str) -> tuple[bool, bool]:
    """Return whether a policy may target the user, and whether this is uncertain because an id or the members of a group are unknown."""
    included = _lowered(users, "includeUsers")
    by_membership = bool(texts(users, "includeGroups") or texts(users, "includeRoles"))
    left_out = bool(texts(users, "excludeGroups") or texts(users, "excludeRoles"))
    if object_id and object_id in _lowered(users, "excludeUsers"):
        return False, False
    if "all" in included or (object_id and object_id in included):
        return True, left_out or (not object_id and bool(_lowered(users, "excludeUsers")))
    named_others = not object_id and bool(included - {"none", "guestsorexternalusers"})
    return by_membership or named_others, True


def _targets_principal(applications: Json, object_id: str) -> tuple[bool, bool]:
    included = _lowered(applications, "includeServicePrincipals")
    filtered = bool(table(applications, "servicePrincipalFilter"))  # by attributes, which are not looked up
    if object_id and object_id in _lowered(applications, "excludeServicePrincipals"):
        return False, False
    if _OWN_PRINCIPALS in included or (object_id and object_id in included):
        return True, filtered
    return filtered or (bool(included) and not object_id), True


def _lowered(source: Json, key: str) -> frozenset[str]:
    return frozenset(one.lower() for one in texts(source, key))
