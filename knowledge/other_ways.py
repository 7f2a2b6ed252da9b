"""The other ways to send mail with Microsoft 365, compared in one table. `docs.handbook` writes the page; remedies refer to it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

from knowledge.entries.sources import (
    ACS_SMTP,
    BASIC_DATES,
    DEVICE,
    DIRECT_SEND,
    HIGH_VOLUME,
    HIGH_VOLUME_OAUTH,
    OAUTH,
    RBAC,
    SERVICE_LIMITS,
)

READ: Final = date(2026, 11, 27)


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """A way to send: what it is good for, how a program signs in, its limits, what it costs, the steps and the sources."""

    name: str
    suits: str
    sign_in: str
    limits: str
    costs: str
    steps: tuple[str, ...]
    source: tuple[str, ...]


WAYS: Final[tuple[Way, ...]] = (
    Way(
        name="SMTP AUTH with OAuth (first choice)",
        suits="Programs that can sign in with OAuth. The server, the mailbox and the limits stay the same.",
        sign_in="XOAUTH2 at smtp.office365.com:587, with client credentials and the permission SMTP.SendAsApp.",
        limits="10,000 recipients a day, 30 messages a minute and three connections at a time for each mailbox.",
        costs=(
            "A mailbox (a licence, or a shared mailbox without one), one app registration, and a client secret or certificate "
            "that must be renewed. No charge for each message."
        ),
        steps=(
            "Register the application and grant SMTP.SendAsApp with admin consent.",
            (
                "Register its service principal in Exchange, and give it access to the mailbox with FullAccess or RBAC for "
                "Applications."
            ),
            "Enter Client Id, Client Secret, OpenID Endpoint Configuration and Scope in the mail plugin, and run smtp365.",
        ),
        source=(OAUTH, RBAC, SERVICE_LIMITS),
    ),
    Way(
        name="High Volume Email",
        suits=(
            "Many messages to recipients inside the organisation, and programs that can sign in only with a user name "
            "and a password."
        ),
        sign_in="The endpoint of High Volume Email, port 587, with Basic authentication (until September 2028) or OAuth.",
        limits="Internal recipients only. Basic authentication is refused while security defaults are on.",
        costs=(
            "A special account (a mail user), and since June 2026 a charge for each recipient, paid through an Azure subscription. "
            "With Basic authentication, the password remains a risk, and you must move to OAuth by September 2028."
        ),
        steps=(
            (
                "Create a billing policy at Microsoft 365 admin center > Billing > Pay-as-you-go. Create the account at Exchange "
                "admin center > Mail flow > High Volume Email, and connect the policy to it: without one, the account cannot send."
            ),
            "Set SMTP Server to smtp.hve.mx.microsoft and Port to 587, and enter the account as Username and From.",
            (
                "For OAuth, give the application the permission Mail.Send of Office 365 Exchange Online, set Scope to "
                "https://outlook.office.com/.default, and add the application to the account's list of allowed applications "
                "(Add-HVEAppAccess)."
            ),
        ),
        source=(HIGH_VOLUME, HIGH_VOLUME_OAUTH, BASIC_DATES),
    ),
    Way(
        name="Azure Communication Services Email",
        suits="Mail to many external recipients, and programs that can sign in only with a user name and a password.",
        sign_in=(
            "smtp.azurecomm.net:587. The user name is an SMTP user name resource, or <resource>.<application id>.<tenant id>; "
            "the password is the client secret of an Entra application with the role Communication and Email Service Owner."
        ),
        limits="Low limits at first, which Azure support can raise on request. There is no mailbox for replies.",
        costs=(
            "An Azure subscription, and a charge for each message and for its size. The sending domain must be verified, with "
            "SPF and DKIM records. The client secret expires."
        ),
        steps=(
            "Create an Email Communication Services resource, verify the domain, and connect it to a Communication Services resource.",
            (
                "Register an Entra application, give it the role Communication and Email Service Owner on the Communication "
                "Services resource, and create the SMTP user name."
            ),
            (
                "Set SMTP Server, Username and Password in the mail plugin; for smtp365, declare the service in the settings "
                "(cloud = custom)."
            ),
        ),
        source=(ACS_SMTP,),
    ),
    Way(
        name="Microsoft Graph sendMail, with rights for one mailbox",
        suits="Programs that can be changed to call an HTTPS interface, and networks that block port 587.",
        sign_in="OAuth client credentials with the Exchange role Application Mail.Send, limited to a scope of mailboxes.",
        limits=(
            "The limits of the mailbox, as for SMTP AUTH. An attachment of more than 3 MB needs an upload session on a draft, and "
            "for that the role Application Mail.ReadWrite too."
        ),
        costs=(
            "The program must be changed. The Entra permission Mail.Send covers every mailbox of the tenant: do not "
            "grant it, but use RBAC for Applications instead."
        ),
        steps=(
            "Create a management scope that contains only the sending mailbox.",
            "Assign the role Application Mail.Send in that scope to the service principal, and do not grant Mail.Send in Entra.",
            "Check with `Test-ServicePrincipalAuthorization` that another mailbox is out of scope.",
        ),
        source=(
            "https://learn.microsoft.com/en-us/graph/api/user-sendmail",
            "https://learn.microsoft.com/en-us/graph/outlook-large-attachments",
            RBAC,
        ),
    ),
    Way(
        name="A connector for your own relay or device (SMTP relay)",
        suits="Devices that cannot sign in, behind a fixed public address or with a certificate.",
        sign_in="None: Exchange Online recognises the certificate or the address, at the tenant's MX host on port 25.",
        limits="The limits of the tenant; port 25 must be open.",
        costs=(
            "A fixed address or a certificate, and its upkeep. Every program behind that address can send as your domain; "
            "SPF must list it. Direct Send, without a connector, reaches internal recipients only and is often rejected."
        ),
        steps=(
            "Create the connector at Exchange admin center > Mail flow > Connectors, from your organisation's server to Office 365.",
            "Let the devices send to a relay of your own that requires a sign-in, and let only the relay use the connector.",
        ),
        source=(DEVICE, DIRECT_SEND),
    ),
)
