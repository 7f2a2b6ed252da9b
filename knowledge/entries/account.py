"""Causes at the SMTP sign-in that lie in the account: its name, password, second factor, mailbox."""

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
    "Move this sender to OAuth: app registration with SMTP.SendAsApp, client secret, service principal "
    "registered in Exchange, right on the mailbox."
)
_ACCOUNT: Final = "Microsoft 365 admin center > Users > Active users > {account}"

ENTRIES: Final[tuple[Cause, ...]] = (
    Cause(
        id="username_not_upn",
        title="the user name is not the full sign-in address",
        meaning="Microsoft 365 wants the whole sign-in name, like an e-mail address. "
        "A short name, DOMAIN\\name or an alias is refused like a wrong password.",
        shows="Check BASIC-09 is red; 535 5.7.3 or 'the user credentials were incorrect'.",
        who="sender",
        kind=Kind.SIGN_IN,
        steps=(
            "Enter the full address as Username, for example noreply@yourdomain.com.",
            (
                "It must be the user principal name, which can differ from the mail address: `Get-Mailbox -Identity "
                "{account} | Format-List UserPrincipalName, PrimarySmtpAddress`."
            ),
        ),
        verify="Checks BASIC-09 and AUTH-01 are green.",
        propagation="At once.",
        risk="None.",
        source=(FAQ + ", Authentication failed", DEVICE),
        decide=(
            Step(
                "Check BASIC-09: is there an @ with a domain of this tenant in the Username?", answered_by=("BASIC-09",)
            ),
        ),
    ),
    Cause(
        id="bad_credentials",
        title="user name or password is wrong",
        meaning="The sign-in service does not know this pair of name and password. "
        "Every further try with it brings the account closer to a lock-out.",
        shows="535 5.7.139 … the user credentials were incorrect; AADSTS50126; sometimes a bare 535 5.7.3.",
        who="sender",
        kind=Kind.SIGN_IN,
        steps=(
            "Stop the application from retrying.",
            (
                "Sign in once as {account} at https://outlook.office.com in a private window: does the password work "
                "there?"
            ),
            "If not, have it reset: "
            + _ACCOUNT
            + " > Reset password, without 'must change at first sign-in', and enter it in the plugin.",
            "Look for signs that a form or file changed: quotes, blanks at the end, # ; $ \\ in configuration files.",
            (
                "If MFA is on for the account the password alone will not do; an app password is Basic as well and is "
                "being phased out."
            ),
        ),
        verify="Check AUTH-01 is green (one attempt only).",
        propagation="A new password is good within a minute; with directory synchronisation up to half an hour.",
        risk="Do not loop: after about ten wrong tries (three in the US government cloud) the account locks.",
        source=(FAQ + ", Authentication failed", ENTRA_CODES, LOCKOUT),
        decide=(SIGN_IN_LOG + " 50126 is the password, 50034 an unknown user.",),
    ),
    Cause(
        id="password_expired",
        title="the password has expired or must be changed",
        meaning="The password was right once, and its time is over or an administrator asked for a new one. "
        "A program cannot change it by itself.",
        shows=(
            "AADSTS50055, 50144 or 50135 in the sign-in log; by SMTP only 'account has an issue' or 'credentials "
            "were incorrect'."
        ),
        who="entra",
        kind=Kind.SIGN_IN,
        steps=(
            _ACCOUNT
            + " > Reset password; uncheck 'Require this user to change their password when they first sign in'.",
            "Enter the new password in the plugin.",
            (
                "Service account: let it not expire: `Update-MgUser -UserId {account} -PasswordPolicies "
                "DisablePasswordExpiration` (synchronised accounts: in Active Directory, Password never expires)."
            ),
        ),
        verify=(
            "`Get-MgUser -UserId {account} -Property PasswordPolicies,LastPasswordChangeDateTime | Format-List` "
            "and AUTH-01 green."
        ),
        propagation="A minute; with directory synchronisation up to half an hour.",
        risk="A password that never expires must be long and kept in one place; for this one account only.",
        source=(FAQ + ", Password expired", PASSWORD_POLICY, ENTRA_CODES),
        decide=(SIGN_IN_LOG + " 50055 or 50144 is an expired password.",),
    ),
    Cause(
        id="password_expiring",
        title="the password will expire and nobody has a routine for it",
        meaning="It works today, and on the day the password ends the alerts stop silently.",
        shows="RISK-04 or BASIC-04 shows a risk.",
        who="entra",
        kind=Kind.SIGN_IN,
        steps=(
            "Either let it not expire: `Update-MgUser -UserId {account} -PasswordPolicies DisablePasswordExpiration`.",
            "Or write password_expires into our settings and a reminder into a shared calendar.",
            "Or " + _MOVE_TO_OAUTH[0].lower() + _MOVE_TO_OAUTH[1:],
        ),
        verify="Checks BASIC-04 and RISK-04 are green or attested.",
        propagation="At once.",
        risk="For this one service account only, with a long password.",
        source=(FAQ + ", Account Requirements", PASSWORD_POLICY),
        decide=("`Get-MgUser -UserId {account} -Property PasswordPolicies,LastPasswordChangeDateTime | Format-List`.",),
    ),
    Cause(
        id="account_locked",
        title="the account is locked after failed attempts",
        meaning=(
            "Too many wrong passwords were tried, or the address they come from is on Microsoft's list of bad "
            "ones. Even the right password is refused until the lock ends."
        ),
        shows="535 5.7.139 … account locked; AADSTS50053.",
        who="entra",
        kind=Kind.SIGN_IN,
        steps=(
            "Stop every program that still tries the old password: the sign-in log shows their addresses.",
            "Wait: the first lock is one minute, each further one longer. Or reset the password: "
            + _ACCOUNT
            + " > Reset password.",
            "Synchronised accounts: also `Unlock-ADAccount -Identity {account}` in Active Directory.",
        ),
        verify="A single attempt (AUTH-01) is green.",
        propagation="One minute to some hours.",
        risk="Do not raise the tenant's lock-out threshold for one account's sake.",
        source=(LOCKOUT, ENTRA_CODES),
        decide=(SIGN_IN_LOG + " 50053; the addresses tell who keeps trying.",),
    ),
    Cause(
        id="account_disabled",
        title="sign-in is blocked for this account, or the account has an issue",
        meaning=(
            "The account exists but may not sign in: an administrator blocked it, its licence lapsed, or it was "
            "found at risk."
        ),
        shows="535 5.7.139 … account has an issue; AADSTS50057.",
        who="entra",
        kind=Kind.SIGN_IN,
        steps=(
            _ACCOUNT + ": is it marked Sign-in blocked? Unblock it.",
            "Or: `Update-MgUser -UserId {account} -AccountEnabled:$true`.",
            "Look at the password too: an expired one or one that must be changed gives the same sentence.",
            "Shared mailboxes are blocked on purpose: use OAuth for them instead of unblocking.",
        ),
        verify=(
            "`Get-MgUser -UserId {account} -Property AccountEnabled | Format-List AccountEnabled` says True; "
            "AUTH-01 is green."
        ),
        propagation="Minutes; Exchange can take up to an hour.",
        risk="Ask why it was blocked before you open it.",
        source=(ENTRA_CODES, SMTP_AUTH),
        decide=(SIGN_IN_LOG + " 50057 is a disabled account, 50055 an expired password.",),
    ),
    Cause(
        id="mailbox_missing",
        title="there is no such account, or it has no mailbox",
        meaning=(
            "The name is unknown in the tenant (often a typing error), or it is an account without a mailbox or "
            "without a licence for one."
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
                "`Get-EXOMailbox -Identity {account}` must find it; if not: `Get-EXORecipient -Identity {account}` "
                "shows whether it is a contact, group or alias."
            ),
            "Check the address for typing errors, and its domain: `Get-AcceptedDomain`.",
            _ACCOUNT + " > Licenses and apps: a licence with Exchange Online must be assigned.",
        ),
        verify="`Get-EXOMailbox -Identity {account}` finds a mailbox; AUTH-01 is green.",
        propagation="A new mailbox needs minutes, sometimes some hours.",
        risk="Cost of a licence.",
        source=(FAQ + ", Mailbox not found", DEVICE),
        decide=("`Get-EXOMailbox -Identity {account}` as Exchange administrator.",),
    ),
    Cause(
        id="mfa_or_security_defaults",
        title="multi-factor authentication or security defaults refuse the password",
        meaning=(
            "The password may be right, but the tenant asks for a second factor or refuses plain passwords "
            "altogether. A program cannot answer a second factor."
        ),
        shows=(
            "535 5.7.139 … locked by your organization's security defaults policy, or … did not meet the criteria; "
            "AADSTS50076, 50079, 530035."
        ),
        who="entra",
        kind=Kind.SIGN_IN,
        steps=(
            "Best: " + _MOVE_TO_OAUTH[0].lower() + _MOVE_TO_OAUTH[1:] + " It works with MFA and security defaults on.",
            (
                "If it must stay Basic: a service account of its own, and in the Conditional Access policy that asks "
                "for MFA exclude this one account and bind it to the server's public address (named location). "
                "Per-user MFA: Entra admin center > Users > Per-user MFA > this account only."
            ),
            (
                "Security defaults know no exclusion: they must be replaced by Conditional Access policies (licence "
                "P1) first."
            ),
            (
                "App passwords (option 2 in the mail plugin's FAQ) are Basic too: they need per-user MFA and Basic allowed, do not pass "
                "security defaults, and are being phased out."
            ),
        ),
        verify=(
            "The next attempt is a Success in the sign-in log; check AUTH-01 is green, which proves it for this "
            "sign-in only."
        ),
        propagation="Minutes, up to an hour.",
        risk=(
            "Never turn MFA off for everyone. One account without MFA is a target: long password, one source "
            "address, no other rights. CISA SCuBA MS.AAD.3.x (MFA for all users) objects to exclusions."
        ),
        source=(FAQ + ", Multi-Factor Authentication (MFA)", SECURITY_DEFAULTS, ENTRA_CODES),
        decide=(SIGN_IN_LOG + " 50076/50079 is MFA, 530035 security defaults, 53003 Conditional Access.",),
    ),
)
