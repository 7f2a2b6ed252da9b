"""The HTTPS client bounds size and time, follows no redirects, and accepts only JSON objects."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import trustme

from evidence.failure import FailureKind
from probes.deadline import Deadline
from probes.dialler import Dialler
from probes.https import LARGEST, HttpsClient, HttpsResponse, json_object
from probes.tls import Trust

HOST = "login.example.test"
REPLY_TIMEOUT = 1.5
Responder = Callable[[ssl.SSLSocket], None]


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    """Return the certificate authority for these tests."""
    return trustme.CA()


@contextmanager
def serving(respond: Responder, authority: trustme.CA) -> Iterator[int]:
    """Serve one HTTPS connection on loopback with `respond`, and yield the port."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(HOST).configure_cert(context)
    listener = socket.create_server(("127.0.0.1", 0))

    def run() -> None:
        with contextlib.suppress(OSError):
            sock, _ = listener.accept()
            with context.wrap_socket(sock, server_side=True) as secured:
                secured.recv(65536)
                respond(secured)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.close()
        thread.join(5)


def get(port: int, authority: trustme.CA, folder: Path) -> HttpsResponse:
    """Send one GET request with the probes' HTTPS client, and return the response."""
    root = folder / "root.pem"
    authority.cert_pem.write_to_path(str(root))
    dialler = Dialler({f"{HOST}:443": f"127.0.0.1:{port}"}, only_mapped=True, timeout=1)
    reach = HttpsClient(dialler=dialler, trust=Trust(str(root)), resolvers=(), dns_timeout=1, patience=REPLY_TIMEOUT)
    return reach.request("GET", f"https://{HOST}/x", Deadline(10))


def complete_response(body: bytes, *headers: str, status: str = "200 OK") -> Responder:
    """Return a responder that sends a complete response with this body, these headers and this status."""
    head = "\r\n".join([f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers, "", ""]).encode()
    return lambda sock: sock.sendall(head + body)


def respond_endlessly(sock: ssl.SSLSocket) -> None:
    """Send a response that never ends."""
    sock.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    while True:
        sock.sendall(b"x" * 65536)


def respond_slowly(sock: ssl.SSLSocket) -> None:
    """Send the body of a response one octet at a time."""
    sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 10000\r\n\r\n")
    sock.settimeout(0.05)
    while True:
        sock.sendall(b"x")
        with contextlib.suppress(TimeoutError):
            if not sock.recv(1):
                return


def stay_silent(sock: ssl.SSLSocket) -> None:
    """Send no response."""
    with contextlib.suppress(OSError):
        sock.recv(1)


@pytest.mark.parametrize(
    ("respond", "kind"),
    [
        pytest.param(complete_response(b"x" * (LARGEST + 10)), FailureKind.TOO_LONG, id="too large"),
        pytest.param(respond_endlessly, FailureKind.TOO_LONG, id="endless"),
        pytest.param(respond_slowly, FailureKind.TIMEOUT, id="one octet at a time"),
        pytest.param(stay_silent, FailureKind.TIMEOUT, id="silence"),
        pytest.param(lambda sock: sock.sendall(b"220 smtp\r\n"), FailureKind.OTHER, id="not HTTP"),
        pytest.param(
            complete_response(b"", "Location: file:///etc/passwd", status="302 Found"),
            FailureKind.REDIRECT,
            id="redirect to a file",
        ),
        pytest.param(
            complete_response(b"", "Location: http://10.0.0.1/", status="307 Temporary Redirect"),
            FailureKind.REDIRECT,
            id="redirect inside",
        ),
    ],
)
def test_response_is_bounded(respond: Responder, kind: FailureKind, authority: trustme.CA, tmp_path: Path) -> None:
    """The request ends within the timeout, and the failure has the expected kind."""
    began = time.monotonic()
    with serving(respond, authority) as port:
        answer = get(port, authority, tmp_path)

    assert answer.failure is not None
    assert answer.failure.kind is kind
    assert time.monotonic() - began < REPLY_TIMEOUT + 2


def test_compressed_response_is_not_decompressed(authority: trustme.CA, tmp_path: Path) -> None:
    """A compressed body is not decompressed, so a decompression bomb has no effect."""
    with serving(complete_response(b"\x1f\x8b" + b"\x00" * 100, "Content-Encoding: gzip"), authority) as port:
        answer = get(port, authority, tmp_path)

    assert answer.failure is None
    assert json_object(answer.text) is None


@pytest.mark.parametrize("text", ["", "[]", "7", "null", "{", "[" * 100_000, '{"a":' * 100_000, "\x00", "<html>"])
def test_invalid_json_object_is_none(text: str) -> None:
    """Invalid text, deep nesting and JSON that is not an object are rejected."""
    assert json_object(text) is None


def _refusing_proxy(listener: socket.socket, received: list[bytes]) -> None:
    with contextlib.suppress(OSError):
        sock, _ = listener.accept()
        with sock:
            received.append(sock.recv(65536))
            sock.sendall(b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n")


@pytest.mark.parametrize(
    ("connect", "proxied"),
    [
        pytest.param({"smtp.example.test:587": "127.0.0.1:9"}, True, id="map for SMTP alone"),
        pytest.param({f"{HOST}:443": "127.0.0.1:9"}, False, id="map for this host"),
    ],
)
def test_connect_map_bypasses_the_proxy_for_its_own_hosts_only(
    connect: dict[str, str], proxied: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The environment's proxy is used unless the connect map contains the host. A 407 from the proxy is reported as a proxy failure."""
    received: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=_refusing_proxy, args=(listener, received), daemon=True)
        thread.start()
        monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{listener.getsockname()[1]}")
        monkeypatch.delenv("no_proxy", raising=False)
        monkeypatch.delenv("NO_PROXY", raising=False)
        dialler = Dialler(connect, only_mapped=False, timeout=1)
        reach = HttpsClient(dialler=dialler, trust=Trust(None), resolvers=(), dns_timeout=1, patience=REPLY_TIMEOUT)
        answer = reach.request("GET", f"https://{HOST}/x", Deadline(5))

    assert bool(received) is proxied
    assert answer.failure is not None
    assert (answer.failure.kind is FailureKind.PROXY) is proxied
