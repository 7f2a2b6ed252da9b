"""Causes at the endpoint of High Volume Email, whose accounts are mail users without a mailbox."""

from datetime import date
from typing import Final

from knowledge.cause import Cause, Kind
from knowledge.entries.sources import BASIC_DATES, CONNECT_EXCHANGE, HIGH_VOLUME_OAUTH
from knowledge.step import Step

_FLOW: Final = "https://learn.microsoft.com/en-us/exchange/mail-flow-best-practices/"
MANAGE: Final = _FLOW + "high-volume-mails-m365"
TROUBLE: Final = _FLOW + "troubleshoot-high-volume-email-m365"
ADD_ACCESS: Final = "https://learn.microsoft.com/en-us/powershell/module/exchangepowershell/add-hveappaccess"
ACCOUNT_SETTINGS: Final = (
    "https://learn.microsoft.com/en-us/powershell/module/exchangepowershell/get-hveaccountsettings"
)
BASIC_2028: Final = "https://petri.com/high-volume-email-delivery-internal-recipients/"
READ: Final = date(2026, 11, 27)
FIELD_REPORT: Final = "one public report on the replies of the endpoint, not confirmed by Microsoft"

ENTRIES: Final[tuple[Cause, ...]] = (
    Cause(
        id="hve_app_not_allowed",
        title="the application is not allowed for this High Volume Email account",
        meaning=(
            "Each account of High Volume Email has a list of allowed applications, and this application is not in it. "
            "The list replaces the service principal in Exchange and FullAccess, both of which apply to mailboxes only."
        ),
        shows="550 5.7.240 The application is not allowed for use with this High Volume Email account.",
        who="exchange",
        kind=Kind.MAILBOX_OF_APPLICATION,
        checked=READ,
        steps=(
            CONNECT_EXCHANGE,
            (
                "Add the application to the list with the object id of the enterprise application, not with the client id: "
                "`Add-HVEAppAccess -Identity {account} -AppIds {sp_object_id}`. A list holds up to ten applications."
            ),
            (
                'If you do not know the object id, read it with `Get-MgServicePrincipal -Filter "appId eq {client_id}" '
                "| Format-List Id`, or at Entra admin center > Entra ID > Enterprise apps > All applications."
            ),
            "Do not create a service principal in Exchange or grant FullAccess: the account has no mailbox.",
        ),
        verify=(
            "`Get-HVEAccountSettings -Identity {account} | Format-List AllowedApps` lists {sp_object_id}, and check AUTH-01 passes."
        ),
        propagation="Within five minutes.",
        risk="Every application in the list can send as this account.",
        source=(HIGH_VOLUME_OAUTH, ADD_ACCESS, ACCOUNT_SETTINGS),
        decide=(
            (
                "Run `Get-HVEAccountSettings -Identity {account} | Format-List AllowedApps`: does the list contain the object id "
                "of the enterprise application, {sp_object_id}?"
            ),
            Step(
                (
                    "Run check TOKEN-03: if the token has the role Mail.Send and the sign-in is refused, the list of allowed "
                    "applications is the likeliest cause."
                ),
                answered_by=("TOKEN-03",),
            ),
        ),
    ),
    Cause(
        id="hve_account_missing",
        title="the account that signs in is not a High Volume Email account",
        meaning=(
            "The server in the settings is the endpoint of High Volume Email, which accepts only accounts that were created "
            "for it. An ordinary mailbox cannot sign in there."
        ),
        shows="A refused sign-in at smtp.hve.mx.microsoft or smtp-hve.office365.com; in one public report, 5.2.240.",
        who="exchange",
        kind=Kind.SIGN_IN,
        checked=READ,
        steps=(
            (
                "Open Exchange admin center > Mail flow > High Volume Email. Is {account} in the list, and does it have a "
                "valid billing policy?"
            ),
            (
                "If {account} is not in the list, add an account there, and enter the new account as the user name and as "
                "From."
            ),
            "Or, to send from an ordinary mailbox, set SMTP Server to smtp.office365.com.",
        ),
        verify="The check AUTH-01 passes.",
        propagation="Within minutes.",
        risk="Set SMTP Server to smtp.office365.com only if its limits are enough: 30 messages per minute, 10,000 recipients a day.",
        source=(MANAGE, TROUBLE, ACCOUNT_SETTINGS, FIELD_REPORT),
        decide=(
            (
                "As an Exchange administrator, run `Get-HVEAccountSettings -Identity {account}`: if the account is not "
                "found, it is not a High Volume Email account."
            ),
        ),
    ),
    Cause(
        id="hve_basic_retiring",
        title="High Volume Email supports Basic authentication until September 2028",
        meaning=(
            "Microsoft supports Basic authentication for High Volume Email until September 2028. The change to Basic "
            "authentication at smtp.office365.com at the end of December 2026 does not affect this sender."
        ),
        shows="RISK-01 shows a risk, and all other checks pass.",
        who="sender",
        kind=Kind.ACCESS,
        checked=READ,
        steps=(
            (
                "Plan the move to OAuth. Create an app registration with the application permission Mail.Send of Office 365 "
                "Exchange Online, grant admin consent, and set the scope https://outlook.office.com/.default."
            ),
            "Have an Exchange administrator add the application to the account's list of allowed applications (Add-HVEAppAccess).",
        ),
        verify="After the move, check RISK-01 no longer applies.",
        propagation="None.",
        risk="None.",
        source=(MANAGE, HIGH_VOLUME_OAUTH, BASIC_2028, BASIC_DATES),
        decide=("The SMTP server in the settings is {smtp_server}: is this the endpoint of High Volume Email?",),
    ),
)
