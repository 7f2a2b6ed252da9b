"""Causes in getting a token from Entra and in the token itself; those in the application's registration are in `application`."""

from typing import Final

from knowledge.cause import Cause, Kind, Only
from knowledge.entries.sources import (
    CLIENT_CREDENTIALS,
    CONDITIONAL_ACCESS,
    ENDPOINTS,
    ENTRA_CODES,
    FAQ,
    OAUTH,
    WORKLOAD_ACCESS,
)
from knowledge.step import Step

_APP: Final = "Entra admin center > Identity > Applications > App registrations > All applications > {client_id}"

ENTRIES: Final[tuple[Cause, ...]] = (
    Cause(
        id="token_endpoint_unreachable",
        title="the login host cannot be reached",
        meaning=(
            "Before it can sign in with OAuth the application must fetch a token over HTTPS, and it cannot reach "
            "the token service. The mail server itself may be reachable all the while."
        ),
        shows="Time-outs, name or certificate errors that name login.microsoftonline.com, port 443.",
        who="network",
        steps=(
            Step(
                "If a proxy is configured, ask through it, from the application's machine and account: `Invoke-WebRequest -Uri "
                "{issuer_document} -Proxy {proxy}` (Linux: `$ curl -sv -x {proxy} {issuer_document}`).",
                when="through_proxy",
            ),
            Step(
                "From the application's machine and account: `Test-NetConnection -ComputerName {login_host} -Port 443` "
                "(Linux: `$ curl -sv {issuer_document}`).",
                answered_by=("TOKEN-01",),
                when="without_proxy",
            ),
            (
                "Allow outbound HTTPS to {login_host} for this machine, or set the proxy for the service account: "
                "`netsh winhttp show proxy` shows the machine's (Linux: https_proxy in the service's environment)."
            ),
            "If the certificate is a proxy's, exclude {login_host} from inspection or add that root to this runtime.",
        ),
        verify="Check TOKEN-01 is green: the OpenID document is read.",
        propagation="At once.",
        risk="Allow Microsoft's published login hosts only.",
        source=(ENDPOINTS,),
        decide=(
            Step(
                "Check TOKEN-01, or `Invoke-RestMethod {issuer_document}` on the application's machine.",
                answered_by=("TOKEN-01",),
            ),
        ),
    ),
    Cause(
        id="login_blocked_by_proxy",
        title="a proxy or filter answers instead of the login host",
        headline="instead of the login host a proxy or filter answers with {answer}",
        meaning=(
            "The application asks {login_host} for its sign-in document or a token, and something else answers: a web proxy, a "
            "filter or a portal, with a page or a redirection of its own. What came back: {answer}."
        ),
        shows="HTTP 403, 407 or 200 with a web page, or a redirection, where a JSON document should come.",
        who="network",
        steps=(
            Step(
                "If a proxy is configured, ask for that address through it, as the application's account: `Invoke-WebRequest "
                "-Uri {issuer_document} -Proxy {proxy}` (Linux: `$ curl -sv -x {proxy} {issuer_document}`). The same page comes "
                "back; its words name the rule.",
                when="through_proxy",
            ),
            Step(
                "If no proxy is configured for this account, one on the way answers unasked (a transparent proxy or filter). "
                "Ask for that address as the application's account: `Invoke-WebRequest -Uri {issuer_document}` (Linux: `$ curl "
                "-sv {issuer_document}`), and once more from another network.",
                when="without_proxy",
            ),
            (
                "Have {login_host} allowed in the proxy or filter for this machine and account, without a sign-in to the proxy "
                "(407): a service cannot answer that."
            ),
            "Exclude {login_host} from TLS inspection and from block pages.",
            Step(
                "If the page answered the request for the token, it has seen the client secret: create a new one and delete "
                "the old one.",
                when="secret_sent",
            ),
        ),
        verify="Checks TOKEN-01 and TOKEN-02 are green: the document is read and a token is issued.",
        propagation="At once when the rule is active.",
        risk="Allow the published login hosts only.",
        source=(ENDPOINTS,),
        decide=(
            (
                "What the page says, asked for from the application's machine and account: `Invoke-WebRequest -Uri "
                "{issuer_document}`."
            ),
        ),
    ),
    Cause(
        id="issuer_document_altered",
        title="something on the way changes the login host's document",
        meaning=(
            "The address in the settings is right, and the document that came back from it names another place for sign-in: "
            "token endpoint {token_endpoint}. The login host does not publish that. Whoever changes the document can collect "
            "client secrets."
        ),
        shows="The token endpoint or the issuer in the document is on a foreign host, or belongs to another tenant than the URL.",
        who="network",
        steps=(
            (
                "Fetch the document from this machine and from another network, and compare what it names: "
                "`Invoke-RestMethod {issuer_document} | Select-Object issuer, token_endpoint`. This run was given "
                "{token_endpoint}."
            ),
            (
                "Where the two differ, have the network and security team find what changes it: a proxy, a filter, a hosts-file "
                "entry, a root certificate in this machine's store that does not belong there."
            ),
            "Send no secret from this machine until the document is right.",
            Step(
                "The client secret was sent in this run: create a new one and delete the old one.",
                when="secret_sent",
            ),
        ),
        verify="The document names a token endpoint on {login_host} from this machine too; check TOKEN-01 is green.",
        propagation="At once when the device or program is gone.",
        risk="Treat it as a security incident until it is explained: other applications on this machine are concerned as well.",
        source=("https://openid.net/specs/openid-connect-discovery-1_0.html", ENDPOINTS),
        decide=("The same document from another network: does it name another token endpoint?",),
    ),
    Cause(
        id="wrong_tenant_or_authority",
        title="the tenant or login address in the settings is wrong",
        meaning=(
            "The token is asked of a directory that does not exist, is not yours, or cannot be used for this kind "
            "of application. A placeholder left in the address, 'common', or another cloud's host do the same."
        ),
        shows=(
            "AADSTS90002, 900023, 50194, 50059; 'Tenant … not found'; 'not configured as a multi-tenant application'."
        ),
        who="sender",
        steps=(
            (
                "Read the Directory (tenant) ID at Entra admin center > Identity > Overview, or: "
                "`(Get-MgOrganization).Id`."
            ),
            (
                "Set OpenID Endpoint Configuration to https://login.microsoftonline.com/<tenant "
                "id>/v2.0/.well-known/openid-configuration with that id in it; not common, organizations or consumers, "
                "and no braces left."
            ),
            "In another cloud use its own login host (login.microsoftonline.us, login.partner.microsoftonline.cn).",
        ),
        verify=(
            "`Invoke-RestMethod {issuer_document}` answers, and its issuer contains your tenant id; check OAUTH-10 "
            "is green."
        ),
        propagation="At once.",
        risk="Do not make the application multi-tenant just to use 'common': it opens it to every directory.",
        source=(FAQ + ", OAuth Step 5", ENTRA_CODES, CLIENT_CREDENTIALS),
        decide=(
            Step(
                "Check OAUTH-10: tenant in the URL, in the issuer and in the token must agree.",
                answered_by=("OAUTH-10",),
            ),
        ),
    ),
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
        verify="Checks OAUTH-11 and TOKEN-03 are green: aud is https://outlook.office365.com.",
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
        verify="The command above finds Office 365 Exchange Online; TOKEN-02 is green.",
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
        verify="Check TOKEN-03 is green: roles contains SMTP.SendAsApp (or the message is accepted in the RBAC case).",
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
            Only(
                "basic",
                "Sign-in with a password: Entra admin center > Monitoring & health > Sign-in logs: open the failed sign-in of "
                "{account} and read the tab Conditional Access: it names the policy.",
            ),
            Only(
                "oauth",
                "Sign-in as an application: Entra admin center > Monitoring & health > Sign-in logs > Service principal "
                "sign-ins: open the failed sign-in of {client_id} and read the tab Conditional Access: it names the policy.",
            ),
            Only(
                "basic",
                "Least opening for a password sender: in that policy exclude this one account, and add a second policy "
                "that allows it from the server's public address only (named location).",
            ),
            Only(
                "oauth",
                "For an application (workload identity policy): add the server's public address to the allowed named "
                "location.",
            ),
            Only(
                "basic",
                "Better: move the password sender to OAuth client credentials; user policies do not apply to it.",
            ),
        ),
        verify="The next attempt shows Success in the sign-in log; check AUTH-01 is green, from the same machine.",
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
        verify="Check TOKEN-03 shows an exp in the future, and AUTH-01 is green.",
        propagation="At once.",
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
        verify="Check TOKEN-03: upn (if there is one) equals the user; AUTH-01 is green.",
        propagation="At once; after granting rights up to two hours.",
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
        verify="AUTH-01 with our own, rightly built text: if that is green, the other client builds it wrongly.",
        propagation="At once.",
        risk="The text holds the token: do not paste it into tickets or web decoders.",
        source=(OAUTH, "https://www.rfc-editor.org/rfc/rfc4954"),
        decide=(Step("Check AUTH-01: the same token in our own text.", answered_by=("AUTH-01",)),),
    ),
)
