"""Causes in the envelope and the message at a declared server."""

from typing import Final

from knowledge.cause import NOTHING, Cause, Kind
from knowledge.declared.sources import ASK_SERVER, SERVER_LOG, SMTP, STATUS, SUBMISSION

ENTRIES: Final[tuple[Cause, ...]] = (
    Cause(
        id="address_malformed",
        title="an address in the envelope is incomplete",
        meaning=(
            "The address in From or To, {from_address} or {recipient}, does not have the format of a mailbox address."
        ),
        shows="501, or 5.1.3 or 5.1.7.",
        who="sender",
        kind=Kind.ADDRESS,
        steps=("Enter the complete address, such as alerts@example.com, without a display name and without spaces.",),
        verify="Checks MBX-01 and MBX-02 pass.",
        propagation="Immediately.",
        risk=NOTHING,
        source=(SMTP + "#section-4.1.2",),
        decide=("The address in the reply.",),
    ),
    Cause(
        id="send_as_denied",
        title="the server does not allow this account to send with the From address",
        meaning="{account} is signed in, but {smtp_server} does not accept {from_address} as its sender address.",
        shows="550 or 553 5.7.1 with a text such as 'sender address rejected' or 'not owned by user'.",
        who="server",
        kind=Kind.SEND_AS,
        steps=(
            ("If {from_address} is not an address of the account, allow {account} to send with it."),
            "Or, in the application, enter the address that belongs to {account} in From.",
        ),
        verify="Checks MBX-01 and MBX-03 pass.",
        propagation="As soon as the rule of the server is changed.",
        risk="Allow this one address for the account, not every address.",
        source=(SUBMISSION + "#section-6.1", STATUS),
        decide=(SERVER_LOG,),
    ),
    Cause(
        id="recipient_rejected",
        title="the server refuses the recipient",
        meaning=(
            "{smtp_server} does not accept mail to {recipient} from this account: the address does not exist, or the "
            "server does not relay mail to its domain."
        ),
        shows="550, 551, 553 or 554 to RCPT, with 5.1.1, 5.1.2 or 5.7.1.",
        who="sender",
        kind=Kind.ADDRESS,
        steps=(
            "Check that {recipient} is the intended address.",
            (
                "If it is right, ask the administrator of {smtp_server}: 'relay' or 'relaying' in the reply means that the "
                "server does not relay mail for this account."
            ),
        ),
        verify="Check MBX-02 passes.",
        propagation="Immediately.",
        risk="A server must not relay mail for clients that did not sign in.",
        source=(SMTP + "#section-4.2.2", STATUS),
        decide=(
            (
                "Another recipient in the domain of the server: if the server accepts that one, it refuses only this recipient."
            ),
            SERVER_LOG,
        ),
    ),
    Cause(
        id="temporarily_deferred",
        title="the server has deferred the message",
        meaning=(
            "{smtp_server} defers the message temporarily. Greylisting does so on purpose with the first message of an "
            "unknown sender."
        ),
        shows="450 or 451, with a text such as 'greylisted' or 'try again later'.",
        who="sender",
        steps=(
            "Run the checks again after ten minutes: a server that greylists accepts the second attempt.",
            (
                "Make sure that the application retries after a 4xx reply. If it does not, ask the administrator of "
                "{smtp_server} to exempt signed-in senders from greylisting."
            ),
        ),
        verify="Checks MBX-02 and MBX-03 pass in a later run.",
        propagation="Usually within five to thirty minutes.",
        risk=NOTHING,
        source=("https://www.rfc-editor.org/rfc/rfc6647", SMTP + "#section-4.2.1"),
        decide=("A second run after ten minutes: a server that greylists then accepts the message.", SERVER_LOG),
    ),
    Cause(
        id="message_too_large",
        title="the message exceeds the size limit",
        meaning="{smtp_server} does not accept messages of this size.",
        shows="552 5.3.4, or a text about the size.",
        who="sender",
        steps=(
            "Send smaller messages: the limit is in the reply to EHLO, after SIZE.",
            "Or ask the administrator of {smtp_server} to raise the limit.",
        ),
        verify="Check MBX-03 passes.",
        propagation="Immediately.",
        risk=NOTHING,
        source=("https://www.rfc-editor.org/rfc/rfc1870",),
        decide=("The number after SIZE in the reply to EHLO.",),
    ),
    Cause(
        id="concurrent_connections",
        title="too many connections are open at the same time",
        meaning="{smtp_server} does not accept this many simultaneous connections from this machine or account.",
        shows="421 or 4.7.0 with a text such as 'too many connections'.",
        who="sender",
        steps=("Configure the application to use fewer simultaneous connections.", ASK_SERVER),
        verify="The server accepts the message while fewer connections are open.",
        propagation="As soon as connections are closed.",
        risk=NOTHING,
        source=(SMTP + "#section-4.2.1",),
        decide=(SERVER_LOG,),
    ),
    Cause(
        id="rate_limited",
        title="messages or sign-ins arrive faster than the server accepts them",
        meaning="{smtp_server} limits the number of messages, recipients or sign-ins per period.",
        shows="421, 450, 451 or 452 with a text such as 'rate', 'limit' or 'too many'.",
        who="sender",
        steps=(
            "Configure the application to send more slowly, and to retry later after a 4xx reply.",
            "Ask the administrator of {smtp_server} for the limit.",
        ),
        verify="The server accepts the message later.",
        propagation="When the period of the limit is over.",
        risk="An immediate retry counts towards the limit as well.",
        source=(SMTP + "#section-4.2.1", STATUS),
        decide=(SERVER_LOG,),
    ),
    Cause(
        id="mailbox_full",
        title="a mailbox is full",
        meaning="{smtp_server} does not accept the message because a mailbox is full, usually that of {recipient}.",
        shows="452 or 552 with 4.2.2 or 5.2.2, or a text about a quota.",
        who="server",
        kind=Kind.ADDRESS,
        steps=("Free space in the mailbox that the reply names, or raise its quota.",),
        verify="Checks MBX-02 and MBX-03 pass.",
        propagation="Immediately.",
        risk=NOTHING,
        source=(STATUS,),
        decide=(SERVER_LOG,),
    ),
    Cause(
        id="outbound_spam_block",
        title="the server refuses this machine or this message as spam",
        meaning=(
            "A blocklist or a content filter of {smtp_server} refuses the IP address of this machine, or the message "
            "itself."
        ),
        shows="550 or 554 5.7.1 with a text such as 'blocked', 'blacklist', 'spam' or 'client host rejected'.",
        who="server",
        steps=(
            "Read the reply: it often names the blocklist or the filter.",
            "Exempt signed-in senders, or this account, from that rule.",
        ),
        verify="Check MBX-03 passes.",
        propagation="As soon as the rule is changed.",
        risk="The blocklist may be right: look for a machine in this network that sends spam.",
        source=(STATUS,),
        decide=(SERVER_LOG,),
    ),
)
