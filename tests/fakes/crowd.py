"""Many SMTP clients at once, in one loop: each signs in as a mailbox of its own and sends one message that names it."""

import asyncio
import base64
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

SERVER_NAME = "smtp.office365.com"


class Unexpected(Exception):  # noqa: N818 - reads as what happened
    """A reply was not the one that a healthy session gets."""


@dataclass(frozen=True)
class Client:
    """One member of the crowd."""

    number: int
    domain: str = "fabrikam.example"

    @property
    def user(self) -> str:
        """Its mailbox."""
        return f"user-{self.number}@{self.domain}"

    @property
    def password(self) -> str:
        """Its password."""
        return f"Invented-{self.number}!word"

    @property
    def content(self) -> bytes:
        """Its message, long enough to come in several pieces."""
        mark = f"this is {self.user}\r\n".encode()
        return f"From: {self.user}\r\nSubject: {self.number}\r\n\r\n".encode() + mark * 400

    async def send(
        self,
        host: str,
        port: int,
        context: ssl.SSLContext,
        everybody: Callable[[], Awaitable[object]] | None = None,
    ) -> None:
        """One whole session; ``everybody`` is awaited while the connection is open, to hold the crowd together."""
        reader, writer = await asyncio.open_connection(host, port)
        try:
            await _expect(reader, 220)
            if everybody is not None:
                await everybody()
            await _say(reader, writer, b"EHLO client.example", 250)
            await _say(reader, writer, b"STARTTLS", 220)
            await writer.start_tls(context, server_hostname=SERVER_NAME)
            await _say(reader, writer, b"EHLO client.example", 250)
            await _say(reader, writer, b"AUTH LOGIN", 334)
            await _say(reader, writer, base64.b64encode(self.user.encode()), 334)
            await _say(reader, writer, base64.b64encode(self.password.encode()), 235)
            await _say(reader, writer, f"MAIL FROM:<{self.user}>".encode(), 250)
            await _say(reader, writer, f"RCPT TO:<{self.user}>".encode(), 250)
            await _say(reader, writer, b"DATA", 354)
            await _say(reader, writer, self.content + b".", 250)
            await _say(reader, writer, b"QUIT", 221)
        finally:
            writer.transport.abort()


async def _say(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, line: bytes, code: int) -> None:
    writer.write(line + b"\r\n")
    await writer.drain()
    await _expect(reader, code)


async def _expect(reader: asyncio.StreamReader, code: int) -> None:
    while True:
        line = await reader.readline()
        if not line.startswith(str(code).encode()):
            raise Unexpected(f"{line!r} instead of {code}")
        if line[3:4] != b"-":
            return
