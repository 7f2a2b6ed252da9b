"""A mail server and a token service on loopback that repeat the secrets they receive, with raw sockets and real TLS.

They send the secrets back in many encodings and in many parts of their replies.
"""

from __future__ import annotations

import base64
import html
import itertools
import json
import quopri
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO
from urllib.parse import parse_qs, quote, quote_plus

import jwt
import trustme

LOGIN = "login.example.test"
Encode = Callable[[str], str]


def _offset(octets: int) -> Encode:
    return lambda secret: base64.b64encode(b"\x00\xff"[:octets] + secret.encode() + b"~~").decode()


ENCODINGS: dict[str, Encode] = {
    "raw": str,
    "upper case": lambda secret: secret.upper() if len(secret.upper().lower()) == len(secret) else secret,
    "base64": _offset(0),
    "base64, one octet on": _offset(1),
    "base64, two octets on": _offset(2),
    "base64url": lambda secret: base64.urlsafe_b64encode(secret.encode()).decode().rstrip("="),
    "URL": lambda secret: quote(secret, safe=""),
    "URL, form": quote_plus,
    "URL, as browsers do": lambda secret: quote(secret, safe="-_.!~*'()"),
    "URL, every octet": lambda secret: "".join(f"%{octet:02x}" for octet in secret.encode()),
    "HTML": html.escape,
    "HTML, twice": lambda secret: html.escape(html.escape(secret)),
    "HTML, decimal": lambda secret: "".join(f"&#{ord(character)};" for character in secret),
    "HTML, hexadecimal": lambda secret: "".join(f"&#x{ord(character):04X};" for character in secret),
    "JSON": lambda secret: json.dumps(secret)[1:-1],
    "JSON, twice": lambda secret: json.dumps(json.dumps(secret))[3:-3],
    "JSON, every character": lambda secret: "".join(
        f"\\u{unit:04x}"
        for unit in (int.from_bytes(pair, "big") for pair in _pairs(secret.encode("utf-16-be")))
    ),
    "quoted-printable": lambda secret: quopri.encodestring(secret.encode()).decode(),
    "quoted-printable, every octet": lambda secret: "".join(f"={octet:02X}" for octet in secret.encode()),
    "UTF-16": "\x00".join,
    "UTF-16 in base64": lambda secret: base64.b64encode(secret.encode("utf-16-le")).decode(),
    "hexadecimal": lambda secret: secret.encode().hex(),
    "Python": lambda secret: repr(secret)[1:-1],
}  # fmt: skip


def _encodings_for(secret: str) -> list[Encode]:
    """Return the encodings for a secret. A long secret, such as a token, has only three, so that they fit on a line."""
    return list(ENCODINGS.values()) if len(secret) < 1000 else [ENCODINGS[name] for name in ("raw", "base64", "UTF-16")]


def _encoded(secret: str) -> list[str]:
    return [encode(secret).replace("=\n", "=").replace("\r", "").replace("\n", "") for encode in _encodings_for(secret)]


def _pairs(octets: bytes) -> list[bytes]:
    return [octets[at : at + 2] for at in range(0, len(octets), 2)]


@dataclass(slots=True)
class Behaviour:
    """The behaviour of the two servers.

    `known` is a secret from an earlier connection, which the servers send before they receive one; `filler` is the text that they send at
    the place given in `flood`. The mail server sends a share of the encodings in each reply, a different share each time.
    """

    known: str = ""
    refuse: bool = False
    noise: bool = False
    entra: str = "claims"
    flood: str = ""
    filler: str = ""
    shares: int = 1
    received: list[str] = field(default_factory=list)
    _reply_count: int = 0

    def lines(self, secret: str) -> list[str]:
        """Return lines with the secret in many encodings, and lines with short pieces of the secret."""
        if not secret:
            return ["nothing received yet"]
        encodings = _encoded(secret)
        third = -(-len(secret) // 3)
        cut = [secret[: len(secret) // 2], secret[len(secret) // 2 :]]
        cut += ["x", secret[:third], secret[third : 2 * third], secret[2 * third :], "x"]
        wrapped = base64.b64encode(secret.encode()).decode()
        cut += [wrapped[at : at + 5] for at in range(0, len(wrapped), 5)][:40]
        return [*(f"you said {one} did you not" for one in encodings), *(part for part in cut if part)][:120]

    def share(self, secret: str) -> list[str]:
        """Return the lines for the next reply."""
        lines, encoded = self.lines(secret), len(_encoded(secret)) if secret else 1
        self._reply_count += 1
        turn = self._reply_count % self.shares
        return [*lines[turn : encoded : self.shares], *(lines[encoded:] if turn == 0 else ())] or ["nothing more"]


class EchoServers:
    """The mail server and the token service. `settings` is the text of a settings file that uses them."""

    def __init__(self, behaviour: Behaviour, folder: Path) -> None:
        """Create the certificates and start listening. `serve` answers the connections."""
        self.behaviour = behaviour
        self._separators = itertools.cycle((" ", "\r\n"))  # the lines joined, or kept apart, on alternate connections
        authority = trustme.CA()
        authority.cert_pem.write_to_path(folder / "echo-root.pem")
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("127.0.0.1", LOGIN).configure_cert(self._context)
        self._sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]
        self.smtp, self.login = (one.getsockname()[1] for one in self._sockets)
        self.ca_file = folder / "echo-root.pem"

    @property
    def settings(self) -> str:
        """The settings of a Basic sender and an OAuth sender for a declared service."""
        return f"""
cloud = "custom"
[network]
resolvers = ["127.0.0.1:9"]
ca_file = {json.dumps(str(self.ca_file))}
only_mapped = true
reply_timeout = 5
[connect]
"127.0.0.1:{self.smtp}" = "127.0.0.1:{self.smtp}"
"{LOGIN}:443" = "127.0.0.1:{self.login}"
[custom]
smtp_server = "127.0.0.1"
port = {self.smtp}
issuer = "https://{LOGIN}/t/v2.0"
audience = "https://mail.example.test"
[sender.one]
smtp_server = "127.0.0.1"
port = {self.smtp}
authentication_type = "Basic"
username = "one@example.test"
password_from = "env:ONE"
[sender.two]
smtp_server = "127.0.0.1"
port = {self.smtp}
authentication_type = "OpenID"
username = "two@example.test"
client_id = "00000000-1111-4111-8111-000000000001"
client_secret_from = "env:TWO"
client_secret_expires = 2099-01-01
openid_endpoint_configuration = "https://{LOGIN}/t/v2.0/.well-known/openid-configuration"
scope = "https://mail.example.test/.default"
"""

    @contextmanager
    def serve(self) -> Iterator[EchoServers]:
        """Answer connections until the block ends."""
        for server, answer in zip(self._sockets, (self._mail, self._entra), strict=True):
            threading.Thread(target=self._accept, args=(server, answer), daemon=True).start()
        try:
            yield self
        finally:
            for server in self._sockets:
                with suppress(OSError):
                    server.shutdown(socket.SHUT_RDWR)
                server.close()

    def _accept(self, server: socket.socket, answer: Callable[[socket.socket], None]) -> None:
        with suppress(OSError):
            while True:
                client, _ = server.accept()
                threading.Thread(target=self._serve_client, args=(client, answer), daemon=True).start()

    def _serve_client(self, client: socket.socket, answer: Callable[[socket.socket], None]) -> None:
        with client, suppress(OSError, ValueError):
            client.settimeout(10)
            client.setsockopt(
                socket.IPPROTO_TCP, socket.TCP_NODELAY, 1
            )  # do not delay a reply that follows a session ticket
            answer(client)

    # -- mail -----------------------------------------------------------------------------------------------------------------------

    def _mail(self, plain: socket.socket) -> None:
        behaviour, lines = self.behaviour, self.behaviour.lines
        self._maybe_flood(plain, "greeting", 220)
        _reply(plain, 220, lines(behaviour.known)[:5])
        hello = plain.makefile("rb")
        _line(hello)
        self._maybe_flood(plain, "EHLO", 250)
        _reply(plain, 250, ["hostile", "STARTTLS"])
        _line(hello)
        _reply(plain, 220, ["go"])
        with self._context.wrap_socket(plain, server_side=True) as sock, sock.makefile("rb") as stream:
            _line(stream)
            _reply(sock, 250, ["hostile", "AUTH LOGIN XOAUTH2", *lines(behaviour.known)[:20]])
            secret = self._signed_in(sock, stream)
            behaviour.received.append(secret)
            self._maybe_flood(sock, "refusal", 535)
            self._maybe_flood(sock, "lines", 535)
            if behaviour.noise:
                sock.sendall(f"you said {secret}, {base64.b64encode(secret.encode()).decode()}\r\n".encode())
                return
            _reply(sock, 535 if behaviour.refuse else 235, behaviour.share(secret))
            for code in (250, 250, 354):
                if b"QUIT" in _line(stream):
                    _reply(sock, 221, behaviour.share(secret))
                    return
                _reply(sock, code, behaviour.share(secret))
            while _line(stream).rstrip(b"\r\n") != b".":
                pass
            _reply(sock, 550, behaviour.share(secret))
            _line(stream)
            _reply(sock, 221, behaviour.share(secret))

    def _maybe_flood(self, sock: socket.socket, place: str, code: int) -> None:
        """Send too much data if `flood` is this place: many long lines at "lines", and one very long line elsewhere."""
        if self.behaviour.flood == place:
            filler = self.behaviour.filler
            lines = [filler[at : at + 4000] for at in range(0, len(filler), 4000)] if place == "lines" else [filler]
            _reply(sock, code, [line.replace("\r", "").replace("\n", "") for line in lines])

    def _signed_in(self, sock: socket.socket, stream: BinaryIO) -> str:
        if b"LOGIN" in _line(stream):
            _reply(sock, 334, ["VXNlcm5hbWU6"])
            _line(stream)
            _reply(sock, 334, ["UGFzc3dvcmQ6"])
            return base64.b64decode(_line(stream)).decode()
        _reply(sock, 334, [""])
        return base64.b64decode(_line(stream)).decode().partition("Bearer ")[2].strip("\x01")

    # -- tokens ---------------------------------------------------------------------------------------------------------------------

    def _entra(self, plain: socket.socket) -> None:
        with self._context.wrap_socket(plain, server_side=True) as sock, sock.makefile("rb") as stream:
            request = _line(stream)
            length = 0
            while (header := _line(stream)) not in {b"\r\n", b""}:
                if header.lower().startswith(b"content-length:"):
                    length = int(header.partition(b":")[2])
            if self.behaviour.flood == ("document" if request.startswith(b"GET") else "token"):
                _http(
                    sock,
                    200 if request.startswith(b"GET") else 401,
                    json.dumps({"error_description": self.behaviour.filler}),
                )
                return
            if request.startswith(b"GET"):
                _http(sock, 200, json.dumps(self._document()))
                return
            secret = parse_qs(stream.read(length).decode())["client_secret"][0]
            self.behaviour.received.append(secret)
            self._answer(sock, secret)

    def _document(self) -> dict[str, str]:
        where = f"https://{LOGIN}/t"
        known = (
            {"tenant_region_scope": " ".join(self.behaviour.lines(self.behaviour.known))}
            if self.behaviour.known
            else {}
        )
        return {
            "issuer": f"{where}/v2.0",
            "token_endpoint": f"{where}/token",
            "authorization_endpoint": f"{where}/authorize",
            **known,
        }

    def _answer(self, sock: socket.socket, secret: str) -> None:
        lines = self.behaviour.lines(secret)
        text = next(self._separators).join(lines)
        digits = [int(secret)] if secret.isdecimal() and secret.isascii() and len(secret) < 19 else [7000215]
        match self.behaviour.entra:
            case "claims":
                claims = {"aud": "https://mail.example.test", "said": text, "list": lines[:5], f"k {secret}": 1}
                claims |= {"number": digits[0], "iss": secret, "roles": [secret]}
                token = jwt.encode(claims, "k" * 32, algorithm="HS256")
                _http(sock, 200, json.dumps({"access_token": token, "token_type": secret, "expires_in": digits[0]}))
            case "error":
                text = f"AADSTS7000215: Invalid client secret provided: {text}"
                members = {
                    "error": "invalid_client",
                    "error_description": text,
                    "error_codes": digits,
                    "suberror": lines[0],
                }
                members |= {"trace_id": secret, "correlation_id": lines[2]}
                _http(sock, 401, json.dumps(members), {"Retry-After": quote(secret), "Content-Type": quote(secret)})
            case "redirect":
                where = (
                    f"https://{LOGIN}/x?secret={quote_plus(secret)}&again={base64.b64encode(secret.encode()).decode()}"
                )
                _http(sock, 302, text, {"Location": where})
            case "page":
                _http(sock, 500, f"<html>{html.escape(text)}</html>", {"Content-Type": f"text/html; x={quote(secret)}"})
            case _:
                sock.sendall(
                    b"HTTP/1.1 200 " + secret.encode() + b"\r\n" + base64.b64encode(secret.encode()) + b"\r\n\r\n"
                )


def _line(stream: BinaryIO) -> bytes:
    line = stream.readline()
    if not line.endswith(b"\n"):
        raise ConnectionError
    return line


def _reply(sock: socket.socket, code: int, lines: list[str]) -> None:
    last = len(lines) - 1
    text = "".join(f"{code}{' ' if at == last else '-'}{line}\r\n" for at, line in enumerate(lines))
    sock.sendall(text.encode())


def _http(sock: socket.socket, status: int, text: str, headers: dict[str, str] | None = None) -> None:
    body = text.encode()
    fields = {"Content-Type": "application/json", "Content-Length": str(len(body)), "Connection": "close"} | (
        headers or {}
    )
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    sock.sendall(f"HTTP/1.1 {status} Status\r\n{head}\r\n".encode() + body)
