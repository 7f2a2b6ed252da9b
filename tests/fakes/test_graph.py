"""The fake Graph, asked by msal and requests: each question, each permission, pages, ``$select``, throttling, one state."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import jwt
import pytest

from fakes import LOOK_UP_FAULTS, World, apply, healthy
from fakes.faults import change
from fakes.tenant import ConditionalAccess, Mailbox, PolicyKind
from fakes.world import (
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
from tests.fakes.asking import EXCHANGE, GRAPH, administrator, auditor
from tests.fakes.dialling import by_password, submission, tenant, through_msal

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


def asked(folder: Path, path: str, *fault_ids: str, world: World | None = None) -> dict[str, Any]:
    """The body of one answer to the auditor, which must be a good one."""
    with auditor(folder, *fault_ids, world=world) as desk:
        answer = desk.graph(path)
    body: dict[str, Any] = answer.json()
    assert answer.status_code == 200, body
    return body


def test_every_question_is_answered(tmp_path: Path) -> None:
    """The auditor reads everything, with exactly the members that were selected."""
    with auditor(tmp_path) as desk:
        answers = {path: desk.graph(path) for path in NEEDS}

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
    """Without one permission exactly its questions are refused, with Graph's members; with it all are answered."""
    (fault,) = (
        one.id for one in LOOK_UP_FAULTS.values() if one.id.startswith("lookup_without") and permission in one.changes
    )
    with auditor(tmp_path, fault) as desk:
        answers = {path: desk.graph(path) for path in NEEDS}

    refused = {path for path, answer in answers.items() if answer.status_code == 403}
    assert refused == {path for path, needed in NEEDS.items() if needed == permission}
    for path in refused:
        error = answers[path].json()["error"]
        assert error.keys() == {"code", "message", "innerError"}
        assert error["innerError"].keys() == {"date", "request-id", "client-request-id"}


def test_tokens_that_do_not_fit(tmp_path: Path) -> None:
    """No token, a foreign one, an expired one and one for another resource are 401; one without permission is 403."""
    with auditor(tmp_path) as desk:
        world, good = desk.running.world, desk.token(GRAPH)
        desk.running.change(replace(world, oauth=replace(world.oauth, scope=f"{GRAPH}/.default")))
        without = desk.graph(USER, token=through_msal(desk.running)["access_token"])
        wrong = [
            desk.graph(USER, token=""),
            desk.graph(USER, token="x.y.z"),
            desk.graph(USER, token=desk.token(EXCHANGE)),
            desk.graph(USER, token=good, host="https://graph.microsoft.us"),
        ]
        desk.running.change(replace(world, clock_offset=timedelta(hours=2)))
        wrong.append(desk.graph(USER, token=good))

    said = [answer.json()["error"]["message"].partition(".")[0] for answer in wrong]
    assert {(answer.status_code, answer.json()["error"]["code"]) for answer in wrong} == {
        (401, "InvalidAuthenticationToken")
    }
    assert said == [
        "Access token is empty",
        "IDX14100: JWT is not well formed, or its key is unknown",
        "Access token validation failure",
        "Access token validation failure",
        "Lifetime validation failed, the token is expired",
    ]
    assert (without.status_code, without.json()["error"]["code"]) == (403, "Authorization_RequestDenied")


def test_microsofts_own_client(tmp_path: Path) -> None:
    """Azure's library, with its own pipeline, gets a token that Graph takes; the question is put by requests."""
    from azure.core.pipeline.transport import RequestsTransport
    from azure.identity import ClientSecretCredential

    with auditor(tmp_path) as desk:
        credential = ClientSecretCredential(
            TENANT_ID,
            AUDITOR_CLIENT_ID,
            desk.running.world.directory_secret,
            transport=RequestsTransport(session=desk.session, session_owner=False),
        )
        token = credential.get_token(f"{GRAPH}/.default").token
        answer = desk.graph(USER, token=token)

    assert (answer.status_code, answer.json()["userPrincipalName"]) == (200, ALERTS)


def test_who_is_absent(tmp_path: Path) -> None:
    """Nobody of that name is 404 with Graph's code; case and percent signs of an address do not matter."""
    with auditor(tmp_path) as desk:
        absent = [
            desk.graph("/v1.0/users/nobody@fabrikam.example"),
            desk.graph("/v1.0/domains/contoso.example"),
            desk.graph(f"/v1.0/applications(appId='{REGISTRATION_OBJECT_ID}')"),
            desk.graph(f"/v1.0/servicePrincipals(appId='{REGISTRATION_OBJECT_ID}')"),
            desk.graph(f"/v1.0/servicePrincipals/{REGISTRATION_OBJECT_ID}/appRoleAssignments"),
            desk.graph("/beta/users/nobody@fabrikam.example/authentication/requirements"),
            desk.graph("/v1.0/users/nobody@fabrikam.example/authentication/methods"),
        ]
        found = desk.graph(f"/v1.0/users/{ALERTS.upper().replace('@', '%40')}").json()
        by_id = desk.graph(f"/v1.0/users/{found['id']}").json()

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
        pytest.param("/v1.0/auditLogs/signIns?$filter=userPrincipalName like 'a'", id="filter that cannot be read"),
        pytest.param("/v1.0/auditLogs/signIns?$filter=userPrincipalName eq 'a' or appId eq 'b'", id="or"),
        pytest.param("/v1.0/auditLogs/signIns?$top=many", id="top"),
    ],
)
def test_questions_that_graph_refuses(tmp_path: Path, path: str) -> None:
    """What Graph does not know is 400."""
    with auditor(tmp_path) as desk:
        answer = desk.graph(path)

    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "BadRequest")


def test_pages(tmp_path: Path) -> None:
    """A list longer than a page says where it goes on, and its last page does not; the query goes along."""
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
    with auditor(tmp_path, world=world.with_tenant(conditional_access=many, auditing=small)) as desk:
        pages, address = [], POLICIES
        while address:
            body = desk.graph(address).json()
            pages.append([row["id"] for row in body["value"]])
            address = body.get("@odata.nextLink", "")
            assert all(
                row.keys() == {"id", "displayName", "state", "conditions", "grantControls"} for row in body["value"]
            )

    assert [len(page) for page in pages] == [2, 2, 1]
    assert [policy_id for page in pages for policy_id in page] == [one.policy_id for one in many]


def test_throttling(tmp_path: Path) -> None:
    """The first requests are answered 429 with the time to wait, the next one well."""
    with auditor(tmp_path, "lookup_throttled_briefly") as desk:
        answers = [desk.graph(USER) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [429, 429, 200]
    assert answers[0].headers["Retry-After"] == "1"
    assert answers[0].json()["error"]["code"] == "TooManyRequests"


def test_no_premium_licence(tmp_path: Path) -> None:
    """Without Entra ID P1 or P2 the sign-in log is refused with its own code, and nothing else."""
    with auditor(tmp_path, "lookup_no_premium_licence") as desk:
        answers = {path: desk.graph(path) for path in NEEDS}

    refused = {path: one.json()["error"]["code"] for path, one in answers.items() if one.status_code != 200}
    assert refused == dict.fromkeys([LOG, APP_LOG], "Authentication_RequestFromNonPremiumTenantOrB2CTenant")


def test_graph_unreachable(tmp_path: Path) -> None:
    """Graph's host can be out of reach while the login host is not."""
    with tenant(tmp_path, "lookup_graph_unreachable") as running:
        led = running.description["connect"]

    assert led["graph.microsoft.com:443"] != led["login.microsoftonline.com:443"]
    assert led["20.190.151.70:443"] == led["graph.microsoft.com:443"]


@pytest.mark.parametrize(
    ("fault_id", "path", "shows"),
    [
        pytest.param("account_disabled", USER, {"accountEnabled": False}, id="disabled"),
        pytest.param("password_expired", USER, {"passwordPolicies": None}, id="password expired"),
        pytest.param("password_expiring", USER, {"passwordPolicies": None}, id="password expiring"),
        pytest.param("mailbox_missing", USER, {"assignedPlans": [], "proxyAddresses": []}, id="no mailbox"),
        pytest.param("mfa_required", MFA, {"perUserMfaState": "enforced"}, id="second factor"),
        pytest.param("mfa_enabled_per_user", MFA, {"perUserMfaState": "enabled"}, id="second factor to come"),
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
def test_state_behind_the_wire_shows(tmp_path: Path, fault_id: str, path: str, shows: dict[str, Any]) -> None:
    """What SMTP or Entra refuse by is what the directory shows."""
    body = asked(tmp_path, path, fault_id)

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
def test_policies_in_graphs_form(tmp_path: Path, fault_id: str, conditions: dict[str, Any], control: str) -> None:
    """A policy that is obeyed is shown after the two that limit the senders to named locations."""
    *limits, added = asked(tmp_path, POLICIES, fault_id)["value"]

    assert [one["conditions"]["locations"]["includeLocations"] for one in limits] == [["All"], ["All"]]
    assert {name: added["conditions"][name] for name in conditions} == conditions
    assert added["grantControls"]["builtInControls"] == [control]


def test_report_only_policy_refuses_nobody(tmp_path: Path) -> None:
    """A policy in report-only mode is shown as such and not obeyed."""
    watching = change.policy(PolicyKind.BLOCK_LEGACY_CLIENTS, "7", report_only=True)(healthy())
    with auditor(tmp_path, world=watching) as desk:
        with submission(desk.running) as client:
            reply = by_password(client, desk.running)
        state = desk.graph(POLICIES).json()["value"][-1]["state"]

    assert (reply[:3], state) == ("235", "enabledForReportingButNotEnforced")


def test_password_age_ends_the_sign_in_and_shows(tmp_path: Path) -> None:
    """One answer from both views: last change plus the domain's days is over, so Basic is refused."""
    world = healthy()
    old = world.now() - timedelta(days=91)
    changed = change.user(ALERTS, password_never_expires=False, password_changed=old)(world)
    with auditor(tmp_path, world=changed) as desk:
        with submission(desk.running) as client:
            reply = by_password(client, desk.running)
        code = desk.graph(LOG).json()["value"][0]["status"]["errorCode"]

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
        pytest.param("place_not_named", 53003, id="another place"),
        pytest.param("mfa_by_policy", 50076, id="second factor by policy"),
        pytest.param("security_defaults", 530035, id="security defaults"),
        pytest.param("mailbox_missing", 0, id="Entra let it in"),
        pytest.param("sign_in_refused_bare", 50126, id="bare"),
    ],
)
def test_sign_in_log_names_the_reason(tmp_path: Path, fault_id: str, code: int) -> None:
    """A refused password leaves one row with the number of its reason, and the policy that is to blame."""
    with auditor(tmp_path, fault_id) as desk:
        with submission(desk.running) as client:
            by_password(client, desk.running)
        (row,) = desk.graph(LOG).json()["value"]

    assert (row["status"]["errorCode"], row["clientAppUsed"], row["ipAddress"]) == (
        code, "Authenticated SMTP", "127.0.0.1",
    )  # fmt: skip
    assert bool(row["appliedConditionalAccessPolicies"]) is (fault_id in BY_POLICY)


@pytest.mark.parametrize("fault_id", ["smtp_auth_off_tenant", "auth_policy", "basic_removed"])
def test_what_entra_never_saw_is_not_logged(tmp_path: Path, fault_id: str) -> None:
    """Exchange's own switches refuse before anybody asks Entra."""
    with auditor(tmp_path, fault_id) as desk:
        with submission(desk.running) as client:
            by_password(client, desk.running)
        rows = desk.graph(LOG).json()["value"]

    assert rows == []


def test_unknown_user_is_logged_under_what_was_typed(tmp_path: Path) -> None:
    """A sign-in of nobody is 50034."""
    with auditor(tmp_path, "unknown_user") as desk:
        with submission(desk.running) as client:
            by_password(client, desk.running)
        typed = desk.running.world.basic.username
        (row,) = desk.graph(LOG.replace(ALERTS, typed)).json()["value"]

    assert (row["status"]["errorCode"], row["userId"]) == (50034, "")


def test_applications_have_rows_of_their_own(tmp_path: Path) -> None:
    """Requests for app-only tokens are logged, refused ones with their number; newest first."""
    with auditor(tmp_path) as desk:
        through_msal(desk.running)
        desk.running.change(apply(healthy(), ["secret_wrong"]))
        through_msal(desk.running)
        rows = desk.graph(APP_LOG).json()["value"]

    assert [row["status"]["errorCode"] for row in rows] == [7000215, 0]
    assert {row["servicePrincipalId"] for row in rows} == {PRINCIPAL_OBJECT_ID}


def test_message_trace(tmp_path: Path) -> None:
    """An accepted message has a row for each recipient; a late trace has none yet."""
    content = f"From: {ALERTS}\r\nSubject: Hello\r\nMessage-ID: <1@client.example>\r\n\r\nhello\r\n"
    with auditor(tmp_path) as desk:
        with submission(desk.running) as client:
            by_password(client, desk.running)
            client.sendmail(ALERTS, [ALERTS, NOTICES], content)
        rows = desk.graph(TRACE).json()["value"]
        desk.running.change(apply(healthy(), ["lookup_not_traced_yet", "lookup_not_logged_yet"]))
        late = [desk.graph(path).json()["value"] for path in (TRACE, LOG)]

    assert {row["recipientAddress"] for row in rows} == {ALERTS, NOTICES}
    assert {(row["status"], row["subject"], row["messageId"]) for row in rows} == {
        ("delivered", "Hello", "<1@client.example>")
    }
    assert late == [[], []]


def test_rows_of_another_application(tmp_path: Path) -> None:
    """An account that is not kept for mail alone shows with the other application."""
    (row,) = asked(tmp_path, LOG, "account_used_elsewhere")["value"]

    assert row["appDisplayName"] == "Office 365 SharePoint Online"


def test_one_code_two_resources(tmp_path: Path) -> None:
    """The administrator signs in once; msal gets Exchange's token by itself, from the refresh token."""
    world = healthy().with_tenant(device_codes_approved_by=ADMINISTRATOR)
    with administrator(tmp_path, world=world) as desk:
        scopes = [f"{GRAPH}/{name}" for name in sorted(GRAPH_ROLES)]
        flow = desk.application.initiate_device_flow(scopes)
        first = desk.application.acquire_token_by_device_flow(flow)
        (account,) = desk.application.get_accounts()
        second = desk.application.acquire_token_silent([f"{EXCHANGE}/.default"], account=account)
        answers = {path: desk.graph(path, token=first["access_token"]).status_code for path in NEEDS}
        switch = desk.exchange("Get-TransportConfig", token=second["access_token"])

    assert account["username"] == ADMINISTRATOR
    claims = jwt.decode(second["access_token"], options={"verify_signature": False})
    assert (claims["aud"], claims["scp"], claims["upn"]) == (EXCHANGE, "Exchange.Manage", ADMINISTRATOR)
    assert set(answers.values()) == {200}
    assert switch.status_code == 200


def test_signed_in_without_role_or_permission(tmp_path: Path) -> None:
    """What the public client was not given, and what the person's roles do not reach, is refused."""
    answers = []
    for fault in ("lookup_without_domain_read", "lookup_without_global_reader"):
        world = healthy().with_tenant(device_codes_approved_by=ADMINISTRATOR)
        with administrator(tmp_path, fault, world=world) as desk:
            flow = desk.application.initiate_device_flow([f"{GRAPH}/.default"])
            token = desk.application.acquire_token_by_device_flow(flow)["access_token"]
            answers.append([desk.graph(path, token=token).status_code for path in (DOMAIN, USER)])

    assert answers == [[403, 200], [403, 403]]


def test_device_codes_forbidden(tmp_path: Path) -> None:
    """A policy that forbids device codes shows when somebody has typed the code in, not before."""
    world = healthy().with_tenant(device_codes_approved_by=ADMINISTRATOR)
    with administrator(tmp_path, "lookup_device_codes_forbidden", world=world) as desk:
        flow = desk.application.initiate_device_flow([f"{GRAPH}/User.Read.All"])
        answer = desk.application.acquire_token_by_device_flow(flow)

    assert (answer["error"], answer["error_codes"]) == ("invalid_grant", [53003])


def test_wrong_secret_of_the_auditor(tmp_path: Path) -> None:
    """The auditor's own secret can be wrong, while the sender's is right."""
    with auditor(tmp_path, "lookup_secret_wrong") as desk:
        answer = desk.application.acquire_token_for_client([f"{GRAPH}/.default"])
        sender = through_msal(desk.running)

    assert answer["error_codes"] == [7000215]
    assert "access_token" in sender


def test_aliases_are_shown(tmp_path: Path) -> None:
    """Other addresses of a mailbox stand beside its own, which is written in capitals."""
    world = change.user(ALERTS, mailbox=Mailbox(aliases=frozenset({"alarm@fabrikam.example"})))(healthy())

    assert asked(tmp_path, USER, world=world)["proxyAddresses"] == [f"SMTP:{ALERTS}", "smtp:alarm@fabrikam.example"]
