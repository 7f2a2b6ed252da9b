"""Causes that concern the reply to a token request, or the token. The path is covered in `login`, the registration in `application`."""

from datetime import date
from typing import Final

from knowledge.cause import Cause, Kind
from knowledge.entries.sources import (
    ACCESS_EVALUATION,
    CLIENT_CREDENTIALS,
    CONDITIONAL_ACCESS,
    ENTRA_CODES,
    FAQ,
    HIGH_VOLUME_OAUTH,
    OAUTH,
    WORKLOAD_ACCESS,
)
from knowledge.step import Step

_APP: Final = "Open Entra admin center > Entra ID > App registrations > All applications > {client_id}"

ENTRIES: Final[tuple[Cause, ...]] = (
    Cause(
        id="wrong_scope_or_audience",
        title="the scope is wrong, or the token is for a different service",
        meaning=(
            "A token is valid for one service only. For SMTP with client credentials, the scope must be "
            "https://outlook.office365.com/.default. A token for Microsoft Graph, the scope SMTP.Send or a "
            "misspelt resource does not work."
        ),
        shows=(
            "AADSTS70011, 1002012, 500011, 650053; invalid_scope; a token whose aud is not "
            "https://outlook.office365.com; bare 535 5.7.3 to XOAUTH2."
        ),
        who="sender",
        steps=(
            Step(
                "Set Scope to https://outlook.office365.com/.default, without spaces and without a second scope.",
                when="not_high_volume",
            ),
            Step(
                (
                    "For High Volume Email, set Scope to https://outlook.office.com/.default, without spaces and without a "
                    "second scope."
                ),
                when="high_volume",
            ),
            "In another cloud, set Scope to https://outlook.office365.us/.default or https://partner.outlook.cn/.default.",
            (
                "If a person signs in instead (delegated permissions), set Scope to "
                "https://outlook.office365.com/SMTP.Send offline_access."
            ),
        ),
        verify="The checks OAUTH-11 and TOKEN-03 pass: aud is the address in the scope, without /.default.",
        propagation="With the next token. To get one immediately, clear the token cache or restart the application.",
        risk="None.",
        source=(FAQ + ", OAuth Step 5", OAUTH, CLIENT_CREDENTIALS, ENTRA_CODES, HIGH_VOLUME_OAUTH),
        decide=(
            Step(
                (
                    "Run check TOKEN-03, and read the aud claim of the token (decode the token on your own machine, "
                    "never on a website)."
                ),
                answered_by=("TOKEN-03",),
            ),
        ),
    ),
    Cause(
        id="resource_missing",
        title="Exchange Online does not exist in this tenant",
        meaning="The tenant has never had an Exchange Online licence, so it has no service for which a token can be issued.",
        shows="AADSTS500011 or 650052, although the scope is spelt correctly.",
        who="entra",
        kind=Kind.REGISTRATION,
        steps=(
            (
                "Look for the service: `Get-MgServicePrincipal -Filter \"appId eq '00000002-0000-0ff1-ce00-000000000000'\"`."
            ),
            (
                "Make sure that this is the tenant with the mailboxes. If it is, assign at least one licence that "
                "includes Exchange Online."
            ),
        ),
        verify="The command returns Office 365 Exchange Online, and check TOKEN-02 passes.",
        propagation="Within a few hours of the first licence.",
        risk="A licence costs money: make sure that the tenant is the right one before you buy one.",
        source=(ENTRA_CODES, OAUTH),
        decide=(
            "Filter the list of enterprise applications by Microsoft applications: is Office 365 Exchange Online in it?",
        ),
    ),
    Cause(
        id="consent_missing",
        title="the application lacks the permission or admin consent",
        meaning=(
            "The application gets a token but has no permission to send by SMTP. With client credentials this "
            "causes no error; the token only lacks the role SMTP.SendAsApp (for High Volume Email, Mail.Send)."
        ),
        shows=(
            "No roles claim with SMTP.SendAsApp (and the application is not scoped with RBAC for Applications); "
            "AADSTS65001, 650057; bare 535 5.7.3 to XOAUTH2; from High Volume Email, 535 5.7.144 XOAUTH2 authentication failed. "
            "Invalid API permissions."
        ),
        who="entra",
        kind=Kind.REGISTRATION,
        steps=(
            Step(
                _APP
                + (
                    " > API permissions. Select Add a permission > APIs my organization uses > Office 365 Exchange "
                    "Online > Application permissions > SMTP.SendAsApp (not under Microsoft Graph), then Grant admin "
                    "consent."
                ),
                when="not_high_volume",
            ),
            Step(
                (
                    "For High Volume Email, open Entra admin center > Entra ID > App registrations > All applications > "
                    "{client_id} > API permissions. Select Add a permission > APIs my organization uses > Office 365 Exchange "
                    "Online > Application permissions > Mail.Send (not under Microsoft Graph), then Grant admin consent. An "
                    "Exchange administrator must also add the application to the account's list of allowed applications (cause "
                    "hve_app_not_allowed)."
                ),
                when="high_volume",
            ),
            Step(
                "Or with PowerShell: `Connect-MgGraph -Scopes Application.Read.All, AppRoleAssignment.ReadWrite.All`, then "
                '`$exo = Get-MgServicePrincipal -Filter "appId eq '
                "'00000002-0000-0ff1-ce00-000000000000'\"; $role = $exo.AppRoles | Where-Object Value -eq 'SMTP.SendAsApp'; "
                "New-MgServicePrincipalAppRoleAssignment -ServicePrincipalId {sp_object_id} -PrincipalId {sp_object_id} "
                "-ResourceId $exo.Id -AppRoleId $role.Id`.",
                when="not_high_volume",
            ),
            Step(
                (
                    "Or with PowerShell: `Connect-MgGraph -Scopes Application.Read.All, AppRoleAssignment.ReadWrite.All`, then "
                    '`$exo = Get-MgServicePrincipal -Filter "appId eq '
                    "'00000002-0000-0ff1-ce00-000000000000'\"; $role = $exo.AppRoles | Where-Object Value -eq 'Mail.Send'; "
                    "New-MgServicePrincipalAppRoleAssignment -ServicePrincipalId {sp_object_id} -PrincipalId {sp_object_id} "
                    "-ResourceId $exo.Id -AppRoleId $role.Id`."
                ),
                when="high_volume",
            ),
            Step(
                "For narrower access, if RBAC for Applications is available, do not grant the Entra permission. "
                "Grant the Exchange role 'Application SMTP.SendAsApp' for one mailbox instead; the roles claim is "
                "then empty, as it should be.",
                when="not_high_volume",
            ),
            "Request a new token: the old one keeps its claims for about an hour.",
        ),
        verify=(
            "The check OAUTH-02 passes: roles contains SMTP.SendAsApp (for High Volume Email, Mail.Send). With RBAC for "
            "Applications, roles is empty, and the server accepts the message."
        ),
        propagation="Within minutes of the consent; if a token is cached, when it expires.",
        risk=(
            "With SMTP.SendAsApp, the application can use only the mailboxes on which an Exchange administrator has "
            "granted it FullAccess. RBAC for Applications restricts it to the mailboxes in a scope."
        ),
        source=(FAQ + ", OAuth Step 2", OAUTH, CLIENT_CREDENTIALS, HIGH_VOLUME_OAUTH),
        decide=(
            Step(
                "Run check TOKEN-03: does the token have the role SMTP.SendAsApp (for High Volume Email, Mail.Send)?",
                answered_by=("TOKEN-03",),
            ),
        ),
    ),
    Cause(
        id="conditional_access_block",
        title="a Conditional Access policy blocks this sign-in",
        meaning=(
            "The credentials may be right, but one of the tenant's policies does not allow this sign-in from "
            "this location or with this method. The same application may work in one network and fail in another."
        ),
        shows="535 5.7.139 … did not meet the criteria to be authenticated successfully; AADSTS53003, 53000, 530032.",
        who="entra",
        kind=Kind.ACCESS,
        steps=(
            Step(
                (
                    "If the sender uses a password, open Entra admin center > Entra ID > Monitoring & health > Sign-in logs, and "
                    "select the failed sign-in of {account}. The Conditional Access tab shows which policy blocked it."
                ),
                when="basic",
            ),
            Step(
                (
                    "If the sender uses OAuth, open Entra admin center > Entra ID > Monitoring & health > Sign-in logs > Service "
                    "principal sign-ins, and select the failed sign-in of {client_id}. The Conditional Access tab shows "
                    "which policy blocked it."
                ),
                when="oauth",
            ),
            Step(
                (
                    "Exclude only this account from that policy, and add a second policy that blocks the account "
                    "everywhere except at the server's public address (named location)."
                ),
                when="basic",
            ),
            Step(
                (
                    "If the policy is for workload identities, add the server's public address to a named location that "
                    "the policy excludes."
                ),
                when="oauth",
            ),
            Step(
                "Preferably, move the sender to OAuth client credentials: policies for users do not apply to them.",
                when="basic",
            ),
        ),
        verify="The next attempt appears as Success in the sign-in log, and check AUTH-01 passes on the same machine.",
        propagation="Usually within two hours, but a changed policy can take up to a day to reach Exchange Online.",
        risk=(
            "Each exclusion weakens the policy: limit it to one account and one address, and record who is responsible "
            "for it and when it ends. A broader exclusion conflicts with the CISA SCuBA baseline MS.AAD.1.1 (legacy "
            "authentication shall be blocked)."
        ),
        source=(CONDITIONAL_ACCESS, WORKLOAD_ACCESS, ACCESS_EVALUATION, ENTRA_CODES),
        checked=date(2026, 11, 27),
        decide=(
            (
                "Open the failed entry in the sign-in log: the Conditional Access tab shows which policy blocked it. "
                "If no policy applied, the cause is MFA or security defaults."
            ),
        ),
    ),
    Cause(
        id="token_throttled",
        title="the token service limits the rate of requests",
        meaning=(
            "The application or the tenant has sent too many token requests. A token is valid for about an hour and should "
            "be cached and reused."
        ),
        shows="HTTP 429, AADSTS90055, AADSTS50196 (loop).",
        who="sender",
        steps=(
            "Wait for the time given in the Retry-After header.",
            "Cache the token until shortly before it expires (expires_in). Do not request a new token for each message.",
        ),
        verify="The log shows at most one token request per sender per hour.",
        propagation="Within minutes.",
        risk="None.",
        source=(
            ENTRA_CODES,
            "https://learn.microsoft.com/en-us/entra/identity-platform/reference-error-codes#handling-error-codes-in-your-application",
        ),
        decide=("Count the token requests in the sign-in log of the service principal.",),
    ),
    Cause(
        id="token_expired",
        title="the token or the refresh token is no longer valid",
        meaning=(
            "The application sent an old token, or its refresh token has expired because it was not used or the "
            "password was changed. The application needs a new token or a new sign-in."
        ),
        shows=(
            "AADSTS700082, 70008, 50173, 70043; 'token has expired'; 535 5.7.3 to XOAUTH2 after the application "
            "has run for about an hour; from High Volume Email, 535 5.7.142 Token will expire soon and 535 5.7.143 Expired token."
        ),
        who="sender",
        kind=Kind.SIGN_IN,
        steps=(
            (
                "With client credentials, request a new token. If the client keeps using the old one, restart it and "
                "check the machine's clock."
            ),
            (
                "With a delegated sign-in, sign in to the application again as {account}, and keep offline_access in "
                "the scope."
            ),
            Step(
                (
                    "For High Volume Email, request a new token shortly before the sign-in, and end each session before the "
                    "token expires: the server also refuses a token that expires soon."
                ),
                when="high_volume",
            ),
            "Consider client credentials, which need no refresh token.",
        ),
        verify="The check TOKEN-03 shows an exp claim in the future, and check AUTH-01 passes.",
        propagation="Immediately.",
        risk="None.",
        source=(ENTRA_CODES, OAUTH, HIGH_VOLUME_OAUTH),
        decide=(
            Step(
                "Run check TOKEN-03, and compare the exp claim with the time of the attempt.", answered_by=("TOKEN-03",)
            ),
        ),
    ),
    Cause(
        id="token_user_mismatch",
        title="the user name does not match the user in the token",
        meaning=(
            "If the token was issued to a person, the user name sent with it must be that person's mailbox or "
            "one that this person may use. Here the two differ."
        ),
        shows=(
            "Bare 535 5.7.3 to XOAUTH2; a upn claim that differs from the user name; a token of a shared mailbox "
            "or an administrator."
        ),
        who="sender",
        kind=Kind.SIGN_IN,
        steps=(
            (
                "To get the token, sign in as {account}, the Username (XOAUTH2 user) in the settings. Or set "
                "Username to the account to which the token was issued (claim upn)."
            ),
            (
                "For a shared mailbox and a token of a person, use that person's own address as the user name and the shared "
                "address as From, and grant the person Send As on the shared mailbox. Microsoft's page says to use the shared "
                "address as the user name; for SMTP, several reports show that this is refused with 535 5.7.3."
            ),
            (
                "With client credentials, use the primary address of the mailbox as the user name; here this may be a shared "
                "mailbox."
            ),
        ),
        verify="The check TOKEN-03 shows that the upn claim, if present, equals the user name. The check AUTH-01 passes.",
        propagation="Immediately; if you grant Send As, within two hours.",
        risk="Grant Send As on this one mailbox only.",
        source=(
            OAUTH,
            "https://github.com/simonrob/email-oauth2-proxy/pull/426",
            "https://github.com/jstedfast/MailKit/issues/1770",
        ),
        decide=(
            Step("Run check TOKEN-03, and compare the claims upn and scp with Username.", answered_by=("TOKEN-03",)),
        ),
    ),
    Cause(
        id="xoauth2_string_malformed",
        title="the OAuth sign-in string has the wrong format",
        meaning=(
            "The string with the user name and the token does not have the format that the server expects: a "
            "part is missing, a separator is wrong, or the string was not encoded exactly once."
        ),
        shows="501 5.5.124 Invalid XOAUTH2 auth data, 501 5.5.2 cannot decode, or a bare 535 5.7.3.",
        who="sender",
        steps=(
            "Encode user=<address>^Aauth=Bearer <token>^A^A as base64, once and on one line; ^A is the byte 0x01.",
            (
                "Send AUTH XOAUTH2 on its own, wait for 334, then send the string. Some servers do not accept a long "
                "token on the same line as the command."
            ),
            "Update the mail library. If it supports XOAUTH2, use that instead of building the string yourself.",
        ),
        verify=(
            "The check AUTH-01, which sends a correct string, passes. If the application still fails, it builds "
            "the string wrongly."
        ),
        propagation="Immediately.",
        risk="The string contains the token: do not paste it into tickets or online decoders.",
        source=(OAUTH, "https://www.rfc-editor.org/rfc/rfc4954"),
        decide=(
            Step(
                "Run check AUTH-01: does the server accept the same token in the string that smtp365 builds?",
                answered_by=("AUTH-01",),
            ),
        ),
    ),
    Cause(
        id="token_request_malformed",
        title="the token request has the wrong form",
        meaning=(
            "The request reached the token service, but the service cannot process it: it is not a POST, it goes to the "
            "wrong endpoint, or a parameter is missing, empty or unknown. The program that builds the request must change."
        ),
        shows="AADSTS900144, 90014, 90056, 900561, 90023, 90100, 70003; invalid_request; unsupported_grant_type.",
        who="sender",
        steps=(
            (
                "Send a POST to the token endpoint of the tenant (it ends in /oauth2/v2.0/token) with the content type "
                "application/x-www-form-urlencoded, not JSON and not a GET."
            ),
            (
                "Put these parameters in the body: grant_type=client_credentials, client_id, client_secret (URL-encoded) and "
                "scope. Do not send parameters of other flows, such as code, redirect_uri or resource."
            ),
            (
                "If the program sends a POST but the error text reports a GET, a proxy or an http:// address has redirected the "
                "request: enter the https:// address of the endpoint."
            ),
            "Use a library such as MSAL instead of building the request yourself.",
        ),
        verify="The check TOKEN-02, which sends a correct request with the same values, passes.",
        propagation="Immediately.",
        risk="The request contains the secret: do not paste it into tickets.",
        source=(CLIENT_CREDENTIALS, ENTRA_CODES),
        decide=(
            Step(
                "Run check TOKEN-02 with the same values: if it passes, the application builds the request wrongly.",
                answered_by=("TOKEN-02",),
            ),
        ),
    ),
)
