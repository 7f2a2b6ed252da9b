"""Causes that only a lookup in the tenant shows: settings that work but are weaker than necessary."""

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
            "The registration accepts sign-ins from other directories. This breaks nothing, but an application that sends "
            "the alerts of one organisation does not need it."
        ),
        shows="signInAudience is not AzureADMyOrg.",
        who="entra",
        kind=Kind.REGISTRATION,
        steps=(
            "Choose this organization only at " + _APP + " > Authentication > Supported account types.",
            (
                "Or with PowerShell: `Connect-MgGraph -Scopes Application.ReadWrite.All`, then `Update-MgApplication "
                "-ApplicationId (Get-MgApplication -All | Where-Object AppId -eq {client_id}).Id -SignInAudience AzureADMyOrg`."
            ),
        ),
        verify="Check RISK-05 passes in a run with lookups.",
        propagation="Within minutes.",
        risk="If the same application is installed in another tenant, it stops working there: find out first.",
        source=(FAQ + ", OAuth Step 1", CLIENT_CREDENTIALS),
        decide=(Step("Check RISK-05 with lookups: the registration's signInAudience.", answered_by=("RISK-05",)),),
    ),
    Cause(
        id="account_not_dedicated",
        title="a person seems to use the account that sends the mail",
        meaning=(
            "The account signs in to other applications, or a second factor is registered for it. A person changes the "
            "password, gets MFA, and may leave the organisation; then the mail stops."
        ),
        shows=(
            "The sign-in log shows other applications for this account, or it has authentication methods other than the "
            "password."
        ),
        who="entra",
        kind=Kind.SIGN_IN,
        steps=(
            "Create an account that only this application uses, with a mailbox and a name that shows its purpose.",
            "Enter it as Username and From. No person signs in with it.",
            "Put the reminder for its password and licence into the team's calendar, not into one person's.",
        ),
        verify="Check RISK-06 passes in a run with lookups.",
        propagation="Immediately for a new account; a new mailbox takes minutes, up to a day.",
        risk="The alerts then come from another address: update the filters and rules that contain the old one.",
        source=(FAQ + ", Best Practices",),
        decide=(
            ("`Get-MgUserAuthenticationMethod -UserId {account}`, and the entries of the account in the sign-in log."),
        ),
    ),
    Cause(
        id="sign_in_from_anywhere",
        title="the sign-in is not limited to known addresses",
        meaning=(
            "With the password or the client secret, mail can be sent as this mailbox from anywhere. With a Conditional "
            "Access policy that allows only the server's address, a stolen credential is useless elsewhere."
        ),
        shows="No enabled Conditional Access policy for this account or application has a location condition.",
        who="entra",
        kind=Kind.SIGN_IN,
        steps=(
            "Open " + _ACCESS + ": add the server's public address as a named location (IPv6 as well, if it has one).",
            (
                "Create a policy for this account (OAuth: Workload identities, which need a separate licence), target Office "
                "365 Exchange Online, any location except the named one, Grant: block. Start with Report-only."
            ),
            "Read the report for a week, then switch the policy on.",
        ),
        verify="Check RISK-07 passes in a run with lookups, and the application can still send from the server.",
        propagation="Within minutes, at most an hour.",
        risk=(
            "If the address is wrong or changes, the alerts stop immediately. Exclude one administrator from every policy."
        ),
        source=(FAQ + ", Best Practices",),
        decide=(
            Step("Check RISK-07 with lookups, or read the policies in " + _ACCESS + ".", answered_by=("RISK-07",)),
        ),
    ),
)
