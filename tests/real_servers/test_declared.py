"""For each row of the table, run the checklist against a real server and compare the result with the expected one."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import pytest

from tests.real_servers import staging
from tests.real_servers.expected import TABLE, Expected
from tests.real_servers.names import HOST
from tests.real_servers.running import Outcome, Situation, leaked, run

if TYPE_CHECKING:
    from tests.real_servers.mailbox import Mailbox

OWNERS: Final = {
    "sender": "Who acts: The owner of the application",
    "service": f"Who acts: The administrator of {HOST}.",
    "issuer": "Who acts: The administrator of the token service",
    "network": "Who acts: The network or host team",
}
NOUNS: Final = re.compile(
    r"\b(microsoft|office|exchange|entra|azure|nodinite|outlook)|admin center|portal\.", re.IGNORECASE
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One run, with the number of messages that the server accepted and the number that arrived."""

    situation: Situation
    outcome: Outcome
    accepted: int
    arrived: int


Runner = Callable[[str], Seen]


@pytest.fixture(scope="module")
def runner(resolver: str, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Runner:
    """Return a function that runs a row of the table once and then returns the same result to every test."""
    seen: dict[str, Seen] = {}

    def run_once(at: str) -> Seen:
        if at not in seen:
            situation, mailbox = stage(TABLE[at], request.getfixturevalue)
            before = (mailbox.accepted, len(mailbox.received)) if mailbox else (0, 0)
            outcome = run(situation, resolver, tmp_path_factory.mktemp("run"))
            total = before[1] + outcome.sender["traffic"]["messages_sent"]
            arrived = len(mailbox.wait_for(total)) - before[1] if mailbox else 0
            accepted = mailbox.accepted - before[0] if mailbox else 0
            seen[at] = Seen(situation=situation, outcome=outcome, accepted=accepted, arrived=arrived)
        return seen[at]

    return run_once


def stage(expected: Expected, server: Callable[[str], Any]) -> tuple[Situation, Mailbox | None]:
    """Start the servers for a row of the table, and return the situation and the mailbox for its message, if any."""
    peer, _, at = expected.at.partition(": ")
    started = server(staging.FIXTURES[peer])
    if peer == "exim":
        return staging.at_exim(at, started), started.mailbox
    if peer == "postfix":
        return staging.at_postfix(at, started), started.mailbox
    if peer == "dovecot":
        return staging.at_dovecot(at, started, server("tokens")), started.mailbox
    situation = staging.at_another_service(started, server("ca_file"), silent=peer != "sshd")
    return situation, server("postfix").mailbox if peer == "stunnel" else None


@pytest.mark.parametrize("at", TABLE)
def test_report_matches_the_table(at: str, runner: Runner) -> None:
    """The verdict, gate, causes, owner, sign-ins, token requests, delivered messages and texts match the table."""
    seen = runner(at)

    assert differences(TABLE[at], seen) == {}, seen.outcome.printed


@pytest.mark.parametrize("at", TABLE)
def test_the_verdict_follows_the_message(at: str, runner: Runner) -> None:
    """The verdict is never `cannot_send` if the server accepted the message, and never `can_send` if it accepted none."""
    seen = runner(at)

    assert (seen.outcome.sender["verdict"], seen.accepted) not in {("cannot_send", 1), ("can_send", 0)}
    assert seen.accepted == seen.arrived == seen.outcome.sender["traffic"]["messages_sent"]


@pytest.mark.parametrize("at", TABLE)
def test_texts_contain_no_microsoft_term(at: str, runner: Runner) -> None:
    """The terminal output, the page and the results contain no term that is specific to Microsoft or Nodinite."""
    outcome = runner(at).outcome
    texts = {
        "terminal": outcome.printed,
        "page": html.unescape(html.unescape(outcome.page)),
        "results": outcome.results,
    }

    assert {name: found for name, text in texts.items() if (found := nouns(text))} == {}


@pytest.mark.parametrize("at", TABLE)
def test_no_secret_is_printed_or_written(at: str, runner: Runner) -> None:
    """Neither the password nor the client secret is printed or written, in plain text or in Base64."""
    seen = runner(at)

    assert [form for secret in seen.situation.secrets.values() for form in leaked(seen.outcome, secret)] == []


def differences(expected: Expected, seen: Seen) -> dict[str, object]:
    """Return the values that differ from the table, keyed by name."""
    outcome, sender = seen.outcome, seen.outcome.sender
    causes, traffic = sender["causes"], sender["traffic"]
    checks = {check["id"]: check["verdict"] for check in sender["checks"]}
    named = expected.first in (causes if expected.listed else causes[:1]) if expected.first else not causes
    owners = [OWNERS[owner] for owner in expected.owner]
    shown = outcome.printed + html.unescape(outcome.page)
    wrong = {
        "verdict": sender["verdict"] if sender["verdict"] not in expected.verdict else None,
        "gate": sender["first_broken_gate"] if sender["first_broken_gate"] not in expected.gate else None,
        "causes": None if named and not set(causes) & set(expected.never) else causes,
        "owner": None if not owners or any(owner in outcome.printed for owner in owners) else outcome.printed,
        "sign_ins": traffic["sign_in_attempts"] if traffic["sign_in_attempts"] != expected.sign_ins else None,
        "token_requests": traffic["token_requests"] if traffic["token_requests"] != expected.token_requests else None,
        "arrived": f"{seen.accepted} accepted, {seen.arrived} arrived" if seen.arrived != expected.arrived else None,
        "not shown": [words for words in expected.shown if words not in shown],
        "shown": [words for words in expected.not_shown if words in shown],
        "passed": [check for check in expected.not_passed if checks.get(check) == "pass"],
    }
    return {name: value for name, value in wrong.items() if value}


def nouns(text: str) -> list[str]:
    """Return each match of `NOUNS` in a text, with the characters around it."""
    return [" ".join(text[max(0, at.start() - 40) : at.end() + 40].split()) for at in NOUNS.finditer(text)]
