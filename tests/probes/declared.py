"""A mail server and an issuer on loopback, declared with `cloud = "custom"`; each test defines the replies.

The server records the lines that it receives, except those of a message, so that a test can check what was sent.
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
from tests.probe_run import gather_without_errors

HOST = "127.0.0.1"
USER = "svc@peer.example"
PASSWORD = "Correct-Horse-Battery-41"
CLIENT_SECRET = "Client-Secret-0815-long-enough"
TOKEN = "opaque-access-token-that-must-never-be-seen"
_PATIENCE = 10  # seconds after which an idle connection is closed

Peer = Callable[[socket.socket, list[str]], None]


@dataclass(kw_only=True)
class Smtp:
    """An SMTP server with configurable extensions and replies, which accepts everything by default."""

    context: ssl.SSLContext
    offers: tuple[str, ...] = ("AUTH LOGIN PLAIN XOAUTH2",)
    replies: Mapping[str, str] = field(default_factory=dict)
    challenge: str = ""

    def __call__(self, sock: socket.socket, received: list[str]) -> None:
        """Serve one connection until the client disconnects."""
        _send_line(sock, "220 peer.example ESMTP")
        secured = self._converse(sock, received)
        if secured:
            with self.context.wrap_socket(sock, server_side=True) as over_tls:
                self._converse(over_tls, received)

    def _converse(self, sock: socket.socket, received: list[str]) -> bool:
        """Reply to commands; return True when TLS starts and False when the client disconnects."""
        with sock.makefile("rb") as reader:
            return self._reply_to_commands(sock, reader, received)

    def _reply_to_commands(self, sock: socket.socket, reader: BufferedReader, received: list[str]) -> bool:
        while line := reader.readline().decode("latin-1").rstrip("\r\n"):
            received.append(line)
            verb = line.partition(" ")[0].upper()
            if verb == "EHLO":
                secured = isinstance(sock, ssl.SSLSocket)
                key = "EHLO over TLS" if secured else "EHLO"
                offers = self.offers if secured else ("STARTTLS",)
                lines = ("peer.example", *offers)
                _send_line(
                    sock, self.replies.get(key) or "\r\n".join([*(f"250-{one}" for one in lines), "250 SIZE 1000000"])
                )
            elif verb == "STARTTLS":
                _send_line(sock, "220 go ahead")
                return True
            elif verb == "AUTH":
                self._sign_in(sock, reader, line, received)
            elif verb == "DATA":
                _send_line(sock, self.replies.get("DATA", "354 go on"))
                while "DATA" not in self.replies and reader.readline() not in {b".\r\n", b""}:
                    pass
                if "DATA" not in self.replies:
                    _send_line(sock, self.replies.get(".", "250 2.0.0 queued"))
            else:
                _send_line(sock, self.replies.get(verb, "221 bye" if verb == "QUIT" else "250 ok"))
        return False

    def _sign_in(self, sock: socket.socket, reader: BufferedReader, line: str, received: list[str]) -> None:
        read = reader.readline
        prompts = ("334 VXNlcm5hbWU6", "334 UGFzc3dvcmQ6") if line.upper() == "AUTH LOGIN" else ("334 ",)
        for prompt in prompts:
            _send_line(sock, prompt)
            received.append(read().decode("latin-1").rstrip("\r\n"))
        if self.challenge:
            _send_line(sock, f"334 {self.challenge}")
            received.append(read().decode("latin-1").rstrip("\r\n"))
        _send_line(sock, self.replies.get("AUTH", "235 2.7.0 Authentication successful"))


def encoded_challenge(challenge: object) -> str:
    """Return an XOAUTH2 challenge in Base64, as a server sends it."""
    return base64.b64encode(json.dumps(challenge).encode()).decode()


def _send_line(sock: socket.socket, text: str) -> None:
    sock.sendall(f"{text}\r\n".encode("latin-1"))


@dataclass
class Received:
    """The lines of each connection to the mail server, and the forms posted to the issuer."""

    port: int = 0
    connections: list[list[str]] = field(default_factory=list)
    posted: list[str] = field(default_factory=list)

    @property
    def credentials(self) -> list[str]:
        """The received lines and forms that contain a credential, in plain text or in Base64."""
        lines = [line for lines in self.connections for line in lines]
        forms = {secret: base64.b64encode(secret.encode()).decode() for secret in (PASSWORD, CLIENT_SECRET)}
        plain = [line for line in (*lines, *self.posted) for pair in forms.items() if any(one in line for one in pair)]
        return [*plain, *(line for line in lines if TOKEN in _decoded(line))]


def _decoded(line: str) -> str:
    try:
        return base64.b64decode(line, validate=True).decode("latin-1")
    except ValueError:
        return ""


class DeclaredService:
    """A declared service whose CA certificate and settings are in one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.authority = trustme.CA()
        self.authority.cert_pem.write_to_path(str(folder / "root.pem"))
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.authority.issue_cert(HOST).configure_cert(self.context)
        self.mapped: set[int] = set()

    def smtp(self, **fields: object) -> Smtp:
        """Return an SMTP server with these fields; by default it accepts everything."""
        return Smtp(**{"context": self.context, **fields})  # type: ignore[arg-type]

    @contextmanager
    def serve(self, peer: Peer) -> Iterator[Received]:
        """Serve `peer` on a loopback port."""
        received = Received()
        with socket.create_server((HOST, 0)) as listener:
            received.port = listener.getsockname()[1]
            self.mapped.add(received.port)
            threading.Thread(target=_accept, args=(listener, peer, received), daemon=True).start()
            try:
                yield received
            finally:
                with contextlib.suppress(OSError):
                    listener.shutdown(socket.SHUT_RDWR)

    @contextmanager
    def serve_issuer(self, respond: Callable[[str, str], tuple[int, str, str]]) -> Iterator[Received]:
        """Serve an issuer over HTTPS. `respond` takes a method and a path and returns the status, content type and body."""
        received = Received()

        class Handler(BaseHTTPRequestHandler):
            timeout = _PATIENCE

            def answer(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
                if self.command == "POST":
                    received.posted.append(body)
                status, kind, text = respond(self.command, self.path)
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(text.encode())))
                self.end_headers()
                self.wfile.write(text.encode())

            do_GET = do_POST = answer  # noqa: N815 - names of http.server

            def log_message(self, *_: object) -> None:
                """Discard the log message."""

        with ThreadingHTTPServer((HOST, 0), Handler) as server:
            server.socket = self.context.wrap_socket(server.socket, server_side=True)
            received.port = server.server_address[1]
            self.mapped.add(received.port)
            thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
            thread.start()
            try:
                yield received
            finally:
                server.shutdown()
                thread.join(5)

    def basic(self, port: int, *, declared: int | None = None, patience: float = 5, deadline: float = 20) -> Assessment:
        """Run the probes with a password, and return the assessment. `declared` is the port in [custom], if it differs from `port`."""
        return self._assess(
            self._settings_text(port, declared or port, patience, deadline=deadline) + 'password_from = "env:PEER"\n',
            PASSWORD,
        )

    def oauth(self, port: int, *, issuer: str, url: str = "") -> Assessment:
        """Run the probes with client credentials for this issuer, and return the assessment.

        `url` is the discovery URL in the settings, if it differs from the issuer's own.
        """
        document = url or f"{issuer}/.well-known/openid-configuration"
        text = self._settings_text(port, port, 5, issuer=issuer, kind="OpenID") + (
            f'client_id = "77777777-2222-4333-8444-555555555555"\nclient_secret_from = "env:PEER"\nscope = "mail"\n'
            f'openid_endpoint_configuration = "{document}"\n'
        )
        return self._assess(text, CLIENT_SECRET)

    def _settings_text(
        self, port: int, declared: int, patience: float, *, deadline: float = 20, issuer: str = "", kind: str = "Basic"
    ) -> str:
        mapped = "\n".join(f'"{HOST}:{one}" = "{HOST}:{one}"' for one in sorted({*self.mapped, port}))
        return (
            f'cloud = "custom"\n[custom]\nsmtp_server = "{HOST}"\nport = {declared}\nissuer = "{issuer}"\n'
            '[network]\nca_file = "root.pem"\nonly_mapped = true\nconnect_timeout = 2\n'
            f"reply_timeout = {patience}\nsender_timeout = {deadline}\n[connect]\n{mapped}\n"
            f'[sender.own]\nsmtp_server = "{HOST}"\nport = {port}\nauthentication_type = "{kind}"\nusername = "{USER}"\n'
        )

    def _assess(self, text: str, secret: str) -> Assessment:
        settings = parse(text, self.folder / "settings.toml")
        senders = settings.sender.values()
        found = gather.secrets_of(senders, {"PEER": secret})
        outside = gather.create_context(settings, state=None)
        evidence = gather_without_errors(senders, outside, found)["own"]
        assert secret not in evidence.model_dump_json()
        assert TOKEN not in evidence.model_dump_json()
        return Assessment(evidence, settings.for_sender(settings.sender["own"]))


def _accept(listener: socket.socket, peer: Peer, received: Received) -> None:
    with contextlib.suppress(OSError):
        while True:
            sock, _ = listener.accept()
            sock.settimeout(_PATIENCE)
            lines: list[str] = []
            received.connections.append(lines)
            threading.Thread(target=_run_peer, args=(peer, sock, lines), daemon=True).start()


def _run_peer(peer: Peer, sock: socket.socket, lines: list[str]) -> None:
    with contextlib.suppress(OSError, ValueError), sock:
        peer(sock, lines)


def granting_responses(port: Callable[[], int]) -> Callable[[str, str], tuple[int, str, str]]:
    """Return a responder for an issuer that grants every token. `port` returns the port of the token endpoint."""

    def respond(method: str, path: str) -> tuple[int, str, str]:
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

    return respond


def context_requiring_client_certificate(declared: DeclaredService, version: ssl.TLSVersion) -> ssl.SSLContext:
    """Return a server-side TLS context for this version that requires a client certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    declared.authority.issue_cert(HOST).configure_cert(context)
    declared.authority.configure_trust(context)
    context.verify_mode = ssl.CERT_REQUIRED
    context.minimum_version = context.maximum_version = version
    return context


def implicit_tls(server: Smtp) -> Peer:
    """Return a peer that wraps the server in TLS from the first byte, as stunnel does."""

    def peer(sock: socket.socket, received: list[str]) -> None:
        with server.context.wrap_socket(sock, server_side=True) as secured:
            server(secured, received)

    return peer


def banner(text: bytes, *, after: bool = False) -> Peer:
    """Return a peer that sends this text and then only reads.

    If `after` is true, the peer sends the text only after the client's first bytes.
    """

    def peer(sock: socket.socket, received: list[str]) -> None:
        if after:
            received.append(sock.recv(4096).decode("latin-1"))
        sock.sendall(text)
        while octets := sock.recv(4096):
            received.append(octets.decode("latin-1"))

    return peer
