"""Valid answers in an export become the right records, and no answer raises an exception."""

from __future__ import annotations

import json
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evidence.tenant import ConditionalPolicy, LookupResult, LookupState, TenantEvidence
from probes.lookups import sources
from probes.lookups.pending import Lookups
from settings.clouds import CHINA, WORLDWIDE, Cloud
from settings.load import parse
from settings.mistakes import SettingsError
from tests.probes.exported import PRINCIPAL, USER_ID, answers, export, policy, workload
from tests.probes.scripted import BASIC, oauth

STARTED = datetime(2026, 11, 25, 6, 0, tzinfo=UTC)
SENDERS = parse(BASIC + oauth(), Path("settings.toml")).sender


def evidence_from(data: object, cloud: Cloud = WORLDWIDE) -> dict[str, TenantEvidence]:
    """Return both senders' evidence from lookups in an export with this content."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "export.json"
        file.write_text(json.dumps(data), encoding="utf-8")
        lookups = sources.by_export(file, cloud)
        return {name: lookups.begin(sender).finish(STARTED, "<1@here>") for name, sender in SENDERS.items()}


def with_answer(name: str, answer: object) -> dict[str, Any]:
    """Return a valid export with one answer replaced."""
    return export({**answers(), name: answer})


def states(tenant: TenantEvidence) -> dict[str, LookupState]:
    """Return the state of each lookup, keyed by name."""
    return {name: value.state for name, value in tenant if isinstance(value, LookupResult)}


def test_complete_export_answers_every_lookup() -> None:
    """A complete export answers every lookup, and the records match the state of the tenant."""
    found = evidence_from(export())
    basic, app = found["basic"], found["oauth"]

    assert set(states(basic).values()) == set(states(app).values()) == {LookupState.ANSWERED}
    assert basic.user is not None
    assert basic.domain is not None
    assert basic.methods is not None
    assert basic.transport is not None
    assert basic.mailbox is not None
    assert basic.auth_policy is not None
    assert app.application is not None
    assert app.roles is not None
    assert app.mailbox_right is not None
    assert app.rbac is not None
    assert (basic.user.object_id, basic.user.synchronised, basic.user.exchange_plan) == (USER_ID, False, True)
    assert (basic.user.password_never_expires, basic.domain.federated) == (True, False)
    assert basic.methods.methods == ("phone",)
    assert (basic.transport.smtp_auth_disabled, basic.mailbox.smtp_auth_disabled) == (True, None)
    assert (basic.auth_policy.name, basic.auth_policy.is_default, basic.auth_policy.allows_basic_smtp) == (
        "No Basic",
        True,
        False,
    )
    assert [(one.kind, one.ends.year) for one in app.application.credentials] == [
        ("secret", 2027),
        ("certificate", 2028),
    ]
    assert app.roles.roles == ("SMTP.SendAsApp",)
    assert (app.mailbox_right.full_access, app.mailbox_right.send_as, app.rbac.in_scope) == (True, True, True)
    assert (app.auth_policy, app.domain, basic.application) == (None, None, None)


def policies(answer: list[dict[str, Any]]) -> tuple[tuple[ConditionalPolicy, ...], tuple[ConditionalPolicy, ...]]:
    """Return the policies that apply to the Basic sender and those that apply to the OAuth sender."""
    found = evidence_from(with_answer("conditional_access", {"value": answer}))
    basic, app = found["basic"].conditional_access, found["oauth"].conditional_access
    assert basic is not None
    assert app is not None
    return basic.policies, app.policies


def test_policies_that_apply_are_selected() -> None:
    """Policies for legacy clients apply to a sender with a password, and policies for workload identities apply to an application."""
    basic, app = policies([policy(), workload()])

    assert [(one.name, one.blocks, one.limits_location) for one in basic] == [("Block legacy", True, True)]
    assert [(one.name, one.aims_at) for one in app] == [("Workloads", "application")]


@pytest.mark.parametrize(
    ("changes", "matches", "unsure"),
    [
        ({"includeUsers": ["All"], "excludeUsers": [USER_ID]}, 0, False),
        ({"includeUsers": [USER_ID.upper()]}, 1, False),
        ({"includeUsers": ["someone-else"]}, 0, False),
        ({"includeGroups": ["g"]}, 1, True),
        ({"includeUsers": ["All"], "excludeGroups": ["g"]}, 1, True),
        ({"includeUsers": ["None"]}, 0, False),
    ],
)
def test_users_in_a_policy(changes: dict[str, Any], matches: int, unsure: bool) -> None:
    """A policy applies to the users that it includes. If it includes or excludes a group, the user's membership is marked as unknown."""
    base = policy()
    basic, _ = policies([policy(conditions={**base["conditions"], "users": changes})])

    assert len(basic) == matches
    assert all(one.membership_unknown is unsure for one in basic)


@pytest.mark.parametrize(
    ("change", "matches"),
    [
        ({"state": "disabled"}, 0),
        ({"state": "enabledForReportingButNotEnforced"}, 1),
        ({"conditions": {**policy()["conditions"], "clientAppTypes": ["browser"]}}, 0),
        ({"conditions": {**policy()["conditions"], "authenticationFlows": {"transferMethods": "deviceCodeFlow"}}}, 0),
        ({"conditions": {**policy()["conditions"], "applications": {"includeApplications": ["other"]}}}, 0),
        ({"conditions": {**policy()["conditions"], "applications": {"includeApplications": ["Office365"]}}}, 1),
    ],
)
def test_conditions_in_a_policy(change: dict[str, Any], matches: int) -> None:
    """A policy applies only if its state, client types, authentication flows and target applications match."""
    basic, _ = policies([policy(**change)])

    assert len(basic) == matches


def test_empty_list_from_exchange_means_absent() -> None:
    """An empty list from Exchange means that the object does not exist, and so does a 404 with `ManagementObjectNotFoundException`."""
    not_found = {"status": 404, "error": {"code": "NotFound", "message": "|ManagementObjectNotFoundException|gone"}}
    data = with_answer("exchange_principal", [])
    data["exchange"]["Get-CASMailbox Identity=alerts@contoso.example"] = not_found
    found = states(evidence_from(data)["oauth"])

    assert (found["exchange_principal"], found["mailbox"]) == (LookupState.ABSENT, LookupState.ABSENT)


def test_permission_is_looked_up_by_the_id_in_tokens() -> None:
    """Even if the wrong object id is registered in Exchange, permissions are looked up with the object id of the enterprise application."""
    wrong = evidence_from(
        with_answer("exchange_principal", [{"AppId": SENDERS["oauth"].client_id, "ObjectId": "wrong"}])
    )
    right, registered = wrong["oauth"].mailbox_right, wrong["oauth"].exchange_principal

    assert registered is not None
    assert registered.object_id == "wrong"
    assert right is not None
    assert PRINCIPAL in right.question


def test_missing_exchange_resource_means_no_consent() -> None:
    """A 404 for the Exchange resource is an answer: no role is granted."""
    data = export()
    key = next(key for key in data["graph"] if "00000002-0000-0ff1" in key)
    data["graph"][key] = {"status": 404, "body": {"error": {"code": "Request_ResourceNotFound", "message": "x"}}}
    roles = evidence_from(data)["oauth"].roles

    assert roles is not None
    assert (roles.state, roles.resource_present, roles.roles) == (LookupState.ANSWERED, False, ())


def test_answers_missing_from_an_export_are_reported() -> None:
    """Answers that an export lacks are reported, as are log rows that an export made before the run cannot contain."""
    found = evidence_from(export({}))["basic"]
    assert set(states(found).values()) == {LookupState.NOT_IN_EXPORT}

    log = evidence_from(export(made="2026-11-25T05:59:00Z"))["basic"].sign_in_log
    assert log is not None
    assert (log.state, "before this run" in log.detail) == (LookupState.NOT_IN_EXPORT, True)


def test_keys_are_case_insensitive() -> None:
    """The keys in an export are not case-sensitive."""
    data = export()
    data["graph"] = {key.upper(): value for key, value in data["graph"].items()}

    assert set(states(evidence_from(data)["basic"]).values()) == {LookupState.ANSWERED}


def test_trace_is_available_worldwide_only() -> None:
    """The message trace is not offered in the cloud in China."""
    assert states(evidence_from(export(), CHINA)["basic"])["trace"] is LookupState.NOT_OFFERED


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"{",
        b"[" * 100_000,
        b"\xff\xfe\x00",
        b'{"schema":"smtp365-tenant-export/2"}',
        b'{"schema":"smtp365-tenant-export/1"}',
        b'{"schema":"smtp365-tenant-export/1","tenant_id":"x","made":"soon"}',
        b'{"schema":"smtp365-tenant-export/1","tenant_id":"x","made":"2026-11-25","graph":[]}',
    ],
)
def test_invalid_export_is_reported_on_one_line(content: bytes, tmp_path: Path) -> None:
    """An invalid export is reported on one line that contains the option and the file name."""
    file = tmp_path / "export.json"
    file.write_bytes(content)

    with pytest.raises(SettingsError) as raised:
        sources.by_export(file, WORLDWIDE)

    assert len(raised.value.lines) == 1
    assert raised.value.lines[0].startswith("--tenant-export=export.json: ")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_every_powershell_encoding_is_accepted(encoding: str, tmp_path: Path) -> None:
    """An export is accepted in each encoding that PowerShell writes: UTF-8, UTF-8 with a byte order mark, and UTF-16."""
    file = tmp_path / "export.json"
    file.write_text(json.dumps(export()), encoding=encoding)

    assert isinstance(sources.by_export(file, WORLDWIDE), Lookups)


# -- unexpected answers ---------------------------------------------------------------------------------------------------

LEAF = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
JSON = st.recursive(
    LEAF, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4)
)
ANYTHING = st.one_of(
    JSON, st.just([{}] * 5000), st.just("2026-99-99"), st.just("0001-01-01T00:00:00+14:00"), st.just(10**400)
)


def paths_within(value: object, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the paths of a JSON value and of every value nested in it."""
    inner: list[tuple[Any, ...]] = [path]
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in pairs:
        inner += paths_within(item, (*path, key))
    return inner


def with_replacement(value: Any, path: tuple[Any, ...], other: object) -> Any:  # noqa: ANN401 - any part of JSON
    """Return a copy of a JSON value in which `other` replaces the value at this path."""
    if not path:
        return other
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = with_replacement(value[path[0]], path[1:], other)
    return copy


GOOD = answers()
PATHS = [(name, path) for name, answer in GOOD.items() for path in paths_within(answer)]


@given(location=st.sampled_from(PATHS), other=ANYTHING)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_wrong_member_never_raises(location: tuple[str, tuple[Any, ...]], other: object) -> None:
    """Evidence is still complete and survives a JSON round trip if an arbitrary value replaces one member of an answer."""
    name, path = location
    for tenant in evidence_from(with_answer(name, with_replacement(GOOD[name], path, other))).values():
        assert TenantEvidence.model_validate_json(tenant.model_dump_json()) == tenant
        assert len(states(tenant)) >= 11


@given(
    st.dictionaries(st.sampled_from(sorted(GOOD)), ANYTHING, max_size=6),
    st.sampled_from([200, 204, 403, 404, 429, 500]),
)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_answers_never_raise(odd: dict[str, object], status: int) -> None:
    """Arbitrary answers with each of these statuses raise no exception."""
    data = export({**GOOD, **odd})
    for service in ("graph", "exchange"):
        for answer in data[service].values():
            answer["status"] = status
    for tenant in evidence_from(data).values():
        assert TenantEvidence.model_validate_json(tenant.model_dump_json()) == tenant
