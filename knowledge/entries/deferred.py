"""The cause of a reply that begins with 4: the server has deferred the message."""

from typing import Final

from knowledge.cause import Cause, Kind
from knowledge.entries.sources import RFC_SMTP

ENTRIES: Final[tuple[Cause, ...]] = (
    Cause(
        id="temporarily_deferred",
        title="the server has deferred the message",
        meaning=(
            "The server does not reject the message permanently but asks the client to try again later. A server "
            "with greylisting defers the first message from a sender to a recipient. A server that is busy, or "
            "has a temporary problem with a lookup, also defers messages."
        ),
        shows=(
            "A reply that begins with 4 after MAIL, RCPT or the message: 450 4.2.0 Greylisted, 451 4.7.1 please "
            "try again in 300 seconds, 450 4.1.1, 450 4.1.2."
        ),
        who="sender",
        steps=(
            (
                "Send again from the same machine with the same addresses, after the time given in the reply or "
                "after fifteen minutes."
            ),
            "Configure the application to keep a deferred message and to retry for several hours, with increasing delays.",
            (
                "If the server still defers the message after an hour, ask the administrator of {smtp_server}, or of "
                "the recipient's domain, what the mail log contains about {from_address} and {recipient}. The "
                "administrator can exempt authenticated clients from greylisting."
            ),
        ),
        verify="The server accepts a later attempt with the same addresses (check MBX-03).",
        propagation="Usually within minutes: the server sets the delay.",
        risk="None. If a client retries every few seconds, the server may defer it for longer.",
        source=(RFC_SMTP, "https://www.rfc-editor.org/rfc/rfc6647"),
        kind=Kind.ADDRESS,
        decide=("Send again after fifteen minutes: if the server then accepts the message, it was only deferred.",),
    ),
)
