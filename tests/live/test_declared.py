"""Every line of the table: one run of the checklist at a real server, compared with what was written down before."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.live import staging
from tests.live.expected import TABLE, Expected
from tests.live.running import Outcome, Situation, leaked, run

if TYPE_CHECKING:
    from tests.live.mailbox import Mailbox


def stage(expected: Expected, server: Callable[[str], Any]) -> tuple[Situation, Mailbox | None]:
    """Start what a line of the table needs; return its situation and the mailbox where its message would arrive."""
    peer, _, at = expected.at.partition(": ")
    started = server(staging.FIXTURES[peer])
    if peer == "exim":
        return staging.at_exim(at, started), started.mailbox
    if peer == "postfix":
        return staging.at_postfix(at, started), started.mailbox
    if peer == "dovecot":
        return staging.at_dovecot(at, started, server("tokens")), started.mailbox
    behind = server("postfix") if peer == "stunnel" else None
    return staging.at_another_service(started, server("ca_file")), behind.mailbox if behind else None


@pytest.mark.parametrize("at", TABLE)
def test_what_was_expected_is_reported(at: str, resolver: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    """Verdict, gate, causes, owner, sign-ins, token requests and the message itself, all as the table has them."""
    expected = TABLE[at]
    situation, mailbox = stage(expected, request.getfixturevalue)
    before = (mailbox.taken, len(mailbox.received)) if mailbox else (0, 0)

    outcome = run(situation, resolver, tmp_path)

    accepted = before[1] + outcome.sender["traffic"]["messages_sent"]
    arrived = mailbox.wait_for(accepted)[before[1] :] if mailbox else []
    taken = mailbox.taken - before[0] if mailbox else 0
    assert differences(expected, outcome, taken=taken, arrived=len(arrived)) == {}, outcome.printed
    assert [form for secret in situation.secrets.values() for form in leaked(outcome, secret)] == []


def differences(expected: Expected, outcome: Outcome, *, taken: int, arrived: int) -> dict[str, object]:
    """Return what differs from the table, by name; nothing when all is as expected."""
    sender = outcome.sender
    causes, traffic = sender["causes"], sender["traffic"]
    checks = {check["id"]: check["verdict"] for check in sender["checks"]}
    named = expected.first in (causes if expected.listed else causes[:1]) if expected.first else not causes
    shown = outcome.printed + outcome.page
    wrong = {
        "verdict": sender["verdict"] if sender["verdict"] not in expected.verdict else None,
        "gate": sender["first_broken_gate"] if sender["first_broken_gate"] not in expected.gate else None,
        "causes": None if named and not set(causes) & set(expected.never) else causes,
        "sign_ins": traffic["sign_in_attempts"] if traffic["sign_in_attempts"] != expected.sign_ins else None,
        "token_requests": traffic["token_requests"] if traffic["token_requests"] != expected.token_requests else None,
        "arrived": f"{taken} taken, {arrived} arrived" if {taken, arrived} != {expected.arrived} else None,
        "not shown": [words for words in expected.shown if words not in shown],
        "shown": [words for words in expected.not_shown if words in shown],
        "passed": [check for check in expected.not_passed if checks[check] == "pass"],
        "against the evidence": against_the_evidence(sender["verdict"], taken),
    }
    return {name: value for name, value in wrong.items() if value}


def against_the_evidence(verdict: str, taken: int) -> str:
    """Name a verdict that the server's own log contradicts: the rule that holds for every run."""
    if verdict == "cannot_send" and taken:
        return "cannot_send, and the server took the message"
    return "can_send, and the server took nothing" if verdict == "can_send" and not taken else ""
