"""Causes at the SMTP sign-in that lie in the method, in Exchange's switches or in the service; the account's own are in `account`."""

from typing import Final

from knowledge.cause import Cause, Kind
from knowledge.entries.sources import (
    BASIC_DATES,
    BASIC_END,
    CONNECT_EXCHANGE,
    DEVICE,
    ENTRA_CODES,
    FAQ,
    HEALTH,
    OAUTH,
    POLICY,
    RBAC,
    RFC_AUTH,
    SCUBA,
    SMTP_AUTH,
    TROUBLE,
)
from knowledge.step import Step

_READ_SWITCHES: Final = (
    "`Get-CASMailbox -Identity {account} | Format-List SmtpClientAuthenticationDisabled` and "
    "`Get-TransportConfig | Format-List SmtpClientAuthenticationDisabled`: the mailbox's True or False "
    "wins, empty means the tenant's."
)
_OPEN_MAILBOX: Final = "`Set-CASMailbox -Identity {account} -SmtpClientAuthenticationDisabled $false`"
_PORTAL_MAILBOX: Final = (
    "Or: Microsoft 365 admin center > Users > Active users > {account} > Mail > Manage email apps > check "
    "Authenticated SMTP > Save."
)
_SWITCH_RISK: Final = (
    "Open this one mailbox and leave the tenant's switch off: baseline CISA SCuBA MS.EXO.5.1 (SMTP AUTH "
    "shall be disabled) checks the tenant's switch and objects if it is opened for all."
)
_MOVE_TO_OAUTH: Final = (
    "Move this sender to OAuth: app registration with SMTP.SendAsApp, client secret, service principal "
    "registered in Exchange, right on the mailbox."
)

ENTRIES: Final[tuple[Cause, ...]] = (
    Cause(
        id="client_never_sent_auth",
        title="the client tried to send without signing in",
        meaning=(
            "The server was asked to take a message before anybody had signed in. Either authentication is off in "
            "the application, or a refused sign-in earlier in the same connection was ignored."
        ),
        shows="530 5.7.57 Client not authenticated to send mail, without an inner 535.",
        who="sender",
        kind=Kind.SIGN_IN,
        steps=(
            (
                "Email Alarm Plugin, SMTP Options: check Enable Authentication and enter user name and password, or "
                "choose OpenID."
            ),
            "Check Use SSL too: sign-in is offered only after STARTTLS.",
            (
                "System.Net.Mail: set UseDefaultCredentials = false before Credentials, and EnableSsl = true; it goes "
                "on after a refused sign-in, so look for the 535 in its network trace."
            ),
            "Let the client say EHLO, not HELO.",
        ),
        verify="A 235 reply before MAIL FROM; checks AUTH-01 and MBX-01 pass.",
        propagation="Immediately.",
        risk="None.",
        source=(FAQ + ", Email with Options Configuration", TROUBLE, DEVICE),
        decide=(
            Step(
                "Check AUTH-01: if our sign-in works with the same settings, the application never sends it; if not, "
                "its refusal is the cause.",
                answered_by=("AUTH-01",),
            ),
        ),
    ),
    Cause(
        id="auth_mechanism_unsupported",
        title="the client uses a sign-in method the server does not have",
        meaning="Microsoft 365 offers LOGIN and XOAUTH2, and those only after STARTTLS. "
        "This client tries PLAIN, CRAM-MD5 or NTLM, or signs in before encryption.",
        shows="504 5.7.4 Unrecognized authentication type; 'no mechanism available'; 'no worthy mechs found'.",
        who="sender",
        steps=(
            "Choose the method LOGIN (Basic) or XOAUTH2 (OAuth) in the client, and switch STARTTLS on.",
            (
                "PHPMailer: AuthType = 'LOGIN'. JavaMail: mail.smtp.auth.mechanisms=LOGIN. Go: net/smtp has PLAIN "
                "only, use a LOGIN or XOAUTH2 auth."
            ),
            (
                "Postfix: install the SASL plug-ins (`$ apt-get install libsasl2-modules`) and set "
                "smtp_sasl_mechanism_filter = login."
            ),
        ),
        verify="The client gets 334 after AUTH LOGIN or AUTH XOAUTH2.",
        propagation="Immediately.",
        risk="None; both methods run inside TLS.",
        source=(SMTP_AUTH, RFC_AUTH),
        decide=(Step("Check SMTP-03: the AUTH line that the server offers after STARTTLS.", answered_by=("SMTP-03",)),),
    ),
    Cause(
        id="authentication_type_wrong",
        title="the application is set to another authentication type than its fields are filled in for",
        meaning=(
            "The fields of OAuth are filled in (client id, endpoint, scope), but the authentication type is Basic. "
            "The application then signs in with a password that is not there."
        ),
        shows="Client Id and OpenID Endpoint Configuration are filled in, and Authentication Type is not OpenID.",
        who="sender",
        steps=(
            "In the mail plugin set Authentication Type to OpenID (OAuth 2.0) and keep Enable Authentication ticked.",
            "Or, if Basic is meant, empty the OAuth fields and enter user name and password.",
        ),
        verify="The plugin's own test mail arrives; check OAUTH-08 passes.",
        propagation="Immediately.",
        risk="None.",
        source=(FAQ,),
        decide=("Compare the settings file with the plugin's SMTP Options tab, field by field.",),
    ),
    Cause(
        id="smtp_auth_disabled_tenant",
        title="SMTP AUTH is off for the tenant and the mailbox follows it",
        meaning=(
            "Sending by SMTP with a sign-in is switched off for the whole organisation, and this mailbox has no "
            "switch of its own. It concerns OAuth as well: the tip in the mail plugin's FAQ that "
            "OAuth does away with it is wrong."
        ),
        shows="535 5.7.139 … SmtpClientAuthentication is disabled for the Tenant.",
        who="exchange",
        kind=Kind.SIGN_IN,
        steps=(
            CONNECT_EXCHANGE,
            "Open this one mailbox; it wins over the tenant: " + _OPEN_MAILBOX + ".",
            _PORTAL_MAILBOX,
            "Look at both switches: " + _READ_SWITCHES,
        ),
        verify=(
            "`Get-CASMailbox -Identity {account} | Format-List SmtpClientAuthenticationDisabled` says False, and AUTH-01 "
            "passes."
        ),
        propagation="Usually minutes, up to an hour or two.",
        risk=_SWITCH_RISK,
        source=(FAQ + ", Enable SMTP Authentication in Office365", SMTP_AUTH, SCUBA),
        decide=(_READ_SWITCHES,),
    ),
    Cause(
        id="smtp_auth_disabled_mailbox",
        title="SMTP AUTH is off for this mailbox",
        meaning="The mailbox has its own switch, and it is off, whatever the tenant's says. It is off for OAuth too.",
        shows="535 5.7.139 … SmtpClientAuthentication is disabled for the Mailbox.",
        who="exchange",
        kind=Kind.SIGN_IN,
        steps=(
            CONNECT_EXCHANGE,
            _OPEN_MAILBOX + ".",
            _PORTAL_MAILBOX,
            "A personal outlook.com mailbox has no such switch: use another account.",
        ),
        verify=(
            "`Get-CASMailbox -Identity {account} | Format-List SmtpClientAuthenticationDisabled` says False, and AUTH-01 "
            "passes."
        ),
        propagation="Usually minutes, up to an hour or two.",
        risk=_SWITCH_RISK,
        source=(FAQ + ", Enable SMTP Authentication in Office365", SMTP_AUTH, SCUBA),
        decide=(_READ_SWITCHES,),
    ),
    Cause(
        id="auth_policy_blocks_basic",
        title="an authentication policy blocks Basic for this account",
        meaning=(
            "Exchange has a third switch besides the two for SMTP AUTH: an authentication policy, set on the user "
            "or as the tenant's default, that refuses passwords for SMTP."
        ),
        shows=(
            "535 5.7.139 … basic authentication is disabled; … the organization configuration doesn't allow this "
            "authentication request."
        ),
        who="exchange",
        kind=Kind.SIGN_IN,
        steps=(
            CONNECT_EXCHANGE,
            (
                "Read which policy applies: `Get-User -Identity {account} | Format-List AuthenticationPolicy`; if empty: "
                "`Get-OrganizationConfig | Format-List DefaultAuthenticationPolicy`."
            ),
            "Read it: `Get-AuthenticationPolicy | Format-Table Name, AllowBasicAuthSmtp`.",
            (
                "Least opening: a policy of its own for this account: `New-AuthenticationPolicy -Name 'SMTP Basic "
                "only' -AllowBasicAuthSmtp`, then `Set-User -Identity {account} -AuthenticationPolicy 'SMTP Basic "
                "only'` and `Set-User -Identity {account} -STSRefreshTokensValidFrom ([DateTime]::UtcNow)`."
            ),
            "Better: OAuth, which this policy does not concern.",
        ),
        verify="AuthenticationPolicy of the user names the new policy, and AUTH-01 passes.",
        propagation="Up to 24 hours, about 30 minutes with the last command.",
        risk="Never open the tenant's default policy for one sender.",
        source=(POLICY, SMTP_AUTH),
        decide=(
            (
                "`Get-User -Identity {account} | Format-List AuthenticationPolicy` and `Get-AuthenticationPolicy | "
                "Format-Table Name, AllowBasicAuthSmtp`: a policy without AllowBasicAuthSmtp can be changed; none "
                "means that Basic itself is refused."
            ),
        ),
    ),
    Cause(
        id="basic_auth_retired",
        title="the server no longer takes a password for this account",
        meaning=(
            "Sign-in with user name and password (Basic) is refused as a method. No password will help; the sender "
            "must move to OAuth."
        ),
        shows=(
            "535 5.7.139 … basic authentication is disabled; 550 5.7.30 Basic authentication is not supported for "
            "Client Submission."
        ),
        who="sender",
        kind=Kind.SIGN_IN,
        steps=(
            _MOVE_TO_OAUTH,
            (
                "In the plugin: Authentication Type OpenID, Client Id, Client Secret, OpenID Endpoint Configuration, "
                "Scope https://outlook.office365.com/.default."
            ),
            (
                "Until the removal an Exchange administrator may be able to allow Basic again for this account (cause "
                "auth_policy_blocks_basic)."
            ),
            "Personal outlook.com and hotmail.com accounts: Basic is gone for good, app passwords included.",
        ),
        verify="The OAuth checklist passes to the end (MBX-03).",
        propagation="The move takes effect with the new settings; rights in Exchange up to two hours.",
        risk="None; OAuth is what the baselines ask for. Scope the application to one mailbox (RBAC for Applications).",
        source=(FAQ + ", OAuth", BASIC_END, BASIC_DATES),
        decide=(
            (
                "The authentication policies (see auth_policy_blocks_basic): if none blocks SMTP, Basic itself is off "
                "here."
            ),
        ),
    ),
    Cause(
        id="basic_auth_retiring",
        title="Basic works today and is due to go off",
        meaning=(
            "Microsoft turns password sign-in for SMTP off by default at the end of December 2026 for existing "
            "tenants; administrators can turn it on again for a while, and the final date is to be told in the "
            "second half of 2027."
        ),
        shows="RISK-01 shows a risk while everything else passes.",
        who="sender",
        kind=Kind.SIGN_IN,
        steps=(
            "Plan the move now: " + _MOVE_TO_OAUTH[0].lower() + _MOVE_TO_OAUTH[1:],
            (
                "Find other senders: Exchange admin center > Reports > Mail flow > SMTP AUTH clients shows Basic or "
                "OAuth per sender."
            ),
        ),
        verify="The report shows OAuth for this sender; RISK-01 does not apply any more.",
        propagation="None.",
        risk="None.",
        source=(BASIC_DATES, BASIC_END),
        decide=("The SMTP AUTH clients report.",),
    ),
    Cause(
        id="federation_failure",
        title="the organisation's own sign-in service failed",
        meaning=(
            "This domain's passwords are checked by the organisation's own service (AD FS or an agent), and "
            "Microsoft could not reach it or not over HTTPS."
        ),
        shows=(
            "535 5.7.139 … federated STS service was unreachable, or … STS URL does not support HTTPS; AADSTS80002 "
            "and neighbours."
        ),
        who="entra",
        kind=Kind.SIGN_IN,
        steps=(
            (
                "Check the federation service from outside: its /adfs/ls/ page must answer over HTTPS with TLS 1.2 and "
                "a valid certificate."
            ),
            "Read which it is: `Get-MgDomainFederationConfiguration -DomainId ({account} -split '@')[-1]`.",
            "Pass-through authentication: Entra admin center > Entra Connect > Agents must be active.",
            (
                "For a service account: use a cloud-only account in the onmicrosoft.com domain, or OAuth client "
                "credentials; both do not need it."
            ),
        ),
        verify="AUTH-01 passes; the sign-in log shows Success.",
        propagation="Immediately when the service answers.",
        risk="Do not weaken TLS on the federation service.",
        source=(TROUBLE, ENTRA_CODES),
        decide=("The sign-in log, and the federation service's own event log at the same minute.",),
    ),
    Cause(
        id="sp_not_registered_in_exchange",
        title="Exchange does not know the application, or knows it by the wrong object id",
        meaning=(
            "Entra issues the token, but Exchange has its own list of applications, and this one is missing there "
            "or was entered with the object id of the app registration. The mail plugin's FAQ leaves "
            "this step out."
        ),
        shows="Bare 535 5.7.3 to XOAUTH2 although the token's audience and role are right.",
        who="exchange",
        kind=Kind.MAILBOX_OF_APPLICATION,
        steps=(
            CONNECT_EXCHANGE,
            (
                "Take the object id of the enterprise application (Entra admin center > Enterprise applications > "
                "Overview), not that of the app registration; in PowerShell `Connect-MgGraph -Scopes Application.Read.All`, "
                "then `(Get-MgServicePrincipal -All | Where-Object AppId -eq {client_id}).Id`."
            ),
            (
                "Look: `Get-ServicePrincipal | Format-Table DisplayName, AppId, ObjectId`. If the object id is wrong: "
                "`Remove-ServicePrincipal -Identity {client_id}`."
            ),
            "Register: `New-ServicePrincipal -AppId {client_id} -ObjectId {sp_object_id} -DisplayName 'Alert mail'`.",
            (
                "Then the right on the mailbox: `Add-MailboxPermission -Identity {account} -User {sp_object_id} "
                "-AccessRights FullAccess`."
            ),
        ),
        verify=(
            "`Get-ServicePrincipal -Identity {client_id} | Format-List AppId, ObjectId` shows the enterprise application's "
            "id; AUTH-01 passes."
        ),
        propagation="Half an hour to two hours; results may alternate meanwhile.",
        risk="Registering alone grants nothing.",
        source=(OAUTH, RBAC),
        decide=(
            (
                "`Get-ServicePrincipal -Identity {client_id} | Format-List AppId, ObjectId`: missing, or another id "
                "than the enterprise application's."
            ),
        ),
    ),
    Cause(
        id="service_side_fault",
        title="the fault is on Microsoft's side",
        meaning=(
            "Everything that can be seen from here is right, and the service answers with a temporary error of its "
            "own. Waiting and retrying with pauses is the remedy."
        ),
        shows=(
            "451 4.7.0 Temporary server error … PRX; 454 4.7.0; AADSTS90033, 50000; connections closed after sign-in."
        ),
        who="microsoft",
        steps=(
            "Retry with growing pauses (1, 5, 15 minutes), not in a loop.",
            (
                "Look at Microsoft 365 admin center > Health > Service health, or `Get-MgServiceAnnouncementIssue "
                '-Filter "isResolved eq false"`.'
            ),
            "If it lasts more than an hour, open a case and quote the server's stamp in brackets and the time.",
        ),
        verify="A later run passes without any change here.",
        propagation="Microsoft's.",
        risk="None.",
        source=(HEALTH, TROUBLE),
        decide=("Service health, and a second run an hour later.",),
    ),
)
