"""Causes at the SMTP sign-in that concern the method, the settings in Exchange or the service. The account is covered in `account`."""

from datetime import date
from typing import Final

from knowledge.cause import Cause, Kind
from knowledge.entries.sources import (
    ADFS_ENDPOINTS,
    BASIC_DATES,
    BASIC_END,
    CONNECT_EXCHANGE,
    DEVICE,
    ENTRA_CODES,
    FAQ,
    OAUTH,
    OTHER_WAYS,
    POLICY,
    RBAC,
    RFC_AUTH,
    SCUBA,
    SMTP_AUTH,
    TROUBLE,
)
from knowledge.step import Step, only_for, per_client

_READ_SWITCHES: Final = (
    "Run `Get-CASMailbox -Identity {account} | Format-List SmtpClientAuthenticationDisabled` and "
    "`Get-TransportConfig | Format-List SmtpClientAuthenticationDisabled`. True or False on the mailbox "
    "overrides the tenant's setting; an empty value means that the tenant's setting applies."
)
_OPEN_MAILBOX: Final = "`Set-CASMailbox -Identity {account} -SmtpClientAuthenticationDisabled $false`"
_PORTAL_MAILBOX: Final = (
    "Or in the portal: open Microsoft 365 admin center > Users > Active users > {account} > Mail > "
    "Manage email apps, select Authenticated SMTP and save."
)
_SWITCH_RISK: Final = (
    "Enable SMTP AUTH for this mailbox only, and leave it off for the tenant: the CISA SCuBA baseline "
    "MS.EXO.5.1 (SMTP AUTH shall be disabled) checks the tenant's setting."
)
_MOVE_TO_OAUTH: Final = (
    "Move this sender to OAuth. Create an app registration with SMTP.SendAsApp and a client secret, register its "
    "service principal in Exchange, and grant it FullAccess to the mailbox."
)

ENTRIES: Final[tuple[Cause, ...]] = (
    Cause(
        id="client_never_sent_auth",
        title="the client tried to send without signing in",
        meaning=(
            "The client sent a message without signing in first. Either authentication is off in the "
            "application, or the client ignored a refused sign-in and continued."
        ),
        shows="530 5.7.57 Client not authenticated to send mail, without an inner 535.",
        who="sender",
        kind=Kind.SIGN_IN,
        steps=(
            per_client(
                plugin="In the Email Alarm Plugin, under SMTP Options, select Enable Authentication and enter the user "
                "name and password, or choose OpenID. Select Use SSL too.",
            ),
            "Turn on STARTTLS in the client: the server offers sign-in only after it.",
            per_client(
                system_net_mail="For System.Net.Mail, set UseDefaultCredentials = false before Credentials, and set "
                "EnableSsl = true. System.Net.Mail continues after a refused sign-in, so look for the 535 in its network "
                "trace.",
            ),
            "Configure the client to send EHLO, not HELO.",
        ),
        verify="The server replies 235 before MAIL FROM, and the checks AUTH-01 and MBX-01 pass.",
        propagation="Immediately.",
        risk="None.",
        source=(FAQ + ", Email with Options Configuration", TROUBLE, DEVICE),
        decide=(
            Step(
                (
                    "Run check AUTH-01 with the same settings. If it passes, the application does not sign in; if not, "
                    "the reply shows the cause."
                ),
                answered_by=("AUTH-01",),
            ),
        ),
    ),
    Cause(
        id="auth_mechanism_unsupported",
        title="the client uses a sign-in method that the server does not offer",
        meaning=(
            "Microsoft 365 offers LOGIN and XOAUTH2, and only after STARTTLS. This client uses PLAIN, CRAM-MD5 "
            "or NTLM, or signs in before the connection is encrypted."
        ),
        shows="504 5.7.4 Unrecognized authentication type; 'no mechanism available'; 'no worthy mechs found'.",
        who="sender",
        steps=(
            "In the client, choose the method LOGIN (Basic) or XOAUTH2 (OAuth), and turn on STARTTLS.",
            per_client(
                phpmailer="For PHPMailer, set AuthType = 'LOGIN'.",
                javamail="For JavaMail, set mail.smtp.auth.mechanisms=LOGIN.",
                go="For Go, add an implementation of LOGIN or XOAUTH2: net/smtp supports neither.",
            ),
            per_client(
                postfix="For Postfix, install the SASL plug-ins (`$ apt-get install libsasl2-modules`) and set "
                "smtp_sasl_mechanism_filter = login.",
            ),
        ),
        verify="The client receives 334 after AUTH LOGIN or AUTH XOAUTH2.",
        propagation="Immediately.",
        risk="None: both methods run inside TLS.",
        source=(SMTP_AUTH, RFC_AUTH),
        decide=(
            Step(
                "Run check SMTP-03: which methods does the server offer in its AUTH line after STARTTLS?",
                answered_by=("SMTP-03",),
            ),
        ),
    ),
    Cause(
        id="authentication_type_wrong",
        title="the authentication type does not match the completed fields",
        meaning=(
            "The OAuth fields (client id, endpoint, scope) are filled in, but the authentication type is Basic. "
            "The application therefore tries to sign in with a password that is not set."
        ),
        shows="Client Id and OpenID Endpoint Configuration are filled in, and Authentication Type is not OpenID.",
        who="sender",
        steps=(
            "In the mail plugin, set Authentication Type to OpenID (OAuth 2.0), and keep Enable Authentication selected.",
            "Or, if you want to use Basic, clear the OAuth fields and enter the user name and password.",
        ),
        verify="The plugin's own test message arrives, and check OAUTH-08 passes.",
        propagation="Immediately.",
        risk="None.",
        source=(FAQ,),
        decide=("Compare the settings file with the plugin's SMTP Options tab, field by field.",),
    ),
    Cause(
        id="smtp_auth_disabled_tenant",
        title="SMTP AUTH is off for the tenant, and the mailbox has no setting of its own",
        meaning=(
            "SMTP AUTH is turned off for the whole organisation, and this mailbox has no setting of its own. "
            "This affects OAuth as well; the mail plugin's FAQ wrongly says that it does not."
        ),
        shows="535 5.7.139 … SmtpClientAuthentication is disabled for the Tenant.",
        who="exchange",
        kind=Kind.SIGN_IN,
        steps=(
            CONNECT_EXCHANGE,
            "Enable SMTP AUTH for this mailbox, which overrides the tenant's setting: " + _OPEN_MAILBOX + ".",
            _PORTAL_MAILBOX,
            _READ_SWITCHES,
        ),
        verify=(
            "`Get-CASMailbox -Identity {account} | Format-List SmtpClientAuthenticationDisabled` shows False, "
            "and check AUTH-01 passes."
        ),
        propagation="Usually within minutes, at most within two hours.",
        risk=_SWITCH_RISK,
        source=(FAQ + ", Enable SMTP Authentication in Office365", SMTP_AUTH, SCUBA),
        decide=(_READ_SWITCHES,),
    ),
    Cause(
        id="smtp_auth_disabled_mailbox",
        title="SMTP AUTH is off for this mailbox",
        meaning="SMTP AUTH is turned off for this mailbox, whatever the tenant's setting. This affects OAuth as well.",
        shows="535 5.7.139 … SmtpClientAuthentication is disabled for the Mailbox.",
        who="exchange",
        kind=Kind.SIGN_IN,
        steps=(
            CONNECT_EXCHANGE,
            "Enable SMTP AUTH for this mailbox: " + _OPEN_MAILBOX + ".",
            _PORTAL_MAILBOX,
            "Do not use a personal outlook.com mailbox: it has no such setting.",
        ),
        verify=(
            "`Get-CASMailbox -Identity {account} | Format-List SmtpClientAuthenticationDisabled` shows False, "
            "and check AUTH-01 passes."
        ),
        propagation="Usually within minutes, at most within two hours.",
        risk=_SWITCH_RISK,
        source=(FAQ + ", Enable SMTP Authentication in Office365", SMTP_AUTH, SCUBA),
        decide=(_READ_SWITCHES,),
    ),
    Cause(
        id="auth_policy_blocks_basic",
        title="an authentication policy blocks Basic authentication for this account",
        meaning=(
            "An authentication policy refuses passwords for SMTP. The policy is set on the user or is the "
            "tenant's default. It is independent of the two settings for SMTP AUTH."
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
                "Find the policy that applies: `Get-User -Identity {account} | Format-List AuthenticationPolicy`. If "
                "this is empty, the default policy applies: `Get-OrganizationConfig | Format-List "
                "DefaultAuthenticationPolicy`."
            ),
            (
                "Find out which policies allow Basic for SMTP: `Get-AuthenticationPolicy | Format-Table Name, "
                "AllowBasicAuthSmtp`."
            ),
            (
                "Create a policy for this account only: `New-AuthenticationPolicy -Name 'SMTP Basic only' "
                "-AllowBasicAuthSmtp`. Then run `Set-User -Identity {account} -AuthenticationPolicy 'SMTP Basic "
                "only'` and `Set-User -Identity {account} -STSRefreshTokensValidFrom ([DateTime]::UtcNow)`."
            ),
            "Preferably, use OAuth: authentication policies do not apply to it.",
        ),
        verify="The user's AuthenticationPolicy is the new policy, and check AUTH-01 passes.",
        propagation="Within 24 hours, or within about 30 minutes if you also set STSRefreshTokensValidFrom.",
        risk="Never change the tenant's default policy for one sender.",
        source=(POLICY, SMTP_AUTH),
        decide=(
            (
                "Run `Get-User -Identity {account} | Format-List AuthenticationPolicy` and `Get-AuthenticationPolicy "
                "| Format-Table Name, AllowBasicAuthSmtp`. A policy without AllowBasicAuthSmtp can be changed. If "
                "there is no policy, the service itself refuses Basic."
            ),
        ),
    ),
    Cause(
        id="basic_auth_retired",
        title="the server no longer accepts passwords for this account",
        meaning=(
            "The server refuses Basic authentication (user name and password) altogether. A different password "
            "does not help: the sender must move to OAuth."
        ),
        shows=(
            "535 5.7.139 … basic authentication is disabled; 550 5.7.30 Basic authentication is not supported for "
            "Client Submission."
        ),
        who="sender",
        kind=Kind.SIGN_IN,
        steps=(
            _MOVE_TO_OAUTH,
            only_for(
                "In the plugin, set Authentication Type to OpenID, fill in Client Id, Client Secret and OpenID "
                "Endpoint Configuration, and set Scope to https://outlook.office365.com/.default.",
                "plugin",
            ),
            (
                "Until Microsoft removes Basic authentication, an Exchange administrator may be able to allow it "
                "again for this account (cause auth_policy_blocks_basic). In a tenant created after December 2026, Basic is "
                "not available by default."
            ),
            OTHER_WAYS,
            (
                "Do not use a personal outlook.com or hotmail.com account: Microsoft has removed Basic "
                "authentication there, app passwords included."
            ),
        ),
        verify="All checks for OAuth pass, including MBX-03.",
        propagation="As soon as the application uses the new settings; rights in Exchange take up to two hours.",
        risk="None. Restrict the application to one mailbox (RBAC for Applications).",
        source=(FAQ + ", OAuth", BASIC_END, BASIC_DATES),
        decide=(
            (
                "Read the authentication policies (see auth_policy_blocks_basic): if none of them blocks SMTP, the "
                "service itself refuses Basic."
            ),
        ),
    ),
    Cause(
        id="basic_auth_retiring",
        title="Basic authentication works today but Microsoft is removing it",
        meaning=(
            "From the end of December 2026, Basic authentication for SMTP AUTH is off by default in existing tenants, "
            "where administrators can enable it again. In tenants created after December 2026 it is not available by "
            "default. Microsoft plans to announce the date of the final removal in the second half of 2027; the removal "
            "itself follows later."
        ),
        shows="RISK-01 shows a risk, and all other checks pass.",
        who="sender",
        kind=Kind.SIGN_IN,
        steps=(
            "Plan this now: " + _MOVE_TO_OAUTH[0].lower() + _MOVE_TO_OAUTH[1:],
            (
                "Find other senders: open Exchange admin center > Reports > Mail flow > SMTP AUTH clients. The "
                "report shows Basic or OAuth for each sender."
            ),
            OTHER_WAYS,
        ),
        verify="The report SMTP AUTH clients shows OAuth for this sender, and check RISK-01 no longer applies.",
        propagation="None.",
        risk="None.",
        source=(BASIC_DATES, BASIC_END),
        decide=("Open the report SMTP AUTH clients: does it show Basic for this sender?",),
    ),
    Cause(
        id="federation_failure",
        title="the organisation's own sign-in service failed",
        meaning=(
            "The organisation's own service (AD FS or a pass-through authentication agent) checks the passwords "
            "of this domain. Microsoft could not reach it, or its address does not support HTTPS."
        ),
        shows=(
            "535 5.7.139 … federated STS service was unreachable, or … STS URL does not support HTTPS; AADSTS80002 and "
            "similar numbers."
        ),
        who="entra",
        kind=Kind.SIGN_IN,
        steps=(
            (
                "Test the federation service from outside the network: it must respond over HTTPS with TLS 1.2 and a valid "
                "certificate. With AD FS, /adfs/services/trust/2005/usernamemixed must be enabled on the proxy: clients that "
                "send a password need it, so a working sign-in page (/adfs/ls/) proves little."
            ),
            (
                "To find the domain's federation service, run `Get-MgDomainFederationConfiguration -DomainId "
                "({account} -split '@')[-1]`."
            ),
            (
                "With pass-through authentication, open Entra admin center > Entra ID > Entra Connect > Connect Sync > "
                "Pass-through authentication, and make sure that an agent is active."
            ),
            (
                "For a service account, use OAuth client credentials, or a cloud-only account: neither needs the federation "
                "service. A cloud-only account may sign in with an onmicrosoft.com name, but set From to an address in a domain "
                "of your own: mail from onmicrosoft.com addresses is limited (cause onmicrosoft_sender)."
            ),
        ),
        verify="The check AUTH-01 passes, and the sign-in log shows Success.",
        propagation="As soon as the federation service or the agent responds.",
        risk="Do not weaken TLS on the federation service.",
        source=(TROUBLE, ADFS_ENDPOINTS, ENTRA_CODES),
        checked=date(2026, 11, 27),
        decide=("Compare the sign-in log with the event log of the federation service for the same minute.",),
    ),
    Cause(
        id="sp_not_registered_in_exchange",
        title="the application is not registered in Exchange, or is registered with the wrong object id",
        meaning=(
            "Entra issues the token, but Exchange has its own list of applications. This application is not in "
            "that list, or was entered with the object id of the app registration. The mail plugin's FAQ omits "
            "this step."
        ),
        shows="Bare 535 5.7.3 to XOAUTH2, although the token's audience and role are right.",
        who="exchange",
        kind=Kind.MAILBOX_OF_APPLICATION,
        steps=(
            CONNECT_EXCHANGE,
            (
                "Find the object id of the enterprise application, not that of the app registration: open Entra "
                "admin center > Entra ID > Enterprise apps, select the application, and copy "
                "the Object ID. With PowerShell: `Connect-MgGraph -Scopes Application.Read.All`, then "
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
                "Grant the application FullAccess to the mailbox: `Add-MailboxPermission -Identity {account} -User "
                "{sp_object_id} -AccessRights FullAccess`."
            ),
        ),
        verify=(
            "`Get-ServicePrincipal -Identity {client_id} | Format-List AppId, ObjectId` shows the object id of "
            "the enterprise application, and check AUTH-01 passes."
        ),
        propagation="After half an hour to two hours; until then, some attempts succeed and others fail.",
        risk="None: the registration alone grants no rights.",
        source=(OAUTH, RBAC),
        decide=(
            (
                "Run `Get-ServicePrincipal -Identity {client_id} | Format-List AppId, ObjectId`: is the application "
                "missing, or does its object id differ from that of the enterprise application?"
            ),
        ),
    ),
)
