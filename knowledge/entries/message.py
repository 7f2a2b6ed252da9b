"""Causes after the sign-in: the right to the mailbox, the sender, the recipient."""

from typing import Final

from knowledge.cause import Cause, Kind
from knowledge.entries.sources import CONNECT_EXCHANGE, HIGH_VOLUME, LIMITS, NDR, OAUTH, RBAC, TROUBLE
from knowledge.step import Step

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
        propagation="Within half an hour to two hours; until then, some attempts succeed and others fail.",
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
        propagation="Within two hours.",
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
)
