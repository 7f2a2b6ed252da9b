"""Many concurrent SMTP clients in one event loop.

Each client signs in to its own mailbox and sends one message that contains its address.
"""

import asyncio
import base64
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

SERVER_NAME = "smtp.office365.com"


class UnexpectedReply(Exception):  # noqa: N818 - named after the event
    """Raised if a reply is not the one expected in a healthy session."""


@dataclass(frozen=True)
class Client:
    """One client of the crowd, identified by its number."""

    number: int
    domain: str = "fabrikam.example"

    @property
    def user(self) -> str:
        """The address of the client's mailbox."""
        return f"user-{self.number}@{self.domain}"

    @property
    def password(self) -> str:
        """The password for the client's mailbox."""
        return f"Invented-{self.number}!word"

    @property
    def content(self) -> bytes:
        """The client's message, long enough to arrive in several segments."""
        mark = f"this is {self.user}\r\n".encode()
        return f"From: {self.user}\r\nSubject: {self.number}\r\n\r\n".encode() + mark * 400

    async def send(
        self,
        host: str,
        port: int,
        context: ssl.SSLContext,
        all_connected: Callable[[], Awaitable[object]] | None = None,
    ) -> None:
        """Run one complete session.

        After the greeting, the session awaits `all_connected`, so that all clients are connected at the same time.
        """
        reader, writer = await asyncio.open_connection(host, port)
        try:
            await _expect(reader, 220)
            if all_connected is not None:
                await all_connected()
            await _command(reader, writer, b"EHLO client.example", 250)
            await _command(reader, writer, b"STARTTLS", 220)
            await writer.start_tls(context, server_hostname=SERVER_NAME)
            await _command(reader, writer, b"EHLO client.example", 250)
            await _command(reader, writer, b"AUTH LOGIN", 334)
            await _command(reader, writer, base64.b64encode(self.user.encode()), 334)
            await _command(reader, writer, base64.b64encode(self.password.encode()), 235)
            await _command(reader, writer, f"MAIL FROM:<{self.user}>".encode(), 250)
            await _command(reader, writer, f"RCPT TO:<{self.user}>".encode(), 250)
            await _command(reader, writer, b"DATA", 354)
            await _command(reader, writer, self.content + b".", 250)
            await _command(reader, writer, b"QUIT", 221)
        finally:
            writer.transport.abort()


async def _command(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, line: bytes, code: int) -> None:
    writer.write(line + b"\r\n")
    await writer.drain()
    await _expect(reader, code)


async def _expect(reader: asyncio.StreamReader, code: int) -> None:
    while True:
        line = await reader.readline()
        if not line.startswith(str(code).encode()):
            raise UnexpectedReply(f"{line!r} instead of {code}")
        if line[3:4] != b"-":
            return
