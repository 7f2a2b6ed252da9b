"""Servers other than Exchange that can answer on the submission port."""

import asyncio
import socket
import ssl
import struct
import sys
from typing import cast

from aiosmtpd.smtp import SMTP

from ..smtp.exchange import ExchangeSmtp
from ..world import certificates
from ..world.network import SubmissionServer
from ..world.records import State

_HTTP = (
    b"HTTP/1.1 408 Request Timeout\r\nContent-Type: text/html\r\nContent-Length: 39\r\nConnection: close\r\n\r\n"
    b"<html><body>408 Time-out</body></html>\n"
)
_BEFORE_RESET = 0.25  # seconds
_TLS_ALERT = b"\x15\x03\x03\x00\x02\x02\x28"  # fatal handshake_failure (RFC 8446 section 6)


class FixedReply(asyncio.Protocol):
    """A server that sends one reply when a client connects, then closes the connection. If the reply is empty, the server stays silent."""

    def __init__(self, state: State, reply: bytes) -> None:
        self._state = state
        self._reply = reply

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Send the reply without waiting for the client."""
        self._state.transports.add(transport)
        if self._reply and isinstance(transport, asyncio.Transport):
            transport.write(self._reply)
            transport.close()


class ResetPeer(asyncio.Protocol):
    """A server that resets each connection after the first bytes, or after a delay if the client waits for a greeting.

    A connection is never reset at once, because a client that receives the handshake and the reset together may report either of them.
    """

    def __init__(self, state: State) -> None:
        self._state = state
        self._transport: asyncio.Transport | None = None
        self._later: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Schedule the reset; the connection stays open until then."""
        self._state.transports.add(transport)
        self._transport = cast("asyncio.Transport", transport)
        self._later = asyncio.get_running_loop().call_later(_BEFORE_RESET, self._reset)

    def data_received(self, data: bytes) -> None:
        """Reset the connection. A client that sends data has already seen that the connection is open."""
        del data
        self._reset()

    def connection_lost(self, exc: Exception | None) -> None:
        """Cancel the scheduled reset."""
        del exc
        if self._later is not None:
            self._later.cancel()

    def _reset(self) -> None:
        """Close the connection with a linger time of zero, which makes TCP send a reset."""
        if self._transport is None or self._transport.is_closing():
            return
        own = self._transport.get_extra_info("socket")
        linger = struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0)
        own.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self._transport.abort()


class ProviderSmtp(SMTP):
    """The hosting provider's mail server, which can also take Exchange's place on port 587."""

    def __init__(self, state: State, loop: asyncio.AbstractEventLoop) -> None:
        self._state = state
        super().__init__(
            None,
            hostname="mail.hosting-provider.example",
            ident="ESMTP Postfix",
            tls_context=certificates.provider_context(),
            loop=loop,
        )

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Register the connection, so that it can be closed when the fakes stop."""
        self._state.transports.add(transport)
        super().connection_made(transport)

    def eof_received(self) -> bool | None:
        """Let the transport close. Nothing else would close it if the dialogue was cancelled before its first step."""
        super().eof_received()
        return False

    async def _handle_client(self) -> None:
        try:
            await super()._handle_client()
        except (ConnectionError, ssl.SSLError, asyncio.IncompleteReadError):
            self._writer.close()


def at_submission_port(state: State, loop: asyncio.AbstractEventLoop) -> asyncio.BaseProtocol:
    """Return the protocol for a new connection to port 587, according to the current state of the world."""
    match state.world.network.submission_server:
        case SubmissionServer.EXCHANGE:
            return ExchangeSmtp(state, loop=loop)
        case SubmissionServer.SILENCE:
            return FixedReply(state, b"")
        case SubmissionServer.HTTP:
            return FixedReply(state, _HTTP)
        case SubmissionServer.TLS_AT_ONCE:
            return FixedReply(state, _TLS_ALERT)
        case SubmissionServer.HOSTING_PROVIDER:
            return ProviderSmtp(state, loop)
