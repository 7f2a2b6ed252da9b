"""Look-ups over real HTTPS against a page that says what a test wants: what goes where, and what becomes of odd answers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import trustme

from evidence.tenant import Look, LookState, TenantEvidence, Way
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
    Asked,
    Reply,
    Scripted,
    login,
    oauth,
    scripted,
)

STARTED = datetime(2026, 11, 25, 6, 0, tzinfo=UTC)
HELD = (SECRET, REFRESH, DEVICE, *TOKENS.values())


def application(settings: Settings, secret: str | None = SECRET) -> Lookups:
    """The look-ups of the auditor application."""
    assert settings.directory is not None
    found = Found(Secret(secret) if secret else None, "environment variable X")
    return sources.by_application(settings.directory, found, gather.world_of(settings, refusals=None))


def looked(lookups: Lookups, settings: Settings, message_id: str = "<1@here>") -> dict[str, TenantEvidence]:
    """The evidence of every sender, one after the other."""
    found = {}
    for name, sender in settings.sender.items():
        tenant = lookups.begin(sender).finish(STARTED, message_id)
        assert TenantEvidence.model_validate_json(tenant.model_dump_json()) == tenant
        assert not any(secret in tenant.model_dump_json() for secret in HELD)
        found[name] = tenant
    lookups.close()
    return found


def looks(tenant: TenantEvidence) -> dict[str, Look]:
    """The look-ups by their names."""
    return {name: value for name, value in tenant if isinstance(value, Look)}


def nothing(_: Asked) -> Reply | None:
    """Nothing is there."""
    return None


def refuse(asked: Asked) -> Reply | None:
    """No permission for anything."""
    return (
        None if asked.host == HOSTS[0] else (403, {"error": {"code": "Authorization_RequestDenied", "message": "no"}})
    )


def test_tokens_go_only_to_their_own_hosts(tmp_path: Path) -> None:
    """Each token is asked for once, and no host gets another's; the secret goes to the login host alone."""
    with scripted(nothing, tmp_path) as page:
        settings = page.settings(BASIC, oauth())
        found = looked(application(settings), settings)

    for host, token in TOKENS.items():
        assert page.sent(host)
        assert {one.headers["authorization"] for one in page.sent(host)} == {f"Bearer {token}"}
        assert not any(SECRET in one.body for one in page.sent(host))
    scopes = [one.form["scope"] for one in page.sent(HOSTS[0]) if one.method == "POST"]
    assert sorted(scopes) == [f"https://{host}/.default" for host in sorted(TOKENS)]
    assert {one.path.split("/")[3] for one in page.sent(HOSTS[2])} == {TENANT}
    assert found["basic"].way is Way.APPLICATION
    assert found["basic"].tenant == TENANT


def test_answers_of_the_tenant_are_asked_once(tmp_path: Path) -> None:
    """Both senders share the tenant's switch and policies; rows of logs are asked for each."""
    with scripted(nothing, tmp_path) as page:
        settings = page.settings(BASIC, oauth())
        found = looked(application(settings), settings)

    assert [one.cmdlet for one in page.sent(HOSTS[2])].count("Get-TransportConfig") == 1
    assert sum("conditionalAccess" in one.path for one in page.asked) == 1
    assert sum("messageTraces" in one.path for one in page.asked) == 2
    # The discovery document and the token requests: two of three are counted with whoever made them.
    assert sum(one.requests for one in found.values()) == len(page.asked) - 1


def test_what_is_refused_names_the_permission(tmp_path: Path) -> None:
    """403 is refused, with the permission that would answer it; what depends on it says the same."""
    with scripted(refuse, tmp_path) as page:
        settings = page.settings(BASIC, oauth())
        found = looked(application(settings), settings)

    for tenant in found.values():
        assert {look.state for look in looks(tenant).values()} == {LookState.REFUSED}
        assert tenant.failure
    needs = {name: look.needs for name, look in looks(found["oauth"]).items()}
    exchange = "Exchange.ManageAsApp and the Entra role Global Reader"
    assert needs["roles"] == needs["application"] == "Application.Read.All"
    assert needs["mailbox_right"] == needs["rbac"] == needs["transport"] == exchange
    assert needs["trace"] == "ExchangeMessageTrace.Read.All"


def test_licence_is_told_apart_from_permission(tmp_path: Path) -> None:
    """The sign-in log without Entra ID P1 or P2."""

    def say(asked: Asked) -> Reply | None:
        code = "Authentication_RequestFromNonPremiumTenantOrB2CTenant"
        return (403, {"error": {"code": code, "message": "no premium"}}) if "signIns" in asked.path else None

    with scripted(say, tmp_path) as page:
        settings = page.settings(BASIC)
        log = looked(application(settings), settings)["basic"].sign_in_log

    assert log is not None
    assert (log.state, log.needs) == (LookState.UNLICENSED, "Entra ID P1 or P2")


@pytest.mark.parametrize(
    ("status", "body", "state"),
    [
        (404, {"error": {"code": "Request_ResourceNotFound", "message": "x"}}, LookState.ABSENT),
        (404, {"error": {"code": "UnknownError", "message": "x"}}, LookState.NOT_OFFERED),
        (400, {"error": {"code": "BadRequest", "message": "x"}}, LookState.FAILED),
        (400, {"error": {"message": "Resource not found for the segment 'x'."}}, LookState.NOT_OFFERED),
        (500, b"<html>", LookState.FAILED),
        (200, b"<html>", LookState.FAILED),
        (200, [], LookState.FAILED),
        (200, {}, LookState.FAILED),
        (200, b'{"id":' * 100_000, LookState.FAILED),
        (401, {"error": "invalid"}, LookState.REFUSED),
    ],
)
def test_status_and_body_become_a_state(status: int, body: object, state: LookState, tmp_path: Path) -> None:
    """Whatever comes is a state, never an exception."""

    def say(asked: Asked) -> Reply | None:
        return (status, body) if "/users/" in asked.path else None

    with scripted(say, tmp_path) as page:
        settings = page.settings(BASIC)
        user = looked(application(settings), settings)["basic"].user

    assert user is not None
    assert user.state is state


def test_redirect_is_not_followed(tmp_path: Path) -> None:
    """A redirect from Graph to another host of the same map: failed, and the other host hears nothing of Graph's token."""

    def say(asked: Asked) -> Reply | None:
        to = {"Location": f"https://{HOSTS[2]}/stolen"}
        return (302, {}, to) if asked.host == HOSTS[1] else None

    with scripted(say, tmp_path) as page:
        settings = page.settings(BASIC)
        user = looked(application(settings), settings)["basic"].user

    assert user is not None
    assert user.state is LookState.FAILED
    assert "redirect" in user.detail
    assert not any("stolen" in one.path for one in page.asked)


def test_foreign_token_endpoint_gets_no_secret(tmp_path: Path) -> None:
    """A discovery document that leads elsewhere is believed in nothing."""

    def say(asked: Asked) -> Reply | None:
        found = login(asked)
        if found is None or not asked.path.endswith("/openid-configuration"):
            return None
        document = json.loads(json.dumps(found[1]))
        return 200, {**document, "token_endpoint": f"https://{HOSTS[1]}/token"}

    with scripted(say, tmp_path) as page:
        settings = page.settings(BASIC)
        tenant = looked(application(settings), settings)["basic"]

    assert {one.method for one in page.asked} == {"GET"}
    assert {look.state for look in looks(tenant).values()} == {LookState.FAILED}
    assert "no login host" in tenant.failure


@pytest.mark.parametrize(
    ("after", "times", "state"),
    [("0", 2, LookState.ABSENT), ("600", 1, LookState.THROTTLED), ("soon", 1, LookState.THROTTLED)],
)
def test_throttling_is_waited_for_once(after: str, times: int, state: LookState, tmp_path: Path) -> None:
    """429 with a short wait is asked again, once; a long or unreadable one is `throttled` at once."""
    seen: list[str] = []

    def say(asked: Asked) -> Reply | None:
        if "/users/" not in asked.path or "authentication" in asked.path:
            return None
        seen.append(asked.path)
        busy = (429, {"error": {"code": "TooManyRequests", "message": "x"}}, {"Retry-After": after})
        return busy if len(seen) == 1 else None

    with scripted(say, tmp_path) as page:
        settings = page.settings(BASIC)
        user = looked(application(settings), settings)["basic"].user

    assert user is not None
    assert (len(seen), user.state) == (times, state)


def test_token_that_a_service_sends_back_is_taken_out(tmp_path: Path) -> None:
    """Whatever a service quotes, in an error or as a name; `looked` finds none of it in the evidence."""

    def say(asked: Asked) -> Reply | None:
        if asked.host == HOSTS[0]:
            return None
        quoted = asked.headers["authorization"]
        if "applications(" in asked.path:
            return 200, {"id": quoted, "displayName": quoted}
        return 400, {"error": {"code": "x", "message": f"not with {quoted}"}}

    with scripted(say, tmp_path) as page:
        settings = page.settings(oauth())
        found = looked(application(settings), settings)["oauth"]

    assert found.application is not None
    assert "[redacted]" in found.application.name


def test_sender_of_another_tenant_is_not_asked_about(tmp_path: Path) -> None:
    """Its endpoint names another tenant than the directory's: nothing is asked for it."""
    with scripted(nothing, tmp_path) as page:
        settings = page.settings(oauth(TENANT.replace("1", "2")))
        tenant = looked(application(settings), settings)["oauth"]

    assert {look.state for look in looks(tenant).values()} == {LookState.NOT_ASKED}
    assert [one.method for one in page.asked] == ["GET"]


def test_refused_secret_is_tried_once(tmp_path: Path) -> None:
    """A wrong secret of the auditor's: one request per resource, and the words of Entra in every look-up."""

    def say(asked: Asked) -> Reply | None:
        told = {"error": "invalid_client", "error_description": f"AADSTS7000215: Invalid client secret {SECRET}"}
        return (401, told) if asked.path.endswith("/token") else None

    with scripted(say, tmp_path) as page:
        settings = page.settings(BASIC, oauth())
        found = looked(application(settings), settings)

    assert sum(one.method == "POST" for one in page.asked) == 2
    for tenant in found.values():
        assert "AADSTS7000215" in tenant.failure
        assert {look.state for look in looks(tenant).values()} == {LookState.REFUSED}


def test_missing_secret_asks_nobody(tmp_path: Path) -> None:
    """The detail says where the secret was looked for."""
    with scripted(nothing, tmp_path) as page:
        settings = page.settings(BASIC)
        tenant = looked(application(settings, None), settings)["basic"]

    assert "environment variable X" in tenant.failure
    assert {look.state for look in looks(tenant).values()} == {LookState.NOT_ASKED}


@pytest.mark.parametrize(
    ("kind", "sent"), [(trustme.KeyType.RSA, 2), (trustme.KeyType.ECDSA, 0)], ids=["rsa", "elliptic"]
)
def test_certificate_signs_instead_of_a_secret(kind: trustme.KeyType, sent: int, tmp_path: Path) -> None:
    """The auditor's PEM file: an assertion is sent, no secret; a key that Entra cannot use is told before anything is sent."""
    pem = trustme.CA().issue_cert("auditor.example", key_type=kind).private_key_and_cert_chain_pem.bytes()
    (tmp_path / "auditor.pem").write_bytes(pem)
    with scripted(nothing, tmp_path) as page:
        settings = page.settings(BASIC, more='certificate = "auditor.pem"')
        assert settings.directory is not None
        secret = gather.directory_secret(settings.directory, {})
        lookups = sources.by_application(settings.directory, secret, gather.world_of(settings, refusals=None))
        tenant = looked(lookups, settings)["basic"]

    forms = [one.form for one in page.sent(HOSTS[0]) if one.method == "POST"]
    assert len(forms) == sent
    assert all("client_assertion" in form and "client_secret" not in form for form in forms)
    assert ("RSA" in tenant.failure) is (sent == 0)


# -- the administrator ------------------------------------------------------------------------------------------------------


def by_administrator(page: Scripted, *senders: str) -> tuple[dict[str, TenantEvidence], list[str]]:
    """The evidence, and what the administrator was shown."""
    settings = page.settings(*senders, extra=f'admin_client_id = "{CLIENT}"')
    told: list[str] = []
    world = gather.world_of(settings, refusals=None)
    lookups = sources.by_administrator(CLIENT, settings.directory, settings.sender.values(), world, told.append)
    return looked(lookups, settings), told


def test_administrator_is_told_first_and_signs_in_once(tmp_path: Path) -> None:
    """Scopes, then the code; the second resource comes by the refresh token."""
    with scripted(nothing, tmp_path) as page:
        found, told = by_administrator(page, BASIC)

    assert "Policy.Read.All" in told[1]
    assert "Application.Read.All" not in told[1]
    assert "Global Reader is enough" in told[2]
    assert [line for line in told if "ABCD1234" in line] == [told[3]]
    grants = [one.form.get("grant_type", "code") for one in page.sent(HOSTS[0]) if one.method == "POST"]
    assert grants == ["code", "urn:ietf:params:oauth:grant-type:device_code", "refresh_token"]
    assert found["basic"].way is Way.ADMINISTRATOR
    assert {one.headers["authorization"] for one in page.sent(HOSTS[2])} == {f"Bearer {TOKENS[HOSTS[2]]}"}


def test_forbidden_device_code_points_to_the_export(tmp_path: Path) -> None:
    """Where a policy forbids device codes every look-up is refused, nobody is asked twice, and the export is named."""

    def say(asked: Asked) -> Reply | None:
        told = {"error": "access_denied", "error_description": "AADSTS53003: Access has been blocked by policies."}
        return (400, told) if asked.path.endswith("/token") else None

    with scripted(say, tmp_path) as page:
        found, told = by_administrator(page, BASIC, oauth())

    assert sum("ABCD1234" in line for line in told) == 1
    for tenant in found.values():
        assert {look.state for look in looks(tenant).values()} == {LookState.REFUSED}
        assert "AADSTS53003" in tenant.failure
        assert "--tenant-export" in tenant.failure


@pytest.mark.parametrize(
    "flow",
    [{}, {"device_code": 7}, {"verification_uri": "javascript:alert(1)"}, {"interval": "x"}, {"expires_in": []}],
)
def test_hostile_device_flow_ends_as_a_state(flow: Mapping[str, object], tmp_path: Path) -> None:
    """Answers that are no device flow: no exception, no address but https."""

    def say(asked: Asked) -> Reply | None:
        if asked.path.endswith("/token"):
            return 400, {"error": "authorization_declined", "error_description": "declined"}
        good = {"user_code": "ABCD1234", "verification_uri": "https://x.example", "device_code": DEVICE}
        return (200, {**good, **flow} if flow else {}) if asked.path.endswith("/devicecode") else None

    with scripted(say, tmp_path) as page:
        found, told = by_administrator(page, BASIC)

    assert not any(look.seen for look in looks(found["basic"]).values())
    assert not any("javascript" in line for line in told)


# -- rows that come later ------------------------------------------------------------------------------------------------------


def test_rows_of_the_run_are_told_apart_from_others(tmp_path: Path) -> None:
    """Rows before the start are left out, other applications are named, and the trace is known by the message's id."""
    at = f"{STARTED + timedelta(seconds=3):%Y-%m-%dT%H:%M:%S}.1234567Z"
    status = {"errorCode": 53003, "failureReason": "Blocked by policy"}
    blocked = [{"displayName": "No legacy", "result": "failure"}, {"displayName": "Other", "result": "notApplied"}]
    smtp = {"createdDateTime": at, "clientAppUsed": "Authenticated SMTP", "status": status, "ipAddress": "192.0.2.7"}
    rows = [
        {**smtp, "appliedConditionalAccessPolicies": blocked},
        {**smtp, "createdDateTime": "2026-11-24T06:00:00Z"},
        {"createdDateTime": at, "clientAppUsed": "Browser", "appDisplayName": "Office", "status": {"errorCode": 0}},
    ]

    def say(asked: Asked) -> Reply | None:
        if "signIns" in asked.path:
            return 200, {"value": rows, "@odata.nextLink": "https://graph.microsoft.com/more"}
        messages = [{"messageId": "<2@here>", "status": "failed"}, {"messageId": "<1@HERE>", "status": "delivered"}]
        return (200, {"value": messages}) if "messageTraces" in asked.path else None

    with scripted(say, tmp_path) as page:
        settings = page.settings(BASIC)
        tenant = looked(application(settings), settings)["basic"]

    assert tenant.sign_in_log is not None
    assert [(row.code, row.blocked_by) for row in tenant.sign_in_log.rows] == [(53003, ("No legacy",))]
    assert tenant.sign_in_log.other_apps == ("Office",)
    assert tenant.trace is not None
    assert tenant.trace.status == "delivered"
    path = next(one.path for one in page.asked if "signIns" in one.path)
    assert f"userPrincipalName eq '{USER}' and createdDateTime ge 2026-11-25T06:00:00Z" in path
    assert not any(one.path.endswith("/more") for one in page.asked)


def test_no_message_no_trace(tmp_path: Path) -> None:
    """The trace is asked only for a message that was accepted."""
    with scripted(nothing, tmp_path) as page:
        settings = page.settings(BASIC)
        tenant = looked(application(settings), settings, message_id="")["basic"]

    assert tenant.trace is None
    assert not any("messageTraces" in one.path for one in page.asked)
