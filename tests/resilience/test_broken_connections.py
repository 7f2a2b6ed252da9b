"""Wherever a connection breaks, the run ends in time, reports the right gate and keeps the evidence gathered before the break."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from checks.assessment import Assessment
from evidence.gates import Gate
from fakes import Running, World, healthy, serve
from fakes.world.network import Tls, TlsRange
from probes import gather
from settings.load import parse
from settings.model import Settings
from tests.probe_run import gather_without_errors
from tests.resilience.tampering import Breakage, Cut, Relay, relay

DEEP = bool(os.environ.get("SMTP365_DEEP"))
SENDER_SECONDS = 4.0
REPLY_SECONDS = 0.8
SLACK_SECONDS = 2.0
SIGNATURE_VARIES = 8  # ECDSA signatures vary in length; a cut keeps this distance from the end of a turn
# With TLS 1.2, client and server strictly alternate. These are the gates that the server's turns decide.
GREETED = (Gate.GREETING, Gate.GREETING, Gate.STARTTLS, Gate.TLS, Gate.TLS, Gate.AUTH_OFFERED)
ENVELOPE = (Gate.SENDER, Gate.RECIPIENT, Gate.ACCEPTED, Gate.ACCEPTED)
BY_PASSWORD = (*GREETED, Gate.SIGN_IN, Gate.SIGN_IN, Gate.SIGN_IN, *ENVELOPE)
BY_TOKEN = (*GREETED, Gate.SIGN_IN, Gate.SIGN_IN, *ENVELOPE)
# A line that ends in garbage is still a complete line, so the connection breaks at the next gate.
ACCEPTED_ALTERNATIVES = {(Gate.GREETING, Breakage.GARBAGE): Gate.STARTTLS, (Gate.STARTTLS, Breakage.GARBAGE): Gate.TLS}


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """A sender's connection to a service through the relay, with the gate of each turn and, if there are several connections, a number."""

    sender: str
    service: str
    gates: tuple[Gate, ...]
    connection: int | None = None


LEGS = {
    "basic": Leg(sender="basic", service="smtp", gates=BY_PASSWORD),
    "oauth": Leg(sender="oauth", service="smtp", gates=BY_TOKEN),
    "issuer": Leg(sender="oauth", service="https", gates=(Gate.ISSUER,) * 2, connection=0),
    "token": Leg(sender="oauth", service="https", gates=(Gate.TOKEN,) * 2, connection=1),
}
PLACES = [(name, turn) for name, leg in LEGS.items() for turn in range(len(leg.gates))]
CHOSEN = PLACES if DEEP else PLACES[::2]


def _turn_by_turn() -> World:
    only = Tls(versions=TlsRange.ONLY_1_2)
    return replace(healthy(), network=replace(healthy().network, smtp_tls=only))


@contextmanager
def _behind_relay(leg: Leg, folder: Path) -> Iterator[tuple[Running, Settings, Relay]]:
    """Serve the built-in tenant behind the relay, and yield settings with the relay's address and short timeouts."""
    with serve(_turn_by_turn(), folder=folder) as running:
        port = running.description[leg.service]["port"]
        with relay(port) as relayed:
            text = running.settings_file.read_text(encoding="utf-8")
            text = text.replace(f'"127.0.0.1:{port}"', f'"127.0.0.1:{relayed.port}"')
            for key, seconds in (("reply_timeout", REPLY_SECONDS), ("sender_timeout", SENDER_SECONDS)):
                text = re.sub(rf"{key} = [\d.]+", f"{key} = {seconds}", text)
            yield running, parse(text, running.settings_file), relayed


def _probe(running: Running, settings: Settings, sender: str) -> Assessment:
    world = gather.create_context(settings, state=None)
    chosen = settings.sender[sender]
    evidence = gather_without_errors([chosen], world, gather.secrets_of([chosen], running.secrets))
    return Assessment(evidence[sender], settings.for_sender(chosen))


def _cuts(length: int, turn: int, connection: int | None) -> Iterator[Cut]:
    last = max(0, length - SIGNATURE_VARIES)
    for place, how in enumerate(Breakage):
        if DEEP or turn % len(Breakage) == place:
            for after in sorted({0, last // 2, last} if DEEP else {last // 2}):
                yield Cut(turn=turn, after=after, how=how, connection=connection)


def _discrepancies(leg: Leg, cut: Cut, probe: Callable[[], Assessment]) -> Iterator[str]:
    began = time.monotonic()
    assessment = probe()
    seconds = time.monotonic() - began
    gate = leg.gates[cut.turn]
    states = assessment.gates()
    broken = assessment.first_broken_gate
    before = [one for one in states if list(Gate).index(one) < list(Gate).index(broken or gate)]
    if broken not in {gate, ACCEPTED_ALTERNATIVES.get((gate, cut.how))}:
        yield f"{cut}: {broken} reported instead of {gate}"
    if assessment.decisive is not None and not assessment.decisive.causes:
        yield f"{cut}: no cause reported"
    if any(states[one] != "ok" for one in before):
        yield f"{cut}: earlier evidence is lost: {states}"
    if seconds > SENDER_SECONDS + SLACK_SECONDS:
        yield f"{cut}: took {seconds:.1f} s"


@pytest.mark.parametrize(("name", "turn"), [pytest.param(*place, id=f"{place[0]}-{place[1]}") for place in CHOSEN])
def test_a_broken_connection_is_located_at_its_gate(name: str, turn: int, tmp_path: Path) -> None:
    """The first broken gate is where the connection broke, or the next after garbage. Earlier gates pass, and the run ends in time."""
    leg = LEGS[name]
    with _behind_relay(leg, tmp_path) as (running, settings, relayed):
        assert _probe(running, settings, leg.sender).verdict == "can_send"
        whole = relayed.connections[leg.connection or 0].turns
        assert len(whole) >= len(leg.gates), whole
        found: list[str] = []
        length = whole[turn] if leg.service == "smtp" else sum(whole[turn:])
        for cut in _cuts(length, turn, leg.connection):
            relayed.connections.clear()
            relayed.cut = cut
            found += _discrepancies(leg, cut, lambda: _probe(running, settings, leg.sender))

    assert found == [], "\n".join(found)


def test_deep_runs_break_many_places() -> None:
    """A deep run breaks connections in at least 200 places."""
    assert len(PLACES) * len(Breakage) * 3 >= 200
