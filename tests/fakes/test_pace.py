"""Tests of the fakes' timing: latency is configurable for every service, and refusals can take five seconds, as Microsoft's do."""

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import dns.message
import dns.query
import pytest

from fakes import Running, healthy, serve
from fakes.world.world import TENANT_ID
from tests.fakes.clients import SMTP_HOST, https
from tests.fakes.raw_smtp_client import Raw

SHORT, LONG = 40, 200


def _smtp(running: Running) -> None:
    with Raw(running) as client:
        client.reply()
        client.command("NOOP")


def _https(running: Running) -> None:
    https(running, f"/{TENANT_ID}/v2.0/.well-known/openid-configuration")


def _dns_over_udp(running: Running) -> None:
    port = running.description["dns"]["port"]
    dns.query.udp(dns.message.make_query(SMTP_HOST, "A"), "127.0.0.1", port=port, timeout=10)


def _dns_over_tcp(running: Running) -> None:
    port = running.description["dns"]["port"]
    dns.query.tcp(dns.message.make_query(SMTP_HOST, "A"), "127.0.0.1", port=port, timeout=10)


def _seconds(exchange: Callable[[], object]) -> float:
    began = time.perf_counter()
    exchange()
    return time.perf_counter() - began


@pytest.mark.parametrize(
    ("exchange", "round_trips"),
    [
        pytest.param(_smtp, 2, id="SMTP: connection, one command"),
        pytest.param(_https, 3, id="HTTPS: connection, TLS, one request"),
        pytest.param(_dns_over_udp, 1, id="DNS over UDP: one question"),
        pytest.param(_dns_over_tcp, 2, id="DNS over TCP: connection, one question"),
    ],
)
def test_round_trip_takes_the_configured_latency(
    tmp_path: Path, exchange: Callable[[Running], None], round_trips: int
) -> None:
    """Each exchange takes at least as long as its simulated round trips, and longer with a higher latency."""
    took = {}
    for milliseconds in (SHORT, LONG):
        with serve(healthy(), folder=tmp_path, latency_ms=milliseconds) as running:
            exchange(running)  # the first call loads libraries and creates keys and contexts
            took[milliseconds] = _seconds(partial(exchange, running))

    for milliseconds, seconds in took.items():
        assert seconds >= round_trips * milliseconds / 1000 * 0.98  # clocks on Windows have a coarse resolution
    assert 2 < took[LONG] / took[SHORT] < 10


def test_refusals_take_five_seconds_with_real_pace(tmp_path: Path) -> None:
    """With `pace="real"`, the reply to a refused command takes five seconds, while other replies are much faster."""
    with serve(healthy(), folder=tmp_path, pace="real") as running, Raw(running) as client:
        client.reply()
        taken = _seconds(lambda: client.command("NOOP"))
        refused = _seconds(lambda: client.command("EHLO under_score"))

    assert refused >= 4.9
    assert taken < refused / 4
