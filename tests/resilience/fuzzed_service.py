"""A mail server and a token service on loopback, whose answers a test can change before they are sent."""

from __future__ import annotations

import contextlib
import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import trustme

from settings.load import parse
from settings.model import Settings
from tests.resilience.test_unusual_values import jwt

HOST = "127.0.0.1"
EXTENSIONS = (
    b"250-mail.adatum.test Hello [127.0.0.1]\r\n250-SIZE 157286400\r\n250-AUTH LOGIN XOAUTH2\r\n250 STARTTLS\r\n"
)
REPLIES = {
    "": b"220 mail.adatum.test ESMTP ready at Fri, 27 Nov 2026 12:00:00 +0000\r\n",
    "EHLO": EXTENSIONS,
    "STARTTLS": b"220 2.0.0 SMTP server ready\r\n",
    "AUTH": b"334 VXNlcm5hbWU6\r\n",
    "user": b"334 UGFzc3dvcmQ6\r\n",
    "password": b"235 2.7.0 Authentication successful\r\n",
    "MAIL": b"250 2.1.0 Sender OK\r\n",
    "RCPT": b"250 2.1.5 Recipient OK\r\n",
    "DATA": b"354 Start mail input\r\n",
    "message": b"250 2.0.0 OK <1@adatum.test> [Hostname=AM0PR01MB0001]\r\n",
    "QUIT": b"221 2.0.0 closing\r\n",
}
CLAIMS = {
    "aud": "https://outlook.office365.com",
    "iss": "https://127.0.0.1/x",
    "exp": 1_795_000_000,
    "nbf": 1_794_000_000,
}
_SETTINGS = """
cloud = "custom"
[custom]
smtp_server = "{host}"
port = {smtp}
issuer = "https://{host}:{https}/x"
[network]
ca_file = "root.pem"
reply_timeout = 20
sender_timeout = 60
[sender.basic]
smtp_server = "{host}"
port = {smtp}
authentication_type = "Basic"
username = "alerts@adatum.test"
[sender.oauth]
smtp_server = "{host}"
port = {smtp}
authentication_type = "OpenID"
username = "reports@adatum.test"
client_id = "77777777-2222-4333-8444-555555555555"
openid_endpoint_configuration = "https://{host}:{https}/x/.well-known/openid-configuration"
scope = "https://outlook.office365.com/.default"
"""


@dataclass
class Service:
    """The settings for the servers, and the functions that return their answers, which by default are those of a healthy service."""

    settings: Settings
    reply: Callable[[str], bytes] = REPLIES.__getitem__
    document: Callable[[dict[str, object]], bytes] = lambda members: json.dumps(members).encode()
    token: Callable[[dict[str, object]], bytes] = lambda members: json.dumps(members).encode()

    def reset(self) -> None:
        """Answer as a healthy service again."""
        self.reply = REPLIES.__getitem__
        self.document = self.token = lambda members: json.dumps(members).encode()


@contextmanager
def service(folder: Path) -> Iterator[Service]:
    """Serve on loopback until the block ends. The root certificate is written to the folder, and the settings name it and the servers."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(folder / "root.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(HOST).configure_cert(context)
    found: list[Service] = []
    listener = socket.create_server((HOST, 0), backlog=64)
    web = _web_server(context, found)

    def accept() -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = listener.accept()
                threading.Thread(target=_serve, args=(client, context, found), daemon=True).start()

    threads = [
        threading.Thread(target=accept, daemon=True),
        threading.Thread(target=web.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True),
    ]
    text = _SETTINGS.format(host=HOST, smtp=listener.getsockname()[1], https=web.server_address[1])
    found.append(Service(parse(text, folder / "settings.toml")))
    for thread in threads:
        thread.start()
    try:
        yield found[0]
    finally:
        web.shutdown()
        web.server_close()
        with contextlib.suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        for thread in threads:
            thread.join(5)


def _web_server(context: ssl.SSLContext, found: list[Service]) -> ThreadingHTTPServer:
    ports: list[int] = []

    class Handler(BaseHTTPRequestHandler):
        timeout = 10

        def do_GET(self) -> None:
            here = f"https://{HOST}:{ports[0]}/x"
            members = {name: f"{here}/{name}" for name in ("token_endpoint", "jwks_uri", "authorization_endpoint")}
            self.answer(found[0].document({"issuer": here, **members}))

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            token = {"token_type": "Bearer", "expires_in": 3599, "access_token": jwt(json.dumps(CLAIMS))}
            self.answer(found[0].token({**token, "error_codes": [7000215], "correlation_id": "c"}))

        def answer(self, content: bytes) -> None:
            with contextlib.suppress(OSError):
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Discard the log message."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: object) -> None:
            """Ignore an error on a connection, because the client may close it at any time."""

    server = Server((HOST, 0), Handler)
    ports.append(server.server_address[1])
    server.socket = context.wrap_socket(server.socket, server_side=True)
    return server


def _serve(sock: socket.socket, context: ssl.SSLContext, found: list[Service]) -> None:
    with sock, contextlib.suppress(OSError, ValueError):
        sock.settimeout(10)
        sock.sendall(found[0].reply(""))
        _converse(sock, context, found)


def _converse(sock: socket.socket, context: ssl.SSLContext, found: list[Service]) -> None:
    reader = sock.makefile("rb")
    with reader:
        while line := reader.readline(4096):
            command = line.split(b" ")[0].strip().upper().decode("latin-1")
            sock.sendall(found[0].reply(command if command in REPLIES and command.isupper() else "QUIT"))
            if command == "STARTTLS" and not isinstance(sock, ssl.SSLSocket):
                with context.wrap_socket(sock, server_side=True) as secured:
                    _converse(secured, context, found)
                return
            if command == "AUTH" and b"LOGIN" in line:
                reader.readline(4096)
                sock.sendall(found[0].reply("user"))
            if command == "AUTH":
                reader.readline(65536)
                sock.sendall(found[0].reply("password"))
            if command == "DATA":
                while (content := reader.readline(65536)) and content != b".\r\n":
                    pass
                sock.sendall(found[0].reply("message"))
