"""A mail server on loopback, with its own DNS server. It counts the passwords that it receives, and answers as the test decides.

It serves every host name and port in the settings that it writes, so that a test can try one account through many of them.
"""

from __future__ import annotations

import base64
import io
import json
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import dns.message
import dns.rrset
import trustme

from settings.load import parse
from settings.model import Settings

ADDRESS = "192.0.2.25"
PASSWORD = "Cn7$kq2Zab12"
WAIT_SECONDS = 60
# Answers the line with the password: given the user name, it returns a reply, or None to reset the connection.
Answer = Callable[[str], str | None]


def refuse(_user: str) -> str | None:
    """Refuse the password at once with Exchange Online's reply."""
    return "535 5.7.3 Authentication unsuccessful"


def reset(_user: str) -> str | None:
    """Return None, so that the server resets the connection."""
    return None


@dataclass(slots=True)
class PasswordServer:
    """The running server, which records the user name for each password that it receives."""

    folder: Path
    answer: Answer = refuse
    early: Mapping[str, str] = field(default_factory=dict)
    users: list[str] = field(default_factory=list)
    port: int = 0
    resolver: int = 0
    only_mapped: bool = True
    closing: threading.Event = field(default_factory=threading.Event)
    _arrived: threading.Condition = field(default_factory=threading.Condition)
    _tls: ssl.SSLContext = field(default_factory=lambda: ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER))

    def attempts_on(self, account: str) -> int:
        """Return how many passwords arrived for this account, ignoring case, outer spaces and trailing dots."""
        with self._arrived:
            return sum(_plain(user) == _plain(account) for user in self.users)

    def wait_for(self, account: str) -> None:
        """Wait until a password for this account has arrived."""
        with self._arrived:
            arrived = self._arrived.wait_for(
                lambda: any(_plain(user) == _plain(account) for user in self.users), WAIT_SECONDS
            )
        assert arrived, f"no password for {account} arrived"

    def settings_text(self, *senders: tuple[str, str, int], cloud: str = "worldwide", extra: str = "") -> str:
        """Return settings with a Basic sender for each user name, host and port. The senders are named s0, s1 and so on."""
        mapped = {f"{host}:{port}" for _, host, port in senders} | {f"{host}:587" for _, host, _ in senders}
        lines = [f'cloud = "{cloud}"', extra, "[network]", f'resolvers = ["127.0.0.1:{self.resolver}"]']
        lines += [
            f"ca_file = {json.dumps(str(self.folder / 'root.pem'))}",
            f"only_mapped = {str(self.only_mapped).lower()}",
        ]
        lines += ["reply_timeout = 2", "sender_timeout = 20", "[connect]"]
        lines += [f'"{place}" = "127.0.0.1:{self.port}"' for place in sorted(mapped)]
        for number, (user, host, port) in enumerate(senders):
            lines += [
                f"[sender.s{number}]",
                f'smtp_server = "{host}"',
                f"port = {port}",
                'authentication_type = "Basic"',
            ]
            lines += [f"username = {json.dumps(user)}", 'from = "alerts@contoso.example"', 'password_from = "env:PW"']
        return "\n".join(lines)

    def settings(self, *senders: tuple[str, str, int], cloud: str = "worldwide", extra: str = "") -> Settings:
        """Parse the text that `settings_text` returns, and return the settings."""
        return parse(self.settings_text(*senders, cloud=cloud, extra=extra), self.folder / "settings.toml")

    # -- SMTP -----------------------------------------------------------------------------------------------------------------------

    def _session(self, plain: socket.socket) -> None:
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        plain.sendall(b"220 mail.contoso.example Microsoft ESMTP MAIL Service ready\r\n")
        with plain.makefile("rb", buffering=0) as stream:
            for reply in (b"250-hello\r\n250 STARTTLS\r\n", b"220 2.0.0 SMTP server ready\r\n"):
                if not _line(stream):
                    return
                plain.sendall(reply)
        with self._tls.wrap_socket(plain, server_side=True) as sock, sock.makefile("rb") as stream:
            user = ""
            for _ in range(12):
                line = _line(stream)
                word = line.upper().partition(" ")[0]
                if word == "EHLO":
                    sock.sendall(b"250-hello\r\n250 AUTH LOGIN XOAUTH2\r\n")
                elif word == "AUTH":
                    sock.sendall(f"{self.early.get('AUTH', '334 VXNlcm5hbWU6')}\r\n".encode())
                    if "AUTH" in self.early:
                        continue
                    user = base64.b64decode(_line(stream)).decode()
                    sock.sendall(f"{self.early.get('user name', '334 UGFzc3dvcmQ6')}\r\n".encode())
                    if "user name" in self.early or not _line(stream):
                        continue
                    if not self._received(sock, user):
                        return
                elif word in {"MAIL", "RCPT", "RSET", "QUIT"}:
                    sock.sendall(b"250 2.1.0 OK\r\n" if word != "QUIT" else b"221 2.0.0 bye\r\n")
                else:
                    return

    def _received(self, sock: ssl.SSLSocket, user: str) -> bool:
        """Count a password and send the answer. Return whether the session continues."""
        with self._arrived:
            self.users.append(user)
            self._arrived.notify_all()
        reply = self.answer(user)
        if reply is None:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            return False
        sock.sendall(f"{reply}\r\n".encode())
        return True

    def silent(self, _user: str) -> str | None:
        """Send no reply until the test ends. A test can assign this method to `answer`."""
        self.closing.wait(WAIT_SECONDS)
        return None

    # -- DNS ------------------------------------------------------------------------------------------------------------------------

    def _resolve(self, server: socket.socket) -> None:
        with suppress(OSError):
            while True:
                packet, peer = server.recvfrom(4096)
                if not packet:  # the socket was shut down
                    return
                query = dns.message.from_wire(packet)
                reply = dns.message.make_response(query, recursion_available=True)
                if query.question[0].rdtype == dns.rdatatype.A:
                    reply.answer.append(dns.rrset.from_text(query.question[0].name, 60, "IN", "A", ADDRESS))
                server.sendto(reply.to_wire(), peer)


@contextmanager
def password_server(folder: Path, *hosts: str) -> Iterator[PasswordServer]:
    """Serve these host names until the block ends."""
    server = PasswordServer(folder)
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(folder / "root.pem"))
    authority.issue_cert(*hosts).configure_cert(server._tls)  # noqa: SLF001 - of this module
    listener = socket.create_server(("127.0.0.1", 0))
    resolver = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    resolver.bind(("127.0.0.1", 0))
    server.port, server.resolver = listener.getsockname()[1], resolver.getsockname()[1]

    def serve_client(client: socket.socket) -> None:
        with client, suppress(OSError, ValueError):
            client.settimeout(WAIT_SECONDS)
            server._session(client)  # noqa: SLF001 - of this module

    def accept() -> None:
        with suppress(OSError):
            while True:
                threading.Thread(target=serve_client, args=(listener.accept()[0],), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    threading.Thread(target=server._resolve, args=(resolver,), daemon=True).start()  # noqa: SLF001 - of this module
    try:
        yield server
    finally:
        server.closing.set()
        for sock in (listener, resolver):
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
            sock.close()


def _line(stream: io.IOBase) -> str:
    """Return one line. An unbuffered stream is read one octet at a time, so that none of the TLS handshake is consumed."""
    return stream.readline(4096).decode("latin-1").strip()


def _plain(user: str) -> str:
    return user.strip().lower().rstrip(".")
