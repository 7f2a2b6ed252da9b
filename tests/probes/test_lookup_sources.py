"""All lookup sources return the same evidence about the built-in tenant, and every missing permission is reported."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from evidence.tenant import LookupResult, LookupState, TenantEvidence
from evidence.wire import SenderEvidence
from fakes import Running, World, healthy
from fakes.world.tenant import Auditing, ServicePrincipal
from fakes.world.world import ADMIN_CLIENT_ID, ADMINISTRATOR, AUDITOR_CLIENT_ID, AUDITOR_SECRET, DOMAIN, GRAPH_ROLES
from probes import gather
from probes.lookups import sources
from probes.lookups.pending import Lookups
from probes.sender_run import RunContext as Outside
from settings.model import Settings
from settings.secret import Found, Secret
from tests.probe_run import probe_run


def with_lookup_settings(text: str) -> str:
    """Return the text of the settings with the keys that lookups need."""
    head, _, rest = text.partition("\n[network]")
    directory = f'[directory]\ntenant = "{DOMAIN}"\nclient_id = "{AUDITOR_CLIENT_ID}"\n'
    keys = "" if "admin_client_id" in text else f'\nadmin_client_id = "{ADMIN_CLIENT_ID}"\n'
    return f"{head}{keys}\n[network]{rest}\n{'' if '[directory]' in text else directory}"


def by_application(running: Running, settings: Settings, world: Outside) -> Lookups:
    """Return the lookups for `[directory]` with the built-in auditor's secret, set up as in a real run."""
    assert settings.directory is not None
    return sources.by_application(settings.directory, Found(Secret(running.world.directory_secret), "a test"), world)


def by_administrator(_: Running, settings: Settings, world: Outside) -> Lookups:
    """Return the lookups for `--admin-sign-in`. The built-in administrator approves every code."""
    assert settings.admin_client_id is not None
    found = settings.sender.values()
    return sources.by_administrator(settings.admin_client_id, settings.directory, found, world, lambda _: None)


Setup = Callable[[Running, Settings, Outside], Lookups]
LOOKUP_SOURCES: dict[str, Setup] = {"application": by_application, "administrator": by_administrator}


def world(change: Callable[[Auditing], Auditing] = lambda found: found) -> World:
    """Return the healthy world with approval of device codes and with `change` applied to the auditor's permissions."""
    good = healthy()
    assert good.tenant.auditing is not None
    return good.with_tenant(device_codes_approved_by=ADMINISTRATOR, auditing=change(good.tenant.auditing))


def evidence_with_lookups(look: Setup, folder: Path, of: World | None = None) -> dict[str, SenderEvidence]:
    """Return the evidence from a complete run with lookups, after asserting that it contains no token and no secret."""
    with probe_run(of or world(), folder=folder, edit=with_lookup_settings, look=look) as seen:
        found = seen.evidence
    for evidence in found.values():
        text = evidence.model_dump_json()
        assert SenderEvidence.model_validate_json(text) == evidence
        assert not any(word in text for word in (AUDITOR_SECRET, "eyJ", "Bearer "))
    return found


def tenant_of(evidence: SenderEvidence) -> TenantEvidence:
    """Return the tenant's part of the evidence."""
    assert evidence.tenant is not None
    return evidence.tenant


def states(evidence: SenderEvidence) -> dict[str, LookupState]:
    """Return the state of each lookup, keyed by name."""
    return {name: value.state for name, value in tenant_of(evidence) if isinstance(value, LookupResult)}


def record_values(evidence: SenderEvidence) -> dict[str, object]:
    """Return the values of the records, without durations, times and other values that differ between runs."""
    found: dict[str, object] = {}
    for name, value in tenant_of(evidence):
        if isinstance(value, LookupResult):
            found[name] = value.model_dump(exclude={"seconds", "question", "rows", "credentials", "password_changed"})
    return found


def test_sources_return_the_same_records(tmp_path: Path) -> None:
    """The application and the administrator both get an answer to every lookup, and the records are equal."""
    for name in LOOKUP_SOURCES:
        (tmp_path / name).mkdir()
    evidence_by_source = {name: evidence_with_lookups(look, tmp_path / name) for name, look in LOOKUP_SOURCES.items()}

    for sender in ("basic", "oauth"):
        application, administrator = (
            evidence_by_source["application"][sender],
            evidence_by_source["administrator"][sender],
        )
        assert set(states(application).values()) == {LookupState.ANSWERED}, states(application)
        assert record_values(application) == record_values(administrator)
        assert tenant_of(administrator).signed_in_as == ADMINISTRATOR
        assert application.traffic == administrator.traffic
        assert application.traffic.sign_in_attempts == 1
    trace = tenant_of(evidence_by_source["application"]["basic"]).trace
    log = tenant_of(evidence_by_source["application"]["oauth"]).sign_in_log
    assert trace is not None
    assert trace.status == "delivered"
    assert log is not None
    assert [row.code for row in log.rows] == [0]


LOOKUPS_BY_PERMISSION = {
    "User.Read.All": {"user"},
    "Domain.Read.All": {"domain"},
    "Policy.Read.All": {"mfa", "security_defaults", "conditional_access"},
    "UserAuthenticationMethod.Read.All": {"methods"},
    "Application.Read.All": {"application", "principal", "roles"},
    "AuditLog.Read.All": {"sign_in_log"},
    "ExchangeMessageTrace.Read.All": {"trace"},
}


@pytest.mark.parametrize("permission", sorted(GRAPH_ROLES))
def test_missing_permission_is_reported(permission: str, tmp_path: Path) -> None:
    """Only the lookups that need the missing permission are refused, and their records name it. All others are answered."""

    def without(found: Auditing) -> Auditing:
        return replace(found, principal=replace(found.principal, graph_roles=GRAPH_ROLES - {permission}))

    for evidence in evidence_with_lookups(by_application, tmp_path, world(without)).values():
        refused = {
            name: value.needs
            for name, value in tenant_of(evidence)
            if isinstance(value, LookupResult) and value.state is LookupState.REFUSED
        }
        assert refused == dict.fromkeys(LOOKUPS_BY_PERMISSION[permission] & set(states(evidence)), permission)
        assert set(states(evidence).values()) <= {LookupState.REFUSED, LookupState.ANSWERED}


REMOVALS: dict[str, Callable[[ServicePrincipal], ServicePrincipal]] = {
    "Exchange.ManageAsApp": lambda found: replace(found, consented=frozenset()),
    "Global Reader": lambda found: replace(found, entra_roles=frozenset()),
}


@pytest.mark.parametrize("removed", REMOVALS)
def test_exchange_needs_permission_and_role(removed: str, tmp_path: Path) -> None:
    """Without Exchange.ManageAsApp or Global Reader, the Exchange lookups are refused and the Graph lookups are answered."""

    def without(found: Auditing) -> Auditing:
        return replace(found, principal=REMOVALS[removed](found.principal))

    found = evidence_with_lookups(by_application, tmp_path, world(without))
    exchange = {"transport", "mailbox", "auth_policy", "exchange_principal", "mailbox_right", "rbac"}
    for evidence in found.values():
        refused = {name for name, state in states(evidence).items() if state is LookupState.REFUSED}
        needs = {value.needs for _, value in tenant_of(evidence) if isinstance(value, LookupResult)}
        assert refused == exchange & set(states(evidence))
        assert needs == {"", "Exchange.ManageAsApp and the Entra role Global Reader"}


def test_export_returns_the_same_records(tmp_path: Path) -> None:
    """An export made after a run contains the same records as the lookups over HTTPS during the run."""
    with probe_run(world(), folder=tmp_path, edit=with_lookup_settings, look=by_application) as seen:
        seen.running.export()
        lookups = sources.by_export(seen.running.tenant_export, seen.settings.service)
        runs = [(one, seen.settings.sender[name]) for name, one in seen.evidence.items()]
        again = gather.repeat_lookups(runs, lookups)

    for name, evidence in seen.evidence.items():
        assert set(states(again[name]).values()) == {LookupState.ANSWERED}, states(again[name])
        assert record_values(again[name]) == record_values(evidence)


def test_throttled_request_is_retried(tmp_path: Path) -> None:
    """Every lookup is answered even if the first request gets a 429 with a wait of one second."""
    evidence = evidence_with_lookups(by_application, tmp_path, world(lambda found: replace(found, throttled_first=1)))

    assert all(set(states(one).values()) == {LookupState.ANSWERED} for one in evidence.values())


def test_tenant_without_premium_has_no_sign_in_log(tmp_path: Path) -> None:
    """Without Entra ID P1 or P2, the sign-in log is missing, and its record names the required licence."""
    evidence = evidence_with_lookups(by_application, tmp_path, world(lambda found: replace(found, premium=False)))

    for one in evidence.values():
        log = tenant_of(one).sign_in_log
        assert log is not None
        assert (log.state, log.needs) == (LookupState.UNLICENSED, "Entra ID P1 or P2")


def test_forbidden_device_codes_do_not_affect_the_route(tmp_path: Path) -> None:
    """If device codes are forbidden, every lookup is refused, the message suggests an export, and the mail is still sent."""
    forbidden = world().with_tenant(device_codes_forbidden=True)
    for evidence in evidence_with_lookups(by_administrator, tmp_path, forbidden).values():
        assert set(states(evidence).values()) == {LookupState.REFUSED}
        assert "--tenant-export" in tenant_of(evidence).failure
        assert evidence.traffic.messages_sent == 1


def test_lookups_do_not_affect_the_route(tmp_path: Path) -> None:
    """If the auditor's secret is wrong, every lookup is refused and the mail is still sent."""

    def wrong(_: Running, settings: Settings, outside: Outside) -> Lookups:
        assert settings.directory is not None
        return sources.by_application(
            settings.directory, Found(Secret("Wrong-Secret-Of-The-Auditor"), "a test"), outside
        )

    for evidence in evidence_with_lookups(wrong, tmp_path).values():
        assert set(states(evidence).values()) == {LookupState.REFUSED}
        assert "AADSTS7000215" in tenant_of(evidence).failure
        assert evidence.traffic.messages_sent == 1
