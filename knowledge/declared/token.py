"""Causes on the token's way, from the issuer document of a declared token service to the claims in the token."""

from typing import Final

from knowledge.cause import NOTHING, Cause, Kind
from knowledge.declared.sources import (
    ASK_LOGIN,
    COMPARE_CLOCK,
    DISCOVERY,
    JWT,
    LOGIN_LOG,
    OAUTH_SASL,
    RESOURCE,
    SERVER_LOG,
    TOKEN,
)
from knowledge.step import Step

ENTRIES: Final[tuple[Cause, ...]] = (
    Cause(
        id="token_endpoint_unreachable",
        title="the token service cannot be reached or does not answer as one",
        meaning="This machine asks {login_host} for the issuer document or a token and gets no usable answer.",
        shows="Timeouts, a refused connection, a proxy's page, or something that is not JSON.",
        who="network",
        steps=(
            "On the application's own machine: `$ curl -sS -D - {issuer_document}` (on Windows curl.exe does the same).",
            "If it fails here and works elsewhere, allow HTTPS to {login_host} from this machine, through its proxy if it has one.",
            "If it fails everywhere, ask the administrator of {login_host} whether the address is right and the service runs.",
        ),
        verify="Check TOKEN-01 passes.",
        propagation="Immediately when the rule is active.",
        risk="Open it for this host alone.",
        source=(DISCOVERY,),
        decide=("The same request from another network, and what it answers.",),
    ),
    Cause(
        id="wrong_tenant_or_authority",
        title="the address of the issuer document is not the declared issuer's",
        meaning="The field OpenID Endpoint Configuration, the document behind it and the issuer under [custom] do not belong together, "
        "or there is no document at that address. The client secret is sent to the declared issuer only.",
        shows="HTTP 404 or 400 for the document, an issuer or a token endpoint on another host, a token from another issuer.",
        who="sender",
        steps=(
            (
                "Ask the administrator of the token service for the issuer. The address of the document is that issuer followed by "
                "/.well-known/openid-configuration."
            ),
            "Enter it in OpenID Endpoint Configuration, and the same issuer under [custom].",
            "Look at the document: `$ curl -sS {issuer_document}`; its members issuer and token_endpoint must be on the declared host.",
        ),
        verify="Checks TOKEN-01 and OAUTH-10 pass.",
        propagation="Immediately.",
        risk="A document that points to another host can be an attack: ask before you declare that host.",
        source=(DISCOVERY + "#ProviderConfig",),
        decide=("Open {issuer_document} on this machine and compare its issuer with the one under [custom].",),
    ),
    Cause(
        id="app_not_in_tenant",
        title="the client id is missing, or the token service does not know it",
        meaning="{login_host} has no client with the id {client_id}, or not in the realm of the address in the settings.",
        shows="invalid_client or unauthorized_client, with words such as 'client not found'.",
        who="sender",
        kind=Kind.REGISTRATION,
        steps=(
            "Compare the Client Id in the application with the one that the administrator of {login_host} registered.",
            ASK_LOGIN,
        ),
        verify="Check OAUTH-01 passes.",
        propagation="Immediately.",
        risk=NOTHING,
        source=(TOKEN + "#section-5.2",),
        decide=(LOGIN_LOG,),
    ),
    Cause(
        id="secret_wrong",
        title="the client secret is refused",
        meaning="{login_host} refuses the client's credential: the secret is not the registered one, has ended, or is sent in a "
        "way the client is not registered for.",
        shows="invalid_client, HTTP 401 at the token endpoint.",
        who="sender",
        steps=(
            "Compare the secret in the application with the registered one; blanks and line ends at its ends count.",
            "Ask the administrator of {login_host} for a new secret, and enter it in the application.",
            "Ask how the client must identify itself: the plugin sends client_id and client_secret in the body of the request.",
        ),
        verify="Checks TOKEN-02 and OAUTH-03 pass.",
        propagation="Immediately.",
        risk="Remove the old secret only after a test mail with the new one.",
        source=(TOKEN + "#section-2.3.1",),
        decide=(LOGIN_LOG,),
    ),
    Cause(
        id="secret_expired",
        title="the client secret has expired",
        meaning="{login_host} no longer takes the client's secret because it has ended.",
        shows="invalid_client with words about an expired secret.",
        who="login",
        kind=Kind.REGISTRATION,
        steps=(
            "Ask the administrator of {login_host} for a new secret for the client {client_id}.",
            "Enter it in the application, send a test mail, and declare client_secret_expires in the settings.",
        ),
        verify="Checks TOKEN-02 and OAUTH-03 pass.",
        propagation="Immediately.",
        risk="Remove the old secret only after a test mail with the new one.",
        source=(TOKEN + "#section-2.3.1",),
        decide=(LOGIN_LOG,),
    ),
    Cause(
        id="secret_expiring",
        title="the client secret ends soon, or no reminder is set",
        meaning="When the client secret ends, the application gets no token and mail stops.",
        shows="No date is declared in the settings, or it is near.",
        who="sender",
        kind=Kind.REGISTRATION,
        steps=(
            "Ask the administrator of {login_host} when the secret of the client {client_id} ends.",
            "Declare client_secret_expires in the settings, and attest the reminder under OAUTH-04.",
            "Renew the secret before that day.",
        ),
        verify="Checks OAUTH-04 and RISK-02 pass.",
        propagation=NOTHING,
        risk=NOTHING,
        source=(TOKEN + "#section-2.3.1",),
        decide=("The date on which the secret ends, from the administrator of {login_host}.",),
    ),
    Cause(
        id="wrong_scope_or_audience",
        title="the scope is refused, or the token is for another service",
        meaning="The token service does not give a token for the scope {scope}, or the token's audience is not the one declared "
        "under [custom].",
        shows="invalid_scope or invalid_target from the token service, or an aud claim that differs.",
        who="sender",
        steps=(
            "Ask the administrator of {login_host} which scope gives a token for the mail service, and enter it in Scope.",
            (
                "Ask the administrator of {smtp_server} which audience the server accepts, and declare it as audience under [custom]; "
                "leave audience out where the server does not look at it."
            ),
        ),
        verify="Checks TOKEN-02, TOKEN-03 and OAUTH-11 pass.",
        propagation="Immediately, with a new token.",
        risk="A wider scope than the mail service needs gives the application more rights than it should have.",
        source=(TOKEN + "#section-3.3", RESOURCE),
        decide=(
            Step(
                "Check TOKEN-03: the token's aud claim against the audience that the mail server accepts.",
                answered_by=("TOKEN-03",),
            ),
        ),
    ),
    Cause(
        id="consent_missing",
        title="the client may not get a token this way, or has no right to send mail",
        meaning="{login_host} knows the client, but it is not allowed the grant client_credentials, or the right that the mail "
        "server asks for is missing.",
        shows="unauthorized_client, unsupported_grant_type, invalid_grant or access_denied.",
        who="login",
        kind=Kind.REGISTRATION,
        steps=(
            "Ask the administrator of {login_host} to allow the grant client_credentials for the client {client_id}.",
            "Ask for the right (scope or role) that the mail service wants for sending.",
        ),
        verify="Check TOKEN-02 passes.",
        propagation="With the next token.",
        risk="Give the client the right to send mail and nothing else.",
        source=(TOKEN + "#section-4.4", TOKEN + "#section-5.2"),
        decide=(LOGIN_LOG,),
    ),
    Cause(
        id="token_throttled",
        title="the token service asks to slow down",
        meaning="{login_host} answers that requests come too fast.",
        shows="HTTP 429, or slow_down.",
        who="sender",
        steps=(
            "Wait as long as the answer's Retry-After says, then try again.",
            "Let the application keep its token until it ends instead of asking for each message.",
        ),
        verify="Check TOKEN-02 passes.",
        propagation="After the waiting time.",
        risk="Retrying at once makes the wait longer.",
        source=("https://www.rfc-editor.org/rfc/rfc6585#section-4",),
        decide=(LOGIN_LOG,),
    ),
    Cause(
        id="token_expired",
        title="the token has ended",
        meaning="The token that was shown is past its exp claim by the server's clock.",
        shows="An exp claim in the past, or a refusal with words about an expired token.",
        who="sender",
        steps=(
            COMPARE_CLOCK,
            "Ask for a new token before each session, or before exp.",
            "Ask the administrator of {login_host} if new tokens have ended already.",
        ),
        verify="Checks TOKEN-03 and AUTH-01 pass.",
        propagation="Immediately.",
        risk=NOTHING,
        source=(JWT + "#section-4.1.4",),
        decide=(Step("Check TOKEN-03 (exp) and check HOST-04 (the clock).", answered_by=("TOKEN-03", "HOST-04")),),
    ),
    Cause(
        id="token_user_mismatch",
        title="the user in the sign-in is not the one the token is for",
        meaning="The server compares the user name {account} with the token, and they do not belong together; or it has no rule that "
        "lets this client send for that user.",
        shows="A refused XOAUTH2 or OAUTHBEARER sign-in although the token itself is good.",
        who="sender",
        kind=Kind.SIGN_IN,
        steps=(
            "Ask the administrator of {smtp_server} which claim of the token names the user, and which user name belongs to this client.",
            "Enter that user name in Username.",
        ),
        verify="Check AUTH-01 passes.",
        propagation="Immediately.",
        risk=NOTHING,
        source=(OAUTH_SASL,),
        decide=(
            Step("Check TOKEN-03: the claims of the token against the user name.", answered_by=("TOKEN-03",)),
            SERVER_LOG,
        ),
    ),
    Cause(
        id="xoauth2_string_malformed",
        title="the server calls the OAuth sign-in malformed",
        meaning="The server could not read the sign-in text that the client sent.",
        shows="501, or a challenge with status 400.",
        who="server",
        steps=(
            (
                "This suite sends user=, auth=Bearer and two control characters, as XOAUTH2 wants it; ask the administrator of "
                "{smtp_server} what the server expects."
            ),
        ),
        verify="Check AUTH-01 passes.",
        propagation="Immediately.",
        risk=NOTHING,
        source=(OAUTH_SASL,),
        decide=(SERVER_LOG,),
    ),
)

AT_LOGIN: Final[tuple[Cause, ...]] = (
    Cause(
        id="service_side_fault",
        title="the token service itself reports a fault",
        meaning="{login_host} answered with a fault of its own. Nothing in the sender's settings explains it.",
        shows="HTTP 5xx, server_error or temporarily_unavailable.",
        who="login",
        steps=("Try again in a few minutes.", ASK_LOGIN),
        verify="Check TOKEN-02 passes later without a change here.",
        propagation="Until the administrator has repaired it.",
        risk="Do not change the sender's settings meanwhile: they are not the reason.",
        source=(TOKEN + "#section-5.2",),
        decide=(LOGIN_LOG, "A second run some minutes later."),
    ),
)
