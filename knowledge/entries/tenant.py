"""Causes that only a lookup in the tenant shows: settings that work but are less secure than they could be."""

from typing import Final

from knowledge.cause import Cause, Kind
from knowledge.entries.sources import CLIENT_CREDENTIALS, FAQ, MESSAGE_TRACE, SECURITY_DEFAULTS, WORKLOAD_ACCESS
from knowledge.step import Step

_APP: Final = "Entra admin center > Entra ID > App registrations > All applications > {client_id}"
_ACCESS: Final = "Entra admin center > Entra ID > Conditional Access"

ENTRIES: Final[tuple[Cause, ...]] = (
    Cause(
        id="app_multitenant",
        title="the application is open to other tenants",
        meaning=(
            "The registration accepts sign-ins from other directories. This does not stop mail, but Conditional Access "
            "for workload identities covers single-tenant applications only: no policy can limit the locations from "
            "which this application signs in."
        ),
        shows="signInAudience is not AzureADMyOrg.",
        who="entra",
        kind=Kind.REGISTRATION,
        steps=(
            "Open "
            + _APP
            + " > Authentication > Supported account types, and select Accounts in this organizational directory only.",
            (
                "Or with PowerShell: `Connect-MgGraph -Scopes Application.ReadWrite.All`, then `Update-MgApplication "
                "-ApplicationId (Get-MgApplication -All | Where-Object AppId -eq {client_id}).Id -SignInAudience AzureADMyOrg`."
            ),
        ),
        verify="In a run with lookups, check RISK-05 passes.",
        propagation="Within a few minutes.",
        risk=(
            "If the application is also installed in another tenant, it stops working there: find out before you "
            "make the change."
        ),
        source=(FAQ + ", OAuth Step 1", CLIENT_CREDENTIALS, WORKLOAD_ACCESS),
        decide=(
            Step(
                "Run check RISK-05 with lookups: is the registration's signInAudience other than AzureADMyOrg?",
                answered_by=("RISK-05",),
            ),
        ),
    ),
    Cause(
        id="account_not_dedicated",
        title="a person also seems to use the account that sends the mail",
        meaning=(
            "The account signs in to other applications, or has a second factor. A person may change the "
            "password, register for MFA or leave the organisation, and mail then stops."
        ),
        shows=(
            "The sign-in log shows other applications for this account, or the account has authentication "
            "methods other than the password."
        ),
        who="entra",
        kind=Kind.SIGN_IN,
        steps=(
            "Create an account that only this application uses, with a mailbox and a name that shows its purpose.",
            "Enter the new account as Username and From. Do not let people sign in with it.",
            "Put the reminder for the account's password and licence in the team's calendar, not in one person's.",
        ),
        verify="In a run with lookups, check RISK-06 passes.",
        propagation="Immediately for a new account. A new mailbox takes minutes, sometimes a day.",
        risk="The alerts then come from a new address: update the filters and rules that contain the old one.",
        source=(FAQ + ", Best Practices",),
        decide=(
            "Run `Get-MgUserAuthenticationMethod -UserId {account}`, and read the account's entries in the sign-in log.",
        ),
    ),
    Cause(
        id="sign_in_from_anywhere",
        title="the sign-in is not limited to known addresses",
        meaning=(
            "With the password or the client secret, anyone can send mail as this mailbox from anywhere. A "
            "Conditional Access policy that allows only the server's address makes a stolen credential useless "
            "elsewhere."
        ),
        shows="No enabled Conditional Access policy for this account or application has a location condition.",
        who="entra",
        kind=Kind.SIGN_IN,
        steps=(
            "Open "
            + _ACCESS
            + " > Named locations, and add the server's public address (IPv6 as well, if it has one).",
            (
                "Create a policy that blocks this account for all resources (formerly all cloud apps) from any location "
                "except the named one. Start in Report-only mode. With OAuth, create the policy for the workload identity: "
                "this requires a separate licence, and does not work for multi-tenant applications or managed identities. "
                "Conditional Access for users requires licence P1, and cannot be used while security defaults are on."
            ),
            "After a week, read the results, then turn on the policy.",
        ),
        verify="In a run with lookups, check RISK-07 passes, and the application can still send from the server.",
        propagation="Within minutes, at most within an hour.",
        risk=(
            "If the address is wrong or changes, the alerts stop immediately. Exclude one administrator account "
            "from every policy."
        ),
        source=(FAQ + ", Best Practices", WORKLOAD_ACCESS, SECURITY_DEFAULTS),
        decide=(
            Step(
                "Run check RISK-07 with lookups, or open " + _ACCESS + " > Policies and look for a location condition.",
                answered_by=("RISK-07",),
            ),
        ),
    ),
    Cause(
        id="message_trace_not_provisioned",
        title="the tenant lacks the service principal that the message trace needs",
        meaning=(
            "Microsoft Graph can read the message trace only if the tenant has a service principal of Microsoft's "
            "application Transport Data Platform. This service principal is missing, or was created only a short while "
            "ago. The permission of the lookup itself may be right."
        ),
        shows="HTTP 401, 'Service principal-less Authentication failed: the service principal for App ID 8bd644d1-… was not found'.",
        who="entra",
        steps=(
            (
                "Create the service principal once: `Connect-MgGraph -Scopes Application.ReadWrite.All`, then "
                "`New-MgServicePrincipal -AppId 8bd644d1-64a1-4d4b-ae52-2e0cbf64e373`."
            ),
            "Repeat the lookup after a few hours: `$ python3 run.py check --lookups-for=REPORT --settings=settings.toml`.",
        ),
        verify=(
            "`Get-MgServicePrincipal -Filter \"appId eq '8bd644d1-64a1-4d4b-ae52-2e0cbf64e373'\"` returns the service "
            "principal, and check MBX-06 has a result."
        ),
        propagation="Within several hours.",
        risk="None: the service principal gives no application a permission.",
        source=(MESSAGE_TRACE,),
        decide=(
            "Run `Get-MgServicePrincipal -Filter \"appId eq '8bd644d1-64a1-4d4b-ae52-2e0cbf64e373'\"`: does it return anything?",
        ),
    ),
)
