"""Causes in the reply to a token request and in the token; `login` has those on the path, `application` those in the registration."""

from typing import Final

from knowledge.cause import Cause, Kind
from knowledge.entries.sources import (
    CLIENT_CREDENTIALS,
    CONDITIONAL_ACCESS,
    ENTRA_CODES,
    FAQ,
    OAUTH,
    WORKLOAD_ACCESS,
)
from knowledge.step import Step

_APP: Final = "Entra admin center > Identity > Applications > App registrations > All applications > {client_id}"

ENTRIES: Final[tuple[Cause, ...]] = (
    Cause(
        id="wrong_scope_or_audience",
        title="the scope is wrong, or the token is for another service",
        meaning=(
            "A token is valid for one service only. For SMTP with client credentials the scope must be "
            "https://outlook.office365.com/.default; a Graph token, SMTP.Send or a misspelt resource does not work."
        ),
        shows=(
            "AADSTS70011, 1002012, 500011, 650053; invalid_scope; a token whose aud is not "
            "https://outlook.office365.com; bare 535 5.7.3 to XOAUTH2."
        ),
        who="sender",
        steps=(
            "Set Scope to https://outlook.office365.com/.default, without spaces and without a second scope.",
            (
                "In another cloud, set it to https://outlook.office365.us/.default or https://partner.outlook.cn/.default."
            ),
            (
                "If a person signs in instead (delegated), set it to https://outlook.office365.com/SMTP.Send with "
                "offline_access."
            ),
        ),
        verify="Checks OAUTH-11 and TOKEN-03 pass: aud is https://outlook.office365.com.",
        propagation="With the next token: clear the token cache or restart the application.",
        risk="None.",
        source=(FAQ + ", OAuth Step 5", OAUTH, CLIENT_CREDENTIALS, ENTRA_CODES),
        decide=(
            Step(
                "Check TOKEN-03: the aud claim of the token (decode the token locally, never on a web site).",
                answered_by=("TOKEN-03",),
            ),
        ),
    ),
    Cause(
        id="resource_missing",
        title="Exchange Online does not exist in this tenant",
        meaning=(
            "The tenant has never had an Exchange Online licence, so it has no service for which the token could be issued."
        ),
        shows="AADSTS500011 or 650052, although the scope is spelt correctly.",
        who="entra",
        kind=Kind.REGISTRATION,
        steps=(
            (
                "Look for the service: `Get-MgServicePrincipal -Filter \"appId eq '00000002-0000-0ff1-ce00-000000000000'\"`."
            ),
            (
                "Check that this is the tenant that has the mailboxes. If it is, assign at least one licence with Exchange "
                "Online."
            ),
        ),
        verify="The command finds Office 365 Exchange Online, and TOKEN-02 passes.",
        propagation="Up to a few hours after the first licence.",
        risk="A licence costs money: make sure first that the tenant is the right one.",
        source=(ENTRA_CODES, OAUTH),
        decide=(
            (
                "The list of enterprise applications (filter: Microsoft applications): does it contain Office 365 Exchange "
                "Online?"
            ),
        ),
    ),
    Cause(
        id="consent_missing",
        title="the permission is not granted, or admin consent is missing",
        meaning=(
            "The application gets a token but has no permission to send by SMTP. With client credentials this causes no "
            "error: the token lacks the role SMTP.SendAsApp."
        ),
        shows=(
            "No roles claim with SMTP.SendAsApp (and the application is not scoped by RBAC for Applications); "
            "AADSTS65001, 650057; bare 535 5.7.3 to XOAUTH2."
        ),
        who="entra",
        kind=Kind.REGISTRATION,
        steps=(
            _APP
            + (
                " > API permissions > Add a permission > APIs my organization uses > Office 365 Exchange Online > "
                "Application permissions > SMTP.SendAsApp (not under Microsoft Graph), then Grant admin consent."
            ),
            (
                'Or with PowerShell: `$exo = Get-MgServicePrincipal -Filter "appId eq '
                "'00000002-0000-0ff1-ce00-000000000000'\"; $role = $exo.AppRoles | Where-Object Value -eq 'SMTP.SendAsApp'; "
                "New-MgServicePrincipalAppRoleAssignment -ServicePrincipalId {sp_object_id} -PrincipalId {sp_object_id} "
                "-ResourceId $exo.Id -AppRoleId $role.Id`."
            ),
            (
                "Narrower, where it is available: do not grant the Entra permission. Grant the Exchange role 'Application "
                "SMTP.SendAsApp' for one mailbox by RBAC for Applications; the roles claim is then empty, as it should be."
            ),
            "Get a new token: the old one keeps its claims for about an hour.",
        ),
        verify=(
            "Check TOKEN-03 passes: roles contains SMTP.SendAsApp. With RBAC for Applications, the server accepts the "
            "message."
        ),
        propagation="Minutes after the consent, plus the lifetime of a cached token.",
        risk=(
            "With SMTP.SendAsApp the application can use only the mailboxes on which Exchange grants it a right; RBAC for "
            "Applications restricts it to the mailboxes of a scope."
        ),
        source=(FAQ + ", OAuth Step 2", OAUTH, CLIENT_CREDENTIALS),
        decide=(Step("Check TOKEN-03: does the token have the role SMTP.SendAsApp?", answered_by=("TOKEN-03",)),),
    ),
    Cause(
        id="conditional_access_block",
        title="a Conditional Access policy blocks this sign-in",
        meaning=(
            "The credentials may be right, but a policy of the tenant does not allow this sign-in from this place or with "
            "this method. The same application can work in one network and fail in another."
        ),
        shows="535 5.7.139 … did not meet the criteria to be authenticated successfully; AADSTS53003, 53000, 530032.",
        who="entra",
        kind=Kind.ACCESS,
        steps=(
            Step(
                (
                    "Sign-in with a password: open Entra admin center > Monitoring & health > Sign-in logs and the failed sign-in "
                    "of {account}. The tab Conditional Access names the policy."
                ),
                when="basic",
            ),
            Step(
                (
                    "Sign-in as an application: open Entra admin center > Monitoring & health > Sign-in logs > Service principal "
                    "sign-ins and the failed sign-in of {client_id}. The tab Conditional Access names the policy."
                ),
                when="oauth",
            ),
            Step(
                (
                    "Exclude only this one account from that policy, and add a second policy that allows it from the server's "
                    "public address only (named location)."
                ),
                when="basic",
            ),
            Step(
                (
                    "For an application (workload identity policy), add the server's public address to the allowed named location."
                ),
                when="oauth",
            ),
            Step(
                "Better: move the sender to OAuth client credentials, to which user policies do not apply.",
                when="basic",
            ),
        ),
        verify="The next attempt is a Success in the sign-in log, and check AUTH-01 passes from the same machine.",
        propagation="Usually within minutes, at most an hour.",
        risk=(
            "Each exclusion weakens the policy: limit it to one account and one address, and give it an owner and a date. "
            "CISA SCuBA baselines (MS.AAD.1.1, legacy authentication blocked) object to more."
        ),
        source=(CONDITIONAL_ACCESS, WORKLOAD_ACCESS, ENTRA_CODES),
        decide=(
            (
                "The Conditional Access tab of the failed entry in the sign-in log: it names the policy. If no policy applied, "
                "the reason is MFA or security defaults."
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
            "Wait for the time in the Retry-After header.",
            "Cache the token until shortly before it expires (expires_in). Do not request one for each message.",
        ),
        verify="The log shows one token request per sender and hour.",
        propagation="Within minutes.",
        risk="None.",
        source=(
            ENTRA_CODES,
            "https://learn.microsoft.com/en-us/entra/identity-platform/reference-error-codes#handling-error-codes-in-your-application",
        ),
        decide=("The number of token requests in the sign-in log of the service principal.",),
    ),
    Cause(
        id="token_expired",
        title="the token or the refresh token is no longer valid",
        meaning=(
            "The application sent an old token, or the refresh token has expired because it was not used or the password "
            "was changed. A new token or a new sign-in is needed."
        ),
        shows=(
            "AADSTS700082, 70008, 50173, 70043; 'token has expired'; 535 5.7.3 to XOAUTH2 after about an hour of work."
        ),
        who="sender",
        kind=Kind.SIGN_IN,
        steps=(
            (
                "Client credentials: request a new token. If the client keeps the old one, restart it and check the machine's "
                "clock."
            ),
            "Delegated sign-in: sign in to the application again as {account}, and keep offline_access in the scope.",
            "Consider client credentials: they need no refresh token.",
        ),
        verify="Check TOKEN-03 shows an exp in the future, and AUTH-01 passes.",
        propagation="Immediately.",
        risk="None.",
        source=(ENTRA_CODES, OAUTH),
        decide=(Step("Check TOKEN-03: exp, compared with the time of the attempt.", answered_by=("TOKEN-03",)),),
    ),
    Cause(
        id="token_user_mismatch",
        title="the user name does not match the user of the token",
        meaning=(
            "If the token belongs to a person, the user name sent with it must be that person's mailbox, or one that this "
            "person may use. Here the two differ."
        ),
        shows=(
            "Bare 535 5.7.3 to XOAUTH2; the upn claim differs from the user name; a token of a shared mailbox or of an "
            "administrator."
        ),
        who="sender",
        kind=Kind.SIGN_IN,
        steps=(
            (
                "Sign in as {account}, the Username (XOAUTH2 user) in the settings, to get the token. Or set Username to the "
                "account for which the token was issued (claim upn)."
            ),
            (
                "For a shared mailbox, use its address as the user name and give the person who signs in FullAccess and Send "
                "As on it."
            ),
            "With client credentials, use the primary address of the mailbox as the user name.",
        ),
        verify="Check TOKEN-03 shows that upn, if present, equals the user name, and AUTH-01 passes.",
        propagation="Immediately; after a right is granted, up to two hours.",
        risk="Grant the right on this one mailbox only.",
        source=(OAUTH,),
        decide=(
            Step("Check TOKEN-03: the claims upn and scp, compared with the Username.", answered_by=("TOKEN-03",)),
        ),
    ),
    Cause(
        id="xoauth2_string_malformed",
        title="the OAuth sign-in string has the wrong format",
        meaning=(
            "The string with the user name and the token does not have the format that the server expects: a part is "
            "missing, a separator is wrong, or it is not encoded exactly once."
        ),
        shows="501 5.5.124 Invalid XOAUTH2 auth data, 501 5.5.2 cannot decode, or a bare 535 5.7.3.",
        who="sender",
        steps=(
            (
                "Build it as base64 of: user=<address>, byte 1, auth=Bearer <token>, byte 1, byte 1. Encode it once, on one "
                "line."
            ),
            (
                "Send AUTH XOAUTH2 alone, wait for 334, then send the string. Some servers do not accept long tokens in the "
                "one-line form."
            ),
            "Update the library. If it offers the mechanism, do not build the string by hand.",
        ),
        verify=(
            "Check AUTH-01 passes. It sends a correct string: if it passes and the application fails, the application "
            "builds the string wrongly."
        ),
        propagation="Immediately.",
        risk="The string contains the token: do not paste it into tickets or online decoders.",
        source=(OAUTH, "https://www.rfc-editor.org/rfc/rfc4954"),
        decide=(Step("Check AUTH-01: the same token in the string that this suite builds.", answered_by=("AUTH-01",)),),
    ),
)
