"""Causes that concern the token service, for a declared service: the issuer document, the token request and the token's claims."""

from typing import Final

from knowledge.cause import NOTHING, Cause, Kind
from knowledge.declared.sources import (
    ASK_LOGIN,
    COMPARE_CLOCK,
    DISCOVERY,
    FIND_IN_LOGIN_LOG,
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
        title="the token service cannot be reached or returns an unusable reply",
        meaning=(
            "This machine requests the issuer document or a token from {login_host} and receives no usable reply."
        ),
        shows="The connection times out or is refused, or the reply is a proxy's page or not JSON.",
        who="network",
        steps=(
            (
                "Request the issuer document on the application's own machine: `$ curl -sS -D - "
                "{issuer_document}` (on Windows, use curl.exe)."
            ),
            (
                "If the request fails here but succeeds from another network, allow HTTPS from this machine to "
                "{login_host}, through the proxy if there is one."
            ),
            (
                "If the request fails everywhere, ask the administrator of {login_host} whether the address is "
                "right and the service is running."
            ),
        ),
        verify="Check TOKEN-01 passes.",
        propagation="As soon as the rule is active.",
        risk="Allow HTTPS to this host only.",
        source=(DISCOVERY,),
        decide=("Send the same request from another network and compare the replies.",),
    ),
    Cause(
        id="wrong_tenant_or_authority",
        title="the address of the issuer document does not belong to the declared issuer",
        meaning=(
            "The address in OpenID Endpoint Configuration, the document there and the issuer under [custom] do "
            "not match, or there is no document at that address. The client secret is sent only to the declared "
            "issuer."
        ),
        shows=(
            "The request for the document returns HTTP 404 or 400, the issuer or the token endpoint is on a "
            "different host, or the token comes from a different issuer."
        ),
        who="sender",
        steps=(
            (
                "Ask the administrator of the token service for the issuer. The address of the document is the issuer followed "
                "by /.well-known/openid-configuration."
            ),
            "Enter that address in OpenID Endpoint Configuration, and the same issuer under [custom].",
            (
                "Check the document: `$ curl -sS {issuer_document}`. Its members issuer and token_endpoint must be on the "
                "declared host."
            ),
        ),
        verify="Checks TOKEN-01 and OAUTH-10 pass.",
        propagation="Immediately.",
        risk=(
            "A document that names a different host can be part of an attack: find out the reason before you "
            "declare that host."
        ),
        source=(DISCOVERY + "#ProviderConfig",),
        decide=("Open {issuer_document} on this machine, and compare its issuer with the one under [custom].",),
    ),
    Cause(
        id="app_not_in_tenant",
        title="the client id is missing or unknown to the token service",
        meaning=(
            "The client {client_id} does not exist on {login_host}, or does not belong to the realm in the "
            "configured address."
        ),
        shows="The error is invalid_client or unauthorized_client, with a text such as 'client not found'.",
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
        title="the token service rejects the client secret",
        meaning=(
            "{login_host} rejects the client's credentials: the secret is not the registered one, it has expired, "
            "or the client is registered for a different authentication method."
        ),
        shows="The token endpoint returns invalid_client or HTTP 401.",
        who="sender",
        steps=(
            (
                "Compare the secret in the application with the registered one, and look for spaces or line "
                "breaks before and after it."
            ),
            "Ask the administrator of {login_host} for a new secret, and enter it in the application.",
            (
                "Ask the administrator which authentication method the client must use. The plugin sends "
                "client_id and client_secret in the body of the request."
            ),
        ),
        verify="Checks TOKEN-02 and OAUTH-03 pass.",
        propagation="Immediately.",
        risk="Delete the old secret only after a test mail with the new secret has been accepted.",
        source=(TOKEN + "#section-2.3.1",),
        decide=(LOGIN_LOG,),
    ),
    Cause(
        id="secret_expired",
        title="the client secret has expired",
        meaning="{login_host} no longer accepts the client secret because it has expired.",
        shows="The error is invalid_client with a text about an expired secret.",
        who="login",
        kind=Kind.REGISTRATION,
        steps=(
            "Create a new secret for the client {client_id} on {login_host}.",
            (
                "Enter the new secret in the application and send a test mail. In the settings of this suite, "
                "enter the secret's expiry date as client_secret_expires."
            ),
        ),
        verify="Checks TOKEN-02 and OAUTH-03 pass.",
        propagation="Immediately.",
        risk="Delete the old secret only after a test mail with the new secret has been accepted.",
        source=(TOKEN + "#section-2.3.1",),
        decide=(LOGIN_LOG,),
    ),
    Cause(
        id="secret_expiring",
        title="the client secret expires soon, or no reminder is set",
        meaning="When the client secret expires, the application can no longer get a token or send mail.",
        shows="The settings contain no expiry date, or the date is near.",
        who="sender",
        kind=Kind.REGISTRATION,
        steps=(
            "Ask the administrator of {login_host} when the secret of the client {client_id} expires.",
            "Enter client_secret_expires in the settings, and attest the reminder under OAUTH-04.",
            "Renew the secret before it expires.",
        ),
        verify="Checks OAUTH-04 and RISK-02 pass.",
        propagation=NOTHING,
        risk=NOTHING,
        source=(TOKEN + "#section-2.3.1",),
        decide=("Ask the administrator of {login_host} for the date on which the secret expires.",),
    ),
    Cause(
        id="wrong_scope_or_audience",
        title="the scope is rejected, or the token is for another service",
        meaning=(
            "The token service does not issue a token for the scope {scope}, or the audience of the token is not the one "
            "under [custom]."
        ),
        shows=(
            "The token service returns invalid_scope or invalid_target, or the aud claim differs from the "
            "declared audience."
        ),
        who="sender",
        steps=(
            "Ask the administrator of {login_host} for the scope of the mail service, and enter it in Scope.",
            (
                "Ask the administrator of {smtp_server} which audience the server accepts, and enter it as audience under "
                "[custom]. Leave audience out if the server does not check it."
            ),
        ),
        verify="Checks TOKEN-02, TOKEN-03 and OAUTH-11 pass.",
        propagation="With the next token.",
        risk="A scope that is wider than the mail service needs gives the application unnecessary rights.",
        source=(TOKEN + "#section-3.3", RESOURCE),
        decide=(
            Step(
                (
                    "See check TOKEN-03, and compare the token's aud claim with the audience that the mail server "
                    "accepts."
                ),
                answered_by=("TOKEN-03",),
            ),
        ),
    ),
    Cause(
        id="consent_missing",
        title="the client may not request a token this way, or has no right to send mail",
        meaning=(
            "The client exists on {login_host}, but it may not use the client_credentials grant, or it lacks the "
            "right that the mail server requires."
        ),
        shows="The error is unauthorized_client, unsupported_grant_type, invalid_grant or access_denied.",
        who="login",
        kind=Kind.REGISTRATION,
        steps=(
            "Allow the client_credentials grant for the client {client_id} on {login_host}.",
            "Grant the client the right (scope or role) that the mail service requires for sending.",
        ),
        verify="Check TOKEN-02 passes.",
        propagation="With the next token.",
        risk="Grant the client the right to send mail and no other right.",
        source=(TOKEN + "#section-4.4", TOKEN + "#section-5.2"),
        decide=(LOGIN_LOG,),
    ),
    Cause(
        id="token_throttled",
        title="the token service limits the rate of requests",
        meaning="{login_host} refuses the request because it has received too many.",
        shows="The reply is HTTP 429 or contains slow_down.",
        who="sender",
        steps=(
            "Wait for the time in the Retry-After header before the next request.",
            (
                "Configure the application to cache its token until it expires, instead of requesting one for each message."
            ),
        ),
        verify="Check TOKEN-02 passes.",
        propagation="When the waiting time is over.",
        risk="An immediate retry can extend the waiting time.",
        source=("https://www.rfc-editor.org/rfc/rfc6585#section-4",),
        decide=(LOGIN_LOG,),
    ),
    Cause(
        id="token_expired",
        title="the token has expired",
        meaning="According to the server's clock, the time in the token's exp claim has passed.",
        shows="The exp claim is in the past, or the server refuses with a text about an expired token.",
        who="sender",
        steps=(
            COMPARE_CLOCK,
            "Request a new token before each session, or at the latest before the time in exp.",
            (
                "If a new token has already expired when it arrives, ask the administrator of {login_host} for "
                "the reason."
            ),
        ),
        verify="Checks TOKEN-03 and AUTH-01 pass.",
        propagation="Immediately.",
        risk=NOTHING,
        source=(JWT + "#section-4.1.4",),
        decide=(
            Step("See checks TOKEN-03 (the exp claim) and HOST-04 (the clock).", answered_by=("TOKEN-03", "HOST-04")),
        ),
    ),
    Cause(
        id="token_user_mismatch",
        title="the user name does not match the user of the token",
        meaning=(
            "The user name {account} does not match the token, or the server has no rule that allows this client "
            "to send on behalf of that user."
        ),
        shows="The server refuses the XOAUTH2 or OAUTHBEARER sign-in although the token is valid.",
        who="sender",
        kind=Kind.SIGN_IN,
        steps=(
            (
                "Ask the administrator of {smtp_server} which claim of the token identifies the user, and which user "
                "name this client must use."
            ),
            "Enter that user name in Username.",
        ),
        verify="Check AUTH-01 passes.",
        propagation="Immediately.",
        risk=NOTHING,
        source=(OAUTH_SASL,),
        decide=(
            Step(
                "See check TOKEN-03, and compare the claims of the token with the user name.", answered_by=("TOKEN-03",)
            ),
            SERVER_LOG,
        ),
    ),
    Cause(
        id="xoauth2_string_malformed",
        title="the server rejects the OAuth sign-in string as malformed",
        meaning="The server could not parse the sign-in string that the client sent.",
        shows="The reply is 501, or the server sends a challenge with status 400.",
        who="server",
        steps=(
            (
                "Check which format {smtp_server} expects. This suite sends the XOAUTH2 format: user= and "
                "auth=Bearer, separated by one control character (0x01) and followed by two."
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
        title="the token service reports an internal error",
        meaning="{login_host} reported an internal error. Nothing in the sender's settings explains this.",
        shows="The reply is HTTP 5xx or contains server_error or temporarily_unavailable.",
        who="login",
        steps=("Retry after a few minutes.", FIND_IN_LOGIN_LOG),
        verify="Check TOKEN-02 passes later, without a change to the settings.",
        propagation="When the administrator has resolved the problem.",
        risk="Do not change the sender's settings in the meantime: they are not the cause.",
        source=(TOKEN + "#section-5.2",),
        decide=(LOGIN_LOG, "Run the checks again after a few minutes."),
    ),
)
