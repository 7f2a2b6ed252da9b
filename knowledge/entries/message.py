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

_RETRY: Final = "Configure the application to retry with increasing delays: a 4xx reply is temporary."

ENTRIES: Final[tuple[Cause, ...]] = (
    Cause(
        id="address_malformed",
        title="an address in the envelope is incomplete",
        meaning=(
            "The server accepts only complete addresses, such as alerts@example.com, as sender and recipient. This one has "
            "no domain, or contains characters that are not allowed in an address."
        ),
        shows="501 5.1.7 Invalid address to MAIL, 501 5.1.3 Invalid address to RCPT.",
        who="sender",
        kind=Kind.ADDRESS,
        steps=(
            (
                "Enter a complete address in From (now {from_address}) and in To (now {recipient}) in the mail plugin: one "
                "address with its domain, without a display name."
            ),
        ),
        verify="Checks MBX-01 and MBX-02 pass.",
        propagation="Immediately.",
        risk="None.",
        source=(TROUBLE,),
        decide=("The command that the server refused: MAIL means the sender's address, RCPT the recipient's.",),
    ),
    Cause(
        id="sp_mailbox_permission_missing",
        title="the application can sign in but has no right on the mailbox",
        meaning=(
            "With app-only OAuth, a successful sign-in (235) proves nothing about the mailbox: Exchange checks the right "
            "only when it receives the message. The right is missing, or it has not taken effect yet. The mail plugin's "
            "FAQ leaves this step out."
        ),
        shows=(
            "430 4.2.0 STOREDRV; mailbox logon failure … MapiExceptionLogonFailed, after the message body; mail queues "
            "retry without reporting it."
        ),
        who="exchange",
        kind=Kind.MAILBOX_OF_APPLICATION,
        steps=(
            CONNECT_EXCHANGE,
            "Look for the right: `Get-MailboxPermission -Identity {account} -User {sp_object_id}`.",
            (
                "Grant the right: `Add-MailboxPermission -Identity {account} -User {sp_object_id} -AccessRights FullAccess`."
            ),
            Step(
                (
                    "This right is on the mailbox that signs in, {account}. If From is the address of another mailbox, grant Send "
                    "As on that mailbox as well (cause send_as_denied)."
                ),
                when="from_differs",
            ),
            (
                "Or, narrower, use RBAC for Applications: `New-ManagementScope -Name 'Alert mailbox' "
                "-RecipientRestrictionFilter (\"UserPrincipalName -eq '{0}' -or EmailAddresses -eq 'smtp:{0}'\" -f "
                "{account})`, then `New-ManagementRoleAssignment -Role 'Application SMTP.SendAsApp' -App {client_id} "
                "-CustomResourceScope 'Alert mailbox'`. In this case do not grant the Entra permission SMTP.SendAsApp."
            ),
            "Wait two hours before you conclude that the right has no effect.",
        ),
        verify=(
            "`Get-MailboxPermission -Identity {account} -User {sp_object_id}` shows FullAccess (RBAC: "
            "`Test-ServicePrincipalAuthorization -Identity {client_id} -Resource {account}` shows InScope True), and "
            "MBX-03 passes."
        ),
        propagation="Half an hour to two hours; until then, attempts can succeed and fail in turn.",
        risk=(
            "FullAccess lets the application read the mailbox as well: use a dedicated mailbox, or RBAC for Applications."
        ),
        source=(OAUTH, RBAC),
        decide=(
            (
                "`Get-MailboxPermission -Identity {account} -User {sp_object_id}`: if the right was granted less than two "
                "hours ago, wait."
            ),
        ),
    ),
    Cause(
        id="send_as_denied",
        title="this account may not send as the From address",
        meaning=(
            "The sign-in succeeded, but the From address is not an address of this account, and the account has no right "
            "to use it."
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
                "If that mail address differs from the sign-in name, `Get-EXOMailbox -Identity {account} | Format-List "
                "PrimarySmtpAddress` shows it."
            ),
            "Or keep From and grant the right: " + CONNECT_EXCHANGE[0].lower() + CONNECT_EXCHANGE[1:],
            Step(
                (
                    "Sign-in with a password: `Add-RecipientPermission -Identity {from_address} -Trustee {account} -AccessRights "
                    "SendAs -Confirm:$false`. In the portal: Exchange admin center > Recipients > Mailboxes > {from_address} > "
                    "Delegation > Send as > {account}."
                ),
                when="basic",
            ),
            Step(
                (
                    "Sign-in as an application: grant the right to two trustees. To its service principal, by the object id of the "
                    "enterprise application: `Add-RecipientPermission -Identity {from_address} -Trustee {sp_object_id} "
                    "-AccessRights SendAs -Confirm:$false`. To the mailbox that signs in: `Add-RecipientPermission -Identity "
                    "{from_address} -Trustee {account} -AccessRights SendAs -Confirm:$false`. Microsoft's page does not say which "
                    "of the two counts. One field report needed the second; this is not verified against the live service."
                ),
                when="oauth",
            ),
            "If From is an alias of the mailbox that signs in: `Set-OrganizationConfig -SendFromAliasEnabled $true`.",
            "Make sure that the client puts an address into From, not only a display name.",
        ),
        verify="`Get-RecipientPermission -Identity {from_address}` lists {account} with SendAs, and MBX-03 passes.",
        propagation="Up to two hours.",
        risk=(
            "Grant Send As on one address to one account, never on all mailboxes. SendFromAliasEnabled applies to the "
            "whole tenant."
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
        title="the server refuses the recipient",
        meaning="The recipient's address does not exist, is misspelt, or does not accept mail from this sender.",
        shows=(
            "550 5.1.1, 5.1.10 Recipient not found, 5.4.1 Recipient address rejected, 5.7.133 and similar codes, 501 5.1.3 "
            "Invalid address."
        ),
        who="sender",
        kind=Kind.ADDRESS,
        steps=(
            "Check {recipient} for typing errors, spaces and missing angle brackets.",
            "Send to the sender's own address first (the default of this checklist).",
            (
                "If the recipient accepts mail only from some senders, its administrator must add {from_address}: "
                "`Get-DistributionGroup -Identity {recipient} | Format-List RequireSenderAuthenticationEnabled, "
                "AcceptMessagesOnlyFrom*`."
            ),
            (
                "Do not send to external recipients with a High Volume Email account: it reaches internal recipients only."
            ),
        ),
        verify="The server replies 250 to RCPT TO (MBX-02), and no bounce arrives.",
        propagation="Immediately.",
        risk="None.",
        source=(NDR, "https://www.rfc-editor.org/rfc/rfc5321"),
        decide=(
            Step("Check MBX-02 with another recipient, such as the sender's own address.", answered_by=("MBX-02",)),
        ),
    ),
    Cause(
        id="hve_external_recipient",
        title="High Volume Email cannot send to this external recipient",
        meaning=(
            "The server in the settings is the endpoint of High Volume Email, which delivers only to recipients of its own "
            "tenant. It refuses external recipients."
        ),
        shows=(
            "550 5.5.105 External sending is not supported for High Volume Email accounts; or, before a message is sent, "
            "different domains in To and From."
        ),
        who="sender",
        kind=Kind.ADDRESS,
        steps=(
            "Compare the domains of From ({from_address}) and To ({recipient}): do both belong to the same tenant?",
            "For external recipients, set SMTP Server to smtp.office365.com and use an ordinary mailbox.",
            "For mail to many external recipients, use Azure Communication Services.",
        ),
        verify="Checks MBX-07 and MBX-02 pass.",
        propagation="Immediately.",
        risk="smtp.office365.com has other limits: 30 messages a minute, 10,000 recipients a day.",
        source=(HIGH_VOLUME, LIMITS),
        decide=("`Get-AcceptedDomain | Format-Table DomainName`: is the domain of {recipient} in the list?",),
    ),
    Cause(
        id="message_too_large",
        title="the message exceeds the size limit",
        meaning=(
            "The mailbox, the tenant or the recipient does not accept messages of this size. Encoding makes attachments a "
            "third larger."
        ),
        shows="552 5.3.4 Message size exceeds fixed maximum message size; 552 5.2.3; MessageSizeExceeded.",
        who="sender",
        kind=Kind.LIMIT,
        steps=(
            "Send a smaller message, or a link instead of the attachment.",
            (
                "As an Exchange administrator, read the limit: `Get-Mailbox -Identity {account} | Format-List MaxSendSize`. If "
                "needed, raise it: `Set-Mailbox -Identity {account} -MaxSendSize 100MB` (at most 150 MB)."
            ),
        ),
        verify="The server accepts the same message (MBX-03).",
        propagation="Up to an hour.",
        risk="The recipient's server may have a smaller limit.",
        source=(SERVICE_LIMITS, NDR),
        decide=("A short message: if the server accepts it, the size is the reason.",),
    ),
    Cause(
        id="concurrent_connections",
        title="too many messages are sent from this mailbox at the same time",
        meaning=(
            "Exchange Online accepts at most three messages at the same time from one mailbox, and defers the fourth."
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
            "Find other programs that use the same mailbox, and give each of them its own.",
        ),
        verify="The log shows no 432 for a day.",
        propagation="Immediately.",
        risk="None.",
        source=(LIMITS,),
        decide=(
            (
                "The application's log: how many messages are sent at the same time? The message trace: are there other "
                "senders for this mailbox?"
            ),
        ),
    ),
    Cause(
        id="rate_limited",
        title="messages are sent faster than the service accepts them",
        meaning=(
            "The service limits the number of messages per minute (30 per mailbox). It delays or defers messages above the "
            "limit."
        ),
        shows="4xx replies that ask to try later, '4.7.500 Server busy', 'recipient thread limit exceeded', HTTP 429.",
        who="sender",
        kind=Kind.LIMIT,
        steps=(
            "Send at most 30 messages a minute over one connection at a time; combine alerts into one message.",
            _RETRY,
            "For bulk mail, use High Volume Email (internal) or Azure Communication Services.",
        ),
        verify="The log shows no more deferrals.",
        propagation="A minute.",
        risk="None.",
        source=(LIMITS, SERVICE_LIMITS),
        decide=("The number of messages per minute in the application's log or in the message trace.",),
    ),
    Cause(
        id="recipient_quota_exceeded",
        title="the daily or per-message limit of recipients is reached",
        meaning=(
            "A mailbox can send to 10,000 recipients in 24 hours. A tenant has a limit that depends on its licences, and a "
            "single message has a limit too."
        ),
        shows=(
            "SubmissionQuotaExceededException; 5.1.90; 5.2.2 Submission quota exceeded; 5.7.232 and 5.7.233; 452 "
            "4.5.3 Too many recipients."
        ),
        who="sender",
        kind=Kind.LIMIT,
        steps=(
            "Stop sending for now: the count decreases over 24 hours.",
            (
                "Use a distribution group (it counts as one recipient), send fewer alerts, or split the recipients over "
                "several messages."
            ),
            "For bulk mail, use High Volume Email (internal) or Azure Communication Services.",
            (
                "If this number of messages is unexpected, treat the account {account} as compromised: reset its password. The "
                "message trace shows what was sent: `Get-MessageTraceV2 -SenderAddress {from_address}`."
            ),
        ),
        verify="The server accepts a message again (MBX-03).",
        propagation="Up to 24 hours.",
        risk="None.",
        source=(LIMITS, SERVICE_LIMITS, NDR),
        decide=("`Get-MessageTraceV2 -SenderAddress {from_address}`: the number of recipients in the last 24 hours.",),
    ),
    Cause(
        id="mailbox_full",
        title="the sending mailbox is full",
        meaning=(
            "Exchange keeps every message sent by SMTP in Sent Items, and these have filled the mailbox. A full mailbox "
            "cannot send."
        ),
        shows="554 5.2.2 mailbox full; QuotaExceededException.MapiExceptionShutoffQuotaExceeded.",
        who="exchange",
        kind=Kind.LIMIT,
        steps=(
            (
                "Compare the size with the quota: `Get-EXOMailboxStatistics -Identity {account} | Format-List TotalItemSize` "
                "and `Get-Mailbox -Identity {account} | Format-List ProhibitSendQuota`."
            ),
            (
                "Empty Sent Items and Deleted Items, and set a retention policy that does so regularly (Microsoft Purview > "
                "Data lifecycle management)."
            ),
        ),
        verify="TotalItemSize is well below ProhibitSendQuota, and MBX-03 passes.",
        propagation="Minutes to an hour.",
        risk="Retention deletes items permanently: find out whether the copies must be kept.",
        source=(LIMITS, NDR),
        decide=("`Get-EXOMailboxStatistics -Identity {account} | Format-List TotalItemSize`.",),
    ),
    Cause(
        id="outbound_spam_block",
        title="the sender or the tenant is blocked for outbound spam",
        meaning=(
            "Microsoft has classified mail from this account, tenant or address as spam, or does not trust the tenant yet "
            "because it is new. The sender's settings cannot resolve this: the administrators of the tenant must remove "
            "the reason and unblock it."
        ),
        shows=(
            "OutboundSpamException; WASCL UserAction verdict; 5.1.8 bad outbound sender; 5.7.501 to 503, 5.7.705, "
            "5.7.708, 5.7.750; banned sending IP."
        ),
        who="exchange",
        kind=Kind.LIMIT,
        steps=(
            (
                "Look for {account} at Defender portal > Email & collaboration > Review > Restricted entities, or with "
                "`Get-BlockedSenderAddress`."
            ),
            Step("Look for the From address there as well: {from_address}.", when="from_differs"),
            (
                "If it is listed, secure the account first (new password, check the forwarding rules), then choose Unblock, or "
                "run `Remove-BlockedSenderAddress -SenderAddress {account}` (with the listed address)."
            ),
            (
                "Only Microsoft can lift 5.7.501 to 5.7.503 (a banned sender), 5.7.705 (the tenant is over its threshold), "
                "5.7.708 (the IP address of a new or trial tenant) and 5.7.750 (domains that are not verified in the tenant). "
                "Remove the reason first; for 5.7.750, verify every sending domain. Then open a case in the Microsoft 365 "
                "admin center > Support and quote the whole reply."
            ),
            (
                "For 'Banned sending IP': the application sends to the MX without a sign-in. Use smtp.office365.com with a "
                "sign-in, or request delisting at https://sender.office.com."
            ),
        ),
        verify="The list no longer contains the entity, and MBX-03 passes.",
        propagation="An hour after the unblocking; a support case takes days.",
        risk="Do not unblock the account before it is secure: otherwise it is blocked again, for longer.",
        source=(RESTRICTED, NDR),
        decide=(
            (
                "Restricted entities in the Defender portal: does the list contain {account}? And the message trace: "
                "`Get-MessageTraceV2 -SenderAddress {from_address}`."
            ),
        ),
    ),
    Cause(
        id="unrecognised",
        title="no rule knows this text",
        meaning="The text contains no phrase or number that identifies a cause. It is kept unchanged.",
        shows="Any text without a known phrase or number.",
        who=None,
        steps=(
            (
                "Look for the inner error and paste it: the reply of the server (three digits and a sentence), an AADSTS "
                "number, or the last 'caused by' line."
            ),
            Step(
                (
                    "Run this checklist with the same settings: it shows at which step the message stops, and the server's reply."
                ),
                answered_by=("NET-01",),
            ),
        ),
        verify="Reading the longer text names a cause.",
        propagation="None.",
        risk="None.",
        source=(TROUBLE, SCUBA),
        decide=("The application's log at its most detailed level, at the time of the failure.",),
    ),
)
