"""Causes at the envelope and the message of a declared server."""

from typing import Final

from knowledge.cause import NOTHING, Cause, Kind
from knowledge.declared.sources import ASK_SERVER, SERVER_LOG, SMTP, STATUS, SUBMISSION

ENTRIES: Final[tuple[Cause, ...]] = (
    Cause(
        id="address_malformed",
        title="an address in the envelope is not a complete address",
        meaning="The address in From or To, {from_address} or {recipient}, does not have the form of a mailbox.",
        shows="501, or 5.1.3 or 5.1.7.",
        who="sender",
        kind=Kind.ADDRESS,
        steps=("Write the address in full, such as alerts@example.com, without a display name and without blanks.",),
        verify="Checks MBX-01 and MBX-02 pass.",
        propagation="Immediately.",
        risk=NOTHING,
        source=(SMTP + "#section-4.1.2",),
        decide=("The address in the reply.",),
    ),
    Cause(
        id="send_as_denied",
        title="the server does not let this account send with the From address",
        meaning="{account} is signed in, and {smtp_server} does not accept {from_address} as its sender address.",
        shows="550 or 553 5.7.1 with words such as 'sender address rejected' or 'not owned by user'.",
        who="server",
        kind=Kind.SEND_AS,
        steps=(
            (
                "If {from_address} is not the address of the account, ask the administrator of {smtp_server} to allow {account} "
                "to send with it."
            ),
            "Or enter in From the address that belongs to {account}.",
        ),
        verify="Checks MBX-01 and MBX-03 pass.",
        propagation="When the server's rule was changed.",
        risk="Allow this one address, not every address, for the account.",
        source=(SUBMISSION + "#section-6.1", STATUS),
        decide=(SERVER_LOG,),
    ),
    Cause(
        id="recipient_rejected",
        title="the server refuses the recipient",
        meaning="{smtp_server} does not take mail to {recipient} from this account: the address does not exist, or the server "
        "does not pass mail on to its domain.",
        shows="550, 551, 553 or 554 to RCPT, with 5.1.1, 5.1.2 or 5.7.1.",
        who="sender",
        kind=Kind.ADDRESS,
        steps=(
            "Compare {recipient} with the address that is meant.",
            (
                "If it is right, ask the administrator of {smtp_server}: the words 'relay' or 'relaying' mean that the server "
                "does not pass mail on for this account."
            ),
        ),
        verify="Check MBX-02 passes.",
        propagation="Immediately.",
        risk="A server must not pass mail on for clients that did not sign in.",
        source=(SMTP + "#section-4.2.2", STATUS),
        decide=(
            "Another recipient in the domain of the server: if that one is accepted, it is about this recipient.",
            SERVER_LOG,
        ),
    ),
    Cause(
        id="temporarily_deferred",
        title="the server asks to try again later",
        meaning="{smtp_server} refuses for now and not for good. Greylisting does so on purpose with the first message of an "
        "unknown sender.",
        shows="450 or 451, with words such as 'greylisted' or 'try again later'.",
        who="sender",
        steps=(
            "Run again after ten minutes: a server that greylists accepts the second attempt.",
            (
                "See that the application tries again after a 4xx reply; if it does not, ask the administrator of {smtp_server} to exempt "
                "signed-in senders from greylisting."
            ),
        ),
        verify="Check MBX-02 and MBX-03 pass in a later run.",
        propagation="Most often five to thirty minutes.",
        risk=NOTHING,
        source=("https://www.rfc-editor.org/rfc/rfc6647", SMTP + "#section-4.2.1"),
        decide=("A second run after ten minutes: greylisting accepts it then.", SERVER_LOG),
    ),
    Cause(
        id="message_too_large",
        title="the message is over the size limit",
        meaning="{smtp_server} does not take a message of this size.",
        shows="552 5.3.4, or words about the size.",
        who="sender",
        steps=(
            "Send smaller messages: the limit is in the answer to EHLO, behind SIZE.",
            "Or ask the administrator of {smtp_server} to raise it.",
        ),
        verify="Check MBX-03 passes.",
        propagation="Immediately.",
        risk=NOTHING,
        source=("https://www.rfc-editor.org/rfc/rfc1870",),
        decide=("The number behind SIZE in the answer to EHLO.",),
    ),
    Cause(
        id="concurrent_connections",
        title="too many connections are open at once",
        meaning="{smtp_server} takes fewer connections at once from this machine or account than are open.",
        shows="421 or 4.7.0 with words such as 'too many connections'.",
        who="sender",
        steps=("Let the application send over fewer connections at once.", ASK_SERVER),
        verify="The message is accepted while fewer connections are open.",
        propagation="When connections have ended.",
        risk=NOTHING,
        source=(SMTP + "#section-4.2.1",),
        decide=(SERVER_LOG,),
    ),
    Cause(
        id="rate_limited",
        title="messages or sign-ins come faster than the server takes them",
        meaning="{smtp_server} limits how many messages, recipients or sign-ins it takes in a time.",
        shows="421, 450, 451 or 452 with words such as 'rate', 'limit' or 'too many'.",
        who="sender",
        steps=(
            "Let the application send more slowly, and try again later after a 4xx reply.",
            "Ask the administrator of {smtp_server} for the limit.",
        ),
        verify="The message is accepted later.",
        propagation="When the time of the limit is over.",
        risk="Trying again at once counts as well.",
        source=(SMTP + "#section-4.2.1", STATUS),
        decide=(SERVER_LOG,),
    ),
    Cause(
        id="mailbox_full",
        title="a mailbox is full",
        meaning="{smtp_server} does not take the message because a mailbox has no room, most often that of {recipient}.",
        shows="452 or 552 with 4.2.2 or 5.2.2, or words about a quota.",
        who="server",
        kind=Kind.ADDRESS,
        steps=("Ask the administrator of {smtp_server} to make room in the mailbox that the reply names.",),
        verify="Check MBX-02 and MBX-03 pass.",
        propagation="Immediately.",
        risk=NOTHING,
        source=(STATUS,),
        decide=(SERVER_LOG,),
    ),
    Cause(
        id="outbound_spam_block",
        title="the server refuses this machine or message as unwanted",
        meaning="A block list or a content filter of {smtp_server} refuses the address this machine sends from, or the message itself.",
        shows="550 or 554 5.7.1 with words such as 'blocked', 'blacklist', 'spam' or 'client host rejected'.",
        who="server",
        steps=(
            "Read the reply: it often names the list or the filter.",
            "Ask the administrator of {smtp_server} to exempt signed-in senders, or this account, from that rule.",
        ),
        verify="Check MBX-03 passes.",
        propagation="When the rule was changed.",
        risk="An address is on a list for a reason: look for a machine here that sends unwanted mail.",
        source=(STATUS,),
        decide=(SERVER_LOG,),
    ),
)
