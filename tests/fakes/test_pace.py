"""The dial for pace: a round trip of any length on every service, and refusals that take Microsoft's five seconds."""

import time
from collections.abc import Callable
from pathlib import Path

import dns.message
import dns.query
import pytest

from fakes import Running, healthy, serve
from fakes.world import TENANT_ID
from tests.fakes.dialling import SMTP_HOST, https
from tests.fakes.raw_smtp import Raw

SHORT, LONG = 40, 200


def _smtp(running: Running) -> None:
    with Raw(running) as client:
        client.reply()
        client.say("NOOP")


def _https(running: Running) -> None:
    https(running, f"/{TENANT_ID}/v2.0/.well-known/openid-configuration")


def _dns_over_udp(running: Running) -> None:
    port = running.description["dns"]["port"]
    dns.query.udp(dns.message.make_query(SMTP_HOST, "A"), "127.0.0.1", port=port, timeout=10)


def _dns_over_tcp(running: Running) -> None:
    port = running.description["dns"]["port"]
    dns.query.tcp(dns.message.make_query(SMTP_HOST, "A"), "127.0.0.1", port=port, timeout=10)


def _seconds(does: Callable[[], object]) -> float:
    began = time.perf_counter()
    does()
    return time.perf_counter() - began


@pytest.mark.parametrize(
    ("does", "round_trips"),
    [
        pytest.param(_smtp, 2, id="SMTP: connection, one command"),
        pytest.param(_https, 3, id="HTTPS: connection, TLS, one request"),
        pytest.param(_dns_over_udp, 1, id="DNS over UDP: one question"),
        pytest.param(_dns_over_tcp, 2, id="DNS over TCP: connection, one question"),
    ],
)
def test_round_trip_is_as_long_as_asked(tmp_path: Path, does: Callable[[Running], None], round_trips: int) -> None:
    """Each exchange takes its round trips at least, and five times the round trip makes it several times as long."""
    took = {}
    for milliseconds in (SHORT, LONG):
        with serve(healthy(), folder=tmp_path, latency_ms=milliseconds) as running:
            does(running)  # libraries, keys and contexts are made at the first time
            took[milliseconds] = _seconds(lambda running=running: does(running))  # type: ignore[misc]

    for milliseconds, seconds in took.items():
        assert seconds >= round_trips * milliseconds / 1000 * 0.98  # clocks tick coarsely on Windows
    assert 2 < took[LONG] / took[SHORT] < 10


def test_refusals_take_their_time_at_the_real_pace(tmp_path: Path) -> None:
    """A refused command is answered after five seconds, any other at once."""
    with serve(healthy(), folder=tmp_path, pace="real") as running, Raw(running) as client:
        client.reply()
        taken = _seconds(lambda: client.say("NOOP"))
        refused = _seconds(lambda: client.say("EHLO under_score"))

    assert refused >= 4.9
    assert taken < refused / 4
