"""Causes that concern the sign-in, for a declared service."""

from typing import Final

from knowledge.cause import NOTHING, Cause, Kind
from knowledge.declared.sources import AUTH, FIND_IN_SERVER_LOG, SERVER_LOG, STATUS, SUBMISSION
from knowledge.step import Step

ENTRIES: Final[tuple[Cause, ...]] = (
    Cause(
        id="client_never_sent_auth",
        title="the client tried to send without signing in",
        meaning="{smtp_server} requires a sign-in before it accepts a message, and the client did not sign in.",
        shows="The reply is 530 5.7.0 or 550 5.7.1 with a text such as 'authentication required'.",
        who="sender",
        steps=(
            (
                "Select Enable Authentication in the application, and enter the user name and the password, or the OAuth "
                "fields."
            ),
        ),
        verify="Check AUTH-01 passes.",
        propagation="Immediately.",
        risk=NOTHING,
        source=(AUTH + "#section-6", SUBMISSION),
        decide=("Check in the report's transcript whether the client sent AUTH before MAIL.",),
    ),
    Cause(
        id="auth_mechanism_unsupported",
        title="the server does not offer the client's sign-in method",
        meaning=(
            "The mail plugin signs in with AUTH LOGIN (Basic) or AUTH XOAUTH2 (OpenID). {smtp_server} does not offer that "
            "method after STARTTLS, or refuses it for this account."
        ),
        shows="The list after AUTH lacks LOGIN or XOAUTH2, or the reply is 504 or 534 or contains 5.5.4.",
        who="server",
        steps=(
            (
                "See which methods the server offers, in the reply to the second EHLO in the report or with `$ "
                "swaks --server {smtp_server} --port {port} --tls --quit-after EHLO`."
            ),
            "Configure {smtp_server} to offer LOGIN (for a password) or XOAUTH2 (for a token) after STARTTLS.",
            (
                "If the server offers only one of these methods, select the matching Authentication Type in the application: "
                "Basic for LOGIN, OpenID for XOAUTH2."
            ),
        ),
        verify="Checks SMTP-03 and AUTH-01 pass.",
        propagation="As soon as the server has loaded its new configuration.",
        risk="LOGIN sends the password unencrypted: offer it only after STARTTLS.",
        source=(AUTH + "#section-3", STATUS),
        decide=(
            Step(
                "See check SMTP-03, which shows the methods that the server offers after STARTTLS.",
                answered_by=("SMTP-03",),
            ),
        ),
    ),
    Cause(
        id="authentication_type_wrong",
        title="the authentication type does not match the fields that are filled in",
        meaning="Authentication Type is set to one method, but the fields of the other method are filled in.",
        shows="Checks OAUTH-08 and AUTH-01 fail, and no sign-in is attempted.",
        who="sender",
        steps=(
            (
                "Select OpenID if the client id, the client secret and the endpoint are filled in, or Basic if the user name "
                "and the password are filled in."
            ),
        ),
        verify="Check AUTH-01 passes.",
        propagation="Immediately.",
        risk=NOTHING,
        source=(AUTH,),
        decide=("Compare Authentication Type with the fields that are filled in.",),
    ),
    Cause(
        id="username_not_upn",
        title="the user name is not a complete address",
        meaning=(
            "The user name {account} contains an @ but is not a complete address. The format of user names depends on "
            "{smtp_server}."
        ),
        shows="Check BASIC-09 fails.",
        who="sender",
        kind=Kind.SIGN_IN,
        steps=(
            (
                "Ask the administrator of {smtp_server} for the format of user names, and enter the user name "
                "in that format."
            ),
        ),
        verify="Checks BASIC-09 and AUTH-01 pass.",
        propagation="Immediately.",
        risk=NOTHING,
        source=(AUTH,),
        decide=("Compare the user name with the one that the administrator of {smtp_server} issued.",),
    ),
    Cause(
        id="bad_credentials",
        title="the user name or the password is wrong",
        meaning=(
            "{smtp_server} refuses the sign-in of {account}. Most servers do not reveal whether the user name or "
            "the password is wrong."
        ),
        shows="The reply is 535, often with 5.7.8.",
        who="sender",
        kind=Kind.SIGN_IN,
        steps=(
            (
                "Compare the user name and the password with those that the administrator of {smtp_server} "
                "issued. Some servers require the domain in the user name; others do not accept it."
            ),
            "If the account uses two-factor authentication, create an app password: many providers require one.",
            (
                "If both are correct, ask the administrator of {smtp_server} to check the mail log and, if "
                "necessary, to set a new password for {account}."
            ),
        ),
        verify="Check AUTH-01 passes.",
        propagation="Immediately.",
        risk=(
            "Do not try several passwords: after a few failures, many servers block the IP address or lock the account."
        ),
        source=(AUTH + "#section-6", STATUS),
        decide=(SERVER_LOG,),
    ),
    Cause(
        id="mailbox_missing",
        title="the account does not exist on the server",
        meaning="{smtp_server} has no account {account}, or that account may not submit mail.",
        shows="The reply to the sign-in is 535, the same as for a wrong password.",
        who="server",
        kind=Kind.SIGN_IN,
        steps=(
            (
                "Check whether {account} exists on {smtp_server} and may submit mail. If not, create the account or allow it "
                "to submit mail."
            ),
        ),
        verify="Check AUTH-01 passes.",
        propagation="As soon as the account exists and may submit mail.",
        risk=NOTHING,
        source=(AUTH + "#section-6",),
        decide=(SERVER_LOG,),
    ),
    Cause(
        id="password_expired",
        title="the password has expired or must be changed",
        meaning=(
            "{smtp_server} no longer accepts the password of {account} because it has expired or must be changed first."
        ),
        shows=(
            "The reply is 432 4.7.12, or 535 with a text about an expired password, or the declared expiry date "
            "has passed."
        ),
        who="server",
        kind=Kind.SIGN_IN,
        steps=(
            "Set a new password for {account} on {smtp_server}.",
            (
                "Enter the new password in the application, and its expiry date as password_expires in the "
                "settings of this suite."
            ),
        ),
        verify="Check AUTH-01 passes.",
        propagation="Immediately.",
        risk=NOTHING,
        source=(AUTH + "#section-6",),
        decide=(SERVER_LOG,),
    ),
    Cause(
        id="password_expiring",
        title="the password may expire, and there is no procedure to renew it",
        meaning="When the password of {account} expires, the application can no longer send mail.",
        shows="The settings contain no expiry date, or the date is near.",
        who="sender",
        kind=Kind.SIGN_IN,
        steps=(
            "Ask the administrator of {smtp_server} whether and when the password of {account} expires.",
            "Enter password_expires in the settings, and attest the procedure under BASIC-04.",
        ),
        verify="Checks BASIC-04 and RISK-04 pass.",
        propagation=NOTHING,
        risk=NOTHING,
        source=(AUTH,),
        decide=("Ask the administrator of {smtp_server} for the password policy.",),
    ),
    Cause(
        id="account_locked",
        title="the account or this IP address is blocked after failed attempts",
        meaning="{smtp_server} refuses {account} temporarily, usually after several wrong passwords.",
        shows="The reply contains a text such as 'locked' or 'too many authentication failures'.",
        who="server",
        kind=Kind.SIGN_IN,
        steps=(
            "Stop every program that signs in as {account} with an old password.",
            "Wait until the block expires, or remove it on {smtp_server}.",
        ),
        verify="Check AUTH-01 passes.",
        propagation="When the block expires.",
        risk="Each further attempt can extend the block.",
        source=(AUTH + "#section-6",),
        decide=(SERVER_LOG,),
    ),
    Cause(
        id="account_disabled",
        title="the account is disabled",
        meaning="The account {account} exists on {smtp_server} but is not allowed to sign in.",
        shows="The reply contains 5.7.13 or a word such as 'disabled', 'suspended' or 'inactive'.",
        who="server",
        kind=Kind.SIGN_IN,
        steps=("Find out why the account {account} is disabled on {smtp_server}, and enable it.",),
        verify="Check AUTH-01 passes.",
        propagation="As soon as the account is enabled.",
        risk="The account may have been disabled on purpose: find out the reason first.",
        source=(STATUS, AUTH + "#section-6"),
        decide=(SERVER_LOG,),
    ),
    Cause(
        id="unrecognised",
        title="the reply matches no known cause",
        meaning=("The reply from {smtp_server} matches none of this suite's rules. The exact text is in the evidence."),
        shows="The server refuses with a text that this suite does not recognise.",
        who="server",
        steps=(FIND_IN_SERVER_LOG,),
        verify="A new attempt succeeds.",
        propagation="This depends on the cause.",
        risk="Do not change anything until the reason is known.",
        source=("https://www.rfc-editor.org/rfc/rfc5321#section-4.2",),
        decide=(SERVER_LOG,),
    ),
)
