"""Tests that the reported traffic matches the counts of an independent proxy and is within the budget.

Each method has two senders with the same credential, so that the second sender could repeat a refused credential.
"""

from __future__ import annotations

import os
import ssl
from pathlib import Path

import pytest

from evidence.wire import SenderEvidence
from fakes import FAULTS, Fault, Running, World, apply, healthy, serve
from fakes.world import certificates
from fakes.world.world import ALERTS, NOTICES
from probes import gather
from settings.load import parse
from tests.probe_run import gather_without_errors
from tests.resilience.counting import Counted, Endpoint, counting
from tests.resilience.fleet import with_senders

DEEP = bool(os.environ.get("SMTP365_DEEP"))
CHOSEN = list(FAULTS.values()) if DEEP else [FAULTS["wrong_password"], *list(FAULTS.values())[::10]]


def _endpoints(running: Running, world: World) -> list[Endpoint]:
    opened = running.listeners  # including those that the description leaves out
    smtp = (opened.submission, opened.relay, opened.mx)

    def mail() -> ssl.SSLContext:
        return certificates.smtp_context(world.network.smtp_tls)

    return [
        *(Endpoint(port=one.getsockname()[1], tls=mail, at_once=False) for one in smtp),
        Endpoint(port=opened.provider.getsockname()[1], tls=certificates.provider_context, at_once=False),
        Endpoint(
            port=opened.https.getsockname()[1],
            tls=lambda: certificates.login_context(world.network.login_tls),
            at_once=True,
        ),
    ]


def _probe(world: World, folder: Path, *, runs: int = 1) -> tuple[Counted, list[dict[str, SenderEvidence]]]:
    """Run the probes through the proxy, with a folder for recorded sign-in attempts, as in real runs."""
    with serve(world, folder=folder) as running, counting(_endpoints(running, world)) as (counted, ports):
        text = running.settings_file.read_text(encoding="utf-8")
        for theirs, ours in ports.items():
            text = text.replace(f'= "127.0.0.1:{theirs}"', f'= "127.0.0.1:{ours}"')
        text = with_senders("basic", [world.basic.username])(with_senders("oauth", [world.oauth.username])(text))
        settings = parse(text, running.settings_file)
        senders = list(settings.sender.values())
        seen = []
        for _ in range(runs):
            outside = gather.create_context(settings, state=folder / "state")
            seen.append(gather_without_errors(senders, outside, gather.secrets_of(senders, running.secrets)))
    return counted, seen


def _reported(runs_evidence: list[dict[str, SenderEvidence]], counter: str) -> int:
    return sum(getattr(evidence.traffic, counter) for seen in runs_evidence for evidence in seen.values())


def test_proxy_counts_a_healthy_run(tmp_path: Path) -> None:
    """For four healthy senders, the proxy counts four sign-ins over TLS, four messages and one token request."""
    counted, runs_evidence = _probe(healthy(), tmp_path)

    assert sorted(one.mechanism for one in counted.attempts) == ["LOGIN", "LOGIN", "XOAUTH2", "XOAUTH2"]
    assert all(one.encrypted and one.code == 235 for one in counted.attempts)
    assert {one.credential[0] for one in counted.attempts if one.mechanism == "LOGIN"} == {ALERTS}
    assert all(NOTICES in one.credential[0] for one in counted.attempts if one.mechanism == "XOAUTH2")
    assert counted.messages == 4
    assert counted.secrets == [healthy().oauth.client_secret]
    assert all(e.envelope is not None for seen in runs_evidence for e in seen.values())


@pytest.mark.parametrize("fault", [pytest.param(fault, id=fault.id) for fault in dict.fromkeys(CHOSEN)])
def test_reported_traffic_matches_the_proxy(fault: Fault, tmp_path: Path) -> None:
    """The reported sign-ins, token requests and messages equal the proxy's counts, and no refused credential is repeated."""
    if fault.skipped_here():
        pytest.skip(fault.skipped_here() or "")
    counted, runs_evidence = _probe(apply(healthy(), [fault.id]), tmp_path)
    (seen,) = runs_evidence

    assert len(counted.attempts) == _reported(runs_evidence, "sign_in_attempts")
    assert len(counted.secrets) == _reported(runs_evidence, "token_requests")
    assert counted.messages == _reported(runs_evidence, "messages_sent")
    assert counted.connections <= _reported(runs_evidence, "smtp_sessions") + _reported(
        runs_evidence, "diagnostic_connections"
    ) + 2 * len(seen)
    assert counted.repeated() == []
    assert len(counted.secrets) == len(set(counted.secrets)), "more than one request for a client, scope and secret"
    assert all(one.encrypted for one in counted.attempts)
    for evidence in seen.values():
        traffic = evidence.traffic
        assert max(traffic.smtp_sessions, traffic.sign_in_attempts, traffic.messages_sent) <= 1


def test_a_second_run_does_not_repeat_a_refused_password(tmp_path: Path) -> None:
    """In three runs within 15 minutes, a refused password is tried only once."""
    counted, runs_evidence = _probe(apply(healthy(), ["wrong_password"]), tmp_path, runs=3)

    assert [one.code for one in counted.attempts if one.mechanism == "LOGIN"] == [535]
    assert len(counted.attempts) == _reported(runs_evidence, "sign_in_attempts")
