"""The ways to the same evidence against the built-in tenant, over real HTTPS, and what each permission taken away leaves unknown."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from evidence.tenant import Look, LookState, TenantEvidence
from evidence.wire import SenderEvidence
from fakes import Running, World, healthy
from fakes.world.tenant import Auditing, ServicePrincipal
from fakes.world.world import ADMIN_CLIENT_ID, ADMINISTRATOR, AUDITOR_CLIENT_ID, AUDITOR_SECRET, DOMAIN, GRAPH_ROLES
from probes import gather
from probes.lookups import sources
from probes.lookups.pending import Lookups
from probes.visit import World as Outside
from settings.model import Settings
from settings.secret import Found, Secret
from tests.visiting import visited


def keyed(text: str) -> str:
    """The settings with the keys of the look-ups."""
    head, _, rest = text.partition("\n[network]")
    directory = f'[directory]\ntenant = "{DOMAIN}"\nclient_id = "{AUDITOR_CLIENT_ID}"\n'
    keys = "" if "admin_client_id" in text else f'\nadmin_client_id = "{ADMIN_CLIENT_ID}"\n'
    return f"{head}{keys}\n[network]{rest}\n{'' if '[directory]' in text else directory}"


def by_application(running: Running, settings: Settings, world: Outside) -> Lookups:
    """`[directory]`, as a run makes it ready, with the secret that the settings have."""
    assert settings.directory is not None
    return sources.by_application(settings.directory, Found(Secret(running.world.directory_secret), "a test"), world)


def by_administrator(_: Running, settings: Settings, world: Outside) -> Lookups:
    """`--admin-sign-in`; the built-in administrator approves every code."""
    assert settings.admin_client_id is not None
    found = settings.sender.values()
    return sources.by_administrator(settings.admin_client_id, settings.directory, found, world, lambda _: None)


Ready = Callable[[Running, Settings, Outside], Lookups]
WAYS: dict[str, Ready] = {"application": by_application, "administrator": by_administrator}


def world(change: Callable[[Auditing], Auditing] = lambda found: found) -> World:
    """The healthy world with an administrator who approves device codes, and a change to who may look things up."""
    good = healthy()
    assert good.tenant.auditing is not None
    return good.with_tenant(device_codes_approved_by=ADMINISTRATOR, auditing=change(good.tenant.auditing))


def looked(look: Ready, folder: Path, of: World | None = None) -> dict[str, SenderEvidence]:
    """The evidence of a whole visit with look-ups; nothing in it is a token or a secret."""
    with visited(of or world(), folder=folder, edit=keyed, look=look) as seen:
        found = seen.evidence
    for evidence in found.values():
        text = evidence.model_dump_json()
        assert SenderEvidence.model_validate_json(text) == evidence
        assert not any(word in text for word in (AUDITOR_SECRET, "eyJ", "Bearer "))
    return found


def tenant_of(evidence: SenderEvidence) -> TenantEvidence:
    """The tenant's part."""
    assert evidence.tenant is not None
    return evidence.tenant


def states(evidence: SenderEvidence) -> dict[str, LookState]:
    """The states by the names of the look-ups."""
    return {name: value.state for name, value in tenant_of(evidence) if isinstance(value, Look)}


def told(evidence: SenderEvidence) -> dict[str, object]:
    """What the records say, without times: how long it took, and moments that differ between two runs."""
    found: dict[str, object] = {}
    for name, value in tenant_of(evidence):
        if isinstance(value, Look):
            found[name] = value.model_dump(exclude={"seconds", "question", "rows", "credentials", "password_changed"})
    return found


def test_ways_bring_the_same_home(tmp_path: Path) -> None:
    """Every look-up is answered by both ways, and the records are equal."""
    for name in WAYS:
        (tmp_path / name).mkdir()
    brought = {name: looked(way, tmp_path / name) for name, way in WAYS.items()}

    for sender in ("basic", "oauth"):
        application, administrator = brought["application"][sender], brought["administrator"][sender]
        assert set(states(application).values()) == {LookState.ANSWERED}, states(application)
        assert told(application) == told(administrator)
        assert tenant_of(administrator).signed_in_as == ADMINISTRATOR
        assert application.traffic == administrator.traffic
        assert application.traffic.sign_in_attempts == 1
    trace = tenant_of(brought["application"]["basic"]).trace
    log = tenant_of(brought["application"]["oauth"]).sign_in_log
    assert trace is not None
    assert trace.status == "delivered"
    assert log is not None
    assert [row.code for row in log.rows] == [0]


NEEDED = {
    "User.Read.All": {"user"},
    "Domain.Read.All": {"domain"},
    "Policy.Read.All": {"mfa", "security_defaults", "conditional_access"},
    "UserAuthenticationMethod.Read.All": {"methods"},
    "Application.Read.All": {"application", "principal", "roles"},
    "AuditLog.Read.All": {"sign_in_log"},
    "ExchangeMessageTrace.Read.All": {"trace"},
}


@pytest.mark.parametrize("permission", sorted(GRAPH_ROLES))
def test_each_permission_taken_away_is_named_where_it_is_missed(permission: str, tmp_path: Path) -> None:
    """Exactly the look-ups that need it are refused, and say so; the others are answered as before."""

    def without(found: Auditing) -> Auditing:
        return replace(found, principal=replace(found.principal, graph_roles=GRAPH_ROLES - {permission}))

    for evidence in looked(by_application, tmp_path, world(without)).values():
        refused = {
            name: value.needs
            for name, value in tenant_of(evidence)
            if isinstance(value, Look) and value.state is LookState.REFUSED
        }
        assert refused == dict.fromkeys(NEEDED[permission] & set(states(evidence)), permission)
        assert set(states(evidence).values()) <= {LookState.REFUSED, LookState.ANSWERED}


LOSSES: dict[str, Callable[[ServicePrincipal], ServicePrincipal]] = {
    "Exchange.ManageAsApp": lambda found: replace(found, consented=frozenset()),
    "Global Reader": lambda found: replace(found, entra_roles=frozenset()),
}


@pytest.mark.parametrize("lost", LOSSES)
def test_without_the_role_exchange_answers_nothing(lost: str, tmp_path: Path) -> None:
    """Neither Exchange.ManageAsApp nor Global Reader alone is enough; Graph goes on answering."""

    def without(found: Auditing) -> Auditing:
        return replace(found, principal=LOSSES[lost](found.principal))

    found = looked(by_application, tmp_path, world(without))
    exchange = {"transport", "mailbox", "auth_policy", "exchange_principal", "mailbox_right", "rbac"}
    for evidence in found.values():
        refused = {name for name, state in states(evidence).items() if state is LookState.REFUSED}
        needs = {value.needs for _, value in tenant_of(evidence) if isinstance(value, Look)}
        assert refused == exchange & set(states(evidence))
        assert needs == {"", "Exchange.ManageAsApp and the Entra role Global Reader"}


def test_the_export_says_the_same(tmp_path: Path) -> None:
    """What the built-in tenant exports after the run, asked for the same visits, equals what it answered by HTTPS."""
    with visited(world(), folder=tmp_path, edit=keyed, look=by_application) as seen:
        seen.running.export()
        lookups = sources.by_export(seen.running.tenant_export, seen.settings.service)
        visits = [(one, seen.settings.sender[name]) for name, one in seen.evidence.items()]
        again = gather.look_again(visits, lookups)

    for name, evidence in seen.evidence.items():
        assert set(states(again[name]).values()) == {LookState.ANSWERED}, states(again[name])
        assert told(again[name]) == told(evidence)


def test_a_throttled_first_request_is_asked_again(tmp_path: Path) -> None:
    """429 with a second to wait: every look-up is answered all the same."""
    evidence = looked(by_application, tmp_path, world(lambda found: replace(found, throttled_first=1)))

    assert all(set(states(one).values()) == {LookState.ANSWERED} for one in evidence.values())


def test_a_tenant_without_premium_has_no_log(tmp_path: Path) -> None:
    """The licence is named, and nothing else is lost."""
    evidence = looked(by_application, tmp_path, world(lambda found: replace(found, premium=False)))

    for one in evidence.values():
        log = tenant_of(one).sign_in_log
        assert log is not None
        assert (log.state, log.needs) == (LookState.UNLICENSED, "Entra ID P1 or P2")


def test_forbidden_device_codes_leave_the_route_alone(tmp_path: Path) -> None:
    """Policy forbids them: every look-up is refused and names the export, and the mail is sent as ever."""
    forbidden = world().with_tenant(device_codes_forbidden=True)
    for evidence in looked(by_administrator, tmp_path, forbidden).values():
        assert set(states(evidence).values()) == {LookState.REFUSED}
        assert "--tenant-export" in tenant_of(evidence).failure
        assert evidence.traffic.messages_sent == 1


def test_lookups_never_influence_the_route(tmp_path: Path) -> None:
    """With and without look-ups: the same traffic, and a wrong secret of the auditor's changes nothing of the route."""

    def wrong(_: Running, settings: Settings, outside: Outside) -> Lookups:
        assert settings.directory is not None
        return sources.by_application(
            settings.directory, Found(Secret("Wrong-Secret-Of-The-Auditor"), "a test"), outside
        )

    for evidence in looked(wrong, tmp_path).values():
        assert set(states(evidence).values()) == {LookState.REFUSED}
        assert "AADSTS7000215" in tenant_of(evidence).failure
        assert evidence.traffic.messages_sent == 1
