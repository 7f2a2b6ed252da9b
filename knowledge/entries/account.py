"""Causes at the SMTP sign-in that concern the account: its name, password, second factor and mailbox."""

from datetime import date
from typing import Final

from knowledge.cause import Cause, Kind
from knowledge.entries.sources import (
    CONNECT_EXCHANGE,
    DEVICE,
    ENTRA_CODES,
    FAQ,
    HASH_SYNC,
    LOCKOUT,
    PASSWORD_POLICY,
    SECURITY_DEFAULTS,
    SIGN_IN_LOG,
    SMTP_AUTH,
)
from knowledge.step import Step

_MOVE_TO_OAUTH: Final = (
    "Move this sender to OAuth. Create an app registration with SMTP.SendAsApp and a client secret, register its "
    "service principal in Exchange, and grant it FullAccess to the mailbox."
)
_ACCOUNT: Final = "Open Microsoft 365 admin center > Users > Active users > {account}"

_NO_EXPIRY: Final = (
    "`Connect-MgGraph -Scopes User.ReadWrite.All`, then `Update-MgUser -UserId {account} -PasswordPolicies "
    "DisablePasswordExpiration`."
)

ENTRIES: Final[tuple[Cause, ...]] = (
    Cause(
        id="username_not_upn",
        title="the user name is not the full sign-in address",
        meaning=(
            "Microsoft 365 requires the complete sign-in name, in the form of an e-mail address. It refuses a "
            "short name, DOMAIN\\name or an alias in the same way as a wrong password."
        ),
        shows="BASIC-09 fails; 535 5.7.3 or 'the user credentials were incorrect'.",
        who="sender",
        kind=Kind.SIGN_IN,
        steps=(
            "Enter the full address as Username, for example noreply@yourdomain.com.",
            (
                "Use the user principal name. It can differ from the mail address; to compare the two, run "
                "`Get-Mailbox -Identity {account} | Format-List UserPrincipalName, PrimarySmtpAddress`."
            ),
        ),
        verify="The checks BASIC-09 and AUTH-01 pass.",
        propagation="Immediately.",
        risk="None.",
        source=(FAQ + ", Authentication failed", DEVICE),
        decide=(
            Step(
                "Run check BASIC-09: does the user name contain an @ and a domain of this tenant?",
                answered_by=("BASIC-09",),
            ),
        ),
    ),
    Cause(
        id="bad_credentials",
        title="the user name or the password is wrong",
        meaning=(
            "The sign-in service rejects this combination of user name and password. Each further attempt brings the "
            "account closer to a lockout."
        ),
        shows="535 5.7.139 … the user credentials were incorrect; AADSTS50126; sometimes a bare 535 5.7.3.",
        who="sender",
        kind=Kind.SIGN_IN,
        steps=(
            "Stop the application, so that it does not try the wrong password again.",
            "Sign in once as {account} at https://outlook.office.com in a private window. Does the password work there?",
            "If the password does not work there, reset it. "
            + _ACCOUNT
            + (
                " and select Reset password. Clear 'Require this user to change their password when they first sign "
                "in'. Enter the new password in the application. Reset the password of a synchronised account in Active "
                "Directory instead."
            ),
            (
                "Look for characters that a form or a configuration file may have changed: quotes, trailing spaces, # ; $ \\."
            ),
            (
                "If MFA is on for the account, the password alone is not enough. App passwords also use Basic "
                "authentication, and stop working when it ends."
            ),
        ),
        verify="The check AUTH-01 passes. Run it only once.",
        propagation="A new password works within a minute, or within a few minutes with password hash synchronisation.",
        risk=(
            "Do not retry in a loop: the account is locked after about ten wrong passwords (three in the US "
            "government cloud)."
        ),
        source=(FAQ + ", Authentication failed", ENTRA_CODES, LOCKOUT, HASH_SYNC),
        checked=date(2026, 11, 27),
        decide=(SIGN_IN_LOG + " 50126 means a wrong password, 50034 an unknown user.",),
    ),
    Cause(
        id="password_expired",
        title="the password has expired or must be changed",
        meaning=(
            "The password has reached its maximum age, or an administrator requires a new one. A program cannot "
            "change the password by itself."
        ),
        shows=(
            "AADSTS50055, 50144 or 50135 in the sign-in log; over SMTP, only 'account has an issue' or "
            "'credentials were incorrect'."
        ),
        who="entra",
        kind=Kind.SIGN_IN,
        steps=(
            _ACCOUNT
            + " and select Reset password. Clear 'Require this user to change their password when they first sign in'. "
            "Reset the password of a synchronised account in Active Directory.",
            "Enter the new password in the application.",
            (
                "For a service account, turn off password expiry: "
                + _NO_EXPIRY
                + " For a synchronised account, select Password never expires in Active Directory."
            ),
        ),
        verify=(
            "`Get-MgUser -UserId {account} -Property PasswordPolicies,LastPasswordChangeDateTime | Format-List` "
            "shows the change, and check AUTH-01 passes."
        ),
        propagation="Within a minute, or within half an hour with directory synchronisation.",
        risk="A password that never expires must be long, stored in one place and used for this account only.",
        source=(FAQ + ", Password expired", PASSWORD_POLICY, ENTRA_CODES),
        decide=(SIGN_IN_LOG + " 50055 and 50144 mean an expired password.",),
    ),
    Cause(
        id="password_expiring",
        title="the password will expire, and nothing ensures its renewal",
        meaning="The password works today. When it expires, the alerts stop without a warning.",
        shows="RISK-04 or BASIC-04 shows a risk.",
        who="entra",
        kind=Kind.SIGN_IN,
        steps=(
            "Turn off password expiry: " + _NO_EXPIRY,
            "Or enter password_expires in the settings of smtp365, and add a reminder to a shared calendar.",
            "Or " + _MOVE_TO_OAUTH[0].lower() + _MOVE_TO_OAUTH[1:],
        ),
        verify="The checks BASIC-04 and RISK-04 pass or are attested.",
        propagation="Immediately.",
        risk="Turn off expiry for this service account only, and give the account a long password.",
        source=(FAQ + ", Account Requirements", PASSWORD_POLICY),
        decide=(
            (
                "Run `Get-MgUser -UserId {account} -Property PasswordPolicies,LastPasswordChangeDateTime | "
                "Format-List`: do the policies contain DisablePasswordExpiration?"
            ),
        ),
    ),
    Cause(
        id="account_locked",
        title="the account is locked after failed sign-ins",
        meaning=(
            "There were too many sign-ins with a wrong password, or they came from an IP address that Microsoft "
            "considers malicious. The account refuses even the right password until the lockout ends; a malicious address "
            "is refused for as long as Microsoft considers it malicious."
        ),
        shows="535 5.7.139 … account locked; AADSTS50053.",
        who="entra",
        kind=Kind.SIGN_IN,
        steps=(
            "Stop every program that still uses the old password: the sign-in log shows their IP addresses.",
            "Wait: the first lockout lasts one minute, and each later one is longer. Or reset the password. "
            + _ACCOUNT
            + " and select Reset password, which ends the lockout.",
            (
                "If the account is synchronised, reset the password in Active Directory instead. If the account is locked there "
                "too, unlock it: `$name = {account}; Get-ADUser -Filter 'UserPrincipalName -eq $name' | Unlock-ADAccount`."
            ),
            (
                "If the sign-in log gives a malicious IP address as the failure reason, waiting and a new password do not help: "
                "find out what else uses this public address, and let the application send from a different one."
            ),
        ),
        verify="A single attempt (check AUTH-01) passes.",
        propagation="After one minute to several hours.",
        risk="Do not raise the tenant's lockout threshold because of one account.",
        source=(LOCKOUT, ENTRA_CODES),
        checked=date(2026, 11, 27),
        decide=(
            SIGN_IN_LOG
            + (
                " 50053 means a locked account or a malicious IP address: the failure reason shows which. The IP addresses "
                "show which programs keep trying."
            ),
        ),
    ),
    Cause(
        id="account_disabled",
        title="sign-in is blocked for this account, or the account has an issue",
        meaning=(
            "The account exists but may not sign in: an administrator has blocked it in Microsoft 365 or disabled it in "
            "Active Directory, or Microsoft considers it at risk."
        ),
        shows="535 5.7.139 … account has an issue; AADSTS50057.",
        who="entra",
        kind=Kind.SIGN_IN,
        steps=(
            _ACCOUNT + ". If sign-in is blocked, unblock it.",
            (
                "Or with PowerShell: `Connect-MgGraph -Scopes User.ReadWrite.All`, then `Update-MgUser -UserId {account} "
                "-AccountEnabled:$true`."
            ),
            (
                "If the account is synchronised, enable it in Active Directory instead: `$name = {account}; Get-ADUser -Filter "
                "'UserPrincipalName -eq $name' | Enable-ADAccount`."
            ),
            "Check the password too: an expired password, or one that must be changed, causes the same reply.",
            "Do not unblock sign-in for a shared mailbox: it is blocked on purpose. Use OAuth instead.",
        ),
        verify=(
            "`Get-MgUser -UserId {account} -Property AccountEnabled | Format-List AccountEnabled` shows True, "
            "and check AUTH-01 passes."
        ),
        propagation="Within minutes in Entra, within an hour in Exchange; a change in Active Directory up to half an hour later.",
        risk="Find out why the account was blocked before you unblock it.",
        source=(ENTRA_CODES, SMTP_AUTH),
        checked=date(2026, 11, 27),
        decide=(SIGN_IN_LOG + " 50057 means a disabled account, 50055 an expired password.",),
    ),
    Cause(
        id="mailbox_missing",
        title="the account does not exist or has no mailbox",
        meaning=(
            "The tenant has no account with this name (often because of a typing error), or the account has no mailbox or "
            "no licence for one."
        ),
        shows=(
            "'the user credentials were incorrect', AADSTS50034, 550 Mailbox cannot be accessed, "
            "MailboxNotEnabledForRESTAPI."
        ),
        who="exchange",
        kind=Kind.SIGN_IN,
        steps=(
            CONNECT_EXCHANGE,
            (
                "Look for the mailbox: `Get-EXOMailbox -Identity {account}`. If there is none, `Get-EXORecipient -Identity "
                "{account}` shows whether the address is a contact, a group or an alias."
            ),
            (
                "Check the address for typing errors, and make sure that its domain belongs to the tenant: "
                "`Get-AcceptedDomain`."
            ),
            _ACCOUNT + " > Licenses and apps, and assign a licence that includes Exchange Online.",
        ),
        verify="`Get-EXOMailbox -Identity {account}` returns a mailbox, and check AUTH-01 passes.",
        propagation="Within minutes for a new mailbox, sometimes after several hours.",
        risk="A licence costs money: check the address before you assign one.",
        source=(FAQ + ", Mailbox not found", DEVICE),
        decide=("As an Exchange administrator, run `Get-EXOMailbox -Identity {account}`: does it return a mailbox?",),
    ),
    Cause(
        id="mfa_or_security_defaults",
        title="multi-factor authentication or security defaults reject the password",
        meaning=(
            "The password may be right, but the tenant requires a second factor or refuses sign-in with only a "
            "password. A program cannot provide a second factor."
        ),
        shows=(
            "535 5.7.139 … locked by your organization's security defaults policy, or … did not meet the criteria; "
            "AADSTS50076, 50079, 530035."
        ),
        who="entra",
        kind=Kind.SIGN_IN,
        steps=(
            "Preferably, "
            + _MOVE_TO_OAUTH[0].lower()
            + _MOVE_TO_OAUTH[1:]
            + (
                " An application's token needs no second factor. Microsoft's pages do not state clearly whether OAuth for "
                "SMTP works while security defaults are on: according to one page, security defaults block Basic "
                "authentication for SMTP AUTH; according to another, they disable SMTP AUTH altogether. This has not been "
                "verified against the live service."
            ),
            (
                "If the sender must keep Basic authentication, use a dedicated service account, exclude only this account "
                "from the Conditional Access policy that requires MFA, and restrict the account to the server's public "
                "address (named location). With per-user MFA, open Entra admin center > Entra ID > Users > Per-user MFA, and "
                "set the status of this account, and of no other, to Disabled."
            ),
            (
                "Security defaults allow no exclusions: if they are on, replace them with Conditional Access "
                "policies (licence P1) first."
            ),
            (
                "Do not rely on app passwords (option 2 in the mail plugin's FAQ): they also use Basic "
                "authentication, require per-user MFA, do not work with security defaults, and stop working when Basic "
                "authentication for SMTP AUTH ends."
            ),
        ),
        verify=(
            "The next attempt appears as Success in the sign-in log, and check AUTH-01 passes. This proves only "
            "that this sign-in works."
        ),
        propagation="Within minutes, at most within an hour.",
        risk=(
            "Never turn off MFA for everyone. An account without MFA is a target: give it a long password, one "
            "source address and no other rights. Exclusions conflict with the CISA SCuBA baseline MS.AAD.3 (MFA "
            "for all users)."
        ),
        source=(FAQ + ", Multi-Factor Authentication (MFA)", SECURITY_DEFAULTS, ENTRA_CODES),
        decide=(
            SIGN_IN_LOG + " 50076 and 50079 mean MFA, 530035 means security defaults, 53003 means Conditional Access.",
        ),
    ),
    Cause(
        id="sign_in_hours",
        title="the account may not sign in at this time of day",
        meaning=(
            "The account comes from Active Directory, where its logon hours do not include the time of the attempt. Entra passes "
            "the password to Active Directory (pass-through authentication), which refuses it outside these hours."
        ),
        shows="AADSTS80012 in the sign-in log; mail works by day and fails at night or at the weekend.",
        who="entra",
        kind=Kind.SIGN_IN,
        steps=(
            "In Active Directory Users and Computers, open the account {account} > Account > Logon Hours, and permit every hour.",
            (
                "If the hours are a rule for all staff, create a cloud-only account for the application instead: logon hours do "
                "not apply to it."
            ),
            "With OAuth client credentials no user signs in, so logon hours do not apply.",
        ),
        verify="The check AUTH-01 passes at a time that was outside the logon hours before the change.",
        propagation=(
            "As soon as the domain controllers have replicated the change: within minutes at one site, by default within "
            "three hours between sites."
        ),
        risk="Without logon hours, a stolen password works at any time: limit the account to the server's address.",
        source=(ENTRA_CODES,),
        decide=("Compare the times of the failures in the sign-in log with the logon hours of the account.",),
    ),
)
