"""The commands of the fake Exchange Online submission server. `dialogue` reads the lines and sends the replies.

`sign_in` and `submission` decide what is refused; `replies` contains the texts.
"""

import asyncio

from ..entra import tokens
from ..world import certificates
from ..world.records import Message, State
from . import attempts, data, envelope, front_end, replies, sign_in, submission
from .dialogue import Dialogue, EndOfSession
from .sign_in import Identity, Refused


class ExchangeSmtp(Dialogue):
    """One connection to the fake Exchange, with one method for each command."""

    def __init__(self, state: State, *, offers_auth: bool = True, loop: asyncio.AbstractEventLoop) -> None:
        self._offers_auth = offers_auth
        self._identity: Identity | None = None
        self._refusal: str | None = None
        self._chunks: list[bytes] | None = None
        super().__init__(state, loop=loop)

    async def _hello(self, name: str, *, extended: bool) -> None:
        if not envelope.valid_hello(name):
            await self._refuse(replies.INVALID_DOMAIN)
            return
        assert self.session is not None  # noqa: S101 - aiosmtpd sets it when the connection is made
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
        return user, self._by_password(user, password.decode("utf-8", "replace"))

    async def _xoauth2(self, initial: bytes) -> tuple[str, Identity | Refused]:
        response = envelope.decoded(initial or await self._challenge(b""))
        parsed = None if response is None else envelope.bearer(response)
        if parsed is None:
            return "", Refused(reply=replies.UNSUCCESSFUL)
        user, token = parsed
        return user, self._by_token(user, token)

    def _by_password(self, name: str, password: str) -> Identity | Refused:
        return sign_in.by_password(self._state.world, name, password)

    def _by_token(self, name: str, token: str) -> Identity | Refused:
        return sign_in.by_token(self._state.world, name, tokens.read(token, self._state.world.now()))

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
            refusal = self._recipient_refused(parsed.address, already)
            if refusal is not None:
                await self._refuse(refusal)
                return
            self.envelope.rcpt_tos.append(parsed.address)
            await self.push(replies.RECIPIENT_OK)

    def _recipient_refused(self, recipient: str, already: int) -> str | None:
        return submission.recipient_refused(self._state.world, recipient, already)

    # Message

    def _message_refused(self, identity: Identity, content: bytes, at_once: int) -> str | None:
        world, server = self._state.world, self._front.back_end
        return submission.message_refused(world, identity, content, at_once=at_once, server=server)

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
            refusal = self._message_refused(identity, content, under_way)
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

    def connection_lost(self, error: Exception | None) -> None:
        """Stop counting a submission that this connection did not finish, then let aiosmtpd clean up."""
        if self._chunks is not None:
            self._chunks = None
            self._count_submission(started=False)
        super().connection_lost(error)
