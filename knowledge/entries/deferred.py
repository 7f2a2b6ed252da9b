"""Causes that end by themselves: a fault of the service, and a reply that begins with 4, which defers the message."""

from typing import Final

from knowledge.cause import Cause, Kind
from knowledge.entries.sources import HEALTH, RFC_SMTP, TROUBLE

ENTRIES: Final[tuple[Cause, ...]] = (
    Cause(
        id="service_side_fault",
        title="Microsoft's service has a fault",
        meaning="All settings that smtp365 can check are right, and the service replies with a temporary error.",
        shows=(
            "451 4.7.0 Temporary server error … PRX; 454 4.7.0; AADSTS90033, 50000; connections that close after the "
            "sign-in."
        ),
        who="microsoft",
        steps=(
            "Retry with increasing delays (1, 5 and 15 minutes), not in a loop.",
            (
                "Look for a known fault at Microsoft 365 admin center > Health > Service health, or run "
                '`Get-MgServiceAnnouncementIssue -Filter "isResolved eq false"`.'
            ),
            (
                "If the fault lasts more than an hour, open a case with Microsoft. Quote the time of the attempt and the "
                "text in brackets at the end of the server's reply."
            ),
        ),
        verify="A later run passes with unchanged settings.",
        propagation="When Microsoft has resolved the fault.",
        risk="None.",
        source=(HEALTH, TROUBLE),
        decide=("Check Service health, and run smtp365 again after an hour.",),
    ),
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
