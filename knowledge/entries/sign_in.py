"""Causes at the SMTP sign-in that concern the method, the Exchange settings or the service; `account` has those in the account."""

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
    "`Get-CASMailbox -Identity {account} | Format-List SmtpClientAuthenticationDisabled` and `Get-TransportConfig "
    "| Format-List SmtpClientAuthenticationDisabled`: True or False on the mailbox overrides the tenant; empty "
    "means that the tenant's setting applies."
)
_OPEN_MAILBOX: Final = "`Set-CASMailbox -Identity {account} -SmtpClientAuthenticationDisabled $false`"
_PORTAL_MAILBOX: Final = (
    "Or in the portal: Microsoft 365 admin center > Users > Active users > {account} > Mail > Manage email apps: "
    "select Authenticated SMTP and save."
)
_SWITCH_RISK: Final = (
    "Enable SMTP AUTH for this one mailbox only and leave it off for the tenant: baseline CISA SCuBA MS.EXO.5.1 "
    "(SMTP AUTH shall be disabled) checks the tenant's setting."
)
_MOVE_TO_OAUTH: Final = (
    "Move this sender to OAuth. Create an app registration with SMTP.SendAsApp and a client secret, register its "
    "service principal in Exchange, and grant it a right on the mailbox."
)

ENTRIES: Final[tuple[Cause, ...]] = (
    Cause(
        id="client_never_sent_auth",
        title="the client tried to send without signing in",
        meaning=(
            "The client sent a message without signing in first. Either authentication is off in the application, or the "
            "client ignored a failed sign-in and continued."
        ),
        shows="530 5.7.57 Client not authenticated to send mail, without an inner 535.",
        who="sender",
        kind=Kind.SIGN_IN,
        steps=(
            (
                "Email Alarm Plugin, SMTP Options: select Enable Authentication and enter the user name and the password, or "
                "choose OpenID."
            ),
            "Select Use SSL too: the server offers sign-in only after STARTTLS.",
            (
                "System.Net.Mail: set UseDefaultCredentials = false before Credentials, and EnableSsl = true. It continues "
                "after a refused sign-in, so look for the 535 in its network trace."
            ),
            "Configure the client to send EHLO, not HELO.",
        ),
        verify="The server replies 235 before MAIL FROM, and checks AUTH-01 and MBX-01 pass.",
        propagation="Immediately.",
        risk="None.",
        source=(FAQ + ", Email with Options Configuration", TROUBLE, DEVICE),
        decide=(
            Step(
                (
                    "Check AUTH-01: if the sign-in of this suite works with the same settings, the application does not send it. "
                    "If not, the reply names the cause."
                ),
                answered_by=("AUTH-01",),
            ),
        ),
    ),
    Cause(
        id="auth_mechanism_unsupported",
        title="the client uses a sign-in method that the server does not offer",
        meaning=(
            "Microsoft 365 offers LOGIN and XOAUTH2, and only after STARTTLS. This client uses PLAIN, CRAM-MD5 or NTLM, or "
            "signs in before encryption."
        ),
        shows="504 5.7.4 Unrecognized authentication type; 'no mechanism available'; 'no worthy mechs found'.",
        who="sender",
        steps=(
            "Choose the method LOGIN (Basic) or XOAUTH2 (OAuth) in the client, and switch STARTTLS on.",
            (
                "PHPMailer: AuthType = 'LOGIN'. JavaMail: mail.smtp.auth.mechanisms=LOGIN. Go: net/smtp has PLAIN only; use an "
                "implementation of LOGIN or XOAUTH2."
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
        title="the authentication type does not match the fields that are filled in",
        meaning=(
            "The OAuth fields are filled in (client id, endpoint, scope), but the authentication type is Basic. The "
            "application then signs in with a password that is not set."
        ),
        shows="Client Id and OpenID Endpoint Configuration are filled in, and Authentication Type is not OpenID.",
        who="sender",
        steps=(
            (
                "In the mail plugin, set Authentication Type to OpenID (OAuth 2.0) and keep Enable Authentication selected."
            ),
            "Or, if Basic is intended, clear the OAuth fields and enter the user name and the password.",
        ),
        verify="The plugin's own test mail arrives, and check OAUTH-08 passes.",
        propagation="Immediately.",
        risk="None.",
        source=(FAQ,),
        decide=("Compare the settings file with the plugin's SMTP Options tab, field by field.",),
    ),
    Cause(
        id="smtp_auth_disabled_tenant",
        title="SMTP AUTH is off for the tenant, and the mailbox has no setting of its own",
        meaning=(
            "SMTP AUTH is switched off for the whole organisation, and this mailbox has no setting of its own. This "
            "applies to OAuth as well; the mail plugin's FAQ says otherwise and is wrong."
        ),
        shows="535 5.7.139 … SmtpClientAuthentication is disabled for the Tenant.",
        who="exchange",
        kind=Kind.SIGN_IN,
        steps=(
            CONNECT_EXCHANGE,
            "Enable SMTP AUTH for this one mailbox; this overrides the tenant: " + _OPEN_MAILBOX + ".",
            _PORTAL_MAILBOX,
            "Read both settings: " + _READ_SWITCHES,
        ),
        verify=(
            "`Get-CASMailbox -Identity {account} | Format-List SmtpClientAuthenticationDisabled` shows False, and AUTH-01 "
            "passes."
        ),
        propagation="Usually within minutes, at most two hours.",
        risk=_SWITCH_RISK,
        source=(FAQ + ", Enable SMTP Authentication in Office365", SMTP_AUTH, SCUBA),
        decide=(_READ_SWITCHES,),
    ),
    Cause(
        id="smtp_auth_disabled_mailbox",
        title="SMTP AUTH is off for this mailbox",
        meaning=(
            "SMTP AUTH is switched off on this mailbox, whatever the tenant's setting. This applies to OAuth as well."
        ),
        shows="535 5.7.139 … SmtpClientAuthentication is disabled for the Mailbox.",
        who="exchange",
        kind=Kind.SIGN_IN,
        steps=(
            CONNECT_EXCHANGE,
            _OPEN_MAILBOX + ".",
            _PORTAL_MAILBOX,
            "Do not use a personal outlook.com mailbox: it has no such setting.",
        ),
        verify=(
            "`Get-CASMailbox -Identity {account} | Format-List SmtpClientAuthenticationDisabled` shows False, and AUTH-01 "
            "passes."
        ),
        propagation="Usually within minutes, at most two hours.",
        risk=_SWITCH_RISK,
        source=(FAQ + ", Enable SMTP Authentication in Office365", SMTP_AUTH, SCUBA),
        decide=(_READ_SWITCHES,),
    ),
    Cause(
        id="auth_policy_blocks_basic",
        title="an authentication policy blocks Basic for this account",
        meaning=(
            "An authentication policy refuses passwords for SMTP. It is set on the user or as the tenant's default, and is "
            "independent of the two settings for SMTP AUTH."
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
                "Find the policy that applies: `Get-User -Identity {account} | Format-List AuthenticationPolicy`; if empty: "
                "`Get-OrganizationConfig | Format-List DefaultAuthenticationPolicy`."
            ),
            "Read the policy: `Get-AuthenticationPolicy | Format-Table Name, AllowBasicAuthSmtp`.",
            (
                "Create a policy for this account only: `New-AuthenticationPolicy -Name 'SMTP Basic only' "
                "-AllowBasicAuthSmtp`, then `Set-User -Identity {account} -AuthenticationPolicy 'SMTP Basic only'` and "
                "`Set-User -Identity {account} -STSRefreshTokensValidFrom ([DateTime]::UtcNow)`."
            ),
            "Better: use OAuth, to which this policy does not apply.",
        ),
        verify="The user's AuthenticationPolicy is the new policy, and AUTH-01 passes.",
        propagation="Up to 24 hours; with the last command, about 30 minutes.",
        risk="Never change the tenant's default policy for one sender.",
        source=(POLICY, SMTP_AUTH),
        decide=(
            (
                "`Get-User -Identity {account} | Format-List AuthenticationPolicy` and `Get-AuthenticationPolicy | "
                "Format-Table Name, AllowBasicAuthSmtp`: a policy without AllowBasicAuthSmtp can be changed. If there is no "
                "policy, the service refuses Basic itself."
            ),
        ),
    ),
    Cause(
        id="basic_auth_retired",
        title="the server no longer accepts passwords for this account",
        meaning=(
            "The server refuses sign-in with user name and password (Basic) as a method. Another password does not help; "
            "the sender must move to OAuth."
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
                "In the plugin, set Authentication Type to OpenID and fill in Client Id, Client Secret, OpenID Endpoint "
                "Configuration and Scope https://outlook.office365.com/.default."
            ),
            (
                "Until Microsoft removes Basic, an Exchange administrator may be able to allow it again for this account "
                "(cause auth_policy_blocks_basic)."
            ),
            (
                "Do not use a personal outlook.com or hotmail.com account: Basic has been removed there, app passwords "
                "included."
            ),
        ),
        verify="All checks for OAuth pass, up to MBX-03.",
        propagation="With the new settings; rights in Exchange take up to two hours.",
        risk="None; the baselines require OAuth. Restrict the application to one mailbox (RBAC for Applications).",
        source=(FAQ + ", OAuth", BASIC_END, BASIC_DATES),
        decide=(
            (
                "The authentication policies (see auth_policy_blocks_basic): if none of them blocks SMTP, Basic itself is off."
            ),
        ),
    ),
    Cause(
        id="basic_auth_retiring",
        title="Basic authentication works today but will be switched off",
        meaning=(
            "Microsoft turns password sign-in for SMTP off by default at the end of December 2026 for existing tenants. "
            "Administrators can turn it on again for a while; Microsoft will announce the final date in the second half of "
            "2027."
        ),
        shows="RISK-01 shows a risk, and all other checks pass.",
        who="sender",
        kind=Kind.SIGN_IN,
        steps=(
            "Plan this now: " + _MOVE_TO_OAUTH[0].lower() + _MOVE_TO_OAUTH[1:],
            (
                "Find other senders: Exchange admin center > Reports > Mail flow > SMTP AUTH clients shows Basic or OAuth for "
                "each sender."
            ),
        ),
        verify="The report shows OAuth for this sender, and RISK-01 no longer applies.",
        propagation="None.",
        risk="None.",
        source=(BASIC_DATES, BASIC_END),
        decide=("The report SMTP AUTH clients.",),
    ),
    Cause(
        id="federation_failure",
        title="the organisation's own sign-in service failed",
        meaning=(
            "The organisation's own service (AD FS or an agent) checks the passwords of this domain. Microsoft could not "
            "reach it, or not over HTTPS."
        ),
        shows=(
            "535 5.7.139 … federated STS service was unreachable, or … STS URL does not support HTTPS; AADSTS80002 and "
            "similar numbers."
        ),
        who="entra",
        kind=Kind.SIGN_IN,
        steps=(
            (
                "Check the federation service from outside: its page /adfs/ls/ must answer over HTTPS with TLS 1.2 and a valid "
                "certificate."
            ),
            (
                "Find the federation service of the domain: `Get-MgDomainFederationConfiguration -DomainId ({account} -split "
                "'@')[-1]`."
            ),
            (
                "With pass-through authentication, check that an agent is active: Entra admin center > Entra Connect > Agents."
            ),
            (
                "For a service account, use a cloud-only account in the onmicrosoft.com domain, or OAuth client credentials: "
                "neither needs the federation service."
            ),
        ),
        verify="AUTH-01 passes, and the sign-in log shows Success.",
        propagation="As soon as the service answers.",
        risk="Do not weaken TLS on the federation service.",
        source=(TROUBLE, ENTRA_CODES),
        decide=("The sign-in log, and the event log of the federation service at the same minute.",),
    ),
    Cause(
        id="sp_not_registered_in_exchange",
        title="the application is not registered in Exchange, or is registered with the wrong object id",
        meaning=(
            "Entra issues the token, but Exchange has its own list of applications. This application is not in that list, "
            "or it was entered with the object id of the app registration. The mail plugin's FAQ leaves this step out."
        ),
        shows="Bare 535 5.7.3 to XOAUTH2, although the token's audience and role are right.",
        who="exchange",
        kind=Kind.MAILBOX_OF_APPLICATION,
        steps=(
            CONNECT_EXCHANGE,
            (
                "Find the object id of the enterprise application (Entra admin center > Enterprise applications > Overview), "
                "not that of the app registration. With PowerShell: `Connect-MgGraph -Scopes Application.Read.All`, then "
                "`(Get-MgServicePrincipal -All | Where-Object AppId -eq {client_id}).Id`."
            ),
            (
                "List the registered applications: `Get-ServicePrincipal | Format-Table DisplayName, AppId, ObjectId`. If the "
                "object id is wrong, remove the entry: `Remove-ServicePrincipal -Identity {client_id}`."
            ),
            (
                "Register the application: `New-ServicePrincipal -AppId {client_id} -ObjectId {sp_object_id} -DisplayName "
                "'Alert mail'`."
            ),
            (
                "Grant the right on the mailbox: `Add-MailboxPermission -Identity {account} -User {sp_object_id} -AccessRights "
                "FullAccess`."
            ),
        ),
        verify=(
            "`Get-ServicePrincipal -Identity {client_id} | Format-List AppId, ObjectId` shows the object id of the "
            "enterprise application, and AUTH-01 passes."
        ),
        propagation="Within half an hour to two hours; until then, some attempts succeed and others fail.",
        risk="None: the registration alone grants no right.",
        source=(OAUTH, RBAC),
        decide=(
            (
                "`Get-ServicePrincipal -Identity {client_id} | Format-List AppId, ObjectId`: is the application missing, or "
                "does it have another object id than the enterprise application?"
            ),
        ),
    ),
    Cause(
        id="service_side_fault",
        title="Microsoft's service has a fault",
        meaning=(
            "All settings that this suite can check are right, and the service replies with a temporary error. Wait and "
            "retry with increasing delays."
        ),
        shows=(
            "451 4.7.0 Temporary server error … PRX; 454 4.7.0; AADSTS90033, 50000; connections that close after the "
            "sign-in."
        ),
        who="microsoft",
        steps=(
            "Retry with increasing delays (1, 5, 15 minutes), not in a loop.",
            (
                "Check Microsoft 365 admin center > Health > Service health, or `Get-MgServiceAnnouncementIssue -Filter "
                '"isResolved eq false"`.'
            ),
            "If it lasts more than an hour, open a case. Quote the server's stamp in brackets and the time.",
        ),
        verify="A later run passes without a change to the settings.",
        propagation="Until Microsoft has resolved it.",
        risk="None.",
        source=(HEALTH, TROUBLE),
        decide=("Service health, and a second run after an hour.",),
    ),
)
