"""A small mail server that behaves like Exchange Online except in the steps that a peer replaces.

It checks no credentials: it accepts every sign-in and every message unless a peer replaces that step.
"""

import base64
import binascii
import socket
from collections.abc import Callable, Mapping

from ..smtp import replies
from ..world import certificates
from .listener import LARGEST_READ, over_tls
from .peer import Scene, Serve

HOST = "AM0PR01CA0001.outlook.office365.com"
_AUTH_LOGIN_USER, _AUTH_LOGIN_PASSWORD = "334 VXNlcm5hbWU6", "334 UGFzc3dvcmQ6"
_LONGEST_LINE = 65536


class Ended(Exception):  # noqa: N818 - not an error, but the end of the dialogue
    """Raised to end the dialogue and close the connection."""


class Dialogue:
    """One connection. `steps` replaces the answers to some of the steps, whose names are the keys of `HEALTHY`."""

    def __init__(self, sock: socket.socket, scene: Scene, steps: Mapping[str, "Step"]) -> None:
        self.sock = sock
        self.scene = scene
        self.secured = False
        self.credential = b""  # the line with the password or the token, as it arrived
        self._steps = {**HEALTHY, **steps}
        self._received = b""

    def run(self) -> None:
        """Serve the connection until the client or a step ends it."""
        try:
            self.step("greeting")
            while True:
                self._command(self.line())
        except Ended:
            pass
        finally:
            self.sock.close()

    def step(self, name: str) -> None:
        """Answer one step."""
        self._steps[name](self)

    def line(self) -> bytes:
        """Return the client's next line without its line ending. Raises Ended when the client has closed the connection.

        A line that exceeds the length limit is returned in parts.
        """
        while b"\n" not in self._received and len(self._received) < _LONGEST_LINE:
            octets = self.sock.recv(LARGEST_READ)
            if not octets:
                raise Ended
            self._received += octets
        line, _, self._received = self._received.partition(b"\n")
        return line.rstrip(b"\r")

    def reply(self, *lines: str) -> None:
        """Send these lines, each of which already begins with the reply code."""
        self.sock.sendall("".join(f"{line}\r\n" for line in lines).encode("utf-8"))

    def start_tls(self) -> None:
        """Perform the TLS handshake and continue over TLS."""
        context = certificates.smtp_context(self.scene.world.network.smtp_tls)
        self.sock = over_tls(self.sock, context)
        self.secured = True

    @property
    def secret(self) -> str:
        """The password, or for XOAUTH2 the token, that the client sent."""
        try:
            text = base64.b64decode(self.credential, validate=True).decode("utf-8", "replace")
        except (binascii.Error, ValueError):
            return self.credential.decode("latin-1")
        _, found, token = text.partition("auth=Bearer ")
        return token.rstrip("\x01") if found else text

    def _command(self, line: bytes) -> None:
        verb = line.partition(b" ")[0].upper()
        match verb:
            case b"EHLO" | b"HELO":
                self.step("ehlo over TLS" if self.secured else "ehlo")
            case b"STARTTLS":
                self.step("starttls")
                self.step("tls")
            case b"AUTH":
                self.step("auth")
                self._sign_in(line)
            case b"MAIL":
                self.reply(replies.SENDER_OK)
            case b"RCPT":
                self.reply(replies.RECIPIENT_OK)
            case b"DATA":
                self.reply(replies.START_INPUT)
                while self.line() != b".":
                    pass
                self.step("message")
            case b"QUIT":
                self.reply(replies.CLOSING)
                raise Ended
            case _:
                self.reply(replies.UNKNOWN_COMMAND)

    def _sign_in(self, line: bytes) -> None:
        _, mechanism, initial = (*line.split(b" ", 2), b"", b"")[:3]
        if mechanism.upper() == b"LOGIN":
            if not initial:
                self.reply(_AUTH_LOGIN_USER)
                self.line()
            self.reply(_AUTH_LOGIN_PASSWORD)
            self.credential = self.line()
        else:
            if not initial:
                self.reply("334 ")
            self.credential = initial or self.line()
        self.step("credential")


Step = Callable[[Dialogue], None]


def nothing(_dialogue: Dialogue) -> None:
    """Do nothing in this step."""


def ehlo_lines(*extensions: str) -> tuple[str, ...]:
    """Return the lines of a reply to EHLO that lists these extensions."""
    lines = (f"{HOST} Hello [127.0.0.1]", *extensions)
    return (*(f"250-{line}" for line in lines[:-1]), f"250 {lines[-1]}")


HEALTHY: dict[str, Step] = {
    "greeting": lambda dialogue: dialogue.reply(f"220 {HOST} {replies.READY} Fri, 27 Nov 2026 12:00:00 +0000"),
    "ehlo": lambda dialogue: dialogue.reply(*ehlo_lines(*replies.EXTENSIONS_BEFORE_TLS)),
    "starttls": lambda dialogue: dialogue.reply(replies.STARTTLS_READY),
    "tls": Dialogue.start_tls,
    "ehlo over TLS": lambda dialogue: dialogue.reply(*ehlo_lines("SIZE 157286400", replies.AUTH_EXTENSION, "8BITMIME")),
    "auth": nothing,
    "credential": lambda dialogue: dialogue.reply(replies.SIGNED_IN),
    "message": lambda dialogue: dialogue.reply(f"250 2.0.0 OK <1@{HOST}> Queued mail for delivery"),
}


def mail_server(**steps: Step) -> Serve:
    """Return a mail server that answers these steps differently; an underscore in a name stands for a space."""
    replaced = {name.replace("_", " "): step for name, step in steps.items()}
    return lambda sock, scene: Dialogue(sock, scene, replaced).run()
