"""Tests that arbitrary bytes on any port do not make the fakes crash, hang or leak a connection."""

import os
import socket
import ssl
from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path
from urllib.parse import urlsplit

import dns.message
import dns.query
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fakes import Running
from fakes.world.world import TENANT_ID
from tests.fakes.clients import (
    LOGIN_HOST,
    SMTP_HOST,
    eventually,
    https,
    mapped_address,
    submission,
    tenant,
    tls_context,
)
from tests.fakes.raw_smtp_client import Raw
from tests.fakes.test_serving import control

DEEP = os.environ.get("SMTP365_DEEP") == "1"
EXAMPLES = 500 if DEEP else 25
_TOKEN = f"/{TENANT_ID}/oauth2/v2.0/token"

_SMTP = [
    b"EHLO ",
    b"MAIL FROM:",
    b"<",
    b">",
    b"RCPT TO:",
    b"DATA",
    b"BDAT 3",
    b"AUTH LOGIN ",
    b"AUTH XOAUTH2",
    b"STARTTLS",
    b".",
]
_HTTP = [
    b"GET ",
    b"POST ",
    b"/",
    _TOKEN.encode(),
    b" HTTP/1.1",
    b"Host: ",
    b"Content-Length: 5",
    b"Transfer-Encoding: chunked",
]
_DNS = [
    b"\x00\x0c",
    b"\x12\x34\x01\x00\x00\x01",
    b"\x00" * 6,
    b"\x04smtp\x09office365\x03com\x00\x00\x01\x00\x01",
    b"\xc0\x0c",
]


def noisy_input(words: list[bytes]) -> st.SearchStrategy[bytes]:
    """Return a strategy that generates random bytes mixed with keywords of the protocol."""
    glue = st.sampled_from([b"\r\n", b"\r\n\r\n", b" ", b"\x00", b"\xff"])
    return st.lists(st.one_of(st.sampled_from(words), glue, st.binary(max_size=40)), max_size=12).map(b"".join)


def send_and_drain(sock: socket.socket, octets: bytes) -> None:
    """Send all the data, shut down the sending side and read until the peer closes. A timeout fails the test."""
    with suppress(ConnectionError, ssl.SSLError):
        sock.sendall(octets)
        if not isinstance(sock, ssl.SSLSocket):
            sock.shutdown(socket.SHUT_WR)
        else:
            sock = sock.unwrap()
        while sock.recv(65_536):
            pass


def _smtp(running: Running, octets: bytes) -> None:
    with socket.create_connection(mapped_address(running, f"{SMTP_HOST}:587"), timeout=10) as plain:
        send_and_drain(plain, octets)


def _smtp_in_tls(running: Running, octets: bytes) -> None:
    with Raw(running) as client:
        client.reply()
        client.command("EHLO client.example")
        client.command("STARTTLS")
        client.encrypt()
        send_and_drain(client.sock, b"EHLO client.example\r\n" + octets)


def _https_without_tls(running: Running, octets: bytes) -> None:
    with socket.create_connection(mapped_address(running, f"{LOGIN_HOST}:443"), timeout=10) as plain:
        send_and_drain(plain, octets)


def _https(running: Running, octets: bytes) -> None:
    plain = socket.create_connection(mapped_address(running, f"{LOGIN_HOST}:443"), timeout=10)
    with tls_context(running).wrap_socket(plain, server_hostname=LOGIN_HOST) as secured:
        send_and_drain(secured, octets)


def _control(running: Running, octets: bytes) -> None:
    place = urlsplit(running.description["control"]["url"])
    with socket.create_connection((place.hostname, place.port), timeout=10) as plain:
        send_and_drain(plain, octets)


def _dns_over_tcp(running: Running, octets: bytes) -> None:
    with socket.create_connection(("127.0.0.1", running.description["dns"]["port"]), timeout=10) as plain:
        send_and_drain(plain, octets)


def _dns_over_udp(running: Running, octets: bytes) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagrams:
        datagrams.sendto(octets, ("127.0.0.1", running.description["dns"]["port"]))


def _still_serves(running: Running) -> None:
    """Assert that every port still works."""
    with submission(running) as client:
        assert client.command("NOOP").startswith("250 ")
    assert https(running, f"/{TENANT_ID}/v2.0/.well-known/openid-configuration")[0] == 200
    assert control(running, "GET", "/state")[0] == 200
    for ask in (dns.query.udp, dns.query.tcp):
        question = dns.message.make_query(SMTP_HOST, "A")
        assert ask(question, "127.0.0.1", port=running.description["dns"]["port"], timeout=10).answer


@pytest.mark.parametrize(
    ("exchange", "words"),
    [
        pytest.param(_smtp, _SMTP, id="SMTP"),
        pytest.param(_smtp_in_tls, _SMTP, id="SMTP inside TLS"),
        pytest.param(_https_without_tls, [b"\x16\x03\x01", b"\x01\x00", *_HTTP], id="HTTPS without TLS"),
        pytest.param(_https, _HTTP, id="HTTPS"),
        pytest.param(_control, [b"Authorization: Bearer ", b"/faults", *_HTTP], id="control"),
        pytest.param(_dns_over_tcp, _DNS, id="DNS over TCP"),
        pytest.param(_dns_over_udp, _DNS, id="DNS over UDP"),
    ],
)
def test_port_serves_after_any_bytes(
    tmp_path: Path, exchange: Callable[[Running, bytes], None], words: list[bytes]
) -> None:
    """After receiving arbitrary bytes, the port still works, no task or connection remains, and no internal error is recorded."""
    with tenant(tmp_path) as running:
        idle = running.load

        @settings(max_examples=EXAMPLES, deadline=None, database=None)
        @given(noisy_input(words))
        def try_input(octets: bytes) -> None:
            exchange(running, octets)

        try_input()
        _still_serves(running)

        assert eventually(lambda: running.load == idle), (running.load, idle)


def test_clients_that_disconnect_leave_nothing_open(tmp_path: Path) -> None:
    """Clients that disconnect while the server waits for more input leave no connection and no task behind."""
    beginnings = {
        f"{SMTP_HOST}:587": [b"", b"EHLO x\r\n", b"EHLO", b"BDAT 10\r\n123"],
        f"{LOGIN_HOST}:443": [b"", b"\x16\x03\x01\x02\x00\x01"],
    }
    with tenant(tmp_path) as running:
        idle = running.load
        with ExitStack() as clients:
            for place, scripts in beginnings.items():
                for octets in scripts * 20:
                    plain = clients.enter_context(socket.create_connection(mapped_address(running, place), timeout=10))
                    plain.sendall(octets)
            half_open = 80  # a connection in an unfinished handshake is not counted
            assert eventually(lambda: running.load.connections == idle.connections + half_open)

        assert eventually(lambda: running.load == idle), (running.load, idle)
