"""The fake Exchange Online submission server. STARTTLS, sessions and timeouts come from aiosmtpd.

`sign_in` and `submission` decide what is refused; `replies` contains the texts.
"""

import asyncio
import ssl
from typing import AnyStr

from aiosmtpd.smtp import SMTP, TLSSetupException

from ..entra import tokens
from ..world import certificates
from ..world.records import Message, Session, State
from . import attempts, data, envelope, front_end, replies, sign_in, submission
from .sign_in import Identity, Refused

_REFUSAL_SECONDS = 5.0
_INSPECTED_LINE = 512  # RFC 5321's limit for commands, which some middleboxes also apply to SASL responses
_VERBS = frozenset(
    {"HELO", "EHLO", "STARTTLS", "AUTH", "MAIL", "RCPT", "DATA", "BDAT", "RSET", "NOOP", "VRFY", "HELP", "QUIT"}
)


class EndOfSession(Exception):  # noqa: N818 - not an error, but the end of the dialogue
    """Raised to end the dialogue because the connection is closed or is about to be closed."""


class ExchangeSmtp(SMTP):
    """One connection to the fake Exchange.

    `_handle_client` is overridden because aiosmtpd's version sends its own greeting and has its own limit on the length of a line.
    """

    line_length_limit = 16_384  # room for a SASL response of 12,288 octets (RFC 4954 section 4)

    def __init__(self, state: State, *, offers_auth: bool = True, loop: asyncio.AbstractEventLoop) -> None:
        self._state = state
        self._offers_auth = offers_auth
        self._front = front_end.pick()
        self._identity: Identity | None = None
        self._refusal: str | None = None
        self._chunks: list[bytes] | None = None
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

    async def _hello(self, name: str, *, extended: bool) -> None:
        if not envelope.valid_hello(name):
            await self._refuse(replies.INVALID_DOMAIN)
            return
        assert self.session is not None  # noqa: S101 - as above
        self._reset_transaction()
        self.session.host_name = name
        self.session.extended_smtp = extended
        peer = self.session.peer[0] if self.session.peer else ""
        lines = [f"{self.hostname} Hello [{peer}]"]
        if extended:
            box, encrypted = self._state.world.network.middlebox, self._tls_protocol is not None
            lines += front_end.extensions(box, encrypted=encrypted, offers_auth=self._offers_auth)
        for line in lines[:-1]:
            self._writer.write(f"250-{line}\r\n".encode())
        await self.push(f"250 {lines[-1]}")

    async def _helo(self, name: str) -> None:
        await self._hello(name, extended=False)

    async def _ehlo(self, name: str) -> None:
        await self._hello(name, extended=True)

    async def _starttls(self, argument: str) -> None:
        box = self._state.world.network.middlebox
        if self._tls_protocol is not None or box.strips_starttls or box.masks_starttls or box.refuses_starttls:
            await self._refuse("500 Unsupported command" if box.refuses_starttls else replies.UNKNOWN_COMMAND)
            return
        if argument:
            await self._refuse(replies.INVALID_ARGUMENTS)
            return
        self.tls_context = certificates.smtp_context(self._state.world.network.smtp_tls)
        await self.smtp_STARTTLS("")

    async def push(self, status: AnyStr) -> None:
        """Send one reply. aiosmtpd's reply to STARTTLS is replaced with Exchange's."""
        if status == "220 Ready to start TLS":
            await super().push(replies.STARTTLS_READY)
        else:
            await super().push(status)

    # Sign-in

    async def _auth(self, argument: str) -> None:
        assert self.session is not None  # noqa: S101 - as above
        mechanism, _, initial = argument.partition(" ")
        mechanism = mechanism.upper()
        if not self.session.host_name:
            await self._refuse(replies.SEND_HELLO)
        elif self._tls_protocol is None or mechanism not in {"LOGIN", "XOAUTH2"} or not self._offers_auth:
            await self._refuse(replies.UNKNOWN_MECHANISM)
        elif self._identity is not None or self.envelope is None or self.envelope.mail_from is not None:
            await self._refuse(replies.BAD_SEQUENCE)
        elif self._uses_old_tls():
            await self._refuse(replies.OLD_TLS)
            raise EndOfSession
        elif self._state.world.network.middlebox.accepts_early:
            await self.push(replies.SIGNED_IN)  # without an identity, so MAIL is refused
        else:
            await self._sign_in(mechanism, initial.strip().encode("utf-8", "surrogateescape"))

    def _uses_old_tls(self) -> bool:
        tls = self.transport.get_extra_info("ssl_object") if self.transport is not None else None
        return tls is not None and tls.version() in {"TLSv1", "TLSv1.1"}

    async def _sign_in(self, mechanism: str, initial: bytes) -> None:
        user, outcome = await (self._login(initial) if mechanism == "LOGIN" else self._xoauth2(initial))
        world = self._state.world
        if world.network.middlebox.drops_after_auth:
            raise EndOfSession
        if world.service.sign_in is not None:
            outcome = Refused(reply=world.service.sign_in, code=world.service.sign_in_code)
        session, peer = self._front.session_id, self.session.peer[0] if self.session and self.session.peer else ""
        attempt = attempts.record(user, mechanism, outcome, session=session, peer=str(peer), at=world.now())
        self._state.records.add(attempt)
        if isinstance(outcome, Identity):
            self._identity, self._refusal = outcome, None
            await self.push(replies.SIGNED_IN)
        else:
            self._refusal = outcome.reply
            await self._refuse(outcome.reply)

    async def _login(self, initial: bytes) -> tuple[str, Identity | Refused]:
        name = envelope.decoded(initial or await self._challenge(b"VXNlcm5hbWU6"))
        if name is None:
            return "", Refused(reply=replies.UNSUCCESSFUL)
        password = envelope.decoded(await self._challenge(b"UGFzc3dvcmQ6"))
        user = name.decode("utf-8", "replace")
        if password is None:
            return user, Refused(reply=replies.UNSUCCESSFUL)
        return user, sign_in.by_password(self._state.world, user, password.decode("utf-8", "replace"))

    async def _xoauth2(self, initial: bytes) -> tuple[str, Identity | Refused]:
        response = envelope.decoded(initial or await self._challenge(b""))
        parsed = None if response is None else envelope.bearer(response)
        if parsed is None:
            return "", Refused(reply=replies.UNSUCCESSFUL)
        user, token = parsed
        return user, sign_in.by_token(self._state.world, user, tokens.read(token, self._state.world.now()))

    async def _challenge(self, text: bytes) -> bytes:
        """Send a challenge and return the SASL response.

        The cancelling `*` gets no special treatment: it is not valid base64, so the sign-in fails with 535, as in Exchange.
        """
        await self.push(b"334 " + text)
        return await self._line()

    # Envelope

    async def _mail(self, argument: str) -> None:
        refusal = self._mail_refused()
        if refusal is not None:
            await self._refuse(refusal)
            return
        parsed = envelope.path(argument, "FROM:", envelope.MAIL_PARAMETERS)
        if parsed is None or parsed.parameters.get("BODY", "7BIT").upper() not in envelope.BODIES:
            await self._refuse(replies.INVALID_ARGUMENTS)
            return
        size = parsed.parameters.get("SIZE", "0")
        if not (size.isascii() and size.isdigit()):
            await self._refuse(replies.INVALID_ARGUMENTS)
        elif len(size) > 12 or int(size) > replies.SIZE_LIMIT:
            await self._refuse(replies.TOO_LARGE)
        elif parsed.address and not envelope.valid_address(parsed.address, utf8="SMTPUTF8" in parsed.parameters):
            await self._refuse(replies.INVALID_SENDER)
        else:
            self._start_transaction(parsed)
            await self.push(replies.SENDER_OK)

    def _mail_refused(self) -> str | None:
        assert self.session is not None  # noqa: S101 - as above
        assert self.envelope is not None  # noqa: S101 - as above
        if not self.session.host_name:
            return replies.SEND_HELLO
        if self._tls_protocol is None and self._offers_auth:
            return replies.STARTTLS_REQUIRED
        if self._identity is None and self._offers_auth:
            echo = f" Error: {self._refusal}" if self._refusal else ""
            return replies.NOT_SIGNED_IN + echo
        return replies.BAD_SEQUENCE if self.envelope.mail_from is not None else None

    def _start_transaction(self, parsed: envelope.Path) -> None:
        assert self.envelope is not None  # noqa: S101 - as above
        self.envelope.mail_from = parsed.address
        self.envelope.smtp_utf8 = "SMTPUTF8" in parsed.parameters
        self.envelope.mail_options = [f"{name}={value}".rstrip("=") for name, value in parsed.parameters.items()]

    async def _rcpt(self, argument: str) -> None:
        assert self.envelope is not None  # noqa: S101 - as above
        if self.envelope.mail_from is None or self._chunks is not None:
            await self._refuse(replies.NEED_SENDER)
            return
        parsed = envelope.path(argument, "TO:", envelope.RCPT_PARAMETERS)
        if parsed is None:
            await self._refuse(replies.INVALID_ARGUMENTS)
        elif not envelope.valid_address(parsed.address, utf8=bool(self.envelope.smtp_utf8)):
            await self._refuse(replies.INVALID_RECIPIENT)
        else:
            already = len(self.envelope.rcpt_tos)
            refusal = submission.recipient_refused(self._state.world, parsed.address, already)
            if refusal is not None:
                await self._refuse(refusal)
                return
            self.envelope.rcpt_tos.append(parsed.address)
            await self.push(replies.RECIPIENT_OK)

    # Message

    async def _data(self, argument: str) -> None:
        assert self.envelope is not None  # noqa: S101 - as above
        binary = any(option.upper() == "BODY=BINARYMIME" for option in self.envelope.mail_options)
        if argument:
            await self._refuse(replies.INVALID_ARGUMENTS)
        elif not self.envelope.rcpt_tos:
            await self._refuse(replies.NEED_RECIPIENT)
        elif binary or self._chunks is not None:
            await self._refuse(replies.BAD_SEQUENCE)
        else:
            self._count_submission(started=True)
            try:
                await self.push(replies.START_INPUT)
                await self._finish(await data.dot_stuffed(self._reader, self._reset_timeout))
            finally:
                self._count_submission(started=False)

    async def _bdat(self, argument: str) -> None:
        assert self.envelope is not None  # noqa: S101 - as above
        parsed = envelope.chunk(argument)
        if parsed is None:
            await self._refuse(replies.INVALID_ARGUMENTS)
            raise EndOfSession  # without a size, the start of the next command is unknown
        size, last = parsed
        before = sum(map(len, self._chunks or ()))
        accepted = bool(self.envelope.rcpt_tos) and before + size <= replies.SIZE_LIMIT
        octets = await data.octets(self._reader, size, self._reset_timeout, keep=accepted)
        if not self.envelope.rcpt_tos:
            await self._refuse(replies.NEED_RECIPIENT)
        elif not accepted:
            self._reset_transaction()
            await self._refuse(replies.TOO_LARGE)
        else:
            await self._chunk(octets, last=last)

    async def _chunk(self, octets: bytes, *, last: bool) -> None:
        if self._chunks is None:
            self._chunks = []
            self._count_submission(started=True)
        self._chunks.append(octets)
        if last:
            await self._finish(b"".join(self._chunks))
        else:
            await self.push(f"250 2.0.0 OK, {len(octets)} octets received")

    def _count_submission(self, *, started: bool) -> None:
        if self._identity is not None:
            self._state.submissions[self._identity.user] += 1 if started else -1

    def _reset_transaction(self) -> None:
        """Discard the envelope and any chunks, as after RSET, EHLO and the end of a message."""
        if self._chunks is not None:
            self._chunks = None
            self._count_submission(started=False)
        self._set_rset_state()  # type: ignore[no-untyped-call]  # aiosmtpd has no annotation here

    async def _finish(self, content: bytes | None) -> None:
        """Accept or refuse the complete message, and reset the transaction."""
        assert self.envelope is not None  # noqa: S101 - as above
        sender, recipients = self.envelope.mail_from, tuple(self.envelope.rcpt_tos)
        world, identity = self._state.world, self._identity
        refusal = replies.TOO_LARGE if content is None else world.service.end_of_data
        if content is not None and refusal is None and identity is not None:
            under_way = self._state.submissions[identity.user]
            refusal = submission.message_refused(
                world, identity, content, at_once=under_way, server=self._front.back_end
            )
        self._reset_transaction()
        if refusal is not None or content is None:
            await self._refuse(f"{refusal} {self._front.after_message}", stamped=False)
            return
        message_id = self._front.message_id()
        self._state.records.add(
            Message(
                sender=sender or "",
                recipients=recipients,
                content=content,
                user=identity.user if identity else "",
                mechanism=identity.mechanism if identity else "",
                message_id=message_id,
                received=world.now(),
            )
        )
        await self.push(f"250 2.0.0 OK {message_id} {self._front.after_message}")

    async def _rset(self, _argument: str) -> None:
        self._reset_transaction()
        await self.push(replies.RESETTING)

    async def _noop(self, _argument: str) -> None:
        await self.push(replies.NOTHING_DONE)

    async def _vrfy(self, _argument: str) -> None:
        await self.push(replies.CANNOT_VERIFY)

    async def _help(self, _argument: str) -> None:
        await self.push(f"{replies.HELP}\r\n214 HELO EHLO STARTTLS RCPT DATA RSET MAIL QUIT HELP AUTH BDAT")

    async def _quit(self, _argument: str) -> None:
        await self.push(replies.CLOSING)
        raise EndOfSession

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Register the connection, so that it can be closed when the fakes stop. aiosmtpd calls this method again when TLS starts."""
        self._state.transports.add(transport)
        super().connection_made(transport)

    def eof_received(self) -> bool | None:
        """Let the transport close. Nothing else would close it if the dialogue was cancelled before its first step."""
        super().eof_received()
        return False

    def connection_lost(self, error: Exception | None) -> None:
        """Stop counting a submission that this connection did not finish, then let aiosmtpd clean up."""
        if self._chunks is not None:
            self._chunks = None
            self._count_submission(started=False)
        super().connection_lost(error)
