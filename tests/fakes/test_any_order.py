"""Arbitrary commands in any order, held against a small model of RFC 5321 and Exchange's own rules, over real TLS."""

import os
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from fakes import Running
from fakes.world import ALERTS, NOTICES, PASSWORD
from tests.fakes.dialling import coded, eventually, tenant, token
from tests.fakes.raw_smtp import Raw

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
    """One connection and what it should have come to."""

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
        self.tls = self.hello = self.signed_in = self.gone = False
        self.refusal: str | None = None
        self.mail: str | None = None
        self.recipients: list[str] = []
        self.chunks: bytes | None = None

    def _forget(self) -> None:
        self.mail, self.recipients, self.chunks = None, [], None

    def _expect(self, said: str, begins: str) -> None:
        assert said.startswith(begins), (said, begins)

    @precondition(lambda self: not self.gone)
    @rule(name=_GOOD_NAMES, verb=st.sampled_from(["EHLO", "ehlo", "HELO"]))
    def greets(self, verb: str, name: str) -> None:
        """A good name is taken at any time and begins anew."""
        said = self.client.say(f"{verb} {name}")
        self._expect(said, "250 ")
        self.hello = True
        self._forget()
        if verb != "HELO":
            offers = {line[4:] for line in said.split("\n")[1:]}
            assert ("STARTTLS" in offers, "AUTH LOGIN XOAUTH2" in offers) == (not self.tls, self.tls)

    @precondition(lambda self: not self.gone)
    @rule(name=_BAD_NAMES)
    def greets_badly(self, name: str) -> None:
        """A bad name is refused and changes nothing."""
        self._expect(self.client.say(f"EHLO {name}"), "501 5.5.4 Invalid domain name")

    @precondition(lambda self: not self.gone)
    @rule(pipelined=st.booleans())
    def encrypts(self, *, pipelined: bool) -> None:
        """STARTTLS works once; what was sent in the clear behind it is thrown away, and the client greets again."""
        if self.tls:
            self._expect(self.client.say("STARTTLS"), UNKNOWN)
            return
        self.client.send(b"STARTTLS\r\n" + (b"NOOP\r\nNOOP\r\n" if pipelined else b""))
        self._expect(self.client.reply(), "220 2.0.0 SMTP server ready")
        try:
            self.client.encrypt()
        except (ssl.SSLError, ConnectionError):
            assert pipelined  # what came behind was taken for the handshake
            self.gone = True
            return
        self.tls, self.hello = True, False
        self._forget()
        if pipelined:
            self._expect(self.client.say("NOOP"), "250 ")
            self._expect(self.client.say("VRFY x"), "252 ")  # and no 250 of a NOOP from before

    @initialize(ready=st.sampled_from([True, True, True, False]), sends=st.sampled_from([False, False, True]))
    def gets_ready(self, *, ready: bool, sends: bool) -> None:
        """The usual beginning, mostly, and at times a message, so that what comes after it is reached whatever is drawn."""
        if not ready:
            return
        self.greets("EHLO", "client.example")
        self.encrypts(pipelined=False)
        self.greets("EHLO", "client.example")
        self.signs_in_with_a_password(right=True, inline=False, cancels=False)
        if sends:
            self.goes_the_usual_way(NOTICES, [b"."], whole=True)

    def _not_now(self) -> str | None:
        if not self.hello:
            return HELLO_FIRST
        if not self.tls:
            return NO_MECHANISM
        return BAD_SEQUENCE if self.signed_in or self.mail is not None else None

    @precondition(lambda self: not self.gone)
    @rule(right=st.booleans(), inline=st.booleans(), cancels=st.booleans())
    def signs_in_with_a_password(self, *, right: bool, inline: bool, cancels: bool) -> None:
        """LOGIN in both forms, with the right or a wrong password, or cancelled."""
        said = self.client.say(f"AUTH LOGIN {coded(ALERTS)}" if inline else "auth login")
        if (refused := self._not_now()) is not None:
            self._expect(said, refused)
            return
        if not inline:
            self._expect(said, "334 VXNlcm5hbWU6")
            said = self.client.say(coded(ALERTS))
        self._expect(said, "334 UGFzc3dvcmQ6")
        said = self.client.say("*" if cancels else coded(PASSWORD if right else "guess"))
        self._signed_in(said, right=right and not cancels)

    @precondition(lambda self: not self.gone)
    @rule(right=st.booleans(), inline=st.booleans())
    def signs_in_with_a_token(self, *, right: bool, inline: bool) -> None:
        """XOAUTH2 in both forms."""
        blob = coded(f"user={NOTICES}\1auth=Bearer {self.bearer if right else self.bearer[:-9]}\1\1")
        said = self.client.say(f"AUTH XOAUTH2 {blob}" if inline else "AUTH XOAUTH2")
        if (refused := self._not_now()) is not None:
            self._expect(said, refused)
            return
        if not inline:
            self._expect(said, "334 ")
            said = self.client.say(blob)
        self._signed_in(said, right=right)

    def _signed_in(self, said: str, *, right: bool) -> None:
        self._expect(said, "235 2.7.0 " if right else REFUSED)
        self.signed_in = right
        self.refusal = None if right else said.partition(" [")[0]

    @precondition(lambda self: not self.gone)
    @rule(mechanism=st.sampled_from(["PLAIN AGEAYg==", "PLAIN", "CRAM-MD5", "OAUTHBEARER", ""]))
    def signs_in_by_other_means(self, mechanism: str) -> None:
        """Nothing but LOGIN and XOAUTH2 is known."""
        self._expect(self.client.say(f"AUTH {mechanism}"), NO_MECHANISM if self.hello else HELLO_FIRST)

    @precondition(lambda self: not self.gone)
    @rule(arguments=st.sampled_from(["", " SIZE=1000", " BODY=8BITMIME", " SMTPUTF8", " RET=HDRS ENVID=x"]))
    def begins_a_message(self, arguments: str) -> None:
        """MAIL needs a greeting, TLS and a sign-in, in this order, and no other message under way."""
        said = self.client.say(f"MAIL FROM:<{ALERTS}>{arguments}")
        if (refused := self._no_mail_now()) is not None:
            self._expect(said, refused)
            if refused is NOT_SIGNED_IN:
                assert (f"Error: {self.refusal} [" in said) == (self.refusal is not None), said
        else:
            self._expect(said, "250 2.1.0 Sender OK")
            self.mail = ALERTS

    def _no_mail_now(self) -> str | None:
        if not self.hello:
            return HELLO_FIRST
        if not self.tls:
            return NEED_TLS
        if not self.signed_in:
            return NOT_SIGNED_IN
        return BAD_SEQUENCE if self.mail is not None else None

    @precondition(lambda self: not self.gone)
    @rule(argument=st.sampled_from(["", "FROM", "FROM:nobody@x", "TO:<a@b.example>", "FROM:<a@b.example> X=1"]))
    def begins_a_message_badly(self, argument: str) -> None:
        """A MAIL that cannot be read is refused for its turn first, then for itself."""
        self._expect(self.client.say(f"MAIL {argument}"), self._no_mail_now() or INVALID)

    @precondition(lambda self: not self.gone)
    @rule(address=_RECIPIENTS)
    def names_a_recipient(self, address: str) -> None:
        """RCPT needs MAIL, and comes before the first chunk; the fake's addresses have no blanks."""
        said = self.client.say(f"RCPT TO:<{address}>")
        if self.mail is None or self.chunks is not None:
            self._expect(said, NEED_MAIL)
        elif " " in address:
            self._expect(said, INVALID)
        else:
            self._expect(said, "250 2.1.5 Recipient OK")
            self.recipients.append(address)

    @precondition(lambda self: not self.gone and self.signed_in and self.hello and self.mail is None)
    @rule(address=_RECIPIENTS, lines=_CONTENT, whole=st.booleans())
    def goes_the_usual_way(self, address: str, lines: list[bytes], *, whole: bool) -> None:
        """What a client does as a rule, up to the recipient or to the end, so that it is reached often."""
        self.begins_a_message("")
        self.names_a_recipient(address)
        if whole:
            self.sends_by_data(lines)

    @precondition(lambda self: not self.gone)
    @rule(lines=_CONTENT)
    def sends_by_data(self, lines: list[bytes]) -> None:
        """DATA needs a recipient; the content arrives as it was sent, dots and all."""
        said = self.client.say("DATA")
        if not self.recipients or self.chunks is not None:
            self._expect(said, BAD_SEQUENCE if self.recipients else NEED_RCPT)
            return
        self._expect(said, "354 ")
        body = [line.replace(b"\r", b"").replace(b"\n", b"") for line in (b"Subject: x", b"", *lines)]
        self.client.send(b"".join((b"." if line[:1] == b"." else b"") + line + b"\r\n" for line in body) + b".\r\n")
        self._accepted(b"".join(line + b"\r\n" for line in body))

    @precondition(lambda self: not self.gone)
    @rule(octets=st.binary(max_size=90), last=st.booleans())
    def sends_a_chunk(self, octets: bytes, *, last: bool) -> None:
        """BDAT needs a recipient; its octets are read either way, so that the next command is found."""
        octets = b"\r\n" + octets if self.chunks is None else octets  # no header field, which could name an author
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
        self._forget()

    @precondition(lambda self: not self.gone)
    @rule(argument=st.sampled_from(["", "x", "-1", "10 FIRST", "1 2 3", "9999999999999"]))
    def sends_a_chunk_of_no_size(self, argument: str) -> None:
        """After a BDAT without a size nothing can be found any more, so the connection ends."""
        self._expect(self.client.say(f"BDAT {argument}"), INVALID)
        assert self.client.reply() == ""
        self.gone = True

    @precondition(lambda self: not self.gone)
    @rule()
    def starts_over(self) -> None:
        """RSET forgets the message, not the sign-in."""
        self._expect(self.client.say("RSET"), "250 2.0.0 ")
        self._forget()

    @precondition(lambda self: not self.gone)
    @rule(line=st.sampled_from([("NOOP", "250 "), ("noop x", "250 "), ("VRFY a", "252 "), ("HELP", "214 ")]))
    def says_little(self, line: tuple[str, str]) -> None:
        """These change nothing."""
        self._expect(self.client.say(line[0]), line[1])

    @precondition(lambda self: not self.gone)
    @rule(verb=_VERBS, argument=st.text(st.characters(codec="utf-8", exclude_characters="\r\n"), max_size=40))
    def says_nonsense(self, verb: str, argument: str) -> None:
        """An unknown verb is refused, whatever comes with it."""
        if verb not in {"QUIT", "STARTTLS"}:
            self._expect(self.client.say(f"{verb} {argument}"), UNKNOWN)

    @precondition(lambda self: not self.gone)
    @rule()
    def says_too_much(self) -> None:
        """A line over the limit is refused whole, and the next one is found."""
        self._expect(self.client.say("NOOP " + "x" * 70_000), "500 5.5.2 Line too long")

    @precondition(lambda self: not self.gone)
    @rule(politely=st.booleans())
    def ends(self, *, politely: bool) -> None:
        """QUIT is answered and ends the connection; hanging up ends it too."""
        if politely:
            self._expect(self.client.say("QUIT"), "221 2.0.0 ")
            assert self.client.reply() == ""
        self.gone = True

    @precondition(lambda self: self.gone)
    @rule()
    def comes_back(self) -> None:
        """A new connection knows nothing of the last one."""
        self.client.close()
        self._connect()

    def teardown(self) -> None:
        """What was accepted is there, in order and octet by octet, and nothing else."""
        self.client.close()
        kept = [(one.sender, one.recipients, one.content) for one in self.running.messages[self.before :]]
        assert kept == self.sent


@contextmanager
def _served(folder: Path) -> Iterator[Running]:
    """A tenant that is as idle at the end as it was at the beginning."""
    with tenant(folder) as running:
        idle = running.load
        yield running
        assert eventually(lambda: running.load == idle), (running.load, idle)


def test_any_commands_in_any_order(tmp_path: Path) -> None:
    """Whatever a client says, the server answers as the model does, and nothing is left behind."""
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

    assert accepted > 0  # or little was shown
