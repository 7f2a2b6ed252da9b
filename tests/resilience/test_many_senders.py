"""Senders share a token request per application, take turns at a shared mailbox and do not repeat each other's refused sign-in."""

from __future__ import annotations

import itertools
import re
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from evidence.wire import SenderEvidence, SkipReason
from fakes import World, apply, healthy
from fakes.world.world import ALERTS, NOTICES
from plugin.xdist import scope
from probes.deadline import Deadline
from probes.pacing import Pacer
from probes.single_flight import SingleFlight, fingerprint
from settings.secret import Secret
from tests.probe_run import ProbeRun, probe_run
from tests.resilience.fleet import address, with_senders, with_users
from tests.resilience.processes import check

MANY = 12


def _total(seen: ProbeRun, counter: str) -> int:
    return sum(getattr(evidence.traffic, counter) for evidence in seen.evidence.values())


def _oauth(seen: ProbeRun) -> list[SenderEvidence]:
    return [evidence for name, evidence in seen.evidence.items() if name.startswith("oauth")]


def _fleet(world: World) -> list[str]:
    return [address(world, number) for number in range(MANY)]


def test_one_token_for_all_senders_of_an_application(tmp_path: Path) -> None:
    """All senders of an application sign in with the same token, and the OpenID configuration is requested once."""
    world = with_users(healthy(), MANY)
    with probe_run(world, folder=tmp_path, edit=with_senders("oauth", _fleet(world))) as seen:
        accepted = Counter(message.sender for message in seen.running.messages)

        assert len(seen.running.token_requests) == _total(seen, "token_requests") == 1
        assert seen.running.requests["discovery"] == 1
    assert all(accepted[user] == 1 for user in [*_fleet(world), NOTICES])
    assert sum(evidence.token is not None and evidence.token.shared for evidence in _oauth(seen)) == MANY
    claims = [evidence.token.claims for evidence in _oauth(seen) if evidence.token is not None]
    assert all(one == claims[0] for one in claims)


def test_a_refused_secret_is_tried_once_for_all_its_senders(tmp_path: Path) -> None:
    """A single refusal of a client secret is in the evidence of every sender that uses it, and none of them signs in."""
    world = with_users(apply(healthy(), ["secret_wrong"]), MANY)
    with probe_run(world, folder=tmp_path, edit=with_senders("oauth", _fleet(world))) as seen:
        assert len(seen.running.token_requests) == _total(seen, "token_requests") == 1
        assessments = seen.assessments

    for evidence in _oauth(seen):
        assert evidence.token is not None
        assert evidence.token.error_codes == (7000215,)
        assert assessments[evidence.sender].first_broken_gate == "token"
        assert evidence.traffic.sign_in_attempts == 0


def test_a_different_secret_is_requested_separately(tmp_path: Path) -> None:
    """Senders that use the same application with different secrets do not share a token result."""
    world = healthy()

    def edit(text: str) -> str:
        more = with_senders("oauth", [NOTICES])(text)
        return more.replace("env:SMTP365_OAUTH_CLIENT_SECRET", "env:PATH")

    with probe_run(world, folder=tmp_path, edit=edit) as seen:
        pass
    (missing,) = [evidence for evidence in _oauth(seen) if evidence.sender != "oauth"]
    assert missing.token is not None
    assert missing.token.withheld == "the client secret was not found"
    assert seen.assessments["oauth"].first_broken_gate is None


@pytest.mark.parametrize("method", ["basic", "oauth"])
def test_a_mailbox_has_one_connection_at_a_time(method: str, tmp_path: Path) -> None:
    """Senders that share a mailbox connect one after another and all send, even if the case of their addresses differs."""
    user = ALERTS if method == "basic" else NOTICES
    users = [user.upper() if number % 2 else user for number in range(4)]
    with probe_run(folder=tmp_path, edit=with_senders(method, users)) as seen:
        sharing = [evidence for name, evidence in seen.evidence.items() if name.startswith(method)]

    spans = sorted((evidence.started.timestamp(), evidence.seconds) for evidence in sharing)
    assert len(spans) == 5
    for (began, seconds), (next_began, _) in itertools.pairwise(spans):
        assert next_began >= began + seconds - 0.005
    assert all(evidence.traffic.messages_sent == 1 for evidence in sharing)


@pytest.mark.parametrize(
    ("fault", "method"),
    [("wrong_password", "basic"), ("smtp_auth_off_tenant", "basic"), ("sp_not_registered", "oauth")],
)
def test_a_refused_sign_in_is_not_repeated_by_the_next_sender(fault: str, method: str, tmp_path: Path) -> None:
    """Three senders with the same user make a single attempt, and its refusal decides the first cause for all three."""
    user = ALERTS if method == "basic" else NOTICES
    with probe_run(apply(healthy(), [fault]), folder=tmp_path, edit=with_senders(method, [user, user])) as seen:
        attempts = [one for one in seen.running.sign_ins if one.user.lower() == user]
        sharing = [evidence for name, evidence in seen.evidence.items() if name.startswith(method)]

    assert len(attempts) == 1
    withheld = [one for one in sharing if one.sign_in and one.sign_in.withheld is SkipReason.SHARED_CREDENTIAL_REFUSED]
    assert len(withheld) == 2
    first = next(seen.assessments[one.sender] for one in sharing if one not in withheld)
    for one in withheld:
        assert seen.assessments[one.sender].finding("AUTH-01").causes[0] == first.finding("AUTH-01").causes[0]


def test_all_checks_of_a_sender_run_in_one_worker(tmp_path: Path) -> None:
    """With -n, all checks of a sender run in one worker, whatever the sender's name."""
    ended = check("-n", "2", "-v", "-p", "no:randomly", report=tmp_path / "r.html")
    ran = set(re.findall(r"\[(gw\d)\].*test_check\[(\w+)-[A-Z]+-\d\d\]", ended.output))

    assert ended.code == 0, ended.output
    assert sorted(sender for _, sender in ran) == ["basic", "oauth"]
    assert (
        scope("checks/test_checklist.py::test_check[ops-2-a-TLS-01]") == "checks/test_checklist.py::test_check[ops-2-a"
    )
    assert scope("tests/test_x.py::test_it") == "tests/test_x.py::test_it"


def test_starts_are_staggered() -> None:
    """Two senders start immediately and the others at intervals, and after a stop no sender starts."""
    starts, began = Pacer(interval=0.03), time.monotonic()
    with ThreadPoolExecutor(6) as pool:
        moments = sorted(pool.map(lambda _: (starts.wait(), time.monotonic() - began)[1], range(6)))

    assert moments[1] < 0.03
    assert moments[-1] >= 4 * 0.03 - 0.005
    starts.stop()
    assert not starts.wait()


def test_a_waiting_caller_keeps_its_own_deadline() -> None:
    """A caller that waits for a request in progress shares its result, or gets TimeoutError at the caller's own deadline."""
    known: SingleFlight[str] = SingleFlight()
    started, release = threading.Event(), threading.Event()

    def slow() -> str:
        started.set()
        release.wait(5)
        return "here"

    def good(_answer: str, _age: float) -> bool:
        return True

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(known.ask, "q", slow, Deadline(5), good)
        assert started.wait(5)
        with pytest.raises(TimeoutError):
            known.ask("q", slow, Deadline(0.05), good)
        second = pool.submit(known.ask, "q", slow, Deadline(5), good)
        release.set()
        assert not first.result().shared
        assert second.result().shared


def test_an_expiring_token_is_requested_again() -> None:
    """After a token expires, a new one is requested once and then shared."""
    now = [0.0]
    known: SingleFlight[int] = SingleFlight(lambda: now[0])
    answers = iter(range(10))

    def ask() -> tuple[int, bool]:
        result = known.ask("token", lambda: next(answers), Deadline(5), lambda _answer, age: age < 60)
        return result.result, result.shared

    assert [ask(), ask()] == [(0, False), (0, True)]
    now[0] = 61
    assert [ask(), ask()] == [(1, False), (1, True)]


def test_waiting_callers_can_send_their_own_requests() -> None:
    """If pending requests are not shared, a caller that waited for a result it cannot reuse sends its own request."""
    known: SingleFlight[str] = SingleFlight(share_pending=False)
    started, release = threading.Event(), threading.Event()

    def slow() -> str:
        started.set()
        release.wait(5)
        return "refused"

    def reusable(answer: str, _age: float) -> bool:
        return answer == "here"

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(known.ask, "q", slow, Deadline(5), reusable)
        assert started.wait(5)
        second = pool.submit(known.ask, "q", lambda: "here", Deadline(5), reusable)
        release.set()
        assert first.result().result == "refused"
        assert second.result().result == "here"


def test_fingerprints_are_valid_in_this_process_only() -> None:
    """Only equal secrets have equal fingerprints, and a fingerprint is not a plain hash of the secret."""
    import hashlib

    one = fingerprint(Secret("Sesame-4711"))
    assert one == fingerprint(Secret("Sesame-4711"))
    assert one != fingerprint(Secret("Sesame-4712"))
    assert one != hashlib.sha256(b"Sesame-4711").digest()
    assert fingerprint(None) == b""
