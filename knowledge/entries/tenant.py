"""Causes that only the tenant's own settings show: what works today and is weaker than it need be."""

from typing import Final

from knowledge.cause import Cause, Kind
from knowledge.entries.sources import CLIENT_CREDENTIALS, FAQ
from knowledge.step import Step

_APP: Final = "Entra admin center > Identity > Applications > App registrations > All applications > {client_id}"
_ACCESS: Final = "Entra admin center > Protection > Conditional Access > Policies"

ENTRIES: Final[tuple[Cause, ...]] = (
    Cause(
        id="app_multitenant",
        title="the application is open to other tenants",
        meaning=(
            "The registration accepts sign-ins from directories other than its own. Nothing fails by it, but an "
            "application that sends one organisation's alarms needs no door for others."
        ),
        shows="signInAudience is not AzureADMyOrg.",
        who="entra",
        kind=Kind.REGISTRATION,
        steps=(
            "Open " + _APP + " > Authentication > Supported account types and choose this organization only.",
            (
                "PowerShell: `Connect-MgGraph -Scopes Application.ReadWrite.All`, then `Update-MgApplication -ApplicationId "
                "(Get-MgApplication -All | Where-Object AppId -eq {client_id}).Id -SignInAudience AzureADMyOrg`."
            ),
        ),
        verify="Check RISK-05 passes in a run with lookups.",
        propagation="Minutes.",
        risk="An installation of the same application in another tenant stops working; find out whether there is one.",
        source=(FAQ + ", OAuth Step 1", CLIENT_CREDENTIALS),
        decide=(Step("Check RISK-05 with lookups: the registration's signInAudience.", answered_by=("RISK-05",)),),
    ),
    Cause(
        id="account_not_dedicated",
        title="a person seems to use the account that sends the alarms",
        meaning=(
            "Somebody signs in with this account elsewhere, or registered a second factor for it. A person's account "
            "changes its password, gets MFA, and ends with the person, and the alarms end with it."
        ),
        shows="The sign-in log has other applications of this account; authentication methods besides the password.",
        who="entra",
        kind=Kind.SIGN_IN,
        steps=(
            "Create an account that only this application uses, with a mailbox and a name that says so.",
            "Enter it as Username and From, and let no person sign in with it.",
            "Keep who is told before its password or licence ends in the team's calendar, not in one person's.",
        ),
        verify="Check RISK-06 passes in a run with lookups.",
        propagation="Immediately for a new account; a new mailbox takes minutes up to a day.",
        risk="The alarms come from another address: filters and rules that know the old one must learn it.",
        source=(FAQ + ", Best Practices",),
        decide=("`Get-MgUserAuthenticationMethod -UserId {account}`, and the account's rows in the sign-in log.",),
    ),
    Cause(
        id="sign_in_from_anywhere",
        title="the sign-in is not limited to known addresses",
        meaning=(
            "Whoever learns the password or the client secret can send as this mailbox from anywhere. A Conditional "
            "Access policy that knows the server's address makes a stolen credential useless elsewhere."
        ),
        shows="No enabled Conditional Access policy for this account or application has a location condition.",
        who="entra",
        kind=Kind.SIGN_IN,
        steps=(
            "Open " + _ACCESS + ": name the server's public address as a location (IPv6 as well, if it has one).",
            (
                "New policy for this account (OAuth: Workload identities, which need a licence of their own), target "
                "Office 365 Exchange Online, any location but the named one, Grant: block. Begin with Report-only."
            ),
            "Look at the report for a week, then switch the policy on.",
        ),
        verify="Check RISK-07 passes in a run with lookups, and a run from the server can still send.",
        propagation="Minutes, up to an hour.",
        risk="A wrong or changed address stops the alarms at once; keep one administrator excluded from every policy.",
        source=(FAQ + ", Best Practices",),
        decide=(
            Step("Check RISK-07 with lookups, or read the policies in " + _ACCESS + ".", answered_by=("RISK-07",)),
        ),
    ),
)
