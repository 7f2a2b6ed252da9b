"""Lookups over real HTTPS against a scripted server: where requests are sent, and how unusual answers are handled."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import trustme

from evidence.tenant import LookupResult, LookupState, SourceKind, TenantEvidence
from probes import gather
from probes.lookups import sources
from probes.lookups.pending import Lookups
from settings.model import Settings
from settings.secret import Found, Secret
from tests.probes.scripted import (
    BASIC,
    CLIENT,
    DEVICE,
    HOSTS,
    REFRESH,
    SECRET,
    TENANT,
    TOKENS,
    USER,
    ReceivedRequest,
    Reply,
    ScriptedTenant,
    login,
    oauth,
    scripted,
)

STARTED = datetime(2026, 11, 25, 6, 0, tzinfo=UTC)
SECRETS = (SECRET, REFRESH, DEVICE, *TOKENS.values())


def application(settings: Settings, secret: str | None = SECRET) -> Lookups:
    """Return the lookups for the auditor application."""
    assert settings.directory is not None
    found = Found(Secret(secret) if secret else None, "environment variable X")
    return sources.by_application(settings.directory, found, gather.create_context(settings, state=None))


def evidence_of(lookups: Lookups, settings: Settings, message_id: str = "<1@here>") -> dict[str, TenantEvidence]:
    """Look up each sender in turn and return the evidence, keyed by sender."""
    found = {}
    for name, sender in settings.sender.items():
        tenant = lookups.begin(sender).finish(STARTED, message_id)
        assert TenantEvidence.model_validate_json(tenant.model_dump_json()) == tenant
        assert not any(secret in tenant.model_dump_json() for secret in SECRETS)
        found[name] = tenant
    lookups.close()
    return found


def lookups_of(tenant: TenantEvidence) -> dict[str, LookupResult]:
    """Return the lookup results, keyed by name."""
    return {name: value for name, value in tenant if isinstance(value, LookupResult)}


def not_found(_: ReceivedRequest) -> Reply | None:
    """Return None for every request, so that every host except the login host answers 404."""
    return None


def forbidden(request: ReceivedRequest) -> Reply | None:
    """Refuse every request except those to the login host."""
    return (
        None if request.host == HOSTS[0] else (403, {"error": {"code": "Authorization_RequestDenied", "message": "no"}})
    )


def test_tokens_go_only_to_their_own_hosts(tmp_path: Path) -> None:
    """Each token is requested once and sent only to its own host, and the secret is sent only to the login host."""
    with scripted(not_found, tmp_path) as server:
        settings = server.settings(BASIC, oauth())
        found = evidence_of(application(settings), settings)

    for host, token in TOKENS.items():
        assert server.requests_to(host)
        assert {one.headers["authorization"] for one in server.requests_to(host)} == {f"Bearer {token}"}
        assert not any(SECRET in one.body for one in server.requests_to(host))
    scopes = [one.form["scope"] for one in server.requests_to(HOSTS[0]) if one.method == "POST"]
    assert sorted(scopes) == [f"https://{host}/.default" for host in sorted(TOKENS)]
    assert {one.path.split("/")[3] for one in server.requests_to(HOSTS[2])} == {TENANT}
    assert found["basic"].way is SourceKind.APPLICATION
    assert found["basic"].tenant == TENANT


def test_tenant_wide_answers_are_requested_once(tmp_path: Path) -> None:
    """The tenant's settings and policies are requested once for both senders, and message traces are requested for each sender."""
    with scripted(not_found, tmp_path) as server:
        settings = server.settings(BASIC, oauth())
        found = evidence_of(application(settings), settings)

    assert [one.cmdlet for one in server.requests_to(HOSTS[2])].count("Get-TransportConfig") == 1
    assert sum("conditionalAccess" in one.path for one in server.requests) == 1
    assert sum("messageTraces" in one.path for one in server.requests) == 2
    # One of the discovery and token requests is not counted for any sender.
    assert sum(one.requests for one in found.values()) == len(server.requests) - 1


def test_refused_lookup_reports_the_missing_permission(tmp_path: Path) -> None:
    """A lookup answered with 403 is `refused`, as is every lookup that depends on it, and each record contains the missing permission."""
    with scripted(forbidden, tmp_path) as server:
        settings = server.settings(BASIC, oauth())
        found = evidence_of(application(settings), settings)

    for tenant in found.values():
        assert {look.state for look in lookups_of(tenant).values()} == {LookupState.REFUSED}
        assert tenant.failure
    needs = {name: look.needs for name, look in lookups_of(found["oauth"]).items()}
    exchange = "Exchange.ManageAsApp and the Entra role Global Reader"
    assert needs["roles"] == needs["application"] == "Application.Read.All"
    assert needs["mailbox_right"] == needs["rbac"] == needs["transport"] == exchange
    assert needs["trace"] == "ExchangeMessageTrace.Read.All"


def test_missing_licence_differs_from_missing_permission(tmp_path: Path) -> None:
    """Without Entra ID P1 or P2 the sign-in log is `unlicensed`, not `refused`."""

    def respond(request: ReceivedRequest) -> Reply | None:
        code = "Authentication_RequestFromNonPremiumTenantOrB2CTenant"
        return (403, {"error": {"code": code, "message": "no premium"}}) if "signIns" in request.path else None

    with scripted(respond, tmp_path) as server:
        settings = server.settings(BASIC)
        log = evidence_of(application(settings), settings)["basic"].sign_in_log

    assert log is not None
    assert (log.state, log.needs) == (LookupState.UNLICENSED, "Entra ID P1 or P2")


@pytest.mark.parametrize(
    ("status", "body", "state"),
    [
        (404, {"error": {"code": "Request_ResourceNotFound", "message": "x"}}, LookupState.ABSENT),
        (404, {"error": {"code": "UnknownError", "message": "x"}}, LookupState.NOT_OFFERED),
        (400, {"error": {"code": "BadRequest", "message": "x"}}, LookupState.FAILED),
        (400, {"error": {"message": "Resource not found for the segment 'x'."}}, LookupState.NOT_OFFERED),
        (500, b"<html>", LookupState.FAILED),
        (200, b"<html>", LookupState.FAILED),
        (200, [], LookupState.FAILED),
        (200, {}, LookupState.FAILED),
        (200, b'{"id":' * 100_000, LookupState.FAILED),
        (401, {"error": "invalid"}, LookupState.REFUSED),
    ],
)
def test_status_and_body_become_a_state(status: int, body: object, state: LookupState, tmp_path: Path) -> None:
    """Each status and body leads to the expected state."""

    def respond(request: ReceivedRequest) -> Reply | None:
        return (status, body) if "/users/" in request.path else None

    with scripted(respond, tmp_path) as server:
        settings = server.settings(BASIC)
        user = evidence_of(application(settings), settings)["basic"].user

    assert user is not None
    assert user.state is state


def test_redirect_is_not_followed(tmp_path: Path) -> None:
    """A redirect from Graph to another mapped host is a failure, and that host does not get Graph's token."""

    def respond(request: ReceivedRequest) -> Reply | None:
        to = {"Location": f"https://{HOSTS[2]}/stolen"}
        return (302, {}, to) if request.host == HOSTS[1] else None

    with scripted(respond, tmp_path) as server:
        settings = server.settings(BASIC)
        user = evidence_of(application(settings), settings)["basic"].user

    assert user is not None
    assert user.state is LookupState.FAILED
    assert "redirect" in user.detail
    assert not any("stolen" in one.path for one in server.requests)


def test_foreign_token_endpoint_gets_no_secret(tmp_path: Path) -> None:
    """A discovery document whose token endpoint is not on a login host is rejected, and no token request is sent."""

    def respond(request: ReceivedRequest) -> Reply | None:
        found = login(request)
        if found is None or not request.path.endswith("/openid-configuration"):
            return None
        document = json.loads(json.dumps(found[1]))
        return 200, {**document, "token_endpoint": f"https://{HOSTS[1]}/token"}

    with scripted(respond, tmp_path) as server:
        settings = server.settings(BASIC)
        tenant = evidence_of(application(settings), settings)["basic"]

    assert {one.method for one in server.requests} == {"GET"}
    assert {look.state for look in lookups_of(tenant).values()} == {LookupState.FAILED}
    assert "not a login host" in tenant.failure


@pytest.mark.parametrize(
    ("after", "times", "state"),
    [("0", 2, LookupState.ABSENT), ("600", 1, LookupState.THROTTLED), ("soon", 1, LookupState.THROTTLED)],
)
def test_throttled_request_is_retried_once(after: str, times: int, state: LookupState, tmp_path: Path) -> None:
    """A request answered with 429 is retried once after a short wait. If the wait is long or invalid, the state is `throttled` at once."""
    seen: list[str] = []

    def respond(request: ReceivedRequest) -> Reply | None:
        if "/users/" not in request.path or "authentication" in request.path:
            return None
        seen.append(request.path)
        busy = (429, {"error": {"code": "TooManyRequests", "message": "x"}}, {"Retry-After": after})
        return busy if len(seen) == 1 else None

    with scripted(respond, tmp_path) as server:
        settings = server.settings(BASIC)
        user = evidence_of(application(settings), settings)["basic"].user

    assert user is not None
    assert (len(seen), user.state) == (times, state)


def test_token_in_an_answer_is_redacted(tmp_path: Path) -> None:
    """A token repeated in an error or a name does not reach the evidence (`evidence_of` asserts this)."""

    def respond(request: ReceivedRequest) -> Reply | None:
        if request.host == HOSTS[0]:
            return None
        quoted = request.headers["authorization"]
        if "applications(" in request.path:
            return 200, {"id": quoted, "displayName": quoted}
        return 400, {"error": {"code": "x", "message": f"not with {quoted}"}}

    with scripted(respond, tmp_path) as server:
        settings = server.settings(oauth())
        found = evidence_of(application(settings), settings)["oauth"]

    assert found.application is not None
    assert "[redacted]" in found.application.name


def test_sender_of_another_tenant_is_not_looked_up(tmp_path: Path) -> None:
    """A sender whose token endpoint belongs to a tenant other than the directory's is not looked up."""
    with scripted(not_found, tmp_path) as server:
        settings = server.settings(oauth(TENANT.replace("1", "2")))
        tenant = evidence_of(application(settings), settings)["oauth"]

    assert {look.state for look in lookups_of(tenant).values()} == {LookupState.NOT_ASKED}
    assert [one.method for one in server.requests] == ["GET"]


def test_refused_secret_is_tried_once(tmp_path: Path) -> None:
    """A rejected secret is sent only once, for whichever resource comes first, and every sender's failure quotes Entra's error."""

    def respond(request: ReceivedRequest) -> Reply | None:
        refusal = {"error": "invalid_client", "error_description": f"AADSTS7000215: Invalid client secret {SECRET}"}
        return (401, refusal) if request.path.endswith("/token") else None

    with scripted(respond, tmp_path) as server:
        settings = server.settings(BASIC, oauth())
        found = evidence_of(application(settings), settings)

    assert sum(one.method == "POST" for one in server.requests) == 1
    for tenant in found.values():
        assert "AADSTS7000215" in tenant.failure
        assert {look.state for look in lookups_of(tenant).values()} == {LookupState.REFUSED}


def test_missing_secret_sends_no_request(tmp_path: Path) -> None:
    """If the secret is missing, nothing is looked up, and the failure says where the secret was expected."""
    with scripted(not_found, tmp_path) as server:
        settings = server.settings(BASIC)
        tenant = evidence_of(application(settings, None), settings)["basic"]

    assert "environment variable X" in tenant.failure
    assert {look.state for look in lookups_of(tenant).values()} == {LookupState.NOT_ASKED}


@pytest.mark.parametrize(
    ("kind", "sent"), [(trustme.KeyType.RSA, 2), (trustme.KeyType.ECDSA, 0)], ids=["rsa", "elliptic"]
)
def test_certificate_replaces_the_secret(kind: trustme.KeyType, sent: int, tmp_path: Path) -> None:
    """With a certificate, an assertion is sent instead of a secret. An unsuitable key is reported, and no token is requested."""
    pem = trustme.CA().issue_cert("auditor.example", key_type=kind).private_key_and_cert_chain_pem.bytes()
    (tmp_path / "auditor.pem").write_bytes(pem)
    with scripted(not_found, tmp_path) as server:
        settings = server.settings(BASIC, more='certificate = "auditor.pem"')
        assert settings.directory is not None
        secret = gather.directory_secret(settings.directory, {})
        lookups = sources.by_application(settings.directory, secret, gather.create_context(settings, state=None))
        tenant = evidence_of(lookups, settings)["basic"]

    forms = [one.form for one in server.requests_to(HOSTS[0]) if one.method == "POST"]
    assert len(forms) == sent
    assert all("client_assertion" in form and "client_secret" not in form for form in forms)
    assert ("RSA" in tenant.failure) is (sent == 0)


# -- the administrator's sign-in ------------------------------------------------------------------------------------------------------


def by_administrator(server: ScriptedTenant, *senders: str) -> tuple[dict[str, TenantEvidence], list[str]]:
    """Return the evidence and the lines shown to the administrator."""
    settings = server.settings(*senders, extra=f'admin_client_id = "{CLIENT}"')
    shown: list[str] = []
    world = gather.create_context(settings, state=None)
    lookups = sources.by_administrator(CLIENT, settings.directory, settings.sender.values(), world, shown.append)
    return evidence_of(lookups, settings), shown


def test_administrator_sees_the_scopes_and_signs_in_once(tmp_path: Path) -> None:
    """The scopes are shown before the code, and the token for the second resource is obtained with the refresh token."""
    with scripted(not_found, tmp_path) as server:
        found, shown = by_administrator(server, BASIC)

    assert "Policy.Read.All" in shown[1]
    assert "Application.Read.All" not in shown[1]
    assert "the Global Reader role is enough" in shown[2]
    assert [line for line in shown if "ABCD1234" in line] == [shown[3]]
    grants = [one.form.get("grant_type", "code") for one in server.requests_to(HOSTS[0]) if one.method == "POST"]
    assert grants == ["code", "urn:ietf:params:oauth:grant-type:device_code", "refresh_token"]
    assert found["basic"].way is SourceKind.ADMINISTRATOR
    assert {one.headers["authorization"] for one in server.requests_to(HOSTS[2])} == {f"Bearer {TOKENS[HOSTS[2]]}"}


def test_forbidden_device_code_points_to_the_export(tmp_path: Path) -> None:
    """If a policy forbids device codes, every lookup is refused, the failure suggests an export, and only one code is requested."""

    def respond(request: ReceivedRequest) -> Reply | None:
        refusal = {"error": "access_denied", "error_description": "AADSTS53003: Access has been blocked by policies."}
        return (400, refusal) if request.path.endswith("/token") else None

    with scripted(respond, tmp_path) as server:
        found, shown = by_administrator(server, BASIC, oauth())

    assert sum("ABCD1234" in line for line in shown) == 1
    for tenant in found.values():
        assert {look.state for look in lookups_of(tenant).values()} == {LookupState.REFUSED}
        assert "AADSTS53003" in tenant.failure
        assert "--tenant-export" in tenant.failure


@pytest.mark.parametrize(
    "flow",
    [{}, {"device_code": 7}, {"verification_uri": "javascript:alert(1)"}, {"interval": "x"}, {"expires_in": []}],
)
def test_invalid_device_flow_becomes_a_state(flow: Mapping[str, object], tmp_path: Path) -> None:
    """An invalid device-flow answer raises no exception, and no `javascript:` URL is shown."""

    def respond(request: ReceivedRequest) -> Reply | None:
        if request.path.endswith("/token"):
            return 400, {"error": "authorization_declined", "error_description": "declined"}
        good = {"user_code": "ABCD1234", "verification_uri": "https://x.example", "device_code": DEVICE}
        return (200, {**good, **flow} if flow else {}) if request.path.endswith("/devicecode") else None

    with scripted(respond, tmp_path) as server:
        found, shown = by_administrator(server, BASIC)

    assert not any(look.seen for look in lookups_of(found["basic"]).values())
    assert not any("javascript" in line for line in shown)


# -- rows of logs ------------------------------------------------------------------------------------------------------


def test_rows_of_the_run_are_selected(tmp_path: Path) -> None:
    """Log rows from before the run are ignored, other applications are listed, and the message id selects the trace."""
    at = f"{STARTED + timedelta(seconds=3):%Y-%m-%dT%H:%M:%S}.1234567Z"
    status = {"errorCode": 53003, "failureReason": "Blocked by policy"}
    blocked = [{"displayName": "No legacy", "result": "failure"}, {"displayName": "Other", "result": "notApplied"}]
    smtp = {"createdDateTime": at, "clientAppUsed": "Authenticated SMTP", "status": status, "ipAddress": "192.0.2.7"}
    rows = [
        {**smtp, "appliedConditionalAccessPolicies": blocked},
        {**smtp, "createdDateTime": "2026-11-24T06:00:00Z"},
        {"createdDateTime": at, "clientAppUsed": "Browser", "appDisplayName": "Office", "status": {"errorCode": 0}},
    ]

    def respond(request: ReceivedRequest) -> Reply | None:
        if "signIns" in request.path:
            return 200, {"value": rows, "@odata.nextLink": "https://graph.microsoft.com/more"}
        messages = [{"messageId": "<2@here>", "status": "failed"}, {"messageId": "<1@HERE>", "status": "delivered"}]
        return (200, {"value": messages}) if "messageTraces" in request.path else None

    with scripted(respond, tmp_path) as server:
        settings = server.settings(BASIC)
        tenant = evidence_of(application(settings), settings)["basic"]

    assert tenant.sign_in_log is not None
    assert [(row.code, row.blocked_by) for row in tenant.sign_in_log.rows] == [(53003, ("No legacy",))]
    assert tenant.sign_in_log.other_apps == ("Office",)
    assert tenant.trace is not None
    assert tenant.trace.status == "delivered"
    path = next(one.path for one in server.requests if "signIns" in one.path)
    assert f"userPrincipalName eq '{USER}' and createdDateTime ge 2026-11-25T06:00:00Z" in path
    assert not any(one.path.endswith("/more") for one in server.requests)


def test_trace_requires_an_accepted_message(tmp_path: Path) -> None:
    """The trace is not requested if no message was accepted."""
    with scripted(not_found, tmp_path) as server:
        settings = server.settings(BASIC)
        tenant = evidence_of(application(settings), settings, message_id="")["basic"]

    assert tenant.trace is None
    assert not any("messageTraces" in one.path for one in server.requests)
