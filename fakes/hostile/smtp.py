"""Hostile mail servers before and during STARTTLS: greetings and replies that never end, are very large or are not SMTP."""

from ..smtp import replies
from .dialogue import HOST, Dialogue, Ended, Step, ehlo_lines, mail_server
from .listener import PAUSE, drip, flood, hold
from .peer import HostilePeer, Place

_GREETING = f"220 {HOST} {replies.READY}"
_LINE = 8000
_LINES = 126


def _greeting_drip(dialogue: Dialogue) -> None:
    dialogue.sock.sendall(b"220 ")
    drip(dialogue.sock, b"x")


def _greeting_lines_drip(dialogue: Dialogue) -> None:
    drip(dialogue.sock, b"220-x\r\n", pause=PAUSE / 10)


def _silence(dialogue: Dialogue) -> None:
    hold(dialogue.sock)
    raise Ended


def _odd_digits(dialogue: Dialogue) -> None:
    dialogue.reply(_GREETING.replace("220", "\N{SUPERSCRIPT TWO}\N{SUPERSCRIPT TWO}\N{SUPERSCRIPT ZERO}", 1))


def _wide_digits(dialogue: Dialogue) -> None:
    dialogue.reply(
        _GREETING.replace("220", "\N{FULLWIDTH DIGIT TWO}\N{FULLWIDTH DIGIT TWO}\N{FULLWIDTH DIGIT ZERO}", 1)
    )


def _reply_drip(dialogue: Dialogue) -> None:
    dialogue.sock.sendall(b"250-")
    drip(dialogue.sock, b"x")


def _ehlo_flood(dialogue: Dialogue) -> None:
    flood(dialogue.sock, b"250-X-EXTENSION\r\n")


def _giant_line(dialogue: Dialogue) -> None:
    dialogue.sock.sendall(b"250-")
    flood(dialogue.sock, b"x")


def _many_lines(dialogue: Dialogue) -> None:
    line = ("%41&amp;=41\\u0041" * _LINE)[:_LINE]
    dialogue.reply(*(f"250-{line}" for _ in range(_LINES)), "250 STARTTLS")


def _nul_octets(dialogue: Dialogue) -> None:
    dialogue.sock.sendall(b"250-" + b"\x00" * 1000 + b"\r250-\n250 STARTTLS\r\n")


def _hidden(dialogue: Dialogue) -> None:
    dialogue.reply(*ehlo_lines(*(name for name in replies.EXTENSIONS_BEFORE_TLS if name != "STARTTLS")))


def _injection(dialogue: Dialogue) -> None:
    dialogue.reply(replies.STARTTLS_READY, f"250 {HOST} Hello, in plain text")


def _starttls_drip(dialogue: Dialogue) -> None:
    drip(dialogue.sock, b"220-x\r\n", pause=PAUSE / 10)


def _peer(name: str, gate: str, *, does: str, rule: str, client: str, **steps: Step) -> HostilePeer:
    serve = mail_server(**steps)
    return HostilePeer(
        name=name, place=Place.SMTP, protocol="SMTP", does=does, rule=rule, client=client, gate=gate, serve=serve
    )


_BOUND_TIME = "limits the time for a complete reply, not only for one read"
_BOUND_SIZE = "limits the length of a line and of a reply"
SMTP = (
    _peer(
        "smtp-silence",
        "greeting",
        does="accepts the connection and sends nothing",
        rule="RFC 5321, section 3.1: the server sends a greeting",
        client="gives up after its timeout for the greeting (RFC 5321, section 4.5.3.2.1, specifies five minutes)",
        greeting=_silence,
    ),
    _peer(
        "banner-drip",
        "greeting",
        does="sends a greeting that never ends, one octet at a time",
        rule="RFC 5321, section 4.5.3.1.5: a reply line has at most 512 octets",
        client=_BOUND_TIME,
        greeting=_greeting_drip,
    ),
    _peer(
        "banner-lines-drip",
        "greeting",
        does="sends a greeting in which each line announces another one, one octet at a time",
        rule="RFC 5321, section 4.2.1: the last line of a reply has a space after the code",
        client=_BOUND_TIME,
        greeting=_greeting_lines_drip,
    ),
    _peer(
        "odd-digits",
        "greeting",
        does="greets with 220 in superscript digits, which many programming languages classify as digits but cannot convert",
        rule="RFC 5321, section 4.2: a code has three ASCII digits",
        client="accepts ASCII digits only, without an uncaught exception",
        greeting=_odd_digits,
    ),
    _peer(
        "wide-digits",
        "greeting",
        does="greets with the code 220 in fullwidth digits, which many programming languages convert to the number 220",
        rule="RFC 5321, section 4.2: a code has three ASCII digits",
        client="accepts ASCII digits only",
        greeting=_wide_digits,
    ),
    _peer(
        "reply-drip",
        "greeting",
        does="answers EHLO with a line that never ends, one octet at a time",
        rule="RFC 5321, section 4.5.3.1.5: a reply line has at most 512 octets",
        client=_BOUND_TIME,
        ehlo=_reply_drip,
    ),
    _peer(
        "ehlo-flood",
        "greeting",
        does="answers EHLO with endless extensions, as fast as the client reads them",
        rule="RFC 5321, section 4.2.1: the last line of a reply has a space after the code",
        client="limits the number of lines in a reply",
        ehlo=_ehlo_flood,
    ),
    _peer(
        "giant-line",
        "greeting",
        does="answers EHLO with one line that never ends, as fast as the client reads it",
        rule="RFC 5321, section 4.5.3.1.5: a reply line has at most 512 octets",
        client=_BOUND_SIZE,
        ehlo=_giant_line,
    ),
    _peer(
        "many-lines",
        "greeting",
        does=f"answers EHLO with {_LINES} lines of {_LINE} octets that are full of escape sequences",
        rule="RFC 5321, section 4.5.3.1.5: a reply line has at most 512 octets",
        client=f"{_BOUND_SIZE}, and the time for parsing the reply",
        ehlo=_many_lines,
    ),
    _peer(
        "nul-octets",
        "",
        does="answers EHLO with a line of NUL octets and a lone CR, followed by STARTTLS",
        rule="RFC 5321, sections 2.3.8 and 4.2: lines end with CRLF, and their text is printable",
        client="treats only LF as the end of a line, and shows no control characters",
        ehlo=_nul_octets,
    ),
    _peer(
        "starttls-hidden",
        "",
        does="does not offer STARTTLS in its answer to EHLO, but accepts the command",
        rule="RFC 3207, section 2: a server lists STARTTLS in its answer to EHLO",
        client="does not continue in plain text; it stops, or tries the command and continues over TLS",
        ehlo=_hidden,
    ),
    _peer(
        "starttls-injection",
        "starttls",
        does="sends a second reply in plain text together with the reply to STARTTLS",
        rule="RFC 3207, section 4.2: what was received before the handshake is discarded",
        client="closes the connection if anything follows the reply to STARTTLS",
        starttls=_injection,
    ),
    _peer(
        "starttls-drip",
        "starttls",
        does="answers STARTTLS with endless lines, one octet at a time",
        rule="RFC 5321, section 4.2.1: the last line of a reply has a space after the code",
        client=_BOUND_TIME,
        starttls=_starttls_drip,
    ),
)
