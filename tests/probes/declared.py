"""A mail server and an issuer on loopback, declared with `cloud = "custom"`: each test writes what the server says.

The server records every line of each connection, so that a test can see what left this machine.
"""

from __future__ import annotations

import base64
import contextlib
import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BufferedReader
from pathlib import Path

import trustme

from checks.assessment import Assessment
from probes import gather
from settings.load import parse
from tests.visiting import gather_whole

HOST = "127.0.0.1"
USER = "svc@peer.example"
PASSWORD = "Correct-Horse-Battery-41"
CLIENT_SECRET = "Client-Secret-0815-long-enough"
TOKEN = "opaque-access-token-that-must-never-be-seen"
_PATIENCE = 10  # seconds after which a connection that nobody ends is closed

Peer = Callable[[socket.socket, list[str]], None]


@dataclass(kw_only=True)
class Smtp:
    """An SMTP server: what it offers before and behind STARTTLS, and what it says to a command instead of yes."""

    context: ssl.SSLContext
    offers: tuple[str, ...] = ("AUTH LOGIN PLAIN XOAUTH2",)
    says: Mapping[str, str] = field(default_factory=dict)
    challenge: str = ""

    def __call__(self, sock: socket.socket, heard: list[str]) -> None:
        """Speak on one connection until the client leaves."""
        _say(sock, "220 peer.example ESMTP")
        secured = self._converse(sock, heard)
        if secured:
            with self.context.wrap_socket(sock, server_side=True) as over_tls:
                self._converse(over_tls, heard)

    def _converse(self, sock: socket.socket, heard: list[str]) -> bool:
        """Answer commands until the client leaves (False) or TLS begins (True)."""
        with sock.makefile("rb") as reader:
            return self._answers(sock, reader, heard)

    def _answers(self, sock: socket.socket, reader: BufferedReader, heard: list[str]) -> bool:
        while line := reader.readline().decode("latin-1").rstrip("\r\n"):
            heard.append(line)
            verb = line.partition(" ")[0].upper()
            if verb == "EHLO":
                secured = isinstance(sock, ssl.SSLSocket)
                key = "EHLO over TLS" if secured else "EHLO"
                offers = self.offers if secured else ("STARTTLS",)
                lines = ("peer.example", *offers)
                _say(sock, self.says.get(key) or "\r\n".join([*(f"250-{one}" for one in lines), "250 SIZE 1000000"]))
            elif verb == "STARTTLS":
                _say(sock, "220 go ahead")
                return True
            elif verb == "AUTH":
                self._sign_in(sock, reader, line, heard)
            elif verb == "DATA":
                _say(sock, self.says.get("DATA", "354 go on"))
                while "DATA" not in self.says and reader.readline() not in {b".\r\n", b""}:
                    pass
                if "DATA" not in self.says:
                    _say(sock, self.says.get(".", "250 2.0.0 queued"))
            else:
                _say(sock, self.says.get(verb, "221 bye" if verb == "QUIT" else "250 ok"))
        return False

    def _sign_in(self, sock: socket.socket, reader: BufferedReader, line: str, heard: list[str]) -> None:
        read = reader.readline
        prompts = ("334 VXNlcm5hbWU6", "334 UGFzc3dvcmQ6") if line.upper() == "AUTH LOGIN" else ("334 ",)
        for prompt in prompts:
            _say(sock, prompt)
            heard.append(read().decode("latin-1").rstrip("\r\n"))
        if self.challenge:
            _say(sock, f"334 {self.challenge}")
            heard.append(read().decode("latin-1").rstrip("\r\n"))
        _say(sock, self.says.get("AUTH", "235 2.7.0 Authentication successful"))


def encoded(told: object) -> str:
    """A challenge of XOAUTH2 as a server sends it."""
    return base64.b64encode(json.dumps(told).encode()).decode()


def _say(sock: socket.socket, text: str) -> None:
    sock.sendall(f"{text}\r\n".encode("latin-1"))


@dataclass
class Heard:
    """What reached the server: the lines of each connection, and the forms that were posted to the issuer."""

    port: int = 0
    connections: list[list[str]] = field(default_factory=list)
    posted: list[str] = field(default_factory=list)

    @property
    def credentials(self) -> list[str]:
        """The lines and forms that hold a credential, plain or in base64."""
        lines = [line for lines in self.connections for line in lines]
        forms = {secret: base64.b64encode(secret.encode()).decode() for secret in (PASSWORD, CLIENT_SECRET)}
        plain = [line for line in (*lines, *self.posted) for pair in forms.items() if any(one in line for one in pair)]
        return [*plain, *(line for line in lines if TOKEN in _decoded(line))]


def _decoded(line: str) -> str:
    try:
        return base64.b64decode(line, validate=True).decode("latin-1")
    except ValueError:
        return ""


class Declared:
    """One folder with an authority of its own, and the settings of a declared service in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.authority = trustme.CA()
        self.authority.cert_pem.write_to_path(str(folder / "root.pem"))
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.authority.issue_cert(HOST).configure_cert(self.context)
        self.mapped: set[int] = set()

    def smtp(self, **fields: object) -> Smtp:
        """A server that takes everything, but for these fields."""
        return Smtp(**{"context": self.context, **fields})  # type: ignore[arg-type]

    @contextmanager
    def served(self, peer: Peer) -> Iterator[Heard]:
        """Let `peer` answer on a port of loopback."""
        heard = Heard()
        with socket.create_server((HOST, 0)) as listener:
            heard.port = listener.getsockname()[1]
            self.mapped.add(heard.port)
            threading.Thread(target=_accept, args=(listener, peer, heard), daemon=True).start()
            try:
                yield heard
            finally:
                with contextlib.suppress(OSError):
                    listener.shutdown(socket.SHUT_RDWR)

    @contextmanager
    def issuing(self, say: Callable[[str, str], tuple[int, str, str]]) -> Iterator[Heard]:
        """Serve an issuer over HTTPS; `say` makes status, content type and body of a method and a path."""
        heard = Heard()

        class Handler(BaseHTTPRequestHandler):
            timeout = _PATIENCE

            def answer(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
                if self.command == "POST":
                    heard.posted.append(body)
                status, kind, text = say(self.command, self.path)
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(text.encode())))
                self.end_headers()
                self.wfile.write(text.encode())

            do_GET = do_POST = answer  # noqa: N815 - names of http.server

            def log_message(self, *_: object) -> None:
                """Nothing is written."""

        with ThreadingHTTPServer((HOST, 0), Handler) as server:
            server.socket = self.context.wrap_socket(server.socket, server_side=True)
            heard.port = server.server_address[1]
            self.mapped.add(heard.port)
            thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
            thread.start()
            try:
                yield heard
            finally:
                server.shutdown()
                thread.join(5)

    def basic(self, port: int, *, declared: int | None = None, patience: float = 5, deadline: float = 20) -> Assessment:
        """Visit with a password; `declared` is the port under [custom] where it is another one."""
        return self._judged(
            self._file(port, declared or port, patience, deadline=deadline) + 'password_from = "env:PEER"\n', PASSWORD
        )

    def oauth(self, port: int, *, issuer: str, url: str = "") -> Assessment:
        """Visit with client credentials of this issuer; `url` where the settings name another document."""
        document = url or f"{issuer}/.well-known/openid-configuration"
        text = self._file(port, port, 5, issuer=issuer, kind="OpenID") + (
            f'client_id = "77777777-2222-4333-8444-555555555555"\nclient_secret_from = "env:PEER"\nscope = "mail"\n'
            f'openid_endpoint_configuration = "{document}"\n'
        )
        return self._judged(text, CLIENT_SECRET)

    def _file(
        self, port: int, declared: int, patience: float, *, deadline: float = 20, issuer: str = "", kind: str = "Basic"
    ) -> str:
        mapped = "\n".join(f'"{HOST}:{one}" = "{HOST}:{one}"' for one in sorted({*self.mapped, port}))
        return (
            f'cloud = "custom"\n[custom]\nsmtp_server = "{HOST}"\nport = {declared}\nissuer = "{issuer}"\n'
            '[network]\nca_file = "root.pem"\nonly_mapped = true\nconnect_timeout = 2\n'
            f"reply_timeout = {patience}\nsender_timeout = {deadline}\n[connect]\n{mapped}\n"
            f'[sender.own]\nsmtp_server = "{HOST}"\nport = {port}\nauthentication_type = "{kind}"\nusername = "{USER}"\n'
        )

    def _judged(self, text: str, secret: str) -> Assessment:
        settings = parse(text, self.folder / "settings.toml")
        senders = settings.sender.values()
        found = gather.secrets_of(senders, {"PEER": secret})
        outside = gather.world_of(settings, refusals=None)
        evidence = gather_whole(senders, outside, found)["own"]
        assert secret not in evidence.model_dump_json()
        assert TOKEN not in evidence.model_dump_json()
        return Assessment(evidence, settings.for_sender(settings.sender["own"]))


def _accept(listener: socket.socket, peer: Peer, heard: Heard) -> None:
    with contextlib.suppress(OSError):
        while True:
            sock, _ = listener.accept()
            sock.settimeout(_PATIENCE)
            lines: list[str] = []
            heard.connections.append(lines)
            threading.Thread(target=_one, args=(peer, sock, lines), daemon=True).start()


def _one(peer: Peer, sock: socket.socket, lines: list[str]) -> None:
    with contextlib.suppress(OSError, ValueError), sock:
        peer(sock, lines)


def issuer_that_grants(port: Callable[[], int]) -> Callable[[str, str], tuple[int, str, str]]:
    """An issuer under /tenant whose token endpoint is on the port that `port` tells, and which gives everybody the token."""

    def say(method: str, path: str) -> tuple[int, str, str]:
        here = f"https://{HOST}:{port()}"
        if path == "/tenant/.well-known/openid-configuration":
            document = {
                "issuer": f"{here}/tenant",
                "token_endpoint": f"{here}/tenant/token",
                "authorization_endpoint": f"{here}/tenant/authorize",
            }
            return 200, "application/json", json.dumps(document)
        if method == "POST":
            token = {"access_token": TOKEN, "token_type": "Bearer", "expires_in": 3600}
            return 200, "application/json", json.dumps(token)
        return 404, "text/html", "<html>Not Found</html>"

    return say


def wants_certificate(declared: Declared, version: ssl.TLSVersion) -> ssl.SSLContext:
    """A server's TLS that ends without a client certificate, in this version."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    declared.authority.issue_cert(HOST).configure_cert(context)
    declared.authority.configure_trust(context)
    context.verify_mode = ssl.CERT_REQUIRED
    context.minimum_version = context.maximum_version = version
    return context


def tls_at_once(server: Smtp) -> Peer:
    """The same server behind TLS from the first byte, as stunnel puts it."""

    def peer(sock: socket.socket, heard: list[str]) -> None:
        with server.context.wrap_socket(sock, server_side=True) as secured:
            server(secured, heard)

    return peer


def banner(text: bytes, *, after: bool = False) -> Peer:
    """A peer of another protocol: it says this, at once or `after` the client spoke, and listens."""

    def peer(sock: socket.socket, heard: list[str]) -> None:
        if after:
            heard.append(sock.recv(4096).decode("latin-1"))
        sock.sendall(text)
        while octets := sock.recv(4096):
            heard.append(octets.decode("latin-1"))

    return peer
