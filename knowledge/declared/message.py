"""Causes that concern the envelope or the message, for a declared service."""

from typing import Final

from knowledge.cause import NOTHING, Cause, Kind
from knowledge.declared.sources import ASK_SERVER, SERVER_LOG, SMTP, STATUS, SUBMISSION

ENTRIES: Final[tuple[Cause, ...]] = (
    Cause(
        id="address_malformed",
        title="an address in the envelope is malformed",
        meaning=("{from_address} (From) or {recipient} (To) does not have the format of a mailbox address."),
        shows="The reply is 501 or contains 5.1.3 or 5.1.7.",
        who="sender",
        kind=Kind.ADDRESS,
        steps=("Enter the complete address, such as alerts@example.com, without a display name or spaces.",),
        verify="Checks MBX-01 and MBX-02 pass.",
        propagation="Immediately.",
        risk=NOTHING,
        source=(SMTP + "#section-4.1.2",),
        decide=("Check which address the reply quotes.",),
    ),
    Cause(
        id="send_as_denied",
        title="the server does not allow this account to use the From address",
        meaning=(
            "{smtp_server} accepts the sign-in of {account} but does not allow that account to send from "
            "{from_address}."
        ),
        shows=(
            "The reply is 550 or 553 with 5.7.1 and a text such as 'sender address rejected' or 'not owned by user'."
        ),
        who="server",
        kind=Kind.SEND_AS,
        steps=(
            ("On {smtp_server}, allow {account} to send from {from_address}."),
            "Alternatively, enter an address that belongs to {account} as From in the application.",
        ),
        verify="Checks MBX-01 and MBX-03 pass.",
        propagation="As soon as the server has loaded the new rule.",
        risk="Allow the account to send from this address only, not from every address.",
        source=(SUBMISSION + "#section-6.1", STATUS),
        decide=(SERVER_LOG,),
    ),
    Cause(
        id="recipient_rejected",
        title="the server refuses the recipient",
        meaning=(
            "{smtp_server} does not accept mail to {recipient} from this account. Either the address does not "
            "exist, or the server does not relay mail to the recipient's domain."
        ),
        shows="The reply to RCPT is 550, 551, 553 or 554, usually with 5.1.1, 5.1.2 or 5.7.1.",
        who="sender",
        kind=Kind.ADDRESS,
        steps=(
            "Check that {recipient} is the intended address.",
            (
                "If it is, send the reply to the administrator of {smtp_server}. A reply with 'relay' or "
                "'relaying' means that the server does not relay mail for this account."
            ),
        ),
        verify="Check MBX-02 passes.",
        propagation="Immediately.",
        risk="A server must not relay mail for clients that have not signed in.",
        source=(SMTP + "#section-4.2.2", STATUS),
        decide=(
            (
                "Send to another recipient in the server's own domain. If the server accepts that recipient, "
                "it refuses only this one."
            ),
            SERVER_LOG,
        ),
    ),
    Cause(
        id="temporarily_deferred",
        title="the server has deferred the message",
        meaning=(
            "{smtp_server} refuses the message for now. A server that uses greylisting does this with the first message "
            "from an unknown sender."
        ),
        shows="The reply is 450 or 451 with a text such as 'greylisted' or 'try again later'.",
        who="sender",
        steps=(
            "Run the checks again after ten minutes. A server that uses greylisting accepts the second attempt.",
            (
                "Make sure that the application retries after a 4xx reply. If it does not, ask the administrator of "
                "{smtp_server} to exempt signed-in senders from greylisting."
            ),
        ),
        verify="Checks MBX-02 and MBX-03 pass in a later run.",
        propagation="Usually after five to thirty minutes.",
        risk=NOTHING,
        source=("https://www.rfc-editor.org/rfc/rfc6647", SMTP + "#section-4.2.1"),
        decide=(
            "Run the checks again after ten minutes. If the server greylists, it then accepts the message.",
            SERVER_LOG,
        ),
    ),
    Cause(
        id="message_too_large",
        title="the message exceeds the size limit",
        meaning="{smtp_server} does not accept messages of this size.",
        shows="The reply is 552 with 5.3.4, or its text mentions the size.",
        who="sender",
        steps=(
            "Send smaller messages. The limit is the number after SIZE in the reply to EHLO.",
            "Alternatively, ask the administrator of {smtp_server} to raise the limit.",
        ),
        verify="Check MBX-03 passes.",
        propagation="Immediately.",
        risk=NOTHING,
        source=("https://www.rfc-editor.org/rfc/rfc1870",),
        decide=("Compare the size of the message with the number after SIZE in the reply to EHLO.",),
    ),
    Cause(
        id="concurrent_connections",
        title="too many connections are open at the same time",
        meaning="{smtp_server} does not accept this many simultaneous connections from this machine or account.",
        shows="The reply is 421 or contains 4.7.0, with a text such as 'too many connections'.",
        who="sender",
        steps=("Configure the application to use fewer simultaneous connections.", ASK_SERVER),
        verify="The server accepts the message while fewer connections are open.",
        propagation="As soon as enough connections have closed.",
        risk=NOTHING,
        source=(SMTP + "#section-4.2.1",),
        decide=(SERVER_LOG,),
    ),
    Cause(
        id="rate_limited",
        title="messages or sign-ins arrive faster than the server accepts them",
        meaning="{smtp_server} limits the number of messages, recipients or sign-ins per period.",
        shows=("The reply is 421, 450, 451 or 452, and its text contains words such as 'rate', 'limit' or 'too many'."),
        who="sender",
        steps=(
            "Configure the application to send more slowly, and to retry later after a 4xx reply.",
            "Ask the administrator of {smtp_server} what the limit is.",
        ),
        verify="The server accepts the message later.",
        propagation="When the current period ends.",
        risk="An immediate retry also counts towards the limit.",
        source=(SMTP + "#section-4.2.1", STATUS),
        decide=(SERVER_LOG,),
    ),
    Cause(
        id="mailbox_full",
        title="a mailbox is full",
        meaning="{smtp_server} does not accept the message because a mailbox is full, usually that of {recipient}.",
        shows="The reply is 452 or 552 with 4.2.2 or 5.2.2, or its text mentions a quota.",
        who="server",
        kind=Kind.ADDRESS,
        steps=("Free up space in the mailbox that the reply names, or raise its quota.",),
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
            "{smtp_server} refuses this machine's IP address because of a blocklist, or the message because of a "
            "content filter."
        ),
        shows=(
            "The reply is 550 or 554 with 5.7.1 and a text such as 'blocked', 'blacklist', 'spam' or 'client host "
            "rejected'."
        ),
        who="server",
        steps=(
            "Read the reply, which often names the blocklist or the filter.",
            "Exempt signed-in senders, or this account, from that blocklist or filter.",
        ),
        verify="Check MBX-03 passes.",
        propagation="As soon as the server has loaded the new rule.",
        risk="The listing may be justified: check whether a machine on this network sends spam.",
        source=(STATUS,),
        decide=(SERVER_LOG,),
    ),
)
