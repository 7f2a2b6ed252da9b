"""Tests that none of the product's checks fails on a healthy tenant with random names and a random size."""

import os
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fakes import World, healthy
from fakes.world.tenant import AppSecret, ExchangePrincipal, Mailbox, ServicePrincipal, User
from fakes.world.world import issuer_document
from tests.probe_run import probe_run

DEEP = os.environ.get("SMTP365_DEEP") == "1"
BAD = {"fail", "blocked", "unknown"}

_GUIDS = st.uuids(version=4).map(str)
_LABELS = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,20}[a-z0-9])?", fullmatch=True)
_DOMAINS = st.lists(_LABELS, min_size=1, max_size=4).map(lambda labels: ".".join([*labels, "example"]))
_LOCAL_PARTS = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9'_!#^~-]{0,20}(\.[A-Za-z0-9_-]{1,10}){0,3}", fullmatch=True)
# Half of "00000000" is also in the time zone of a greeting, which is then redacted, so that the clock is unknown.
_PASSWORDS = st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=8, max_size=256).filter(
    lambda password: len(set(password)) > 3
)
_SECRETS = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9~._-]{30,39}", fullmatch=True)
_NAMES = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9 ._-]{0,20}", fullmatch=True)
_DISPLAY_NAMES = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=1, max_size=120)


@st.composite
def tenants(draw: st.DrawFn) -> World:
    """Generate a healthy world with random names, ids and passwords and up to two thousand mailboxes."""
    world, domain = healthy(), draw(_DOMAINS)
    tenant_id, client_id, registration, principal = draw(
        st.lists(_GUIDS, min_size=4, max_size=4, unique=True).map(tuple)
    )
    alerts, notices = (
        f"{local}@{domain}" for local in draw(st.lists(_LOCAL_PARTS, min_size=2, max_size=2, unique_by=str.casefold))
    )
    password, secret = draw(_PASSWORDS), draw(_SECRETS)
    crowd = (User(upn=f"user-{n}@{domain}", password="x") for n in range(draw(st.sampled_from([0, 1, 50, 2000]))))
    (app,) = world.tenant.apps
    kept = replace(app.secrets[0], value=secret)
    assert isinstance(kept, AppSecret)
    return replace(
        world,
        tenant=replace(
            world.tenant,
            tenant_id=tenant_id,
            domain=domain,
            display_name=draw(_DISPLAY_NAMES),
            users=(
                *crowd,
                User(upn=alerts, password=password),
                User(upn=notices, password="y", mailbox=Mailbox(full_access=frozenset({principal}))),
            ),
            apps=(
                replace(
                    app,
                    client_id=client_id,
                    object_id=registration,
                    display_name=draw(_DISPLAY_NAMES),
                    secrets=(kept,),
                ),
            ),
            service_principals=(ServicePrincipal(client_id=client_id, object_id=principal),),
            exchange_principals=(ExchangePrincipal(client_id=client_id, object_id=principal),),
        ),
        basic=replace(
            world.basic, name=draw(_NAMES), username=alerts, mail_from=alerts, mail_to=alerts, password=password
        ),
        oauth=replace(
            world.oauth,
            name="oauth of " + draw(_NAMES),
            username=notices,
            mail_from=notices,
            mail_to=notices,
            client_id=client_id,
            client_secret=secret,
            openid_endpoint_configuration=issuer_document(tenant_id),
        ),
    )


def _undecided_and_messages(world: World) -> tuple[list[dict[str, str]], set[str]]:
    """Return each sender's failed, blocked and unknown checks with their verdicts, and the users whose messages arrived."""
    with tempfile.TemporaryDirectory() as folder, probe_run(world, folder=Path(folder)) as seen:
        bad = [
            {one.check: str(one.verdict.value) for one in assessment.all_findings() if one.verdict.value in BAD}
            for assessment in seen.assessments.values()
        ]
        return bad, {message.user for message in seen.running.messages}


@pytest.fixture(scope="module")
def undecided() -> list[dict[str, str]]:
    """Return each sender's checks that are unknown for the built-in tenant because they need a lookup."""
    return _undecided_and_messages(healthy())[0]


def test_built_in_tenant_fails_no_check(undecided: list[dict[str, str]]) -> None:
    """No check fails or is blocked for the built-in tenant."""
    assert {verdict for sender in undecided for verdict in sender.values()} <= {"unknown"}


@settings(max_examples=150 if DEEP else 6, deadline=None, database=None)
@given(tenants())
def test_no_check_fails_on_a_healthy_tenant(undecided: list[dict[str, str]], world: World) -> None:
    """No check fails or is blocked, the unknown checks are those of the built-in tenant, and both messages arrive."""
    bad, users = _undecided_and_messages(world)

    assert bad == undecided
    assert users == {world.basic.username, world.oauth.username}
