"""Tests that a hostile peer breaks the gate in its row of the catalogue, and does not affect the healthy sender.

`bench/hostile.py` measures the time and the memory of the same runs.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from bench.hostile import Outcome, attacked, bystander, faults, run, undisturbed
from fakes import PEERS, healthy

DEEP = os.environ.get("SMTP365_DEEP") == "1"
# One peer of each kind: a quarter of the catalogue.
ONE_OF_EACH_KIND = (
    "dns-drip", "cname-loop", "odd-digits", "reply-drip", "giant-line", "starttls-injection", "tls-handshake-drip",
    "tls-alert-after-handshake", "proxy-connect-drip", "socks-proxy-that-speaks-http", "header-drip", "gzip-bomb",
    "redirects", "foreign-endpoint", "huge-number-json", "split-echo", "silence-after-password",
    "bidi-and-escape-replies",
)  # fmt: skip
NAMES = tuple(PEERS) if DEEP else ONE_OF_EACH_KIND
SENDER_TIMEOUT = 4.0
AT_ONCE = 3  # the runs mostly wait


@pytest.fixture(scope="module")
def outcomes() -> Iterator[dict[str, Future[Outcome]]]:
    """Start all runs, a few at a time, each with a sender that meets the peer and a healthy one."""
    for sender in ("basic", "oauth"):
        undisturbed(sender)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        started = {
            name: pool.submit(run, name, bystander(PEERS[name]), sender_timeout=SENDER_TIMEOUT) for name in NAMES
        }
        yield started
        pool.shutdown(cancel_futures=True)


@pytest.mark.parametrize("name", NAMES)
def test_a_hostile_peer_breaks_its_gate_and_nothing_else(name: str, outcomes: dict[str, Future[Outcome]]) -> None:
    """The run ends, the gate is the one in the peer's row, and the healthy sender's verdicts are those of a healthy run."""
    outcome = outcomes[name].result()

    assert faults(PEERS[name], outcome, alone=False) == [], outcome.text


@pytest.mark.parametrize("name", NAMES)
def test_no_output_shows_a_secret_or_a_control_character(name: str, outcomes: dict[str, Future[Outcome]]) -> None:
    """No output contains a secret of either sender, and the text contains no escape, control or direction character from the peer."""
    outcome = outcomes[name].result()
    world = healthy()

    assert world.basic.password not in outcome.outputs
    assert world.oauth.client_secret not in outcome.outputs
    assert not set(outcome.text) & set("\x00\x07\x08\x1b\x7f\x9b\x9d\u202e\u200b\u2028")


@pytest.mark.parametrize("name", [name for name in NAMES if name in {"split-echo", "echo", "encoded-echo"}])
def test_an_echoed_secret_is_in_no_output_in_any_spelling(name: str, outcomes: dict[str, Future[Outcome]]) -> None:
    """No output contains more than half of an echoed password, forwards or backwards."""
    password = healthy().basic.password
    half = len(password) // 2 + 1
    outputs = outcomes[name].result().outputs

    assert attacked(PEERS[name]) == "basic"
    for text in (password, password[::-1]):
        assert not [text[at : at + half] for at in range(len(text) - half + 1) if text[at : at + half] in outputs]
