"""Test the server with arbitrary commands in any order, before and after STARTTLS, and compare it with a small model of RFC 5321."""

import os
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from fakes import Running
from fakes.world.world import ALERTS, NOTICES, PASSWORD
from tests.fakes.clients import base64_of, eventually, tenant, token
from tests.fakes.raw_smtp_client import Raw

DEEP = os.environ.get("SMTP365_DEEP") == "1"
HELLO_FIRST, NEED_TLS, NOT_SIGNED_IN = "503 5.5.2 Send hello first", "451 5.7.3 ", "530 5.7.57 "
BAD_SEQUENCE, NEED_MAIL, NEED_RCPT = "503 5.5.1 ", "503 5.5.2 Need mail command", "503 5.5.2 Need rcpt command"
INVALID, UNKNOWN, NO_MECHANISM, REFUSED = "501 5.5.4 Invalid arguments", "500 5.3.3 ", "504 5.7.4 ", "535 5.7."

_GOOD_NAMES = st.sampled_from(["client.example", "a", "x-1.example", "[192.0.2.7]", "[IPv6:2001:db8::1]"])
_BAD_NAMES = st.sampled_from(["", "double..dot", "under_score", "-leading", "[999.1.1.1]", "with space", "päl.example"])
_RECIPIENTS = st.sampled_from(["ops@fabrikam.example", "someone@contoso.example", '"a b"@contoso.example'])
_CONTENT = st.lists(st.binary(max_size=60), max_size=5)
_VERBS = st.from_regex(r"[A-Z]{1,8}", fullmatch=True).filter(
    lambda verb: verb not in {"HELO", "EHLO", "AUTH", "MAIL", "RCPT", "DATA", "BDAT", "RSET", "NOOP", "VRFY", "HELP"}
)


class Commands(RuleBasedStateMachine):
    """One SMTP connection, and the state in which the model expects it to be."""

    running: Running
    bearer: str

    def __init__(self) -> None:
        super().__init__()
        self.before = len(self.running.messages)
        self.sent: list[tuple[str, tuple[str, ...], bytes]] = []
        self._connect()

    def _connect(self) -> None:
        self.client = Raw(self.running)
        assert self.client.reply().startswith("220 ")
        self.tls = self.hello = self.signed_in = self.closed = False
        self.refusal: str | None = None
        self.mail: str | None = None
        self.recipients: list[str] = []
        self.chunks: bytes | None = None

    def _reset_message(self) -> None:
        self.mail, self.recipients, self.chunks = None, [], None

    def _expect(self, received: str, begins: str) -> None:
        assert received.startswith(begins), (received, begins)

    @precondition(lambda self: not self.closed)
    @rule(name=_GOOD_NAMES, verb=st.sampled_from(["EHLO", "ehlo", "HELO"]))
    def ehlo(self, verb: str, name: str) -> None:
        """EHLO or HELO with a valid name is accepted at any time and resets the message."""
        received = self.client.command(f"{verb} {name}")
        self._expect(received, "250 ")
        self.hello = True
        self._reset_message()
        if verb != "HELO":
            offers = {line[4:] for line in received.split("\n")[1:]}
            assert ("STARTTLS" in offers, "AUTH LOGIN XOAUTH2" in offers) == (not self.tls, self.tls)

    @precondition(lambda self: not self.closed)
    @rule(name=_BAD_NAMES)
    def ehlo_with_bad_name(self, name: str) -> None:
        """EHLO with an invalid name is refused and changes nothing."""
        self._expect(self.client.command(f"EHLO {name}"), "501 5.5.4 Invalid domain name")

    @precondition(lambda self: not self.closed)
    @rule(pipelined=st.booleans())
    def starttls(self, *, pipelined: bool) -> None:
        """STARTTLS works once. Pipelined plain-text commands are discarded, and the client then has to send EHLO again."""
        if self.tls:
            self._expect(self.client.command("STARTTLS"), UNKNOWN)
            return
        self.client.send(b"STARTTLS\r\n" + (b"NOOP\r\nNOOP\r\n" if pipelined else b""))
        self._expect(self.client.reply(), "220 2.0.0 SMTP server ready")
        try:
            self.client.encrypt()
        except (ssl.SSLError, ConnectionError):
            assert pipelined  # the pipelined bytes were taken for the handshake
            self.closed = True
            return
        self.tls, self.hello = True, False
        self._reset_message()
        if pipelined:
            self._expect(self.client.command("NOOP"), "250 ")
            self._expect(self.client.command("VRFY x"), "252 ")  # and not the 250 for a pipelined NOOP

    @initialize(ready=st.sampled_from([True, True, True, False]), send=st.sampled_from([False, False, True]))
    def prepare(self, *, ready: bool, send: bool) -> None:
        """In most examples, run the opening commands, and in some of them send a message, so that later states are reached as well."""
        if not ready:
            return
        self.ehlo("EHLO", "client.example")
        self.starttls(pipelined=False)
        self.ehlo("EHLO", "client.example")
        self.auth_login(correct=True, inline=False, cancel=False)
        if send:
            self.send_usual_commands(NOTICES, [b"."], complete=True)

    def _auth_refusal(self) -> str | None:
        if not self.hello:
            return HELLO_FIRST
        if not self.tls:
            return NO_MECHANISM
        return BAD_SEQUENCE if self.signed_in or self.mail is not None else None

    @precondition(lambda self: not self.closed)
    @rule(correct=st.booleans(), inline=st.booleans(), cancel=st.booleans())
    def auth_login(self, *, correct: bool, inline: bool, cancel: bool) -> None:
        """Sign in with LOGIN, with or without the user name in the command, and with a correct, wrong or cancelled password."""
        received = self.client.command(f"AUTH LOGIN {base64_of(ALERTS)}" if inline else "auth login")
        if (refused := self._auth_refusal()) is not None:
            self._expect(received, refused)
            return
        if not inline:
            self._expect(received, "334 VXNlcm5hbWU6")
            received = self.client.command(base64_of(ALERTS))
        self._expect(received, "334 UGFzc3dvcmQ6")
        received = self.client.command("*" if cancel else base64_of(PASSWORD if correct else "guess"))
        self._signed_in(received, correct=correct and not cancel)

    @precondition(lambda self: not self.closed)
    @rule(correct=st.booleans(), inline=st.booleans())
    def auth_xoauth2(self, *, correct: bool, inline: bool) -> None:
        """Sign in with XOAUTH2, with or without the response in the command, and with a valid or truncated token."""
        blob = base64_of(f"user={NOTICES}\1auth=Bearer {self.bearer if correct else self.bearer[:-9]}\1\1")
        received = self.client.command(f"AUTH XOAUTH2 {blob}" if inline else "AUTH XOAUTH2")
        if (refused := self._auth_refusal()) is not None:
            self._expect(received, refused)
            return
        if not inline:
            self._expect(received, "334 ")
            received = self.client.command(blob)
        self._signed_in(received, correct=correct)

    def _signed_in(self, received: str, *, correct: bool) -> None:
        self._expect(received, "235 2.7.0 " if correct else REFUSED)
        self.signed_in = correct
        self.refusal = None if correct else received.partition(" [")[0]

    @precondition(lambda self: not self.closed)
    @rule(mechanism=st.sampled_from(["PLAIN AGEAYg==", "PLAIN", "CRAM-MD5", "OAUTHBEARER", ""]))
    def auth_with_unknown_mechanism(self, mechanism: str) -> None:
        """Mechanisms other than LOGIN and XOAUTH2 are refused."""
        self._expect(self.client.command(f"AUTH {mechanism}"), NO_MECHANISM if self.hello else HELLO_FIRST)

    @precondition(lambda self: not self.closed)
    @rule(arguments=st.sampled_from(["", " SIZE=1000", " BODY=8BITMIME", " SMTPUTF8", " RET=HDRS ENVID=x"]))
    def mail_from(self, arguments: str) -> None:
        """MAIL requires EHLO, TLS and a sign-in, checked in this order. It is refused while another message is open."""
        received = self.client.command(f"MAIL FROM:<{ALERTS}>{arguments}")
        if (refused := self._mail_refusal()) is not None:
            self._expect(received, refused)
            if refused is NOT_SIGNED_IN:
                assert (f"Error: {self.refusal} [" in received) == (self.refusal is not None), received
        else:
            self._expect(received, "250 2.1.0 Sender OK")
            self.mail = ALERTS

    def _mail_refusal(self) -> str | None:
        if not self.hello:
            return HELLO_FIRST
        if not self.tls:
            return NEED_TLS
        if not self.signed_in:
            return NOT_SIGNED_IN
        return BAD_SEQUENCE if self.mail is not None else None

    @precondition(lambda self: not self.closed)
    @rule(argument=st.sampled_from(["", "FROM", "FROM:nobody@x", "TO:<a@b.example>", "FROM:<a@b.example> X=1"]))
    def mail_from_malformed(self, argument: str) -> None:
        """A MAIL command at the wrong time is refused for that reason, even if it is malformed as well."""
        self._expect(self.client.command(f"MAIL {argument}"), self._mail_refusal() or INVALID)

    @precondition(lambda self: not self.closed)
    @rule(address=_RECIPIENTS)
    def rcpt_to(self, address: str) -> None:
        """RCPT requires MAIL and must precede the first chunk. Spaces in addresses are refused."""
        received = self.client.command(f"RCPT TO:<{address}>")
        if self.mail is None or self.chunks is not None:
            self._expect(received, NEED_MAIL)
        elif " " in address:
            self._expect(received, INVALID)
        else:
            self._expect(received, "250 2.1.5 Recipient OK")
            self.recipients.append(address)

    @precondition(lambda self: not self.closed and self.signed_in and self.hello and self.mail is None)
    @rule(address=_RECIPIENTS, lines=_CONTENT, complete=st.booleans())
    def send_usual_commands(self, address: str, lines: list[bytes], *, complete: bool) -> None:
        """Send the usual commands up to the recipient or the end of the message, so that those states are reached often."""
        self.mail_from("")
        self.rcpt_to(address)
        if complete:
            self.send_by_data(lines)

    @precondition(lambda self: not self.closed)
    @rule(lines=_CONTENT)
    def send_by_data(self, lines: list[bytes]) -> None:
        """DATA requires a recipient. The content is stored exactly as sent, including leading dots."""
        received = self.client.command("DATA")
        if not self.recipients or self.chunks is not None:
            self._expect(received, BAD_SEQUENCE if self.recipients else NEED_RCPT)
            return
        self._expect(received, "354 ")
        body = [line.replace(b"\r", b"").replace(b"\n", b"") for line in (b"Subject: x", b"", *lines)]
        self.client.send(b"".join((b"." if line[:1] == b"." else b"") + line + b"\r\n" for line in body) + b".\r\n")
        self._accepted(b"".join(line + b"\r\n" for line in body))

    @precondition(lambda self: not self.closed)
    @rule(octets=st.binary(max_size=90), last=st.booleans())
    def send_by_bdat(self, octets: bytes, *, last: bool) -> None:
        """BDAT requires a recipient. The server reads the octets even if it refuses them, so that it recognises the next command."""
        octets = (
            b"\r\n" + octets if self.chunks is None else octets
        )  # no header fields, because a From could name a different author
        self.client.send(f"BDAT {len(octets)}{' LAST' if last else ''}\r\n".encode() + octets)
        if not self.recipients:
            self._expect(self.client.reply(), NEED_RCPT)
            return
        self.chunks = (self.chunks or b"") + octets
        if last:
            self._accepted(self.chunks)
        else:
            self._expect(self.client.reply(), "250 2.0.0 OK, ")

    def _accepted(self, content: bytes) -> None:
        self._expect(self.client.reply(), "250 2.0.0 OK <")
        self.sent.append((self.mail or "", tuple(self.recipients), content))
        self._reset_message()

    @precondition(lambda self: not self.closed)
    @rule(argument=st.sampled_from(["", "x", "-1", "10 FIRST", "1 2 3", "9999999999999"]))
    def bdat_without_size(self, argument: str) -> None:
        """The server closes the connection after a BDAT without a valid size, because it cannot locate the next command."""
        self._expect(self.client.command(f"BDAT {argument}"), INVALID)
        assert self.client.reply() == ""
        self.closed = True

    @precondition(lambda self: not self.closed)
    @rule()
    def rset(self) -> None:
        """RSET discards the message and keeps the sign-in."""
        self._expect(self.client.command("RSET"), "250 2.0.0 ")
        self._reset_message()

    @precondition(lambda self: not self.closed)
    @rule(line=st.sampled_from([("NOOP", "250 "), ("noop x", "250 "), ("VRFY a", "252 "), ("HELP", "214 ")]))
    def command_without_effect(self, line: tuple[str, str]) -> None:
        """NOOP, VRFY and HELP get their replies and change nothing."""
        self._expect(self.client.command(line[0]), line[1])

    @precondition(lambda self: not self.closed)
    @rule(verb=_VERBS, argument=st.text(st.characters(codec="utf-8", exclude_characters="\r\n"), max_size=40))
    def unknown_command(self, verb: str, argument: str) -> None:
        """An unknown verb is refused, whatever its arguments."""
        if verb not in {"QUIT", "STARTTLS"}:
            self._expect(self.client.command(f"{verb} {argument}"), UNKNOWN)

    @precondition(lambda self: not self.closed)
    @rule()
    def overlong_line(self) -> None:
        """A line over the length limit is refused as a whole, and the next line is recognised as a command."""
        self._expect(self.client.command("NOOP " + "x" * 70_000), "500 5.5.2 Line too long")

    @precondition(lambda self: not self.closed)
    @rule(with_quit=st.booleans())
    def end_connection(self, *, with_quit: bool) -> None:
        """End the connection, either with QUIT, which gets a reply, or by disconnecting."""
        if with_quit:
            self._expect(self.client.command("QUIT"), "221 2.0.0 ")
            assert self.client.reply() == ""
        self.closed = True

    @precondition(lambda self: self.closed)
    @rule()
    def reconnect(self) -> None:
        """A new connection has no state from the previous one."""
        self.client.close()
        self._connect()

    def teardown(self) -> None:
        """The stored messages are exactly the accepted ones, in order and with every octet unchanged."""
        self.client.close()
        kept = [(one.sender, one.recipients, one.content) for one in self.running.messages[self.before :]]
        assert kept == self.sent


@contextmanager
def _served(folder: Path) -> Iterator[Running]:
    """Yield a tenant, and assert that it ends with no more connections and tasks than it had at the start."""
    with tenant(folder) as running:
        idle = running.load
        yield running
        assert eventually(lambda: running.load == idle), (running.load, idle)


def test_any_commands_in_any_order(tmp_path: Path) -> None:
    """For any sequence of commands, the server sends the replies that the model expects, and no connection or task remains."""
    with _served(tmp_path) as running:
        Commands.running, Commands.bearer = running, token(running)
        run_state_machine_as_test(
            Commands,
            settings=settings(
                max_examples=500 if DEEP else 80,
                stateful_step_count=60 if DEEP else 25,
                deadline=None,
                database=None,
                derandomize=not DEEP,
                suppress_health_check=[HealthCheck.too_slow],
            ),
        )
        accepted = len(running.messages)

    assert accepted > 0  # otherwise the test would prove little
