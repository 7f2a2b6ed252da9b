"""Causes after the sign-in: the right on the mailbox, sender, recipient, size and limits."""

from typing import Final

from knowledge.cause import Cause, Kind
from knowledge.entries.sources import (
    CONNECT_EXCHANGE,
    HIGH_VOLUME,
    LIMITS,
    NDR,
    OAUTH,
    RBAC,
    RESTRICTED,
    SCUBA,
    SERVICE_LIMITS,
    TROUBLE,
)
from knowledge.step import Step

_RETRY: Final = "Let the application retry with growing pauses; a 4xx reply means later, not never."

ENTRIES: Final[tuple[Cause, ...]] = (
    Cause(
        id="address_malformed",
        title="an address in the envelope is not a whole address",
        meaning=(
            "The server takes only whole addresses such as alerts@example.com as sender and recipient. "
            "This one lacks its domain, or holds characters that an address cannot have."
        ),
        shows="501 5.1.7 Invalid address to MAIL, 501 5.1.3 Invalid address to RCPT.",
        who="sender",
        kind=Kind.ADDRESS,
        steps=(
            (
                "Write the whole address into From (now {from_address}) and To (now {recipient}) in the mail plugin: one address, "
                "with its domain, no display name."
            ),
        ),
        verify="Checks MBX-01 and MBX-02 pass.",
        propagation="Immediately.",
        risk="None.",
        source=(TROUBLE,),
        decide=("The command that was refused: MAIL means the sender's address, RCPT the recipient's.",),
    ),
    Cause(
        id="sp_mailbox_permission_missing",
        title="the application may sign in but has no right on the mailbox",
        meaning=(
            "With app-only OAuth the sign-in (235) proves nothing about the mailbox: the right is looked at only "
            "when the message is handed over. Here it is missing, or it has not spread through the service yet. "
            "The mail plugin's FAQ leaves this step out."
        ),
        shows=(
            "430 4.2.0 STOREDRV; mailbox logon failure … MapiExceptionLogonFailed, after the message body; queues "
            "retry it silently."
        ),
        who="exchange",
        kind=Kind.MAILBOX_OF_APPLICATION,
        steps=(
            CONNECT_EXCHANGE,
            "Look: `Get-MailboxPermission -Identity {account} -User {sp_object_id}`.",
            "Grant it: `Add-MailboxPermission -Identity {account} -User {sp_object_id} -AccessRights FullAccess`.",
            Step(
                "This right is on the mailbox that signs in, {account}. If From is the address of another mailbox, the right Send "
                "As is needed there as well (cause send_as_denied).",
                when="from_differs",
            ),
            (
                "Or, narrower, RBAC for Applications: `New-ManagementScope -Name 'Alert mailbox' "
                "-RecipientRestrictionFilter (\"UserPrincipalName -eq '{0}' -or EmailAddresses -eq 'smtp:{0}'\" -f "
                "{account})`, then "
                "`New-ManagementRoleAssignment -Role 'Application SMTP.SendAsApp' -App {client_id} "
                "-CustomResourceScope 'Alert mailbox'`; then leave the Entra permission SMTP.SendAsApp away."
            ),
            "Wait two hours before you conclude that it did not help.",
        ),
        verify=(
            "`Get-MailboxPermission -Identity {account} -User {sp_object_id}` shows FullAccess (RBAC: "
            "`Test-ServicePrincipalAuthorization -Identity {client_id} -Resource {account}` says InScope True), and MBX-03 "
            "passes."
        ),
        propagation="Half an hour to two hours; success and failure can alternate meanwhile.",
        risk=(
            "FullAccess lets the application read the mailbox as well: use a mailbox of its own, or RBAC for "
            "Applications."
        ),
        source=(OAUTH, RBAC),
        decide=(
            (
                "`Get-MailboxPermission -Identity {account} -User {sp_object_id}`; granted less than two hours ago "
                "means wait."
            ),
        ),
    ),
    Cause(
        id="send_as_denied",
        title="this account may not send as the From address",
        meaning=(
            "The sign-in worked, but the address in the From line is not this account's own and no right to use it "
            "was given."
        ),
        shows=(
            "554 5.2.252 SendAsDenied; MapiExceptionSendAsDenied; 550 5.7.60 Client does not have permissions to "
            "send as this sender."
        ),
        who="exchange",
        kind=Kind.SEND_AS,
        steps=(
            "Simplest (owner of the application): set From to the mail address of the account that signs in, {account}.",
            (
                "If that mail address differs from the name in the sign-in, `Get-EXOMailbox -Identity {account} | Format-List "
                "PrimarySmtpAddress` shows it."
            ),
            "Or keep From and grant the right: " + CONNECT_EXCHANGE[0].lower() + CONNECT_EXCHANGE[1:],
            Step(
                "Sign-in with a password: `Add-RecipientPermission -Identity {from_address} -Trustee {account} "
                "-AccessRights SendAs -Confirm:$false`; in the portal: Exchange admin center > Recipients > Mailboxes > "
                "{from_address} > Delegation > Send as > {account}.",
                when="basic",
            ),
            Step(
                "Sign-in as an application, two trustees. Its service principal, by the object id of the enterprise "
                "application: `Add-RecipientPermission -Identity {from_address} -Trustee {sp_object_id} -AccessRights SendAs "
                "-Confirm:$false`. The mailbox that signs in: `Add-RecipientPermission -Identity {from_address} -Trustee "
                "{account} -AccessRights SendAs -Confirm:$false`. Microsoft's page does not say which of the two counts, and "
                "one field report needed the second: not verified against the live service.",
                when="oauth",
            ),
            "From is an alias of the mailbox that signs in: `Set-OrganizationConfig -SendFromAliasEnabled $true`.",
            "Make sure the client puts an address into From, not a display name only.",
        ),
        verify="`Get-RecipientPermission -Identity {from_address}` lists {account} with SendAs, and MBX-03 passes.",
        propagation="Up to an hour or two.",
        risk=(
            "Send As on one address for one account; never on all mailboxes. SendFromAliasEnabled is for the whole "
            "tenant."
        ),
        source=(TROUBLE, OAUTH, NDR),
        decide=(
            (
                "Compare From, {from_address}, with the account that signs in, {account}; then `Get-RecipientPermission -Identity "
                "{from_address}`."
            ),
        ),
    ),
    Cause(
        id="recipient_rejected",
        title="the recipient is refused",
        meaning="The address the message goes to does not exist, is misspelt, or does not take mail from this sender.",
        shows=(
            "550 5.1.1, 5.1.10 Recipient not found, 5.4.1 Recipient address rejected, 5.7.133 and neighbours, 501 "
            "5.1.3 Invalid address."
        ),
        who="sender",
        kind=Kind.ADDRESS,
        steps=(
            "Check {recipient} for typing errors, blanks and missing angle brackets.",
            "Send to the sender's own address first (the default of this checklist).",
            (
                "If the recipient restricts who may write to it, its administrator must add {from_address}: "
                "`Get-DistributionGroup -Identity {recipient} | Format-List RequireSenderAuthenticationEnabled, "
                "AcceptMessagesOnlyFrom*`."
            ),
            "High Volume Email accounts send to internal recipients only.",
        ),
        verify="RCPT TO is answered with 250 (MBX-02) and no bounce arrives.",
        propagation="Immediately.",
        risk="None.",
        source=(NDR, "https://www.rfc-editor.org/rfc/rfc5321"),
        decide=(
            Step("Check MBX-02 with another recipient, such as the sender's own address.", answered_by=("MBX-02",)),
        ),
    ),
    Cause(
        id="hve_external_recipient",
        title="High Volume Email is asked to send outside the organisation",
        meaning=(
            "The server in the settings is the endpoint of High Volume Email, which delivers to recipients of its own "
            "tenant only. Whoever is addressed outside is refused."
        ),
        shows=(
            "550 5.5.105 External sending is not supported for High Volume Email accounts; before sending: the domain "
            "of To is another than that of From."
        ),
        who="sender",
        kind=Kind.ADDRESS,
        steps=(
            "Compare the domains of From ({from_address}) and To ({recipient}): are both of the same tenant?",
            "For recipients outside use smtp.office365.com with an ordinary mailbox as SMTP Server.",
            "For mail to many recipients outside use Azure Communication Services.",
        ),
        verify="MBX-07 and MBX-02 pass.",
        propagation="Immediately.",
        risk="smtp.office365.com has other limits: 30 messages a minute, 10,000 recipients a day.",
        source=(HIGH_VOLUME, LIMITS),
        decide=("`Get-AcceptedDomain | Format-Table DomainName`: is the domain of {recipient} in the list?",),
    ),
    Cause(
        id="message_too_large",
        title="the message is over the size limit",
        meaning=(
            "The mailbox, the tenant or the recipient takes smaller messages than this one. Attachments grow by a "
            "third on the way."
        ),
        shows="552 5.3.4 Message size exceeds fixed maximum message size; 552 5.2.3; MessageSizeExceeded.",
        who="sender",
        kind=Kind.LIMIT,
        steps=(
            "Send less, or a link instead of the attachment.",
            (
                "Exchange administrator: `Get-Mailbox -Identity {account} | Format-List MaxSendSize`, and if needed "
                "`Set-Mailbox -Identity {account} -MaxSendSize 100MB` (at most 150 MB)."
            ),
        ),
        verify="The same message is accepted (MBX-03), and a small one was before.",
        propagation="Up to an hour.",
        risk="The recipient's side may have a smaller limit still.",
        source=(SERVICE_LIMITS, NDR),
        decide=("Send a short message: if that passes, it is the size.",),
    ),
    Cause(
        id="concurrent_connections",
        title="too many messages are handed over at once for this mailbox",
        meaning=(
            "Exchange Online takes at most three messages at the same moment from one mailbox; the fourth is told "
            "to come later."
        ),
        shows=(
            "432 4.3.2 Concurrent connections limit exceeded; 432 4.3.2 STOREDRV.ClientSubmit; sender thread limit "
            "exceeded."
        ),
        who="sender",
        kind=Kind.LIMIT,
        steps=(
            (
                "Limit the sender to one connection at a time, two at most, and reuse it (nodemailer: pool: true, "
                "maxConnections: 1; Postfix: smtp_destination_concurrency_limit = 2)."
            ),
            _RETRY,
            "Find other programs that use the same mailbox, or give each its own.",
        ),
        verify="No 432 in the log for a day.",
        propagation="Immediately.",
        risk="None.",
        source=(LIMITS,),
        decide=(
            (
                "The application's own log: how many sends run at the same time; message trace for other senders of "
                "the mailbox."
            ),
        ),
    ),
    Cause(
        id="rate_limited",
        title="messages come faster than the service takes them",
        meaning="The service limits messages per minute (30 per mailbox) and slows down or puts off what comes faster.",
        shows="4xx replies that ask to try later, '4.7.500 Server busy', 'recipient thread limit exceeded', HTTP 429.",
        who="sender",
        kind=Kind.LIMIT,
        steps=(
            "Send at most 30 messages a minute and one connection at a time; gather alerts into one message.",
            _RETRY,
            "For bulk use High Volume Email (internal) or Azure Communication Services.",
        ),
        verify="No more put-offs in the log.",
        propagation="A minute.",
        risk="None.",
        source=(LIMITS, SERVICE_LIMITS),
        decide=("Count the messages per minute in the application's log or in the message trace.",),
    ),
    Cause(
        id="recipient_quota_exceeded",
        title="the daily or per-message limit of recipients is reached",
        meaning=(
            "A mailbox may reach 10,000 recipients in a rolling day, a tenant a number that depends on its "
            "licences, and a message has a limit too."
        ),
        shows=(
            "SubmissionQuotaExceededException; 5.1.90; 5.2.2 Submission quota exceeded; 5.7.232 and 5.7.233; 452 "
            "4.5.3 Too many recipients."
        ),
        who="sender",
        kind=Kind.LIMIT,
        steps=(
            "Stop sending for now: the count falls over 24 hours.",
            "Use a distribution group (it counts as one), fewer alerts, or several messages with fewer recipients.",
            "For bulk use High Volume Email (internal) or Azure Communication Services.",
            (
                "If no one sent so much, treat the account {account} as stolen: reset its password. The message trace shows "
                "what was sent: `Get-MessageTraceV2 -SenderAddress {from_address}`."
            ),
        ),
        verify="A message is accepted again (MBX-03).",
        propagation="Up to 24 hours.",
        risk="None.",
        source=(LIMITS, SERVICE_LIMITS, NDR),
        decide=("`Get-MessageTraceV2 -SenderAddress {from_address}`: how many recipients in the last 24 hours.",),
    ),
    Cause(
        id="mailbox_full",
        title="the sending mailbox is full",
        meaning=(
            "Every message sent by SMTP is kept in Sent Items, and these have filled the mailbox. A full mailbox "
            "may not send."
        ),
        shows="554 5.2.2 mailbox full; QuotaExceededException.MapiExceptionShutoffQuotaExceeded.",
        who="exchange",
        kind=Kind.LIMIT,
        steps=(
            (
                "`Get-EXOMailboxStatistics -Identity {account} | Format-List TotalItemSize` and `Get-Mailbox -Identity "
                "{account} | Format-List ProhibitSendQuota`."
            ),
            (
                "Empty Sent Items and Deleted Items, and let a retention policy do it from now on (Microsoft Purview > "
                "Data lifecycle management)."
            ),
        ),
        verify="TotalItemSize is well below ProhibitSendQuota, and MBX-03 passes.",
        propagation="Minutes to an hour.",
        risk="Retention deletes for good: ask whether the copies must be kept.",
        source=(LIMITS, NDR),
        decide=("`Get-EXOMailboxStatistics -Identity {account} | Format-List TotalItemSize`.",),
    ),
    Cause(
        id="outbound_spam_block",
        title="the sender or the tenant is blocked for outbound spam",
        meaning=(
            "Microsoft has judged mail from this account, tenant or address as spam, or the tenant is too new to "
            "be trusted. Nothing in the sender's settings will help: the tenant's own administrators clean up and unblock first."
        ),
        shows=(
            "OutboundSpamException; WASCL UserAction verdict; 5.1.8 bad outbound sender; 5.7.501 to 503, 5.7.705, "
            "5.7.708, 5.7.750; banned sending IP."
        ),
        who="exchange",
        kind=Kind.LIMIT,
        steps=(
            (
                "Defender portal > Email & collaboration > Review > Restricted entities: is {account} listed? Or "
                "`Get-BlockedSenderAddress`."
            ),
            Step("Look for the address in From there as well: {from_address}.", when="from_differs"),
            (
                "If listed: secure the account first (new password, look for forwarding rules), then Unblock, or "
                "`Remove-BlockedSenderAddress -SenderAddress {account}` (with the address that is listed)."
            ),
            (
                "Only Microsoft lifts 5.7.501 to 5.7.503 (a banned sender), 5.7.705 (the tenant is over its threshold), 5.7.708 "
                "(the address of a new or trial tenant) and 5.7.750 (domains that are not verified in the tenant). Clean up "
                "first, for 5.7.750 verify every sending domain, then open a case in the Microsoft 365 admin center > Support "
                "and quote the whole reply."
            ),
            (
                "'Banned sending IP': you are sending to the MX without sign-in; use smtp.office365.com with a "
                "sign-in, or ask for delisting at https://sender.office.com."
            ),
        ),
        verify="The entity is off the list and MBX-03 passes.",
        propagation="An hour after unblocking; a case takes days.",
        risk="Do not unblock before the account is safe: it will be blocked again, for longer.",
        source=(RESTRICTED, NDR),
        decide=(
            (
                "Restricted entities in the Defender portal: is {account} listed? And the message trace: `Get-MessageTraceV2 "
                "-SenderAddress {from_address}`."
            ),
        ),
    ),
    Cause(
        id="unrecognised",
        title="no rule knows this text",
        meaning="Nothing in the text names a cause that we know. It is kept as it was, so that somebody can read it.",
        shows="Any text without a known phrase or number.",
        who=None,
        steps=(
            (
                "Look for the inner error: the reply of the server (three digits and a sentence), an AADSTS number, or "
                "the last 'caused by' line, and paste that."
            ),
            Step(
                (
                    "Run this checklist with the same settings: it shows where the message stops, in the server's own words."
                ),
                answered_by=("NET-01",),
            ),
        ),
        verify="A second reading of the fuller text names a cause.",
        propagation="None.",
        risk="None.",
        source=(TROUBLE, SCUBA),
        decide=("The application's own log at its most talkative level, at the minute of the failure.",),
    ),
)
