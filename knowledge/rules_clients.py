"""Rules for the error messages that mail clients and devices write themselves, without the server's reply."""

from __future__ import annotations

from typing import Final

from evidence.gates import Gate
from knowledge.normalise import any_of
from knowledge.rule import Rule, Weight, group, one, some

CLIENTS: Final[tuple[Rule, ...]] = (
    Rule(  # mutt answers a refused token with a control character, and shows only the reply to that
        gate=Gate.SIGN_IN,
        weight=Weight.NAMES,
        says=any_of("session failed: 500 5.3.3 | 500 5.3.3 unrecognized command"),
        along=any_of("xoauth2 | oauthbearer"),
        outcomes=(group("oauth_bare_535"),),
    ),
    Rule(  # Apache HttpClient, nodemailer, urllib3: the library gave up before it used a connection
        gate=Gate.PORT,
        weight=Weight.NAMES,
        says=any_of(
            "timeout waiting for connection from pool | connection pool was closed | connection pool is full | "
            "ConnectionPoolTimeoutException | connection pool shut down"
        ),
        outcomes=(some("client_pool_exhausted"),),
    ),
    Rule(
        gate=Gate.SIGN_IN,
        weight=Weight.NARROWS,
        says=any_of(
            "no mechanism available | no worthy mechs found | no supported authentication method | "
            "no compatible authentication mechanisms | no compatible authentication mechanism | "
            "no authentication mechanisms supported | supports none of the authentication | "
            "cannot use a secure authentication method | no auth mechanism | no supported sasl | "
            "no known authentication | no authenticators available | SMTP authentication requires SASL | "
            "does not support the selected authentication method | "
            "requested type not available | no authentication types were found"
        ),
        outcomes=(
            some("wrong_host_or_port", "auth_mechanism_unsupported", needs=("mx_host",)),
            some("auth_mechanism_unsupported", "starttls_missing_or_implicit_tls_on_587", "wrong_host_or_port"),
        ),
    ),
    Rule(
        gate=Gate.SIGN_IN,
        weight=Weight.NARROWS,
        says=any_of(
            "no auth info found | missing credentials for | no authentication info | "
            "credentials are missing | all-whitespace username | username is empty | empty username | "
            "missing username | username cannot be empty | no username | no password specified | "
            "password not specified"
        ),
        outcomes=(some("client_never_sent_auth", "bad_credentials"),),
    ),
    Rule(
        gate=Gate.ACCEPTED,
        weight=Weight.NAMES,
        says=any_of('but got code "235" | but got code 235'),
        outcomes=(some("client_timeout_hides_refusal", "service_side_fault"),),
    ),
    Rule(
        gate=Gate.AUTH_OFFERED,
        weight=Weight.NARROWS,
        says=any_of(
            "AUTH extension not supported by server | server does not support authentication | "
            "server doesn't support authentication | server does not support AUTH | "
            "server doesn't support AUTH | unencrypted connection | AUTH not supported | "
            "authentication is not supported by the server | server does not advertise AUTH | "
            "AUTH command not enabled | smtp server does not support auth | AUTH not available | "
            "authentication not enabled | did not advertise authentication | "
            "AUTH extension is not supported | does not support XOAUTH2"
        ),
        outcomes=(
            one("starttls_missing_or_implicit_tls_on_587", "never_encrypted"),
            some(
                "smtp_rewritten",
                "service_side_fault",
                "wrong_host_or_port",
                needs=("auth_never_offered", "microsoft_greeting"),
            ),
            some(
                "wrong_host_or_port",
                "starttls_missing_or_implicit_tls_on_587",
                "client_never_sent_auth",
                needs=("mx_host",),
            ),
            group("no_starttls"),
        ),
    ),
    Rule(
        gate=Gate.SIGN_IN,
        weight=Weight.HINTS,
        says=any_of(
            "authentication failed | could not authenticate | authentication failure | login denied | "
            "invalid login | EAUTH | AuthenticationFailedException | SMTPAuthenticationError | "
            "smtp_auth_failure | failed to authenticate | password not accepted | "
            "authentication unsuccessful | authentication error | login failed | authentication rejected | "
            "0x80040217 | 0x800ccc92 | smtpauthenticate | unable to authenticate | "
            "not accepted from server | SASL authentication failed | server authentication error | "
            "authentication with the destination has failed | authentication with the mail server failed | "
            "authentication with the smtp server failed | smtp-auth failed | rejected the login | "
            "wrong authentication | "
            " incorrect password | login not possible | and/or your credentials | check your credentials | "
            "check username and password | check your username and password | verify your credentials | "
            "anmeldung fehlgeschlagen | authentifizierung fehlgeschlagen | authentifizierungsfehler | "
            "echec de l'authentification | erreur d'authentification | echec d'authentification | "
            "error de autenticacion | fallo de autenticacion | autenticacion fallida | "
            "no se pudo autenticar | errore di autenticazione | autenticazione fallita | "
            "autenticazione non riuscita | falha na autenticacao | erro de autenticacao | "
            "falha de autenticacao | verificatie mislukt | authenticatie mislukt | "
            "uwierzytelnianie nie powiodlo sie | blad uwierzytelniania | autentisering misslyckades | "
            "autentiseringen misslyckades | ошибка аутентификации | ошибка проверки подлинности | 身份验证失败 | "
            "认证失败 | 驗證失敗 | 認証に失敗 | 認証エラー"
        ),
        along=any_of("smtp | mail | 535 | eauth | 0x8 | office365 | outlook | auth login | curl | xoauth | sasl | 5.7"),
        unless=("remote party has closed",),
        outcomes=(group("oauth_bare_535", "oauth"), group("basic_bare_535")),
    ),
    Rule(
        gate=Gate.TOKEN,
        weight=Weight.HINTS,
        says=any_of(
            "unable to sign without access token | error getting token | failed to obtain access token | "
            "can't create new access token | no access token | unable to obtain access token | "
            "could not acquire token | TokenStore::Refresh: request failed | "
            "error while requesting OAuth 2.0 credentials | caught exception while requesting OAuth | "
            "failed to acquire token"
        ),
        outcomes=(some("secret_wrong", "secret_expired", "token_endpoint_unreachable", "wrong_scope_or_audience"),),
    ),
    Rule(
        gate=Gate.GREETING,
        weight=Weight.HINTS,
        says=any_of(
            "unrecognized command | unsupported command | command not recognized | command unrecognized | "
            "command not implemented | bad sequence of commands"
        ),
        along=any_of("500 | 502 | 503 | smtp"),
        outcomes=(
            group("cut_off", "empty_reply"),
            some("smtp_intercepted", "smtp_rewritten", "wrong_host_or_port", "auth_mechanism_unsupported"),
        ),
    ),
    # What curl prints without --verbose (its manual, "EXIT CODES"): the step that failed and a reply code, no sentence.
    Rule(
        gate=Gate.GREETING,
        weight=Weight.ECHOES,
        says=("remote access denied: 501",),
        outcomes=(some("ehlo_name_invalid", "smtp_intercepted"),),
    ),
    Rule(gate=Gate.SENDER, weight=Weight.ECHOES, says=("MAIL failed: 530",), outcomes=(group("not_authenticated"),)),
    Rule(
        gate=Gate.SENDER,
        weight=Weight.ECHOES,
        says=("MAIL failed: 451",),
        outcomes=(some("starttls_missing_or_implicit_tls_on_587", "service_side_fault"),),
    ),
    Rule(
        gate=Gate.SENDER,
        weight=Weight.ECHOES,
        says=("MAIL failed: 501",),
        outcomes=(some("address_malformed", "send_as_denied"),),
    ),
    Rule(
        gate=Gate.RECIPIENT,
        weight=Weight.ECHOES,
        says=any_of("RCPT failed: 550 | RCPT failed: 501 | RCPT failed: 554"),
        outcomes=(some("recipient_rejected", "wrong_host_or_port"),),
    ),
    Rule(
        gate=Gate.ACCEPTED,
        weight=Weight.ECHOES,
        says=("weird server reply",),
        outcomes=(group("message_refused_unsaid"),),
    ),
    Rule(
        gate=Gate.PORT,
        weight=Weight.NARROWS,
        says=any_of(
            "transport couldn't establish a connection | transport failed to connect to the server | "
            "80040213 | 0x80040213 | couldn't establish a connection to the server"
        ),
        outcomes=(some("starttls_missing_or_implicit_tls_on_587", "port_blocked", "wrong_host_or_port"),),
    ),
)
