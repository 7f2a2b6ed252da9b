"""Causes that concern the limits of the service: message size, connections, rate, quotas and outbound spam."""

from typing import Final

from knowledge.cause import Cause, Kind
from knowledge.entries.sources import (
    BULK_SENDERS,
    DKIM,
    LIMITS,
    MOERA,
    NDR,
    OTHER_WAYS,
    RESTRICTED,
    SERVICE_LIMITS,
    SET_MAILBOX,
    TENANT_LIMIT,
)
from knowledge.step import Step, per_client

_RETRY: Final = "Configure the application to retry with increasing delays: a 4xx reply is temporary."

ENTRIES: Final[tuple[Cause, ...]] = (
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
                "As an Exchange administrator, read the limit: `Get-Mailbox -Identity {account} | Format-List "
                "MaxSendSize`. If necessary, raise it: `Set-Mailbox -Identity {account} -MaxSendSize 100MB` (at most "
                "150 MB)."
            ),
        ),
        verify="The server accepts the same message (check MBX-03).",
        propagation="Within an hour.",
        risk="The recipient's server may have a smaller limit.",
        source=(SERVICE_LIMITS, NDR),
        decide=("Send a short message: if the server accepts it, the size is the cause.",),
    ),
    Cause(
        id="concurrent_connections",
        title="too many messages are sent from this mailbox at the same time",
        meaning="Exchange Online accepts at most three messages at the same time from one mailbox, and defers any others.",
        shows=(
            "432 4.3.2 Concurrent connections limit exceeded; 432 4.3.2 STOREDRV.ClientSubmit; sender thread limit "
            "exceeded."
        ),
        who="sender",
        kind=Kind.LIMIT,
        steps=(
            "Limit the sender to one connection at a time (at most two), and reuse it.",
            per_client(
                nodemailer="For nodemailer: pool: true, maxConnections: 1.",
                postfix="For Postfix: smtp_destination_concurrency_limit = 2.",
            ),
            _RETRY,
            "Find other programs that use the same mailbox, and give each of them a mailbox of its own.",
        ),
        verify="The log shows no 432 for a whole day.",
        propagation="Immediately.",
        risk="None.",
        source=(LIMITS,),
        decide=(
            (
                "Read the application's log: how many messages does it send at the same time? Read the message "
                "trace: do other programs send from this mailbox?"
            ),
        ),
    ),
    Cause(
        id="rate_limited",
        title="messages are sent faster than the service accepts them",
        meaning=(
            "The service limits the number of messages per minute (30 per mailbox), and delays or defers any "
            "messages above the limit."
        ),
        shows=(
            "4xx replies that ask the client to try later, '4.7.500 Server busy', 'recipient thread limit "
            "exceeded', HTTP 429."
        ),
        who="sender",
        kind=Kind.LIMIT,
        steps=(
            "Send at most 30 messages per minute over one connection at a time; combine several alerts into one message.",
            _RETRY,
            "For bulk mail, use a different way. " + OTHER_WAYS,
        ),
        verify="The log shows no more deferrals.",
        propagation="Within a minute.",
        risk="None.",
        source=(LIMITS, SERVICE_LIMITS),
        decide=("Count the messages per minute in the application's log or in the message trace.",),
    ),
    Cause(
        id="recipient_quota_exceeded",
        title="the daily or per-message limit on recipients has been reached",
        meaning=(
            "A mailbox can send to 10,000 recipients in 24 hours. The tenant has a limit that depends on its "
            "licences, and each message has a limit too."
        ),
        shows=(
            "SubmissionQuotaExceededException; 5.1.90; 5.2.2 Submission quota exceeded; 5.7.232 and 5.7.233; 452 "
            "4.5.3 Too many recipients."
        ),
        who="sender",
        kind=Kind.LIMIT,
        steps=(
            "Stop sending for now: the limit covers the last 24 hours, so the count falls with time.",
            (
                "Send fewer alerts. A distribution group counts as one recipient for the mailbox's limit, but for the tenant's "
                "limit on external recipients (5.7.232, 5.7.233) each external member counts. Dividing the recipients among "
                "several messages helps only against the limit of each message (452 4.5.3)."
            ),
            "For bulk mail, use a different way. " + OTHER_WAYS,
            (
                "If you did not expect so many messages, treat the account {account} as compromised, and reset its "
                "password. `Get-MessageTraceV2 -SenderAddress {from_address}` shows what was sent."
            ),
        ),
        verify="The server accepts a message again (check MBX-03).",
        propagation="Within 24 hours.",
        risk="None.",
        source=(LIMITS, SERVICE_LIMITS, NDR, TENANT_LIMIT),
        decide=(
            (
                "Run `Get-LimitsEnforcementStatus`: it shows the tenant's limit on external recipients (TERRL), how much of it "
                "was used in the last 24 hours, and whether it is enforced."
            ),
            "Run `Get-MessageTraceV2 -SenderAddress {from_address}`, and count the recipients of the last 24 hours.",
        ),
    ),
    Cause(
        id="mailbox_full",
        title="the sending mailbox is full",
        meaning=(
            "Exchange keeps a copy of every message sent by SMTP in Sent Items, and the copies have filled the "
            "mailbox. A full mailbox cannot send."
        ),
        shows="554 5.2.2 mailbox full; QuotaExceededException.MapiExceptionShutoffQuotaExceeded.",
        who="exchange",
        kind=Kind.LIMIT,
        steps=(
            (
                "Compare the size with the quota: `Get-EXOMailboxStatistics -Identity {account} | Format-List "
                "TotalItemSize` and `Get-Mailbox -Identity {account} | Format-List ProhibitSendQuota`."
            ),
            (
                "Empty Sent Items and Deleted Items, and set a retention policy that empties them regularly "
                "(Microsoft Purview > Data lifecycle management)."
            ),
            (
                "If the copies are not needed, stop them: `Set-Mailbox -Identity {account} "
                "-MessageCopyForSMTPClientSubmissionEnabled $false`."
            ),
        ),
        verify="TotalItemSize is well below ProhibitSendQuota, and check MBX-03 passes.",
        propagation="Within an hour.",
        risk=(
            "A retention policy deletes items permanently, and without the copies only the message trace shows what was "
            "sent: find out whether they must be kept."
        ),
        source=(LIMITS, NDR, SET_MAILBOX),
        decide=(
            (
                "Run `Get-EXOMailboxStatistics -Identity {account} | Format-List TotalItemSize`, and compare the "
                "size with ProhibitSendQuota."
            ),
        ),
    ),
    Cause(
        id="outbound_spam_block",
        title="the sender or the tenant is blocked for outbound spam",
        meaning=(
            "Microsoft has classified mail from this account, tenant or address as spam, or does not yet trust "
            "the tenant because it is new. A change to the sender's settings does not help: the tenant's "
            "administrators must find the cause and remove the block."
        ),
        shows=(
            "OutboundSpamException; WASCL UserAction verdict; 5.1.8 bad outbound sender; 5.7.501 to 5.7.503, "
            "5.7.705, 5.7.708, 5.7.750; banned sending IP."
        ),
        who="exchange",
        kind=Kind.LIMIT,
        steps=(
            (
                "Look for {account} at Defender portal > Email & collaboration > Review > Restricted entities, or "
                "with `Get-BlockedSenderAddress`."
            ),
            Step("Look for the From address there as well: {from_address}.", when="from_differs"),
            (
                "If the account or the address is listed, secure the account first: reset its password and check its "
                "forwarding rules. Then select Unblock, or run `Remove-BlockedSenderAddress -SenderAddress "
                "{account}` with the listed address. This requires the role group Organization Management or Security "
                "Administrator."
            ),
            (
                "Only Microsoft can remove the block after 5.7.501 to 5.7.503 (a banned sender), 5.7.705 (the tenant "
                "is over its threshold), 5.7.708 (the IP address of a new or trial tenant) and 5.7.750 (domains that "
                "are not verified in the tenant). Remove the cause first; for 5.7.750, verify every sending domain. "
                "Then open a case at Microsoft 365 admin center > Support, and quote the whole reply."
            ),
            (
                "If the reply contains 'Banned sending IP', the application sends to the MX without signing in. Use "
                "smtp.office365.com and sign in, or request delisting at https://sender.office.com."
            ),
        ),
        verify="The list no longer contains the account or address, and check MBX-03 passes.",
        propagation="Usually within an hour after you unblock it, at most within 24 hours; a support case takes days.",
        risk="Secure the account before you unblock it; otherwise Microsoft blocks it again, for longer.",
        source=(RESTRICTED, NDR),
        decide=(
            (
                "Look in Restricted entities in the Defender portal: is {account} listed? Then run "
                "`Get-MessageTraceV2 -SenderAddress {from_address}` to see what was sent."
            ),
        ),
    ),
    Cause(
        id="onmicrosoft_sender",
        title="the From address is in the onmicrosoft.com domain, from which little mail may leave the organisation",
        meaning=(
            "From is an address in the domain that Microsoft gave the tenant, not in a domain of your own. All such addresses of "
            "a tenant together reach at most 100 external recipients in 24 hours; further mail to external recipients is "
            "refused. Internal recipients do not count."
        ),
        shows="550 5.7.236; RISK-08 shows a risk.",
        who="exchange",
        kind=Kind.LIMIT,
        steps=(
            "Use an address in a domain of your own as From: {from_address} can stay the name with which the account signs in.",
            (
                "If the tenant has no domain of its own yet, add one at Microsoft 365 admin center > Settings > Domains, and "
                "publish its SPF and DKIM records."
            ),
            (
                "Give the mailbox an address in your own domain: `Set-Mailbox -Identity {account} -WindowsEmailAddress "
                "'noreply@yourdomain.com'`. The old address stays as an alias. If the mailbox comes from Active Directory, change "
                "its addresses there."
            ),
            "Enter the new address as From in the mail plugin.",
        ),
        verify="The check RISK-08 passes, and the server accepts a message to an external recipient (check MBX-03).",
        propagation=(
            "Within an hour. If you keep the old From address, when the tenant is below 100 external recipients in 24 "
            "hours again."
        ),
        risk="Update the filters and rules that contain the old From address.",
        source=(MOERA,),
        decide=(
            Step("Run check RISK-08: does From end in onmicrosoft.com?", answered_by=("RISK-08",)),
            "Run `Get-AcceptedDomain | Format-Table DomainName, Default`: does the tenant have a domain of its own?",
        ),
    ),
    Cause(
        id="sender_not_authenticated",
        title="the sender's domain does not meet the recipient's requirements (SPF, DKIM, DMARC)",
        meaning=(
            "The recipient's service, such as outlook.com, requires SPF, DKIM and DMARC of domains from which it "
            "receives many messages (5,000 a day at Microsoft's consumer services). The domain in From does not pass "
            "these checks. Exchange Online accepted the message; the refusal comes back as a bounce."
        ),
        shows="550 5.7.515 Access denied, sending domain … does not meet the required authentication level.",
        who="exchange",
        kind=Kind.LIMIT,
        steps=(
            (
                "Find the domain of From, {from_address}, and read in the bounce which of Spf, Dkim and Dmarc failed. "
                "`Resolve-DnsName -Name _dmarc.yourdomain.com -Type TXT` shows the DMARC record."
            ),
            (
                "For SPF, a domain must have exactly one TXT record that begins with v=spf1: two of them make SPF fail. If there "
                "is one, add include:spf.protection.outlook.com to it; if not, publish v=spf1 "
                "include:spf.protection.outlook.com -all, and add the domain's other mail servers."
            ),
            (
                "For DKIM, run `Get-DkimSigningConfig | Format-List Name, Enabled, Status, Selector1CNAME, "
                "Selector2CNAME`. If the domain is not listed, add it: `New-DkimSigningConfig -DomainName 'yourdomain.com' "
                "-Enabled $false`. Publish the two CNAME records selector1._domainkey and selector2._domainkey with the values "
                "in the list. When name servers return them, turn signing on: `Set-DkimSigningConfig -Identity "
                "'yourdomain.com' -Enabled $true`. Without this last command, DKIM stays off for the domain."
            ),
            (
                "For DMARC, publish a TXT record for _dmarc.yourdomain.com with at least v=DMARC1; p=none. The domain in "
                "From must match that of SPF or DKIM."
            ),
        ),
        verify="A message to an outlook.com address shows spf=pass, dkim=pass and dmarc=pass in its headers.",
        propagation=(
            "When all name servers return the new records, usually within a day; Microsoft may take up to four days to find "
            "the DKIM records."
        ),
        risk=(
            "A strict SPF or DMARC record stops mail from servers that you forgot to list: start with p=none and read "
            "the reports."
        ),
        source=(BULK_SENDERS, DKIM, "https://www.rfc-editor.org/rfc/rfc7208"),
        decide=("Read the bounce: it names the domain and the check that failed.",),
    ),
)
