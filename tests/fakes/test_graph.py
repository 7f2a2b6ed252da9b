"""Tests of the fake Graph with msal and requests: each query, each permission, paging, `$select`, throttling and shared state."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import jwt
import pytest

from fakes import LOOKUP_FAULTS, World, apply, healthy
from fakes.faults import change
from fakes.world.tenant import ConditionalAccess, Mailbox, PolicyKind
from fakes.world.world import (
    ADMINISTRATOR,
    ALERTS,
    AUDITOR_CLIENT_ID,
    CLIENT_ID,
    GRAPH_ROLES,
    NOTICES,
    PRINCIPAL_OBJECT_ID,
    REGISTRATION_OBJECT_ID,
    TENANT_ID,
)
from tests.fakes.admin_api import EXCHANGE, GRAPH, administrator, auditor
from tests.fakes.clients import acquire_with_msal, by_password, submission, tenant

USER = (
    f"/v1.0/users/{ALERTS}?$select=id,userPrincipalName,accountEnabled,onPremisesSyncEnabled,assignedPlans,"
    "proxyAddresses,passwordPolicies,lastPasswordChangeDateTime"
)
DOMAIN = "/v1.0/domains/fabrikam.example?$select=id,authenticationType,passwordValidityPeriodInDays"
MFA = f"/beta/users/{ALERTS}/authentication/requirements"
METHODS = f"/v1.0/users/{ALERTS}/authentication/methods"
DEFAULTS = "/v1.0/policies/identitySecurityDefaultsEnforcementPolicy"
POLICIES = "/v1.0/identity/conditionalAccess/policies?$select=id,displayName,state,conditions,grantControls"
APPLICATION = (
    f"/v1.0/applications(appId='{CLIENT_ID}')?$select=id,appId,displayName,signInAudience,isFallbackPublicClient,"
    "passwordCredentials,keyCredentials"
)
PRINCIPAL = f"/v1.0/servicePrincipals(appId='{CLIENT_ID}')?$select=id,appId,displayName,accountEnabled"
ROLES = f"/v1.0/servicePrincipals/{PRINCIPAL_OBJECT_ID}/appRoleAssignments"
RESOURCE = "/v1.0/servicePrincipals(appId='00000002-0000-0ff1-ce00-000000000000')?$select=id,appId,displayName,appRoles"
SINCE = "2020-01-01T00:00:00Z"
LOG = (
    f"/v1.0/auditLogs/signIns?$filter=userPrincipalName eq '{ALERTS}' and createdDateTime ge {SINCE}"
    "&$top=10&$orderby=createdDateTime desc"
)
APP_LOG = (
    "/beta/auditLogs/signIns?$filter=signInEventTypes/any(t: t eq 'servicePrincipal') and "
    f"appId eq '{CLIENT_ID}' and createdDateTime ge {SINCE}&$top=10"
)
TRACE = (
    f"/v1.0/admin/exchange/tracing/messageTraces?$filter=senderAddress eq '{ALERTS}' and receivedDateTime ge {SINCE} "
    "and receivedDateTime le 2100-01-01T00:00:00Z&$top=10"
)
BY_POLICY = {"legacy_clients_blocked", "place_not_named", "mfa_by_policy"}
NEEDS = {
    USER: "User.Read.All",
    DOMAIN: "Domain.Read.All",
    MFA: "Policy.Read.All",
    METHODS: "UserAuthenticationMethod.Read.All",
    DEFAULTS: "Policy.Read.All",
    POLICIES: "Policy.Read.All",
    APPLICATION: "Application.Read.All",
    PRINCIPAL: "Application.Read.All",
    ROLES: "Application.Read.All",
    RESOURCE: "Application.Read.All",
    LOG: "AuditLog.Read.All",
    APP_LOG: "AuditLog.Read.All",
    TRACE: "ExchangeMessageTrace.Read.All",
}


def fetched(folder: Path, path: str, *fault_ids: str, world: World | None = None) -> dict[str, Any]:
    """Send one query as the auditor, assert that it succeeds, and return the body."""
    with auditor(folder, *fault_ids, world=world) as api:
        answer = api.graph(path)
    body: dict[str, Any] = answer.json()
    assert answer.status_code == 200, body
    return body


def test_every_query_is_answered(tmp_path: Path) -> None:
    """The auditor can run every query, and the query for a user returns exactly the selected members."""
    with auditor(tmp_path) as api:
        answers = {path: api.graph(path) for path in NEEDS}

    assert {path: answer.status_code for path, answer in answers.items()} == dict.fromkeys(NEEDS, 200)
    user = answers[USER].json()
    user.pop("@odata.context")
    assert list(user) == USER.partition("$select=")[2].split(",")
    assert (user["accountEnabled"], user["passwordPolicies"]) == (True, "DisablePasswordExpiration")
    assert user["assignedPlans"][0]["service"] == "exchange"
    secret = answers[APPLICATION].json()["passwordCredentials"][0]
    assert (secret["secretText"], secret["hint"]) == (None, healthy().oauth.client_secret[:3])
    send_as = next(one for one in answers[RESOURCE].json()["appRoles"] if one["value"] == "SMTP.SendAsApp")
    (assignment,) = answers[ROLES].json()["value"]
    assert (assignment["appRoleId"], assignment["resourceId"]) == (send_as["id"], answers[RESOURCE].json()["id"])


@pytest.mark.parametrize("permission", sorted(GRAPH_ROLES))
def test_each_permission_is_needed(tmp_path: Path, permission: str) -> None:
    """Without a permission, Graph refuses exactly the queries that require it, each with the members of a Graph error."""
    (fault,) = (
        one.id for one in LOOKUP_FAULTS.values() if one.id.startswith("lookup_without") and permission in one.changes
    )
    with auditor(tmp_path, fault) as api:
        answers = {path: api.graph(path) for path in NEEDS}

    refused = {path for path, answer in answers.items() if answer.status_code == 403}
    assert refused == {path for path, needed in NEEDS.items() if needed == permission}
    for path in refused:
        error = answers[path].json()["error"]
        assert error.keys() == {"code", "message", "innerError"}
        assert error["innerError"].keys() == {"date", "request-id", "client-request-id"}


def test_unsuitable_tokens_are_refused(tmp_path: Path) -> None:
    """A missing, malformed or expired token, or one for a different resource or cloud, gets 401. One without the permission gets 403."""
    with auditor(tmp_path) as api:
        world, good = api.running.world, api.token(GRAPH)
        api.running.change(replace(world, oauth=replace(world.oauth, scope=f"{GRAPH}/.default")))
        without = api.graph(USER, token=acquire_with_msal(api.running)["access_token"])
        wrong = [
            api.graph(USER, token=""),
            api.graph(USER, token="x.y.z"),
            api.graph(USER, token=api.token(EXCHANGE)),
            api.graph(USER, token=good, host="https://graph.microsoft.us"),
        ]
        api.running.change(replace(world, clock_offset=timedelta(hours=2)))
        wrong.append(api.graph(USER, token=good))

    messages = [answer.json()["error"]["message"].partition(".")[0] for answer in wrong]
    assert {(answer.status_code, answer.json()["error"]["code"]) for answer in wrong} == {
        (401, "InvalidAuthenticationToken")
    }
    assert messages == [
        "Access token is empty",
        "IDX14100: JWT is not well formed, or its key is unknown",
        "Access token validation failure",
        "Access token validation failure",
        "Lifetime validation failed, the token is expired",
    ]
    assert (without.status_code, without.json()["error"]["code"]) == (403, "Authorization_RequestDenied")


def test_azure_identity_gets_a_token(tmp_path: Path) -> None:
    """The azure-identity library, with its own pipeline, gets a token that Graph accepts."""
    from azure.core.pipeline.transport import RequestsTransport
    from azure.identity import ClientSecretCredential

    with auditor(tmp_path) as api:
        credential = ClientSecretCredential(
            TENANT_ID,
            AUDITOR_CLIENT_ID,
            api.running.world.directory_secret,
            transport=RequestsTransport(session=api.session, session_owner=False),
        )
        token = credential.get_token(f"{GRAPH}/.default").token
        answer = api.graph(USER, token=token)

    assert (answer.status_code, answer.json()["userPrincipalName"]) == (200, ALERTS)


def test_missing_objects(tmp_path: Path) -> None:
    """A query for an unknown object gets 404 with Graph's code. An existing address is found in any letter case, percent-encoded or not."""
    with auditor(tmp_path) as api:
        absent = [
            api.graph("/v1.0/users/nobody@fabrikam.example"),
            api.graph("/v1.0/domains/contoso.example"),
            api.graph(f"/v1.0/applications(appId='{REGISTRATION_OBJECT_ID}')"),
            api.graph(f"/v1.0/servicePrincipals(appId='{REGISTRATION_OBJECT_ID}')"),
            api.graph(f"/v1.0/servicePrincipals/{REGISTRATION_OBJECT_ID}/appRoleAssignments"),
            api.graph("/beta/users/nobody@fabrikam.example/authentication/requirements"),
            api.graph("/v1.0/users/nobody@fabrikam.example/authentication/methods"),
        ]
        found = api.graph(f"/v1.0/users/{ALERTS.upper().replace('@', '%40')}").json()
        by_id = api.graph(f"/v1.0/users/{found['id']}").json()

    assert {(one.status_code, one.json()["error"]["code"]) for one in absent} == {(404, "Request_ResourceNotFound")}
    assert found == by_id
    assert found.keys() == {"@odata.context", "displayName", "mail", "userPrincipalName", "id"}


@pytest.mark.parametrize(
    "path",
    [
        pytest.param(f"/v1.0/users/{ALERTS}?$select=shoeSize", id="no such property"),
        pytest.param("/v1.0/nonsense", id="no such segment"),
        pytest.param(MFA.replace("beta", "v1.0"), id="beta only"),
        pytest.param(APP_LOG.replace("beta", "v1.0"), id="event types are beta only"),
        pytest.param("/v1.0/auditLogs/signIns?$filter=userPrincipalName like 'a'", id="unreadable filter"),
        pytest.param("/v1.0/auditLogs/signIns?$filter=userPrincipalName eq 'a' or appId eq 'b'", id="or"),
        pytest.param("/v1.0/auditLogs/signIns?$top=many", id="top"),
    ],
)
def test_invalid_queries(tmp_path: Path, path: str) -> None:
    """Graph returns 400 for a query that it does not support."""
    with auditor(tmp_path) as api:
        answer = api.graph(path)

    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "BadRequest")


def test_paging(tmp_path: Path) -> None:
    """Every page but the last links to the next one, and the link preserves the query."""
    world = healthy()
    many = tuple(
        ConditionalAccess(
            kind=PolicyKind.REQUIRE_MFA,
            policy_id=f"00000000-0000-4000-8000-{number:012}",
            applies_to=frozenset({"x@y.example"}),
        )
        for number in range(5)
    )
    assert world.tenant.auditing is not None
    small = replace(world.tenant.auditing, page_size=2)
    with auditor(tmp_path, world=world.with_tenant(conditional_access=many, auditing=small)) as api:
        pages, address = [], POLICIES
        while address:
            body = api.graph(address).json()
            pages.append([row["id"] for row in body["value"]])
            address = body.get("@odata.nextLink", "")
            assert all(
                row.keys() == {"id", "displayName", "state", "conditions", "grantControls"} for row in body["value"]
            )

    assert [len(page) for page in pages] == [2, 2, 1]
    assert [policy_id for page in pages for policy_id in page] == [one.policy_id for one in many]


def test_throttling(tmp_path: Path) -> None:
    """The first requests get 429 with a Retry-After header, and the next one succeeds."""
    with auditor(tmp_path, "lookup_throttled_briefly") as api:
        answers = [api.graph(USER) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [429, 429, 200]
    assert answers[0].headers["Retry-After"] == "1"
    assert answers[0].json()["error"]["code"] == "TooManyRequests"


def test_no_premium_licence(tmp_path: Path) -> None:
    """Without Entra ID P1 or P2, only the sign-in logs are refused, with an error code of their own."""
    with auditor(tmp_path, "lookup_no_premium_licence") as api:
        answers = {path: api.graph(path) for path in NEEDS}

    refused = {path: one.json()["error"]["code"] for path, one in answers.items() if one.status_code != 200}
    assert refused == dict.fromkeys([LOG, APP_LOG], "Authentication_RequestFromNonPremiumTenantOrB2CTenant")


def test_graph_unreachable(tmp_path: Path) -> None:
    """With the fault `lookup_graph_unreachable`, Graph's host and the login host map to different ports."""
    with tenant(tmp_path, "lookup_graph_unreachable") as running:
        connect = running.description["connect"]

    assert connect["graph.microsoft.com:443"] != connect["login.microsoftonline.com:443"]
    assert connect["20.190.151.70:443"] == connect["graph.microsoft.com:443"]


@pytest.mark.parametrize(
    ("fault_id", "path", "shows"),
    [
        pytest.param("account_disabled", USER, {"accountEnabled": False}, id="disabled"),
        pytest.param("password_expired", USER, {"passwordPolicies": None}, id="password expired"),
        pytest.param("password_expiring", USER, {"passwordPolicies": None}, id="password expiring"),
        pytest.param("mailbox_missing", USER, {"assignedPlans": [], "proxyAddresses": []}, id="no mailbox"),
        pytest.param("mfa_required", MFA, {"perUserMfaState": "enforced"}, id="second factor"),
        pytest.param("mfa_enabled_per_user", MFA, {"perUserMfaState": "enabled"}, id="second factor enabled"),
        pytest.param("security_defaults", DEFAULTS, {"isEnabled": True}, id="security defaults"),
        pytest.param("federation_unreachable", DOMAIN, {"authenticationType": "Federated"}, id="federated"),
        pytest.param("secret_revoked", APPLICATION, {"passwordCredentials": []}, id="secret removed"),
        pytest.param("public_client", APPLICATION, {"isFallbackPublicClient": True}, id="public client"),
        pytest.param("app_multitenant", APPLICATION, {"signInAudience": "AzureADMultipleOrgs"}, id="multitenant"),
        pytest.param("app_disabled", PRINCIPAL, {"accountEnabled": False}, id="application disabled"),
        pytest.param("consent_missing", ROLES, {"value": []}, id="no consent"),
        pytest.param("sign_in_from_anywhere", POLICIES, {"value": []}, id="no policies"),
    ],
)
def test_directory_shows_the_cause_of_a_refusal(
    tmp_path: Path, fault_id: str, path: str, shows: dict[str, Any]
) -> None:
    """Graph returns the directory state that makes SMTP or Entra refuse the sender."""
    body = fetched(tmp_path, path, fault_id)

    assert {name: body[name] for name in shows} == shows


@pytest.mark.parametrize(
    ("fault_id", "conditions", "control"),
    [
        pytest.param(
            "legacy_clients_blocked", {"clientAppTypes": ["exchangeActiveSync", "other"]}, "block", id="legacy clients"
        ),
        pytest.param(
            "workload_blocked",
            {
                "clientApplications": {
                    "includeServicePrincipals": [PRINCIPAL_OBJECT_ID],
                    "excludeServicePrincipals": [],
                }
            },
            "block",
            id="workload identity",
        ),
        pytest.param(
            "lookup_device_codes_forbidden",
            {"authenticationFlows": {"transferMethods": "deviceCodeFlow,authenticationTransfer"}},
            "block",
            id="device codes",
        ),
    ],
)
def test_policies_have_the_format_of_graph(
    tmp_path: Path, fault_id: str, conditions: dict[str, Any], control: str
) -> None:
    """An enforced policy is listed after the two policies that restrict the senders to named locations."""
    *limits, added = fetched(tmp_path, POLICIES, fault_id)["value"]

    assert [one["conditions"]["locations"]["includeLocations"] for one in limits] == [["All"], ["All"]]
    assert {name: added["conditions"][name] for name in conditions} == conditions
    assert added["grantControls"]["builtInControls"] == [control]


def test_report_only_policy_does_not_refuse(tmp_path: Path) -> None:
    """A policy in report-only mode is listed with that state and is not enforced."""
    report_only = change.policy(
        ConditionalAccess(kind=PolicyKind.BLOCK_LEGACY_CLIENTS, policy_id="7", report_only=True)
    )(healthy())
    with auditor(tmp_path, world=report_only) as api:
        with submission(api.running) as client:
            reply = by_password(client, api.running)
        state = api.graph(POLICIES).json()["value"][-1]["state"]

    assert (reply[:3], state) == ("235", "enabledForReportingButNotEnforced")


def test_expired_password_is_refused_and_logged(tmp_path: Path) -> None:
    """If the password is older than the domain's validity period, SMTP refuses it and the sign-in log contains the reason."""
    world = healthy()
    old = world.now() - timedelta(days=91)
    changed = change.user(ALERTS, password_never_expires=False, password_changed=old)(world)
    with auditor(tmp_path, world=changed) as api:
        with submission(api.running) as client:
            reply = by_password(client, api.running)
        code = api.graph(LOG).json()["value"][0]["status"]["errorCode"]

    assert reply.startswith("535 5.7.139")
    assert code == 50055


@pytest.mark.parametrize(
    ("fault_id", "code"),
    [
        pytest.param("wrong_password", 50126, id="wrong password"),
        pytest.param("account_locked", 50053, id="locked"),
        pytest.param("account_disabled", 50057, id="disabled"),
        pytest.param("password_expired", 50055, id="password expired"),
        pytest.param("mfa_required", 50076, id="second factor"),
        pytest.param("legacy_clients_blocked", 53003, id="policy"),
        pytest.param("place_not_named", 53003, id="other location"),
        pytest.param("mfa_by_policy", 50076, id="second factor by policy"),
        pytest.param("security_defaults", 530035, id="security defaults"),
        pytest.param("mailbox_missing", 0, id="accepted by Entra"),
        pytest.param("sign_in_refused_bare", 50126, id="bare refusal"),
    ],
)
def test_sign_in_log_names_the_reason(tmp_path: Path, fault_id: str, code: int) -> None:
    """A password sign-in is logged in one row with Entra's error code and, if a policy refused it, that policy."""
    with auditor(tmp_path, fault_id) as api:
        with submission(api.running) as client:
            by_password(client, api.running)
        (row,) = api.graph(LOG).json()["value"]

    assert (row["status"]["errorCode"], row["clientAppUsed"], row["ipAddress"]) == (
        code, "Authenticated SMTP", "127.0.0.1",
    )  # fmt: skip
    assert bool(row["appliedConditionalAccessPolicies"]) is (fault_id in BY_POLICY)


@pytest.mark.parametrize("fault_id", ["smtp_auth_off_tenant", "auth_policy", "basic_removed"])
def test_refusals_by_exchange_are_not_logged(tmp_path: Path, fault_id: str) -> None:
    """A sign-in refused because of Exchange's own settings does not reach Entra, so the sign-in log has no row for it."""
    with auditor(tmp_path, fault_id) as api:
        with submission(api.running) as client:
            by_password(client, api.running)
        rows = api.graph(LOG).json()["value"]

    assert rows == []


def test_unknown_user_is_logged_under_the_typed_name(tmp_path: Path) -> None:
    """A sign-in with an unknown user name is logged under the name as typed, with error 50034."""
    with auditor(tmp_path, "unknown_user") as api:
        with submission(api.running) as client:
            by_password(client, api.running)
        typed = api.running.world.basic.username
        (row,) = api.graph(LOG.replace(ALERTS, typed)).json()["value"]

    assert (row["status"]["errorCode"], row["userId"]) == (50034, "")


def test_application_sign_ins_are_logged(tmp_path: Path) -> None:
    """Requests for app-only tokens are logged, newest first. Refused requests are logged with their error codes."""
    with auditor(tmp_path) as api:
        acquire_with_msal(api.running)
        api.running.change(apply(healthy(), ["secret_wrong"]))
        acquire_with_msal(api.running)
        rows = api.graph(APP_LOG).json()["value"]

    assert [row["status"]["errorCode"] for row in rows] == [7000215, 0]
    assert {row["servicePrincipalId"] for row in rows} == {PRINCIPAL_OBJECT_ID}


def test_message_trace(tmp_path: Path) -> None:
    """An accepted message has a trace row for each recipient. With a delay, the trace has no rows at first."""
    content = f"From: {ALERTS}\r\nSubject: Hello\r\nMessage-ID: <1@client.example>\r\n\r\nhello\r\n"
    with auditor(tmp_path) as api:
        with submission(api.running) as client:
            by_password(client, api.running)
            client.sendmail(ALERTS, [ALERTS, NOTICES], content)
        rows = api.graph(TRACE).json()["value"]
        api.running.change(apply(healthy(), ["lookup_not_traced_yet", "lookup_not_logged_yet"]))
        late = [api.graph(path).json()["value"] for path in (TRACE, LOG)]

    assert {row["recipientAddress"] for row in rows} == {ALERTS, NOTICES}
    assert {(row["status"], row["subject"], row["messageId"]) for row in rows} == {
        ("delivered", "Hello", "<1@client.example>")
    }
    assert late == [[], []]


def test_rows_of_another_application(tmp_path: Path) -> None:
    """If the account also signs in to a different application, the sign-in log has a row for that application."""
    (row,) = fetched(tmp_path, LOG, "account_used_elsewhere")["value"]

    assert row["appDisplayName"] == "Office 365 SharePoint Online"


def test_one_device_code_serves_two_resources(tmp_path: Path) -> None:
    """The administrator signs in once, and msal uses the refresh token to get the token for Exchange."""
    world = healthy().with_tenant(device_codes_approved_by=ADMINISTRATOR)
    with administrator(tmp_path, world=world) as api:
        scopes = [f"{GRAPH}/{name}" for name in sorted(GRAPH_ROLES)]
        flow = api.application.initiate_device_flow(scopes)
        first = api.application.acquire_token_by_device_flow(flow)
        (account,) = api.application.get_accounts()
        second = api.application.acquire_token_silent([f"{EXCHANGE}/.default"], account=account)
        answers = {path: api.graph(path, token=first["access_token"]).status_code for path in NEEDS}
        switch = api.exchange("Get-TransportConfig", token=second["access_token"])

    assert account["username"] == ADMINISTRATOR
    claims = jwt.decode(second["access_token"], options={"verify_signature": False})
    assert (claims["aud"], claims["scp"], claims["upn"]) == (EXCHANGE, "Exchange.Manage", ADMINISTRATOR)
    assert set(answers.values()) == {200}
    assert switch.status_code == 200


def test_signed_in_without_role_or_permission(tmp_path: Path) -> None:
    """A query is refused if the public client lacks the permission or the user lacks the role."""
    answers = []
    for fault in ("lookup_without_domain_read", "lookup_without_global_reader"):
        world = healthy().with_tenant(device_codes_approved_by=ADMINISTRATOR)
        with administrator(tmp_path, fault, world=world) as api:
            flow = api.application.initiate_device_flow([f"{GRAPH}/.default"])
            token = api.application.acquire_token_by_device_flow(flow)["access_token"]
            answers.append([api.graph(path, token=token).status_code for path in (DOMAIN, USER)])

    assert answers == [[403, 200], [403, 403]]


def test_device_codes_forbidden(tmp_path: Path) -> None:
    """A policy that blocks device codes takes effect when the code is entered, not when it is issued."""
    world = healthy().with_tenant(device_codes_approved_by=ADMINISTRATOR)
    with administrator(tmp_path, "lookup_device_codes_forbidden", world=world) as api:
        flow = api.application.initiate_device_flow([f"{GRAPH}/User.Read.All"])
        answer = api.application.acquire_token_by_device_flow(flow)

    assert (answer["error"], answer["error_codes"]) == ("invalid_grant", [53003])


def test_wrong_secret_of_the_auditor(tmp_path: Path) -> None:
    """With a wrong secret, the auditor gets no token, while the sender's secret still works."""
    with auditor(tmp_path, "lookup_secret_wrong") as api:
        answer = api.application.acquire_token_for_client([f"{GRAPH}/.default"])
        sender = acquire_with_msal(api.running)

    assert answer["error_codes"] == [7000215]
    assert "access_token" in sender


def test_aliases_are_shown(tmp_path: Path) -> None:
    """A mailbox's aliases are listed after its primary address, which has the prefix `SMTP:` in capitals."""
    world = change.user(ALERTS, mailbox=Mailbox(aliases=frozenset({"alarm@fabrikam.example"})))(healthy())

    assert fetched(tmp_path, USER, world=world)["proxyAddresses"] == [f"SMTP:{ALERTS}", "smtp:alarm@fabrikam.example"]
