"""The dialogue of the fake Exchange: the greeting, the lines of a client and the replies. `exchange` has the commands.

STARTTLS, sessions and timeouts come from aiosmtpd.
"""

import asyncio
import ssl
from typing import AnyStr

from aiosmtpd.smtp import SMTP, TLSSetupException

from ..world import certificates
from ..world.records import Session, State
from . import front_end, replies

_REFUSAL_SECONDS = 5.0
_INSPECTED_LINE = 512  # RFC 5321's limit for commands, which some middleboxes also apply to SASL responses
_VERBS = frozenset(
    {"HELO", "EHLO", "STARTTLS", "AUTH", "MAIL", "RCPT", "DATA", "BDAT", "RSET", "NOOP", "VRFY", "HELP", "QUIT"}
)


class EndOfSession(Exception):  # noqa: N818 - not an error, but the end of the dialogue
    """Raised to end the dialogue because the connection is closed or is about to be closed."""


class Dialogue(SMTP):
    """The lines of one connection to the fake Exchange. A subclass has one method for each command, such as `_ehlo`.

    `_handle_client` is overridden because aiosmtpd's version sends its own greeting and has its own limit on the length of a line.
    """

    line_length_limit = 16_384  # room for a SASL response of 12,288 octets (RFC 4954 section 4)

    def __init__(self, state: State, *, loop: asyncio.AbstractEventLoop) -> None:
        self._state = state
        self._front = front_end.pick()
        super().__init__(
            None,
            data_size_limit=replies.SIZE_LIMIT,
            enable_SMTPUTF8=True,
            hostname=self._front.host,
            tls_context=certificates.smtp_context(state.world.network.smtp_tls),
            loop=loop,
        )

    async def _handle_client(self) -> None:
        assert self.session is not None  # noqa: S101 - aiosmtpd sets it when the connection is made
        peer = self.session.peer[0] if self.session.peer else ""
        self._state.records.add(Session(session=self._front.session_id, peer=str(peer)))
        try:
            await self._greet()
            while self.transport is not None:
                await self._serve_line(await self._line())
        except TLSSetupException as error:
            if self.transport is not None:
                self.transport.close()
            self.connection_lost(error)
        except (EndOfSession, ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
            pass  # the dialogue is over
        finally:
            if self.transport is not None:
                self.transport.close()

    async def _greet(self) -> None:
        world = self._state.world
        if world.service.greeting is not None:
            await self._refuse(world.service.greeting)
            raise EndOfSession
        text = self._front.greeting(world.now())
        await self.push("220 " + ("*" * len(text) if world.network.middlebox.masks_greeting else text))

    async def _line(self) -> bytes:
        """Return the next line without its line ending. Lines over the length limit are refused and skipped."""
        while True:
            try:
                line = await self._reader.readuntil(b"\n")
            except asyncio.LimitOverrunError as error:
                await self._skip(error.consumed)
                await self._refuse(replies.TOO_LONG)
                continue
            if self._state.world.network.middlebox.drops_long_commands and len(line) > _INSPECTED_LINE:
                raise EndOfSession
            self._reset_timeout()
            return line.rstrip(b"\r\n")

    async def _skip(self, consumed: int) -> None:
        while True:
            await self._reader.readexactly(consumed)
            try:
                await self._reader.readuntil(b"\n")
            except asyncio.LimitOverrunError as error:
                consumed = error.consumed
            else:
                return

    async def _serve_line(self, line: bytes) -> None:
        verb, _, argument = line.partition(b" ")
        name = verb.decode("ascii", "replace").upper()
        if name in _VERBS:
            serve = getattr(self, f"_{name.lower()}")
            await serve(argument.decode("utf-8", "surrogateescape").strip())
        else:
            await self._refuse(replies.UNKNOWN_COMMAND)

    async def _refuse(self, text: str, *, stamped: bool = True) -> None:
        """Send a refusal, followed by a stamp if `stamped` is true. With `pace="real"`, wait five seconds before sending it."""
        if self._state.real_pace:
            await asyncio.sleep(_REFUSAL_SECONDS)
        await self.push(f"{text} {self._front.stamp(self._state.world.now())}" if stamped else text)

    async def push(self, status: AnyStr) -> None:
        """Send one reply. aiosmtpd's reply to STARTTLS is replaced with Exchange's."""
        if status == "220 Ready to start TLS":
            await super().push(replies.STARTTLS_READY)
        else:
            await super().push(status)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Register the connection, so that it can be closed when the fakes stop. aiosmtpd calls this method again when TLS starts."""
        self._state.transports.add(transport)
        super().connection_made(transport)

    def eof_received(self) -> bool | None:
        """Let the transport close. Nothing else would close it if the dialogue was cancelled before its first step."""
        super().eof_received()
        return False
