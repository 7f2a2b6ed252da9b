"""Test that texts mention the right addresses for every fault, in tenants where From differs from the sign-in name."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from checks.assessment import Assessment
from checks.model import Finding, Verdict
from evidence.wire import SenderEvidence
from fakes import FAULTS, healthy
from fakes.faults import change
from fakes.world.set_ups import SET_UPS, SHARED
from fakes.world.world import NOTICES, PRINCIPAL_OBJECT_ID, SendAsTrustee
from knowledge.cause import Cause
from knowledge.causes import CATALOGUE, declared
from knowledge.groups import GROUPS
from knowledge.owner_message import request
from knowledge.placeholders import fill, fill_lines
from reports import explained
from settings.model import Sender
from tests.knowledge import addresses
from tests.knowledge.addresses import FIELDS, MAIL, Roles
from tests.probe_run import probe_run
from tests.suite.gathered import gathered

DEEP = bool(os.environ.get("SMTP365_DEEP"))
VALUES = {
    "account": "svc-alerts@corp.example",
    "from_address": "alarms@contoso.example",
    "recipient": "inbox@fabrikam.example",
    "client_id": "5b0e7d94-2c61-4f3a-9e85-71d4c6a0b2f8",
    "sp_object_id": "e81f43b6-07cd-4b92-a5d0-26c93f7e184b",
}
# Faults for which two of the addresses are equal, with the reason; at present there are none.
LEFT_OUT: dict[str, str] = {}
SHOWN = {Verdict.FAIL, Verdict.RISK, Verdict.UNKNOWN}


def _staged() -> Iterator[tuple[str, str]]:
    """Yield the pairs of fault and set-up to test.

    The set-up `from_differs` is combined with every fault, and the other set-ups with one fault for each cause and group of senders.
    With SMTP365_DEEP, every set-up is combined with every fault.
    """
    firsts: dict[tuple[str, tuple[str, ...]], str] = {}
    for fault in FAULTS.values():
        firsts.setdefault((fault.cause, fault.senders), fault.id)
    for set_up in SET_UPS:
        every = set_up == "from_differs" or DEEP
        yield from ((fault, set_up) for fault in FAULTS if every or fault in firsts.values())


STAGED = [pytest.param(*one, id="-".join(one)) for one in _staged() if one[0] not in LEFT_OUT]


def _lines(cause: Cause, field: str) -> tuple[str, ...]:
    value = getattr(cause, field)
    return (value,) if isinstance(value, str) else tuple(value)


def _mail(roles: Roles) -> Roles:
    return roles & MAIL


def _compare(cause: Cause, method: str, values: Mapping[str, str]) -> None:
    for field in FIELDS:
        lines = _lines(cause, field)
        assert addresses.named(lines, values) == addresses.expected(cause.id, field, method), (cause.id, field)
        assert addresses.foreign(lines, values) == set(), (cause.id, field)


def test_the_table_covers_the_catalogue() -> None:
    """The causes and groups in the table are exactly those in the catalogue."""
    assert set(addresses.CAUSES) == set(CATALOGUE)
    assert set(addresses.GROUPS) == set(GROUPS)


@pytest.mark.parametrize("method", ["basic", "oauth"])
@pytest.mark.parametrize("name", list(CATALOGUE))
def test_each_text_mentions_the_expected_addresses(name: str, method: str) -> None:
    """The texts and the letter for every cause mention the expected addresses, even if no fault produces the cause."""
    values = {**VALUES, "method": method}
    _compare(fill(CATALOGUE[name], values), method, values)
    letter = request(name, values)

    assert _mail(addresses.named([letter], values)) == addresses.expected(name, "letter", method)


@pytest.mark.parametrize("at_login", [False, True])
def test_texts_for_a_declared_service_mention_the_expected_addresses(*, at_login: bool) -> None:
    """The texts for a declared service mention the addresses that the table lists for such a service."""
    assert set(addresses.DECLARED) <= set(declared(at_login=at_login))
    for name, entry in declared(at_login=at_login).items():
        filled = fill(entry, VALUES)
        for field in FIELDS:
            wanted = addresses.DECLARED.get(name, {}).get(field, frozenset())
            assert addresses.named(_lines(filled, field), VALUES) == wanted, (name, field)


@pytest.mark.parametrize("name", list(GROUPS))
def test_deciding_lines_mention_the_expected_addresses(name: str) -> None:
    """The text that helps to decide between the causes of a group mentions the expected addresses."""
    assert addresses.named(fill_lines(GROUPS[name].decide, VALUES), VALUES) == addresses.GROUPS[name]


@pytest.mark.parametrize("set_up", list(SET_UPS))
def test_every_set_up_can_send(set_up: str) -> None:
    """Every sender can send in each set-up, and the three addresses of each sender differ."""
    for evidence, settings in gathered(None, set_up).values():
        sender = settings.sender

        assert Assessment(evidence, settings).verdict == "can_send"
        assert len({sender.sign_in_user, sender.envelope_from, sender.envelope_to}) == 3


@pytest.mark.parametrize("trustee", list(SendAsTrustee))
def test_send_as_for_both_trustees_is_enough(trustee: SendAsTrustee, tmp_path: Path) -> None:
    """The sender can send if Send As is granted to both the service principal and the mailbox, whichever of them the tenant checks."""
    world = SET_UPS["from_differs"](healthy())
    world = replace(world, unverified=replace(world.unverified, send_as_of_application=trustee))
    one = {SendAsTrustee.PRINCIPAL: PRINCIPAL_OBJECT_ID, SendAsTrustee.MAILBOX: NOTICES}[trustee]
    verdicts = []
    for name, right in (("both", {PRINCIPAL_OBJECT_ID, NOTICES}), ("other", {PRINCIPAL_OBJECT_ID, NOTICES} - {one})):
        (tmp_path / name).mkdir()
        granted = change.mailbox(SHARED, send_as=frozenset(right))(world)
        with probe_run(granted, folder=tmp_path / name) as seen:
            verdicts.append(seen.assessments["oauth"].verdict)

    assert verdicts == ["can_send", "cannot_send"]


@pytest.mark.parametrize(("fault", "set_up"), STAGED)
def test_texts_in_a_report_mention_the_expected_addresses(fault: str, set_up: str) -> None:
    """Every text shown for a fault mentions the addresses in the table, with the values from the sender's own settings."""
    if reason := FAULTS[fault].skipped_here():
        pytest.skip(reason)
    for evidence, settings in gathered(fault, set_up).values():
        assessment = Assessment(evidence, settings)
        values = _entered(evidence, settings.sender)
        method = settings.sender.method
        assert len({values[name] for name in ("account", "from_address", "recipient")}) == 3
        shown = [finding for finding in assessment.all_findings() if finding.verdict in SHOWN]
        for cause in {cause for finding in shown for cause in finding.causes}:
            _compare(explained.cause(cause, assessment), method, values)
        for finding in shown:
            _check_reason(finding, method, values)
        decisive = assessment.decisive
        if decisive is not None:
            found = (decisive.check, decisive.verdict.value, decisive.causes)
            assert found in {(row.check, row.verdict, row.causes) for row in FAULTS[fault].expected}
            _check_letter(decisive, assessment, values)


def _entered(evidence: SenderEvidence, sender: Sender) -> dict[str, str]:
    """Return the sender's values from the settings, and the enterprise application's object id from the token."""
    claims = (evidence.token.claims if evidence.token is not None else None) or {}
    return {
        "account": sender.username,
        "from_address": sender.mail_from,
        "recipient": sender.mail_to,
        "client_id": sender.client_id,
        "sp_object_id": str(claims.get("oid") or ""),
    }


def _check_reason(finding: Finding, method: str, values: Mapping[str, str]) -> None:
    """Check the addresses in the reason for the finding."""
    groups = [roles for name, roles in addresses.GROUPS.items() if set(finding.causes) & set(GROUPS[name].causes)]
    allowed = _all([*groups, *(addresses.expected(cause, "decide", method) for cause in finding.causes)])

    assert addresses.named([finding.why], values) <= allowed, finding.check
    assert addresses.foreign([finding.why], values) == set(), finding.check


def _check_letter(decisive: Finding, assessment: Assessment, values: Mapping[str, str]) -> None:
    """Check the addresses in the letter to the owner, apart from the quoted server reply."""
    deciders = () if decisive.sure else explained.deciders(decisive.causes, assessment)
    letter = explained.owner_request(decisive.causes, (), assessment, sure=decisive.sure, decide=deciders)
    lines = [line for line in letter.splitlines() if not line.startswith("  Reply received:")]
    wanted = addresses.expected(decisive.causes[0], "letter", assessment.settings.sender.method)
    deciding = addresses.named(deciders, values)

    assert wanted <= _mail(addresses.named(lines, values)) <= wanted | deciding
    assert deciding <= _all(
        [
            *(roles for name, roles in addresses.GROUPS.items() if set(decisive.causes) <= set(GROUPS[name].causes)),
            *(addresses.expected(cause, "decide", assessment.settings.sender.method) for cause in decisive.causes),
        ]
    )
    assert addresses.foreign(lines, values) == set()


def _all(roles: Iterable[Roles]) -> Roles:
    return frozenset[str]().union(*roles)
