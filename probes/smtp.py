"""An SMTP session that records each line with its time and limits what a peer can send (RFC 5321).

It uses the standard library's `smtplib`, but never its `login()`, which tries the next mechanism after a refusal and would
therefore repeat a refused password.
"""

from __future__ import annotations

import smtplib
import socket
import ssl
from collections.abc import Callable
from email.message import EmailMessage
from email.policy import SMTP

from evidence.failure import Failure, FailureKind
from evidence.limits import MOST_REPLY_LINES
from evidence.wire import CommandEvidence, HelloEvidence, Reply
from probes.deadline import Deadline
from probes.failures import BrokenError, translate
from probes.shortening import Shortening
from probes.transcript import Transcript
from settings.strict_values import whole

# Each line is searched for secrets and texts several times, so that all a server sends costs at most about a second.
LONGEST_LINE = 8192  # RFC 5321, section 4.5.3.1.5, allows 512
_ROOM = 6_000  # characters in long lines, before and after TLS each
LARGEST_REPLY = 16 * 1024  # characters; the longest reply of a healthy server, to EHLO, has a few hundred
LARGEST_SESSION = 48 * 1024


class Session(smtplib.SMTP):
    """A conversation on an open socket. Every wait ends at the reply timeout or the sender's deadline."""

    def __init__(
        self, sock: socket.socket, transcript: Transcript, deadline: Deadline, *, reply_timeout: float, ehlo_name: str
    ) -> None:
        """Take over `sock`, without sending or reading anything."""
        super().__init__(local_hostname=ehlo_name, timeout=reply_timeout)
        self.sock = sock
        self._transcript = transcript
        self._deadline = deadline
        self._reply_timeout = reply_timeout
        self._unread = b""
        self._size = 0
        self._shown: str | None = None
        self._shortening = Shortening(_ROOM)
        self.broken = False
        self.ehlo_name = ehlo_name

    # -- called by smtplib ----------------------------------------------------------------------------------------------------------

    def send(self, s: bytes | str) -> None:  # type: ignore[override]  # typeshed allows any buffer; smtplib sends these two
        """Send bytes unchanged. Raises BrokenError if the connection is closed."""
        octets = s.encode(self.command_encoding) if isinstance(s, str) else s
        sock = self._socket()
        bound = self._deadline.within(self._reply_timeout)
        try:
            sock.settimeout(max(0.001, bound.remaining()))
            sock.sendall(octets)
        except OSError as problem:
            raise BrokenError(translate(problem, bound)) from None

    def putcmd(self, cmd: str, args: str = "") -> None:
        """Send a command line and record it. A line that holds a secret is recorded in its masked form."""
        line = f"{cmd} {args}" if args else cmd
        self._transcript.client(self._shown if self._shown is not None else line)
        self.send(f"{line}\r\n")

    def getreply(self) -> tuple[int, bytes]:
        """Return one complete reply in the form that smtplib expects. Raises BrokenError if there is no reply."""
        reply = self.read_reply()
        return reply.code, "\n".join(reply.lines).encode("utf-8", "surrogateescape")

    # -- called by the probes -------------------------------------------------------------------------------------------------------

    def read_reply(self) -> Reply:
        """Read one complete reply.

        Raises BrokenError if the reply times out, is not SMTP or is too long, or if the connection is closed.
        """
        bound = self._deadline.within(self._reply_timeout)
        lines: list[str] = []
        most = min(LARGEST_SESSION, self._size + LARGEST_REPLY)
        while True:
            line = self._line(bound)
            self._size += len(line)
            if self._size > most:
                raise BrokenError(
                    Failure(kind=FailureKind.TOO_LONG, text=f"the reply has more than {LARGEST_REPLY} characters")
                    if most < LARGEST_SESSION
                    else Failure(
                        kind=FailureKind.TOO_LONG, text=f"the session has more than {LARGEST_SESSION} characters"
                    )
                )
            self._transcript.server(line)
            code = whole(line[:3]) if len(line) >= 3 and line[3:4] in {"", " ", "-"} else None
            if code is None:
                raise BrokenError(Failure(kind=FailureKind.NOT_SMTP, text=self._transcript.clean(line)[:200]))
            lines.append(self._shortening.kept(self._transcript.clean(line[4:])))
            if line[3:4] != "-":
                return Reply(code=code, lines=tuple(lines), seconds=round(bound.elapsed(), 4))
            if len(lines) >= MOST_REPLY_LINES:
                raise BrokenError(
                    Failure(kind=FailureKind.TOO_LONG, text=f"the reply has more than {MOST_REPLY_LINES} lines")
                )

    def ask(self, command: str, *, shown: str | None = None) -> CommandEvidence:
        """Send one command and read its reply. The transcript has `shown` in place of a command that holds a secret."""
        return self._timed(lambda: self._asked(command, shown))

    def hello(self, *, greeting: bool) -> HelloEvidence:
        """Send EHLO. If `greeting` is set, read the greeting first, and do not send EHLO if its code is not 220."""
        started = self._deadline.elapsed()
        first: Reply | None = None
        try:
            if greeting:
                first = self.read_reply()
                if first.code != 220:
                    return self._hello(started, first, None, None)
            self.ehlo(self.ehlo_name)
            return self._hello(started, first, self._last_ehlo, None)
        except BrokenError as broken:
            self.broken = True
            return self._hello(started, first, None, broken.failure)

    def ehlo(self, name: str = "") -> tuple[int, bytes]:
        """Send EHLO, keep the reply, and set the attributes that smtplib would set."""
        self._last_ehlo: Reply | None = None
        self.putcmd("EHLO", name)
        self._last_ehlo = self.read_reply()
        self.ehlo_resp = "\n".join(self._last_ehlo.lines).encode("utf-8", "surrogateescape")
        self.does_esmtp = self._last_ehlo.code == 250
        for keyword, _, rest in (line.partition(" ") for line in self._last_ehlo.lines[1:]):
            self.esmtp_features[keyword.lower()] = rest
        return self._last_ehlo.code, self.ehlo_resp

    def message(self, message: EmailMessage) -> CommandEvidence:
        """Send the message after 354, dot-stuffed and with the final dot (RFC 5321, section 4.5.2), and read the reply."""
        octets = message.as_bytes(policy=SMTP)
        body = smtplib._quote_periods(octets)  # type: ignore[attr-defined]  # noqa: SLF001 - smtplib's own data() would send DATA again
        end = b".\r\n" if body.endswith(b"\r\n") else b"\r\n.\r\n"

        def send_all() -> Reply:
            self._transcript.client(f"<message, {len(octets)} octets>")
            self.send(body + end)
            return self.read_reply()

        return self._timed(send_all)

    def continue_on(self, sock: ssl.SSLSocket) -> None:
        """Continue over TLS and discard everything received before it (RFC 3207, section 4.2)."""
        self.sock = sock
        self._unread = b""
        self._shortening = Shortening(_ROOM)
        self.ehlo_resp = None
        self.esmtp_features = {}
        self.does_esmtp = False

    @property
    def pending(self) -> bool:
        """Whether the peer sent more than the reply. Plain text must not be treated as if it came over TLS (RFC 3207, section 6)."""
        return bool(self._unread)

    # -- private --------------------------------------------------------------------------------------------------------------------

    def _asked(self, command: str, shown: str | None) -> Reply:
        self._shown = shown
        try:
            self.putcmd(command)
        finally:
            self._shown = None
        return self.read_reply()

    def _timed(self, step: Callable[[], Reply]) -> CommandEvidence:
        started = self._deadline.elapsed()
        reply: Reply | None = None
        failure: Failure | None = None
        try:
            reply = step()
        except BrokenError as broken:
            self.broken = True
            failure = broken.failure
        return CommandEvidence(reply=reply, failure=failure, seconds=round(self._deadline.elapsed() - started, 4))

    def _hello(self, started: float, first: Reply | None, ehlo: Reply | None, failure: Failure | None) -> HelloEvidence:
        raw = self._transcript.clean(self._unread.decode("latin-1"))[:200] if failure is not None else ""
        return HelloEvidence(
            greeting=first,
            ehlo_name=self.ehlo_name,
            ehlo=ehlo,
            failure=failure,
            raw=raw,
            seconds=round(self._deadline.elapsed() - started, 4),
        )

    def _socket(self) -> socket.socket:
        if self.sock is None:
            raise BrokenError(Failure(kind=FailureKind.CLOSED, text="the connection is closed"))
        return self.sock

    def _line(self, bound: Deadline) -> str:
        """Read one line, which may arrive in pieces, and return it without its line ending."""
        while b"\n" not in self._unread:
            if len(self._unread) > LONGEST_LINE:
                raise BrokenError(
                    Failure(kind=FailureKind.TOO_LONG, text=f"the reply has a line of more than {LONGEST_LINE} octets")
                )
            if len(self._unread) >= 3 and self._unread[0] not in b"0123456789":
                text = self._transcript.clean(self._unread.decode("latin-1"))[:200]  # redacted before it is shortened
                raise BrokenError(Failure(kind=FailureKind.NOT_SMTP, text=text))
            self._unread += self._receive(bound)
        line, _, self._unread = self._unread.partition(b"\n")
        if len(line) > LONGEST_LINE:
            raise BrokenError(
                Failure(kind=FailureKind.TOO_LONG, text=f"the reply has a line of more than {LONGEST_LINE} octets")
            )
        return line.rstrip(b"\r").decode("utf-8", "backslashreplace")

    def _receive(self, bound: Deadline) -> bytes:
        sock = self._socket()
        try:
            sock.settimeout(max(0.001, bound.remaining()))
            if bound.passed:
                raise TimeoutError
            octets = sock.recv(65536)
            if not octets and bound.passed:  # the watchdog has shut the connection
                raise TimeoutError
        except OSError as problem:
            failure = translate(problem, bound)
            if failure.kind is FailureKind.TIMEOUT:
                failure = Failure(kind=FailureKind.TIMEOUT, text=f"no complete reply within {bound.elapsed():.0f} s")
            raise BrokenError(failure) from None
        if not octets:
            raise BrokenError(Failure(kind=FailureKind.CLOSED, text="the peer closed the connection"))
        return octets
