"""A minimal SMTP client that sends commands in any order over one socket and can start TLS."""

import re
import socket
import ssl
from typing import Self

from fakes import Running
from tests.fakes.clients import SMTP_HOST, mapped_address, tls_context

_LINE = re.compile(rb"(\d{3})([ -])(.*)\r\n", re.DOTALL)


class Raw:
    """One connection to the submission port."""

    def __init__(self, running: Running, *, context: ssl.SSLContext | None = None, timeout: float = 10) -> None:
        self._context = context or tls_context(running)
        self.sock: socket.socket = socket.create_connection(
            mapped_address(running, f"{SMTP_HOST}:587"), timeout=timeout
        )
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._reader = self.sock.makefile("rb")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def reply(self) -> str:
        """Return one complete reply, with its lines joined by line feeds, or "" if the server has closed the connection."""
        texts: list[str] = []
        while True:
            line = self._reader.readline()
            if not line:
                return ""
            found = _LINE.fullmatch(line)
            assert found is not None, line
            assert not texts or texts[0][:3] == found[1].decode(), line
            texts.append(f"{found[1].decode()} {found[3].decode()}")
            if found[2] == b" ":
                return "\n".join(texts)

    def send(self, octets: bytes) -> None:
        """Send the bytes unchanged."""
        self.sock.sendall(octets)

    def command(self, line: str) -> str:
        """Send one command line and return the server's reply."""
        self.send(line.encode("utf-8", "surrogateescape") + b"\r\n")
        return self.reply()

    def encrypt(self) -> None:
        """Perform the TLS handshake and verify the certificate. The server must already have replied 220 to STARTTLS."""
        self._reader.close()
        self.sock = self._context.wrap_socket(self.sock, server_hostname=SMTP_HOST)
        self._reader = self.sock.makefile("rb")

    def close(self) -> None:
        """Close the connection."""
        self._reader.close()
        self.sock.close()
