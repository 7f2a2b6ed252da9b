"""Hostile mail servers during and after the sign-in: early, repeated or missing answers, and replies that contain the secret."""

import base64
import socket
import struct
import time
import urllib.parse

from ..smtp import replies
from .dialogue import Dialogue, Ended, Step, mail_server
from .listener import PAUSE, drip, hold
from .peer import HostilePeer, Place

_REFUSAL = "535 5.7.3 Authentication unsuccessful"


def _early(dialogue: Dialogue) -> None:
    """Accept the sign-in before the credential arrives, and then answer every line except QUIT with 250."""
    dialogue.reply(replies.SIGNED_IN)
    while True:
        verb = dialogue.line().partition(b" ")[0].upper()
        dialogue.reply(replies.CLOSING if verb == b"QUIT" else replies.SENDER_OK)


def _endless_prompts(dialogue: Dialogue) -> None:
    while True:
        dialogue.reply("334 VXNlcm5hbWU6")
        dialogue.line()


def _echo(dialogue: Dialogue) -> None:
    dialogue.reply(f"535 5.7.3 Authentication unsuccessful for {dialogue.secret}")


def _split_echo(dialogue: Dialogue) -> None:
    half = len(dialogue.secret) // 2
    dialogue.reply(f"535-5.7.3 {dialogue.secret[:half]}", f"535 {dialogue.secret[half:]}")


def _encoded_echo(dialogue: Dialogue) -> None:
    secret, octets = dialogue.secret, dialogue.secret.encode("utf-8", "replace")
    spellings = (
        base64.b64encode(octets).decode("ascii"),
        base64.b64encode(base64.b64encode(octets)).decode("ascii"),
        dialogue.credential.decode("latin-1")[::-1],
        octets.hex(),
        octets.hex(":"),
        secret[::-1],
        urllib.parse.quote(secret, safe=""),
        "".join(f"%{octet:02X}" for octet in octets),
        "".join(f"&#{ord(letter)};" for letter in secret),
        "".join(f"\\u{ord(letter):04x}" for letter in secret),
        "".join(f"+{octet:02X}" for octet in octets),
        secret.swapcase(),
    )
    lines = [piece for text in spellings for piece in _pieces(text)]
    dialogue.reply(*(f"535-5.7.3 {line}" for line in lines), _REFUSAL)


def _pieces(text: str, length: int = 400) -> list[str]:
    return [text[at : at + length] for at in range(0, len(text), length)][:4]


def _reset(dialogue: Dialogue) -> None:
    dialogue.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    dialogue.sock.close()
    raise Ended


def _silence(dialogue: Dialogue) -> None:
    hold(dialogue.sock)
    raise Ended


def _tarpit(dialogue: Dialogue) -> None:
    """Keep the client waiting with complete lines, each of which announces that another line follows."""
    while True:
        dialogue.reply("535-5.7.3 Authentication is being verified")
        time.sleep(PAUSE)


def _escapes(dialogue: Dialogue) -> None:
    dialogue.reply(
        "535-5.7.3 \x1b]0;title\x07\x1b[2J\x1b[31mred \x9b31m\x9d0;title\x9c",
        "535-5.7.3 \N{RIGHT-TO-LEFT OVERRIDE}detpecca\N{POP DIRECTIONAL FORMATTING} \N{ZERO WIDTH SPACE}\N{LINE SEPARATOR}",
        "535-5.7.3 <img src=x onerror=alert(1)> | `code` | ]]> &#x1b;[0m",
        "535 5.7.3 Authentication unsuccessful \x08\x08\x00\x7f",
    )


def _message_drip(dialogue: Dialogue) -> None:
    drip(dialogue.sock, b"250-x\r\n")


def _peer(name: str, gate: str, *, does: str, rule: str, client: str, **steps: Step) -> HostilePeer:
    serve = mail_server(**steps)
    return HostilePeer(
        name=name, place=Place.SMTP, protocol="SMTP", does=does, rule=rule, client=client, gate=gate, serve=serve
    )


_NO_SECRET = "writes the secret to no log, report or message in any spelling"
_TRIED = "counts the attempt as made, and does not repeat it, because the server may have counted it"
SIGN_IN = (
    _peer(
        "early-235",
        "sign_in",
        does="accepts the sign-in in reply to AUTH, before the client has sent a credential",
        rule="RFC 4954, section 4: 235 follows a completed exchange",
        client="does not report the credential as correct",
        auth=_early,
    ),
    _peer(
        "endless-334",
        "sign_in",
        does="answers every line of the sign-in with another prompt",
        rule="RFC 4954, section 4: the mechanism defines the number of prompts",
        client="cancels the exchange after the last line of its mechanism, and sends the credential only once",
        credential=_endless_prompts,
    ),
    _peer(
        "echo",
        "sign_in",
        does="refuses the sign-in and repeats the secret in the refusal",
        rule="RFC 4954, section 9: credentials are protected from disclosure",
        client=_NO_SECRET,
        credential=_echo,
    ),
    _peer(
        "split-echo",
        "sign_in",
        does="refuses the sign-in with two lines, each of which repeats one half of the secret",
        rule="RFC 4954, section 9: credentials are protected from disclosure",
        client=f"{_NO_SECRET}, even after the lines of a reply have been joined",
        credential=_split_echo,
    ),
    _peer(
        "encoded-echo",
        "sign_in",
        does="refuses the sign-in and repeats the secret in Base64, in hexadecimal, reversed and escaped",
        rule="RFC 4954, section 9: credentials are protected from disclosure",
        client=_NO_SECRET,
        credential=_encoded_echo,
    ),
    _peer(
        "reset-after-password",
        "sign_in",
        does="resets the connection when the credential has arrived",
        rule="RFC 5321, section 3.8: a server closes a connection after a reply",
        client=_TRIED,
        credential=_reset,
    ),
    _peer(
        "silence-after-password",
        "sign_in",
        does="sends nothing after the credential has arrived",
        rule="RFC 5321, section 4.2: every command gets a reply",
        client=_TRIED,
        credential=_silence,
    ),
    _peer(
        "tarpit-after-password",
        "sign_in",
        does="answers the credential with a refusal of endless lines",
        rule="RFC 5321, section 4.2.1: the last line of a reply has a space after the code",
        client=f"limits the time for a complete reply; {_TRIED}",
        credential=_tarpit,
    ),
    _peer(
        "bidi-and-escape-replies",
        "sign_in",
        does="refuses the sign-in with control characters, terminal escapes, bidirectional overrides and HTML",
        rule="RFC 5321, section 4.2: the text of a reply is printable",
        client="shows none of these unescaped, neither in a terminal nor in a report",
        credential=_escapes,
    ),
    _peer(
        "message-drip",
        "accepted",
        does="answers the complete message with endless lines, one octet at a time",
        rule="RFC 5321, section 4.2.1: the last line of a reply has a space after the code",
        client="limits the time for a complete reply, and reports that the message may have been sent",
        message=_message_drip,
    ),
)
