"""Causes at the SMTP sign-in that concern the account: its name, password, second factor and mailbox."""

from typing import Final

from knowledge.cause import Cause, Kind
from knowledge.entries.sources import (
    CONNECT_EXCHANGE,
    DEVICE,
    ENTRA_CODES,
    FAQ,
    LOCKOUT,
    PASSWORD_POLICY,
    SECURITY_DEFAULTS,
    SIGN_IN_LOG,
    SMTP_AUTH,
)
from knowledge.step import Step

_MOVE_TO_OAUTH: Final = (
    "Move this sender to OAuth. Create an app registration with SMTP.SendAsApp and a client secret, register its "
    "service principal in Exchange, and grant it a right on the mailbox."
)
_ACCOUNT: Final = "Microsoft 365 admin center > Users > Active users > {account}"

ENTRIES: Final[tuple[Cause, ...]] = (
    Cause(
        id="username_not_upn",
        title="the user name is not the full sign-in address",
        meaning=(
            "Microsoft 365 requires the complete sign-in name, in the form of an e-mail address. It refuses a short name, "
            "DOMAIN\\name or an alias like a wrong password."
        ),
        shows="Check BASIC-09 fails; 535 5.7.3 or 'the user credentials were incorrect'.",
        who="sender",
        kind=Kind.SIGN_IN,
        steps=(
            "Enter the full address as Username, for example noreply@yourdomain.com.",
            (
                "Use the user principal name. It can differ from the mail address; compare the two: `Get-Mailbox -Identity "
                "{account} | Format-List UserPrincipalName, PrimarySmtpAddress`."
            ),
        ),
        verify="Checks BASIC-09 and AUTH-01 pass.",
        propagation="Immediately.",
        risk="None.",
        source=(FAQ + ", Authentication failed", DEVICE),
        decide=(
            Step("Check BASIC-09: does the Username have an @ and a domain of this tenant?", answered_by=("BASIC-09",)),
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
            "Stop the application from retrying.",
            (
                "Sign in once as {account} at https://outlook.office.com in a private window: does the password work "
                "there?"
            ),
            "If it does not, have it reset: "
            + _ACCOUNT
            + " > Reset password, without 'must change at first sign-in'. Enter the new password in the plugin.",
            (
                "Look for characters that a form or a configuration file may have changed: quotes, trailing spaces, # ; $ \\."
            ),
            (
                "If MFA is on for the account, the password alone is not enough. An app password is also Basic authentication "
                "and is being phased out."
            ),
        ),
        verify="Check AUTH-01 passes. Run it once only.",
        propagation="A new password works within a minute; with directory synchronisation, within half an hour.",
        risk=(
            "Do not retry in a loop: the account locks after about ten wrong passwords (three in the US government cloud)."
        ),
        source=(FAQ + ", Authentication failed", ENTRA_CODES, LOCKOUT),
        decide=(SIGN_IN_LOG + " 50126 means a wrong password, 50034 an unknown user.",),
    ),
    Cause(
        id="password_expired",
        title="the password has expired or must be changed",
        meaning=(
            "The password has reached its maximum age, or an administrator requires a new one. A program cannot change it "
            "by itself."
        ),
        shows=(
            "AADSTS50055, 50144 or 50135 in the sign-in log; over SMTP only 'account has an issue' or 'credentials were "
            "incorrect'."
        ),
        who="entra",
        kind=Kind.SIGN_IN,
        steps=(
            _ACCOUNT
            + " > Reset password; uncheck 'Require this user to change their password when they first sign in'.",
            "Enter the new password in the plugin.",
            (
                "For a service account, turn expiry off: `Update-MgUser -UserId {account} -PasswordPolicies "
                "DisablePasswordExpiration` (synchronised accounts: in Active Directory, Password never expires)."
            ),
        ),
        verify=(
            "`Get-MgUser -UserId {account} -Property PasswordPolicies,LastPasswordChangeDateTime | Format-List` shows the "
            "change, and AUTH-01 passes."
        ),
        propagation="A minute; with directory synchronisation, up to half an hour.",
        risk="A password that never expires must be long and stored in one place. Use it for this one account only.",
        source=(FAQ + ", Password expired", PASSWORD_POLICY, ENTRA_CODES),
        decide=(SIGN_IN_LOG + " 50055 and 50144 mean an expired password.",),
    ),
    Cause(
        id="password_expiring",
        title="the password will expire and there is no procedure for its renewal",
        meaning="The password works today. On the day it expires, the alerts stop without a warning.",
        shows="RISK-04 or BASIC-04 shows a risk.",
        who="entra",
        kind=Kind.SIGN_IN,
        steps=(
            "Either turn expiry off: `Update-MgUser -UserId {account} -PasswordPolicies DisablePasswordExpiration`.",
            "Or enter password_expires in the settings of this suite and add a reminder to a shared calendar.",
            "Or " + _MOVE_TO_OAUTH[0].lower() + _MOVE_TO_OAUTH[1:],
        ),
        verify="Checks BASIC-04 and RISK-04 pass or are attested.",
        propagation="Immediately.",
        risk="Turn expiry off for this one service account only, and give it a long password.",
        source=(FAQ + ", Account Requirements", PASSWORD_POLICY),
        decide=("`Get-MgUser -UserId {account} -Property PasswordPolicies,LastPasswordChangeDateTime | Format-List`.",),
    ),
    Cause(
        id="account_locked",
        title="the account is locked after failed attempts",
        meaning=(
            "There were too many attempts with a wrong password, or they came from an IP address that Microsoft considers "
            "malicious. The account refuses even the right password until the lock expires."
        ),
        shows="535 5.7.139 … account locked; AADSTS50053.",
        who="entra",
        kind=Kind.SIGN_IN,
        steps=(
            "Stop every program that still tries the old password: the sign-in log shows their addresses.",
            "Wait: the first lock lasts one minute, and each further one is longer. Or reset the password: "
            + _ACCOUNT
            + " > Reset password.",
            (
                "For a synchronised account, unlock the account in Active Directory too: `Unlock-ADAccount -Identity {account}`."
            ),
        ),
        verify="A single attempt (AUTH-01) passes.",
        propagation="Within one minute to several hours.",
        risk="Do not raise the tenant's lockout threshold because of one account.",
        source=(LOCKOUT, ENTRA_CODES),
        decide=(SIGN_IN_LOG + " 50053 means a locked account; the IP addresses show which programs keep trying.",),
    ),
    Cause(
        id="account_disabled",
        title="sign-in is blocked for this account, or the account has an issue",
        meaning=(
            "The account exists but may not sign in: an administrator has blocked it, its licence has expired, or "
            "Microsoft considers it at risk."
        ),
        shows="535 5.7.139 … account has an issue; AADSTS50057.",
        who="entra",
        kind=Kind.SIGN_IN,
        steps=(
            _ACCOUNT + ": if it is marked Sign-in blocked, unblock it.",
            "Or: `Update-MgUser -UserId {account} -AccountEnabled:$true`.",
            "Check the password too: an expired password, or one that must be changed, gives the same reply.",
            "Do not unblock a shared mailbox: its sign-in is blocked on purpose. Use OAuth instead.",
        ),
        verify=(
            "`Get-MgUser -UserId {account} -Property AccountEnabled | Format-List AccountEnabled` shows True, and AUTH-01 "
            "passes."
        ),
        propagation="Within minutes; in Exchange, within an hour.",
        risk="Find out why the account was blocked before you unblock it.",
        source=(ENTRA_CODES, SMTP_AUTH),
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
            "Check the address for typing errors, and check its domain: `Get-AcceptedDomain`.",
            _ACCOUNT + " > Licenses and apps: assign a licence with Exchange Online.",
        ),
        verify="`Get-EXOMailbox -Identity {account}` finds a mailbox, and AUTH-01 passes.",
        propagation="Minutes for a new mailbox, sometimes several hours.",
        risk="A licence costs money.",
        source=(FAQ + ", Mailbox not found", DEVICE),
        decide=("`Get-EXOMailbox -Identity {account}`, run by an Exchange administrator.",),
    ),
    Cause(
        id="mfa_or_security_defaults",
        title="multi-factor authentication or security defaults reject the password",
        meaning=(
            "The password may be right, but the tenant requires a second factor or refuses sign-in with a password only. A "
            "program cannot provide a second factor."
        ),
        shows=(
            "535 5.7.139 … locked by your organization's security defaults policy, or … did not meet the criteria; "
            "AADSTS50076, 50079, 530035."
        ),
        who="entra",
        kind=Kind.SIGN_IN,
        steps=(
            "Best: "
            + _MOVE_TO_OAUTH[0].lower()
            + _MOVE_TO_OAUTH[1:]
            + (" OAuth works with MFA and security defaults on."),
            (
                "If Basic must stay: use a dedicated service account, exclude this one account from the Conditional Access "
                "policy that requires MFA, and restrict it to the server's public address (named location). With per-user MFA: "
                "Entra admin center > Users > Per-user MFA > this account only."
            ),
            ("Security defaults allow no exclusions: replace them by Conditional Access policies (licence P1) first."),
            (
                "Do not rely on app passwords (option 2 in the mail plugin's FAQ): they are Basic too, need per-user MFA, do "
                "not work with security defaults, and are being phased out."
            ),
        ),
        verify=(
            "The next attempt is a Success in the sign-in log, and check AUTH-01 passes. It proves this sign-in only."
        ),
        propagation="Within minutes, at most an hour.",
        risk=(
            "Never turn MFA off for everyone. An account without MFA is a target: give it a long password, one source "
            "address and no other rights. CISA SCuBA MS.AAD.3.x (MFA for all users) objects to exclusions."
        ),
        source=(FAQ + ", Multi-Factor Authentication (MFA)", SECURITY_DEFAULTS, ENTRA_CODES),
        decide=(SIGN_IN_LOG + " 50076 and 50079 mean MFA, 530035 security defaults, 53003 Conditional Access.",),
    ),
)
