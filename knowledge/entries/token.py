"""Causes in the answer to a token request and in the token itself; the way to it is in `login`, registration in `application`."""

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
        meaning="A token is good for one service only. For SMTP with client credentials the scope must be "
        "https://outlook.office365.com/.default; a Graph token, SMTP.Send or a misspelt resource does not work.",
        shows=(
            "AADSTS70011, 1002012, 500011, 650053; invalid_scope; a token whose aud is not "
            "https://outlook.office365.com; bare 535 5.7.3 to XOAUTH2."
        ),
        who="sender",
        steps=(
            "Set Scope to https://outlook.office365.com/.default (nothing else, no blanks, no second scope).",
            "In another cloud: https://outlook.office365.us/.default or https://partner.outlook.cn/.default.",
            "If a person signs in instead (delegated): https://outlook.office365.com/SMTP.Send with offline_access.",
        ),
        verify="Checks OAUTH-11 and TOKEN-03 pass: aud is https://outlook.office365.com.",
        propagation="With the next token; clear the token cache or restart.",
        risk="None.",
        source=(FAQ + ", OAuth Step 5", OAUTH, CLIENT_CREDENTIALS, ENTRA_CODES),
        decide=(
            Step(
                "Check TOKEN-03: the claim aud of the token (decode it locally, never on a web site).",
                answered_by=("TOKEN-03",),
            ),
        ),
    ),
    Cause(
        id="resource_missing",
        title="Exchange Online does not exist in this tenant",
        meaning=(
            "The tenant never had an Exchange Online licence, so the service that the token should be for is not there."
        ),
        shows="AADSTS500011 or 650052 although the scope is spelt right.",
        who="entra",
        kind=Kind.REGISTRATION,
        steps=(
            "Look: `Get-MgServicePrincipal -Filter \"appId eq '00000002-0000-0ff1-ce00-000000000000'\"`.",
            (
                "Check that this is the tenant with the mailboxes; if so, assign at least one licence with Exchange "
                "Online."
            ),
        ),
        verify="The command above finds Office 365 Exchange Online; TOKEN-02 passes.",
        propagation="Up to a few hours after the first licence.",
        risk="Cost of a licence; make sure it is not simply the wrong tenant.",
        source=(ENTRA_CODES, OAUTH),
        decide=(
            (
                "Whether Office 365 Exchange Online is listed among the enterprise applications (filter: Microsoft "
                "applications)."
            ),
        ),
    ),
    Cause(
        id="consent_missing",
        title="the permission is not granted, or admin consent is missing",
        meaning=(
            "The application may ask for a token but was never allowed to send by SMTP. With client credentials "
            "there is no error then: the token simply lacks the role SMTP.SendAsApp."
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
                "PowerShell: `$exo = Get-MgServicePrincipal -Filter \"appId eq '00000002-0000-0ff1-ce00-000000000000'\"; "
                "$role = $exo.AppRoles | Where-Object Value -eq 'SMTP.SendAsApp'; New-MgServicePrincipalAppRoleAssignment "
                "-ServicePrincipalId {sp_object_id} -PrincipalId {sp_object_id} -ResourceId $exo.Id -AppRoleId $role.Id`."
            ),
            (
                "Narrower, where it is available: leave the Entra permission away and grant the Exchange role for one "
                "mailbox by RBAC for Applications (role 'Application SMTP.SendAsApp' with a scope); then an empty "
                "roles claim is right."
            ),
            "Get a new token: the old one keeps its claims for about an hour.",
        ),
        verify="Check TOKEN-03 passes: roles contains SMTP.SendAsApp (or the message is accepted in the RBAC case).",
        propagation="Minutes for consent, plus the life of a cached token.",
        risk=(
            "SMTP.SendAsApp reaches only mailboxes on which Exchange grants the application a right; RBAC for "
            "Applications keeps it to the mailboxes of a scope."
        ),
        source=(FAQ + ", OAuth Step 2", OAUTH, CLIENT_CREDENTIALS),
        decide=(Step("Check TOKEN-03: does the token carry the role SMTP.SendAsApp?", answered_by=("TOKEN-03",)),),
    ),
    Cause(
        id="conditional_access_block",
        title="a Conditional Access policy refuses this sign-in",
        meaning=(
            "The credentials may be right, but a policy of the tenant does not allow this sign-in from here or in "
            "this way. The same application can work in one network and fail in another."
        ),
        shows="535 5.7.139 … did not meet the criteria to be authenticated successfully; AADSTS53003, 53000, 530032.",
        who="entra",
        kind=Kind.ACCESS,
        steps=(
            Step(
                "Sign-in with a password: Entra admin center > Monitoring & health > Sign-in logs: open the failed sign-in of "
                "{account} and read the tab Conditional Access: it names the policy.",
                when="basic",
            ),
            Step(
                "Sign-in as an application: Entra admin center > Monitoring & health > Sign-in logs > Service principal "
                "sign-ins: open the failed sign-in of {client_id} and read the tab Conditional Access: it names the policy.",
                when="oauth",
            ),
            Step(
                "Least opening for a password sender: in that policy exclude this one account, and add a second policy "
                "that allows it from the server's public address only (named location).",
                when="basic",
            ),
            Step(
                "For an application (workload identity policy): add the server's public address to the allowed named "
                "location.",
                when="oauth",
            ),
            Step(
                "Better: move the password sender to OAuth client credentials; user policies do not apply to it.",
                when="basic",
            ),
        ),
        verify="The next attempt shows Success in the sign-in log; check AUTH-01 passes, from the same machine.",
        propagation="Usually minutes, up to an hour.",
        risk="Every exclusion is a hole: one account, one address, with an owner and a date. CISA SCuBA baselines "
        "(MS.AAD.1.1, legacy authentication blocked) object to more.",
        source=(CONDITIONAL_ACCESS, WORKLOAD_ACCESS, ENTRA_CODES),
        decide=(
            (
                "The Conditional Access tab of the failed entry in the sign-in log names the policy; a sign-in with no "
                "policy applied points to MFA or security defaults."
            ),
        ),
    ),
    Cause(
        id="token_throttled",
        title="the token service asks to slow down",
        meaning="Too many token requests came from this application or tenant. "
        "A token is good for about an hour and should be kept and reused.",
        shows="HTTP 429, AADSTS90055, AADSTS50196 (loop).",
        who="sender",
        steps=(
            "Wait as long as the Retry-After header says.",
            "Cache the token until shortly before its expires_in; do not ask once per message.",
        ),
        verify="One token request per hour and sender in the log.",
        propagation="Minutes.",
        risk="None.",
        source=(
            ENTRA_CODES,
            "https://learn.microsoft.com/en-us/entra/identity-platform/reference-error-codes#handling-error-codes-in-your-application",
        ),
        decide=("The number of token requests in the sign-in log of the service principal.",),
    ),
    Cause(
        id="token_expired",
        title="the token or refresh token is no longer valid",
        meaning=(
            "An old token was presented, or the long-lived refresh token ended because it was unused, or the "
            "password changed. A new sign-in or a new token is needed."
        ),
        shows=(
            "AADSTS700082, 70008, 50173, 70043; 'token has expired'; 535 5.7.3 to XOAUTH2 after about an hour of work."
        ),
        who="sender",
        kind=Kind.SIGN_IN,
        steps=(
            (
                "Client credentials: request a new token; if the client keeps the old one, restart it and check the "
                "machine's clock."
            ),
            "Delegated sign-in: sign in again as {account} in the application and keep offline_access in the scope.",
            "Consider client credentials: they need no refresh token.",
        ),
        verify="Check TOKEN-03 shows an exp in the future, and AUTH-01 passes.",
        propagation="Immediately.",
        risk="None.",
        source=(ENTRA_CODES, OAUTH),
        decide=(Step("Check TOKEN-03: exp against the time of the attempt.", answered_by=("TOKEN-03",)),),
    ),
    Cause(
        id="token_user_mismatch",
        title="the user in the sign-in is not the one the token is for",
        meaning=(
            "With a token that a person got, the name sent beside it must be that person's mailbox, or one they "
            "may use. Here the two differ."
        ),
        shows=(
            "Bare 535 5.7.3 to XOAUTH2; claim upn differs from the user; shared mailbox or administrator used to "
            "get the token."
        ),
        who="sender",
        kind=Kind.SIGN_IN,
        steps=(
            (
                "Get the token by signing in as {account}, the Username (XOAUTH2 user) in the settings; or set Username to the "
                "account for which the token was issued (claim upn)."
            ),
            "For a shared mailbox put its address as user and give the signed-in person FullAccess and Send As on it.",
            "With client credentials put the mailbox's own primary address as user.",
        ),
        verify="Check TOKEN-03: upn (if there is one) equals the user; AUTH-01 passes.",
        propagation="Immediately; after granting rights up to two hours.",
        risk="Grant the right on this one mailbox only.",
        source=(OAUTH,),
        decide=(Step("Check TOKEN-03: the claims upn and scp against the Username.", answered_by=("TOKEN-03",)),),
    ),
    Cause(
        id="xoauth2_string_malformed",
        title="the OAuth sign-in text has the wrong form",
        meaning=(
            "The line that carries user and token to the server is not built as the server expects it: parts "
            "missing, wrong separators, encoded twice or not at all."
        ),
        shows="501 5.5.124 Invalid XOAUTH2 auth data, 501 5.5.2 cannot decode, or a bare 535 5.7.3.",
        who="sender",
        steps=(
            (
                "It must be base64 of: user=<address>, byte 1, auth=Bearer <token>, byte 1, byte 1; encoded once, in "
                "one line."
            ),
            (
                "Send AUTH XOAUTH2 alone, wait for 334, then send the text (long tokens break the one-line form in "
                "some servers)."
            ),
            "Update the library; do not build the text by hand where it offers the mechanism.",
        ),
        verify="AUTH-01 with our own, rightly built text: if that passes, the other client builds it wrongly.",
        propagation="Immediately.",
        risk="The text holds the token: do not paste it into tickets or web decoders.",
        source=(OAUTH, "https://www.rfc-editor.org/rfc/rfc4954"),
        decide=(Step("Check AUTH-01: the same token in our own text.", answered_by=("AUTH-01",)),),
    ),
)
