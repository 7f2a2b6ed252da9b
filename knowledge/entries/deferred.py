"""The cause of a reply that begins with 4: the server has deferred the message."""

from typing import Final

from knowledge.cause import Cause, Kind
from knowledge.entries.sources import RFC_SMTP

ENTRIES: Final[tuple[Cause, ...]] = (
    Cause(
        id="temporarily_deferred",
        title="the server has deferred the message",
        meaning=(
            "The server does not reject the message permanently: it asks the client to try again later. Greylisting defers "
            "the first message from a sender to a recipient. A busy server, or one whose lookup fails temporarily, defers "
            "messages as well."
        ),
        shows=(
            "A reply that begins with 4 to MAIL, RCPT or the message: 450 4.2.0 Greylisted, 451 4.7.1 please try again in "
            "300 seconds, 450 4.1.1, 450 4.1.2."
        ),
        who="sender",
        steps=(
            (
                "Send again after the time in the reply, or after fifteen minutes, from the same machine and with the same "
                "addresses."
            ),
            (
                "Configure the application to keep a deferred message and to retry it for several hours, with increasing "
                "delays."
            ),
            (
                "If the server still defers the message after an hour, ask the administrator of {smtp_server}, or of the "
                "recipient's domain, what the mail log contains for {from_address} and {recipient}. Clients that sign in can "
                "be exempted from greylisting."
            ),
        ),
        verify="The server accepts a later attempt with the same addresses (MBX-03).",
        propagation="Usually minutes: the server sets the delay.",
        risk="None; a server may defer a client that retries every few seconds for longer.",
        source=(RFC_SMTP, "https://www.rfc-editor.org/rfc/rfc6647"),
        kind=Kind.ADDRESS,
        decide=("Send again in fifteen minutes: if the server then accepts the message, it was only deferred.",),
    ),
)
