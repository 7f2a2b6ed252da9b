"""Causes at the sign-in of a declared server."""

from typing import Final

from knowledge.cause import NOTHING, Cause, Kind
from knowledge.declared.sources import ASK_SERVER, AUTH, SERVER_LOG, STATUS, SUBMISSION
from knowledge.step import Step

ENTRIES: Final[tuple[Cause, ...]] = (
    Cause(
        id="client_never_sent_auth",
        title="the client tried to send without signing in",
        meaning="{smtp_server} wants a sign-in before it takes a message, and the client did not sign in.",
        shows="530 5.7.0 or 550 5.7.1 with words such as 'authentication required'.",
        who="sender",
        steps=(
            "Tick Enable Authentication in the application, and enter user name and password, or the fields of OAuth.",
        ),
        verify="Check AUTH-01 passes.",
        propagation="Immediately.",
        risk=NOTHING,
        source=(AUTH + "#section-6", SUBMISSION),
        decide=("The transcript in the report: whether AUTH was said before MAIL.",),
    ),
    Cause(
        id="auth_mechanism_unsupported",
        title="the server does not offer the sign-in method that the client uses",
        meaning="The mail plugin signs in with AUTH LOGIN (Basic) or AUTH XOAUTH2 (OpenID). {smtp_server} does not offer that "
        "method behind "
        "TLS, or refuses it for this account.",
        shows="A list behind AUTH without LOGIN or XOAUTH2, or 504, 534 or 5.5.4.",
        who="server",
        steps=(
            (
                "Look at what is offered: the answer to the second EHLO in the report, or `$ swaks --server {smtp_server} --port "
                "{port} --tls --quit-after EHLO`."
            ),
            "Ask the administrator of {smtp_server} to offer LOGIN for a password, or XOAUTH2 for a token, behind TLS.",
            "If only the other kind is offered, choose that one in Authentication Type.",
        ),
        verify="Checks SMTP-03 and AUTH-01 pass.",
        propagation="When the server's configuration was loaded.",
        risk="LOGIN sends the password as it is: offer it behind TLS only.",
        source=(AUTH + "#section-3", STATUS),
        decide=(Step("Check SMTP-03: the methods that the server offers behind TLS.", answered_by=("SMTP-03",)),),
    ),
    Cause(
        id="authentication_type_wrong",
        title="the application is set to another authentication type than its fields are filled in for",
        meaning="Authentication Type says one method, and the fields of the other one are filled in.",
        shows="Checks OAUTH-08 and AUTH-01 fail without a sign-in.",
        who="sender",
        steps=(
            "Choose OpenID where client id, client secret and endpoint are filled in, Basic where user name and password are.",
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
        meaning="The user name {account} has an @ but is no complete address. What a user name looks like is decided by {smtp_server}.",
        shows="Check BASIC-09 fails.",
        who="sender",
        kind=Kind.SIGN_IN,
        steps=("Ask the administrator of {smtp_server} how the user name is written, and enter it exactly so.",),
        verify="Checks BASIC-09 and AUTH-01 pass.",
        propagation="Immediately.",
        risk=NOTHING,
        source=(AUTH,),
        decide=("Compare the user name with the one that the administrator gives.",),
    ),
    Cause(
        id="bad_credentials",
        title="user name or password is wrong",
        meaning="{smtp_server} refuses the sign-in of {account}. Most servers do not say whether the user name or the password is wrong.",
        shows="535, often with 5.7.8.",
        who="sender",
        kind=Kind.SIGN_IN,
        steps=(
            (
                "Compare user name and password with what the administrator of {smtp_server} gave; the user name may want the "
                "domain, or must not have it."
            ),
            "Where the account has a second factor, many providers want a password made for applications instead.",
            (
                "If both are right, ask the administrator of {smtp_server} to look at the mail log and, if needed, to set a new "
                "password for {account}."
            ),
        ),
        verify="Check AUTH-01 passes.",
        propagation="Immediately.",
        risk="Do not try one password after another: many servers then block the address or lock the account.",
        source=(AUTH + "#section-6", STATUS),
        decide=(SERVER_LOG,),
    ),
    Cause(
        id="mailbox_missing",
        title="the server has no such account",
        meaning="{smtp_server} has no account {account}, or none that may submit mail.",
        shows="535 to the sign-in, as for a wrong password.",
        who="server",
        kind=Kind.SIGN_IN,
        steps=("Ask the administrator of {smtp_server} whether the account {account} exists and may submit mail.",),
        verify="Check AUTH-01 passes.",
        propagation="When the account was made.",
        risk=NOTHING,
        source=(AUTH + "#section-6",),
        decide=(SERVER_LOG,),
    ),
    Cause(
        id="password_expired",
        title="the password has expired or must be changed",
        meaning="{smtp_server} no longer takes the password of {account} because it has ended or must be changed first.",
        shows="432 4.7.12, 535 with words about an expired password, or a declared date that has passed.",
        who="server",
        kind=Kind.SIGN_IN,
        steps=(
            "Ask the administrator of {smtp_server} to set a new password for {account}, or change it where the service lets you.",
            "Enter it in the application, and declare password_expires in the settings.",
        ),
        verify="Check AUTH-01 passes.",
        propagation="Immediately.",
        risk=NOTHING,
        source=(AUTH + "#section-6",),
        decide=(SERVER_LOG,),
    ),
    Cause(
        id="password_expiring",
        title="the password may end, and no routine is known",
        meaning="When the password of {account} ends, mail stops.",
        shows="No date is declared in the settings, or it is near.",
        who="sender",
        kind=Kind.SIGN_IN,
        steps=(
            "Ask the administrator of {smtp_server} whether the password of {account} ends, and when.",
            "Declare password_expires in the settings, and attest the routine under BASIC-04.",
        ),
        verify="Checks BASIC-04 and RISK-04 pass.",
        propagation=NOTHING,
        risk=NOTHING,
        source=(AUTH,),
        decide=("The rule for passwords, from the administrator of {smtp_server}.",),
    ),
    Cause(
        id="account_locked",
        title="the account or this address is blocked after failed attempts",
        meaning="{smtp_server} refuses {account} for a time, most often after several wrong passwords.",
        shows="Words such as 'locked' or 'too many authentication failures'.",
        who="server",
        kind=Kind.SIGN_IN,
        steps=(
            "Stop every program that signs in as {account} with an old password.",
            "Wait, or ask the administrator of {smtp_server} to lift the block.",
        ),
        verify="Check AUTH-01 passes.",
        propagation="When the block ends.",
        risk="Each further attempt can make the block longer.",
        source=(AUTH + "#section-6",),
        decide=(SERVER_LOG,),
    ),
    Cause(
        id="account_disabled",
        title="the account is switched off",
        meaning="{smtp_server} knows {account} and does not let it sign in.",
        shows="5.7.13, or words such as 'disabled', 'suspended' or 'inactive'.",
        who="server",
        kind=Kind.SIGN_IN,
        steps=("Ask the administrator of {smtp_server} why the account {account} is switched off, and to turn it on.",),
        verify="Check AUTH-01 passes.",
        propagation="When the account was turned on.",
        risk="An account can be switched off on purpose: ask for the reason first.",
        source=(STATUS, AUTH + "#section-6"),
        decide=(SERVER_LOG,),
    ),
    Cause(
        id="unrecognised",
        title="the reply names no cause that is known here",
        meaning="No rule knows what {smtp_server} answered. The exact words are in the evidence.",
        shows="A refusal in words of the server's own.",
        who="server",
        steps=(ASK_SERVER,),
        verify="The same attempt succeeds.",
        propagation="It depends on the reason.",
        risk="Change nothing before the reason is known.",
        source=("https://www.rfc-editor.org/rfc/rfc5321#section-4.2",),
        decide=(SERVER_LOG,),
    ),
)
