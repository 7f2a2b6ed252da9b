"""Causes after the sign-in that concern access to the mailbox, the sender or the recipient."""

from datetime import date
from typing import Final

from knowledge.cause import Cause, Kind
from knowledge.entries.sources import (
    CONNECT_EXCHANGE,
    DEVICE,
    DIRECT_SEND,
    HIGH_VOLUME,
    INBOUND_CONNECTOR,
    LIMITS,
    NDR,
    OAUTH,
    OTHER_WAYS,
    RBAC,
    RBAC_SMTP,
    RELAY_CERTIFICATE,
    TROUBLE,
)
from knowledge.step import Step

ENTRIES: Final[tuple[Cause, ...]] = (
    Cause(
        id="address_malformed",
        title="an address in the envelope is incomplete",
        meaning=(
            "The server accepts only complete addresses, such as alerts@example.com, as sender and recipient. "
            "This address has no domain, or contains characters that are not allowed in an address."
        ),
        shows="501 5.1.7 Invalid address after MAIL, 501 5.1.3 Invalid address after RCPT.",
        who="sender",
        kind=Kind.ADDRESS,
        steps=(
            (
                "In the application, enter a complete address in From (now {from_address}) and in To (now "
                "{recipient}): one address with its domain, without a display name."
            ),
        ),
        verify="The checks MBX-01 and MBX-02 pass.",
        propagation="Immediately.",
        risk="None.",
        source=(TROUBLE,),
        decide=(
            "Look at the command that the server refused: MAIL contains the sender's address, RCPT the recipient's.",
        ),
    ),
    Cause(
        id="sp_mailbox_permission_missing",
        title="the application can sign in but has no right to use the mailbox",
        meaning=(
            "With app-only OAuth, a successful sign-in (235) proves nothing about the mailbox: Exchange checks "
            "the right to use it only when it receives the message. The right is missing, or has not taken "
            "effect yet. The mail plugin's FAQ omits this step."
        ),
        shows=(
            "430 4.2.0 STOREDRV; mailbox logon failure … MapiExceptionLogonFailed, after the message body; mail "
            "queues that retry without reporting an error."
        ),
        who="exchange",
        kind=Kind.MAILBOX_OF_APPLICATION,
        steps=(
            CONNECT_EXCHANGE,
            (
                "Find out whether the application has FullAccess: `Get-MailboxPermission -Identity {account} -User "
                "{sp_object_id}`."
            ),
            (
                "Grant FullAccess: `Add-MailboxPermission -Identity {account} -User {sp_object_id} -AccessRights FullAccess`."
            ),
            Step(
                (
                    "FullAccess applies to the mailbox that signs in, {account}. If From is the address of a different mailbox, "
                    "grant Send As on that mailbox too (cause send_as_denied)."
                ),
                when="from_differs",
            ),
            (
                "Or, for narrower access, use RBAC for Applications: `New-ManagementScope -Name 'Alert mailbox' "
                "-RecipientRestrictionFilter (\"UserPrincipalName -eq '{0}' -or EmailAddresses -eq 'smtp:{0}'\" -f "
                "{account})`, then `New-ManagementRoleAssignment -Role 'Application SMTP.SendAsApp' -App {client_id} "
                "-CustomResourceScope 'Alert mailbox'`. In this case, remove the Entra permission SMTP.SendAsApp: while the "
                "token contains it, Exchange still requires FullAccess. Announced for the worldwide cloud only."
            ),
            "Wait two hours for FullAccess or the role to take effect before you look for a different cause.",
        ),
        verify=(
            "`Get-MailboxPermission -Identity {account} -User {sp_object_id}` shows FullAccess (with RBAC: "
            "`Test-ServicePrincipalAuthorization -Identity {client_id} -Resource {account}` shows InScope True), "
            "and check MBX-03 passes."
        ),
        propagation="After half an hour to two hours; until then, some attempts succeed and others fail.",
        risk="FullAccess also lets the application read the mailbox: use a dedicated mailbox, or RBAC for Applications.",
        source=(OAUTH, RBAC, RBAC_SMTP),
        decide=(
            (
                "Run `Get-MailboxPermission -Identity {account} -User {sp_object_id}`. If FullAccess was granted less than "
                "two hours ago, wait."
            ),
        ),
    ),
    Cause(
        id="send_as_denied",
        title="this account is not allowed to send as the From address",
        meaning=(
            "The sign-in succeeded, but the From address does not belong to this account, and the account has no "
            "right to use it."
        ),
        shows=(
            "554 5.2.252 SendAsDenied; MapiExceptionSendAsDenied; 550 5.7.60 Client does not have permissions to "
            "send as this sender."
        ),
        who="exchange",
        kind=Kind.SEND_AS,
        steps=(
            (
                "If possible, set From to the mail address of the account that signs in, {account}: this is the simplest "
                "remedy, and no administrator has to act."
            ),
            (
                "If the account's mail address differs from its sign-in name, find it with `Get-EXOMailbox -Identity "
                "{account} | Format-List PrimarySmtpAddress`."
            ),
            "Or keep From and grant Send As. " + CONNECT_EXCHANGE,
            Step(
                (
                    "If the sender uses a password, run `Add-RecipientPermission -Identity {from_address} -Trustee "
                    "{account} -AccessRights SendAs -Confirm:$false`. In the portal, open Exchange admin center > "
                    "Recipients > Mailboxes > {from_address} > Delegation > Send as, and add {account}."
                ),
                when="basic",
            ),
            Step(
                (
                    "If the sender uses OAuth, grant Send As to two trustees. For the service principal (the object id of the "
                    "enterprise application), run `Add-RecipientPermission -Identity {from_address} -Trustee {sp_object_id} "
                    "-AccessRights SendAs -Confirm:$false`. For the mailbox that signs in, run `Add-RecipientPermission "
                    "-Identity {from_address} -Trustee {account} -AccessRights SendAs -Confirm:$false`. Microsoft's page does "
                    "not say which of the two trustees is required. In one field report it was the mailbox; this has not been "
                    "verified against the live service."
                ),
                when="oauth",
            ),
            (
                "An alias of the mailbox that signs in should need no right: according to Microsoft, SMTP AUTH keeps an alias in "
                "From. Only if an alias is refused or replaced, run `Set-OrganizationConfig -SendFromAliasEnabled $true`."
            ),
            "Make sure that the client sends an address in From, not only a display name.",
        ),
        verify="`Get-RecipientPermission -Identity {from_address}` lists {account} with SendAs, and check MBX-03 passes.",
        propagation="Within two hours.",
        risk=(
            "Grant Send As on one address to one account, never on all mailboxes. SendFromAliasEnabled affects "
            "the whole tenant."
        ),
        source=(TROUBLE, OAUTH, NDR),
        decide=(
            (
                "Compare From, {from_address}, with the account that signs in, {account}. Then run "
                "`Get-RecipientPermission -Identity {from_address}`."
            ),
        ),
    ),
    Cause(
        id="recipient_rejected",
        title="the server refuses the recipient",
        meaning="The recipient's address does not exist or is misspelt, or it does not accept mail from this sender.",
        shows=(
            "550 5.1.1, 5.1.10 Recipient not found, 5.4.1 Recipient address rejected, 5.7.133 and similar codes, 501 5.1.3 "
            "Invalid address."
        ),
        who="sender",
        kind=Kind.ADDRESS,
        steps=(
            "Check {recipient} for typing errors, spaces and missing angle brackets.",
            "Test with the sender's own address as the recipient (the default of smtp365).",
            (
                "If the recipient accepts mail only from certain senders, ask the recipient's administrator to allow "
                "{from_address}. For a distribution group, `Get-DistributionGroup -Identity {recipient} | "
                "Format-List RequireSenderAuthenticationEnabled, AcceptMessagesOnlyFrom*` shows the restrictions."
            ),
            (
                "Do not send to external recipients from a High Volume Email account: it can send to internal "
                "recipients only."
            ),
        ),
        verify="The server replies 250 to RCPT TO (MBX-02), and no bounce arrives.",
        propagation="Immediately.",
        risk="None.",
        source=(NDR, "https://www.rfc-editor.org/rfc/rfc5321"),
        decide=(
            Step(
                "Run check MBX-02 with a different recipient, such as the sender's own address.",
                answered_by=("MBX-02",),
            ),
        ),
    ),
    Cause(
        id="hve_external_recipient",
        title="High Volume Email cannot send to this external recipient",
        meaning=(
            "The server in the settings is the endpoint of High Volume Email, which delivers only to recipients "
            "in its own tenant and refuses external recipients."
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
        verify="The checks MBX-07 and MBX-02 pass.",
        propagation="Immediately.",
        risk="smtp.office365.com has different limits: 30 messages per minute, 10,000 recipients per day.",
        source=(HIGH_VOLUME, LIMITS),
        decide=("Run `Get-AcceptedDomain | Format-Table DomainName`: is the domain of {recipient} in the list?",),
    ),
    Cause(
        id="direct_send_refused",
        title="the organisation refuses mail that arrives without a sign-in (Direct Send)",
        meaning=(
            "The message went to the tenant's MX host without a sign-in. The organisation rejects such mail from its own "
            "domains (RejectDirectSend), or no connector recognises this server, so Exchange Online treats the sender as "
            "external."
        ),
        shows="550 5.7.68 TenantInboundAttribution; Direct Send not allowed; 550 5.7.64 TenantAttribution; Relay Access Denied.",
        who="exchange",
        kind=Kind.ADDRESS,
        steps=(
            "Preferably, sign in: set SMTP Server to smtp.office365.com, Port to 587, and use OAuth.",
            (
                "If this server must send without a sign-in, create an inbound connector that recognises it by its certificate or "
                "its fixed public address: `New-InboundConnector -Name 'Alert server' -ConnectorType OnPremises -SenderDomains "
                "'*' -RequireTls $true -TlsSenderCertificateName 'mail.yourdomain.com'`. In the portal: Exchange admin center > "
                "Mail flow > Connectors. The name in the certificate must belong to an accepted domain of the tenant, and no "
                "other tenant may use the address."
            ),
            (
                "Read the tenant's setting: `Get-OrganizationConfig | Format-List RejectDirectSend`. Leave RejectDirectSend "
                "on: it stops strangers from sending mail in the name of your domain."
            ),
            OTHER_WAYS,
        ),
        verify="The same message is accepted, and its headers show the connector or an authenticated sign-in.",
        propagation="Within an hour.",
        risk="A connector that recognises an address also accepts mail from every other program behind that address.",
        source=(DIRECT_SEND, DEVICE, NDR, INBOUND_CONNECTOR, RELAY_CERTIFICATE),
        checked=date(2026, 11, 27),
        decide=(
            "Run `Get-OrganizationConfig | Format-List RejectDirectSend` and `Get-InboundConnector | Format-Table Name, Enabled`.",
        ),
    ),
)
