"""The cause of a reply that begins with 4: the server takes the message later."""

from typing import Final

from knowledge.cause import Cause, Kind
from knowledge.entries.sources import RFC_SMTP

ENTRIES: Final[tuple[Cause, ...]] = (
    Cause(
        id="temporarily_deferred",
        title="the server defers the message for now",
        meaning=(
            "The server does not refuse the message for good: it asks the client to try again later. Greylisting does so "
            "when it sees a sender and a recipient together for the first time; a lookup that fails for the moment or a "
            "busy server does so too."
        ),
        shows=(
            "A reply that begins with 4 to MAIL, RCPT or the message: 450 4.2.0 Greylisted, 451 4.7.1 please try again in "
            "300 seconds, 450 4.1.1, 450 4.1.2."
        ),
        who="sender",
        steps=(
            (
                "Send again after the time that the reply names, or after fifteen minutes, from the same machine and with "
                "the same addresses."
            ),
            (
                "Let the application keep a message that was deferred and send it again by itself for some hours, with "
                "longer and longer pauses."
            ),
            (
                "If it still happens after an hour: ask the administrator of {smtp_server}, or of the recipient's domain, "
                "what the mail log has for {from_address} and {recipient}; clients that sign in can be exempted from "
                "greylisting."
            ),
        ),
        verify="A later attempt with the same addresses is accepted (MBX-03).",
        propagation="Minutes, as a rule: the server's own delay.",
        risk="None; a client that retries every few seconds is deferred for longer.",
        source=(RFC_SMTP, "https://www.rfc-editor.org/rfc/rfc6647"),
        kind=Kind.ADDRESS,
        decide=("Send again in fifteen minutes: a message that is then accepted was only deferred.",),
    ),
)
