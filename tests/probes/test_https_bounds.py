"""The HTTPS side is bounded too: size, time, redirects, encodings, and JSON that is none."""

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

from evidence.wire import FailureKind
from probes.deadline import Deadline
from probes.dialler import Dialler
from probes.https import LARGEST, Answer, Reach, json_object
from probes.tls import Trust

HOST = "login.example.test"
PATIENCE = 1.5
Say = Callable[[ssl.SSLSocket], None]


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    """The one authority of these tests."""
    return trustme.CA()


@contextmanager
def serving(say: Say, authority: trustme.CA) -> Iterator[int]:
    """One HTTPS answer on loopback; yields the port."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(HOST).configure_cert(context)
    listener = socket.create_server(("127.0.0.1", 0))

    def run() -> None:
        with contextlib.suppress(OSError):
            sock, _ = listener.accept()
            with context.wrap_socket(sock, server_side=True) as secured:
                secured.recv(65536)
                say(secured)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.close()
        thread.join(5)


def ask(port: int, authority: trustme.CA, folder: Path) -> Answer:
    """One GET as the probes send it."""
    root = folder / "root.pem"
    authority.cert_pem.write_to_path(str(root))
    dialler = Dialler({f"{HOST}:443": f"127.0.0.1:{port}"}, only_mapped=True, timeout=1)
    reach = Reach(dialler=dialler, trust=Trust(str(root)), resolvers=(), dns_timeout=1, patience=PATIENCE)
    return reach.request("GET", f"https://{HOST}/x", Deadline(10))


def whole(body: bytes, *headers: str, status: str = "200 OK") -> Say:
    """An answer of this body."""
    head = "\r\n".join([f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers, "", ""]).encode()
    return lambda sock: sock.sendall(head + body)


def endless(sock: ssl.SSLSocket) -> None:
    """An answer without an end."""
    sock.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    while True:
        sock.sendall(b"x" * 65536)


def dripping(sock: ssl.SSLSocket) -> None:
    """One octet at a time."""
    sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 10000\r\n\r\n")
    sock.settimeout(0.05)
    while True:
        sock.sendall(b"x")
        with contextlib.suppress(TimeoutError):
            if not sock.recv(1):
                return


def silent(sock: ssl.SSLSocket) -> None:
    """Nothing at all."""
    with contextlib.suppress(OSError):
        sock.recv(1)


@pytest.mark.parametrize(
    ("say", "kind"),
    [
        pytest.param(whole(b"x" * (LARGEST + 10)), FailureKind.TOO_LONG, id="too large"),
        pytest.param(endless, FailureKind.TOO_LONG, id="endless"),
        pytest.param(dripping, FailureKind.TIMEOUT, id="one octet at a time"),
        pytest.param(silent, FailureKind.TIMEOUT, id="silence"),
        pytest.param(lambda sock: sock.sendall(b"220 smtp\r\n"), FailureKind.OTHER, id="no http"),
        pytest.param(
            whole(b"", "Location: file:///etc/passwd", status="302 Found"),
            FailureKind.REDIRECT,
            id="redirect to a file",
        ),
        pytest.param(
            whole(b"", "Location: http://10.0.0.1/", status="307 Temporary Redirect"),
            FailureKind.REDIRECT,
            id="redirect inside",
        ),
    ],
)
def test_answer_is_bounded(say: Say, kind: FailureKind, authority: trustme.CA, tmp_path: Path) -> None:
    """Each ends within our patience, and says how."""
    began = time.monotonic()
    with serving(say, authority) as port:
        answer = ask(port, authority, tmp_path)

    assert answer.failure is not None
    assert answer.failure.kind is kind
    assert time.monotonic() - began < PATIENCE + 2


def test_compressed_answer_is_not_expanded(authority: trustme.CA, tmp_path: Path) -> None:
    """We ask for plain text; a body that comes compressed stays what it is, so a bomb cannot go off."""
    with serving(whole(b"\x1f\x8b" + b"\x00" * 100, "Content-Encoding: gzip"), authority) as port:
        answer = ask(port, authority, tmp_path)

    assert answer.failure is None
    assert json_object(answer.text) is None


@pytest.mark.parametrize("text", ["", "[]", "7", "null", "{", "[" * 100_000, '{"a":' * 100_000, "\x00", "<html>"])
def test_what_is_no_json_object_is_none(text: str) -> None:
    """Deep nesting, other types, and rubbish are no document."""
    assert json_object(text) is None


def _refusing_proxy(listener: socket.socket, heard: list[bytes]) -> None:
    with contextlib.suppress(OSError):
        sock, _ = listener.accept()
        with sock:
            heard.append(sock.recv(65536))
            sock.sendall(b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n")


@pytest.mark.parametrize(
    ("connect", "asked"),
    [
        pytest.param({"smtp.example.test:587": "127.0.0.1:9"}, True, id="map for SMTP alone"),
        pytest.param({f"{HOST}:443": "127.0.0.1:9"}, False, id="map for this host"),
    ],
)
def test_a_map_turns_off_the_proxy_for_its_own_hosts_only(
    connect: dict[str, str], asked: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A proxy of the environment is used unless the map leads to the very host; its 407 is told as the proxy's."""
    heard: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=_refusing_proxy, args=(listener, heard), daemon=True)
        thread.start()
        monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{listener.getsockname()[1]}")
        monkeypatch.delenv("no_proxy", raising=False)
        monkeypatch.delenv("NO_PROXY", raising=False)
        dialler = Dialler(connect, only_mapped=False, timeout=1)
        reach = Reach(dialler=dialler, trust=Trust(None), resolvers=(), dns_timeout=1, patience=PATIENCE)
        answer = reach.request("GET", f"https://{HOST}/x", Deadline(5))

    assert bool(heard) is asked
    assert answer.failure is not None
    assert (answer.failure.kind is FailureKind.PROXY) is asked
