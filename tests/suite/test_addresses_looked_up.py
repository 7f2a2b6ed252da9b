"""Test that lookups and texts concern the sign-in account if From differs from the sign-in name."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from checks.assessment import Assessment
from checks.model import Verdict
from fakes.faults import change
from fakes.world.set_ups import SET_UPS, SHARED, SHARED_OTHER_DOMAIN, SIGN_IN_NAMES
from fakes.world.world import ALERTS, NOTICES
from reports import commands, explained
from tests.probe_run import probe_run
from tests.probes.test_lookup_sources import with_lookup_settings, world
from tests.suite.gathered_lookups import ALL_LOOKUP_SOURCES, assess_with_lookups

ABOUT_THE_ACCOUNT = [
    ("smtp_auth_off_mailbox", "basic"),
    ("smtp_auth_off_mailbox_oauth", "oauth"),
    ("smtp_auth_off_tenant", "oauth"),
    ("account_disabled", "basic"),
    ("mailbox_right_missing", "oauth"),
]


def _commands(assessment: Assessment) -> list[str]:
    decisive = assessment.decisive
    assert decisive is not None
    steps = explained.cause(decisive.causes[0], assessment).steps
    return [piece.text for step in steps for piece in commands.pieces(step) if piece.shell]


@pytest.mark.parametrize("set_up", list(SET_UPS))
@pytest.mark.parametrize(("fault", "name"), ABOUT_THE_ACCOUNT)
def test_reason_and_commands_mention_the_same_account(fault: str, name: str, set_up: str) -> None:
    """The reason for the finding and the administrator's commands mention the account that signs in, not From."""
    assessment = assess_with_lookups(fault, set_up=set_up)[name]
    decisive, sender = assessment.decisive, assessment.settings.sender
    with_address = [command for command in _commands(assessment) if "@" in command]

    assert decisive is not None
    assert decisive.sure
    assert sender.username in decisive.why
    assert with_address
    assert [command for command in with_address if f"'{sender.username}'" not in command] == []
    assert [text for text in (decisive.why, *with_address) if sender.mail_from in text] == []


@pytest.mark.parametrize("set_up", list(SET_UPS))
def test_no_check_fails_in_a_healthy_set_up(set_up: str) -> None:
    """In a healthy set-up no check fails, is blocked or is unknown."""
    found = [one for each in assess_with_lookups(set_up=set_up).values() for one in each.all_findings()]

    assert [one.check for one in found if one.verdict in {Verdict.FAIL, Verdict.BLOCKED, Verdict.UNKNOWN}] == []


def test_primary_address_of_the_sign_in_mailbox_passes() -> None:
    """BASIC-01 passes if From is the primary address of the sign-in mailbox, even if the user principal name differs."""
    finding = assess_with_lookups("port_refused", set_up="upn_differs")["basic"].finding("BASIC-01")

    assert finding.verdict is Verdict.PASS
    assert f"{ALERTS} is the primary address of the mailbox that signs in, {SIGN_IN_NAMES[ALERTS]}" in finding.observed


@pytest.mark.parametrize(("set_up", "address"), [("from_differs", SHARED), ("domains_differ", SHARED_OTHER_DOMAIN)])
def test_unknown_right_to_another_address_mentions_both_addresses(set_up: str, address: str) -> None:
    """If the port is closed, the right to send as a different address is unknown, and the reason mentions both addresses."""
    finding = assess_with_lookups("port_refused", set_up=set_up)["basic"].finding("BASIC-01")

    assert finding.verdict is Verdict.UNKNOWN
    assert f"whether {ALERTS} may send as {address} (Get-RecipientPermission -Identity {address})" in finding.why


def test_an_application_may_sign_in_with_a_mail_address(tmp_path: Path) -> None:
    """An application can sign in with a mailbox's email address, even if the user principal name differs."""
    by_address = change.oauth(username=NOTICES)(SET_UPS["upn_differs"](world()))
    with probe_run(
        by_address, folder=tmp_path, edit=with_lookup_settings, look=ALL_LOOKUP_SOURCES["application"]
    ) as seen:
        assessment = seen.assessments["oauth"]

    assert assessment.verdict == "can_send"
    assert not re.search("has no (user|mailbox)", " ".join(one.observed + one.why for one in assessment.all_findings()))
