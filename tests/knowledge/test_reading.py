"""The reader handles encodings and languages, prefers the root error to later errors, and draws no conclusion from ambiguous text."""

import html
import json
import quopri
import textwrap
from collections.abc import Callable
from urllib.parse import quote_plus

import pytest

from knowledge.groups import GROUPS
from knowledge.reading import read
from tests.knowledge.cases import GIVEN, OWN, Case

WRAPPINGS = [
    pytest.param(lambda text: text.upper(), id="capitals"),
    pytest.param(lambda text: "\r\n".join(textwrap.wrap(text, 60)), id="wrapped at 60"),
    pytest.param(lambda text: "\n".join(f"  | {line}" for line in textwrap.wrap(text, 70)), id="in a box"),
    pytest.param(html.escape, id="HTML entities"),
    pytest.param(lambda text: f"<p><b>Warning</b>: {html.escape(html.escape(text))}<br />", id="HTML twice escaped"),
    pytest.param(json.dumps, id="JSON"),
    pytest.param(lambda text: json.dumps({"error": json.dumps({"message": text})}), id="JSON in JSON"),
    pytest.param(lambda text: quopri.encodestring(text.encode()).decode(), id="quoted-printable"),
    pytest.param(
        lambda text: f"https://app.example.com/callback?error=x&error_description={quote_plus(text)}", id="in a URL"
    ),
    pytest.param(lambda text: f"\x1b[31m{text}\x1b[0m", id="coloured"),
]

EXPLICIT = [
    (
        "smtp_auth_disabled_tenant",
        (
            "535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Tenant. Visit "
            "https://aka.ms/smtp_auth_disabled"
        ),
    ),
    (
        "mfa_or_security_defaults",
        (
            "535 5.7.139 Authentication unsuccessful, user is locked by your organization's security defaults "
            "policy. Contact your administrator."
        ),
    ),
    ("secret_expired", "AADSTS7000222: The provided client secret keys for app 'x' are expired."),
    (
        "cert_untrusted",
        (
            "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: self-signed certificate in certificate "
            "chain (_ssl.c:1006)"
        ),
    ),
    ("starttls_missing_or_implicit_tls_on_587", "tls: first record does not look like a TLS handshake"),
    ("send_as_denied", "554 5.2.252 SendAsDenied; a@example.com not allowed to send as b@example.com"),
    ("temporarily_deferred", "451 4.7.1 Greylisted, please try again in 300 seconds"),
    ("recipient_rejected", "550 Unrouteable address"),
    ("client_certificate_required", "421 4.7.1 mail.example.com Error: No client certificate presented"),
]


@pytest.mark.parametrize("wrap", WRAPPINGS)
@pytest.mark.parametrize(("cause", "text"), [pytest.param(cause, text, id=cause) for cause, text in EXPLICIT])
def test_wrappings_do_not_hide_the_cause(cause: str, text: str, wrap: Callable[[str], str]) -> None:
    """The cause is the same regardless of how a program encodes or wraps the error."""
    assert read(wrap(text)).causes == (cause,)


@pytest.mark.parametrize("case", [pytest.param(case, id=case.id) for case in (*GIVEN, *OWN)])
def test_line_breaks_do_not_change_the_answer(case: Case) -> None:
    """Line breaks added by a terminal or a mail program do not change the reading of a real error."""
    text, client = case.text, case.client
    broken = text.replace(" ", "\n    ")

    assert read(broken, client).causes == read(text, client).causes


ROOT_ERRORS = [
    pytest.param(
        (
            "530 5.7.57 Client not authenticated to send mail. Error: 535 5.7.139 Authentication unsuccessful, "
            "account locked. Contact your administrator."
        ),
        ("account_locked",),
        id="535 inside a 530",
    ),
    pytest.param(
        (
            "AADSTS7000215: Invalid client secret provided.\nRetrying\n535 5.7.3 Authentication unsuccessful\n530 "
            "5.7.57 Client not authenticated to send mail"
        ),
        ("secret_wrong",),
        id="no token, so no sign-in",
    ),
    pytest.param(
        (
            "S: 235 2.7.0 Authentication successful\nC: MAIL FROM\nS: 430 4.2.0 STOREDRV; mailbox logon failure; "
            "MapiExceptionLogonFailed\nAuthentication failed"
        ),
        ("sp_mailbox_permission_missing",),
        id="sign-in accepted with 235",
    ),
    pytest.param(
        (
            "Connecting to smtp.office365.com:587\n220 mail.hoster.example ESMTP Postfix\n535 5.7.8 Error: "
            "authentication failed"
        ),
        ("smtp_intercepted",),
        id="greeting of another server",
    ),
    pytest.param(
        "220 ****************************************\n500 5.5.1 command unrecognized",
        ("smtp_rewritten",),
        id="a masked greeting",
    ),
    pytest.param(
        (
            "SMTP Error: Could not connect to SMTP host.\ngetaddrinfo failed: Name or service not "
            "known\nsmtp.office365.com"
        ),
        ("dns_failure",),
        id="name resolution before the connection",
    ),
    pytest.param(
        (
            "Could not convert socket to TLS; nested exception: PKIX path building failed: unable to find valid "
            "certification path to requested target"
        ),
        ("cert_untrusted",),
        id="certificate as the cause of a TLS failure",
    ),
    pytest.param(
        (
            "connect to smtp.office365.com[2603:1026:300::2]:587: Network is unreachable\nserver "
            "smtp.office365.com[192.0.2.1] said: 535 5.7.139 Authentication unsuccessful, the request did not meet the "
            "criteria to be authenticated successfully"
        ),
        ("conditional_access_block", "mfa_or_security_defaults"),
        id="reply after an unreachable address",
    ),
    pytest.param(
        "2026-11-23 10:00:00 connection timed out, retrying\n535 5.7.3 Authentication unsuccessful AUTH LOGIN",
        GROUPS["basic_bare_535"].causes,
        id="a reply to a later attempt",
    ),
]


@pytest.mark.parametrize(("text", "causes"), ROOT_ERRORS)
def test_root_error_takes_precedence(text: str, causes: tuple[str, ...]) -> None:
    """If a text contains several errors, the first gate that failed determines the answer."""
    assert read(text).causes == causes


LANGUAGES = [
    pytest.param(
        "Es konnte keine Verbindung hergestellt werden, da der Zielcomputer die Verbindung verweigerte 127.0.0.1:25",
        "wrong_host_or_port",
        id="German, refused",
    ),
    pytest.param(
        (
            "Une tentative de connexion a échoué car le parti connecté n'a pas répondu convenablement au-delà "
            "d'une certaine durée 52.97.1.1:587"
        ),
        "port_blocked",
        id="French, timeout",
    ),
    pytest.param("No se puede resolver el nombre remoto: 'smtp.office365.com'", "dns_failure", id="Spanish, name"),
    pytest.param("Impossibile risolvere il nome remoto: 'smtp.office365.com'", "dns_failure", id="Italian, name"),
    pytest.param("A rede está fora de alcance", "network_unreachable", id="Portuguese, unreachable"),
    pytest.param(
        "Kan geen verbinding maken omdat de doelcomputer de verbinding actief heeft geweigerd 127.0.0.1:587",
        "wrong_host_or_port",
        id="Dutch, refused",
    ),
    pytest.param("Nie można rozpoznać nazwy zdalnej: 'smtp.office365.com'", "dns_failure", id="Polish, name"),
    pytest.param(
        (
            "Ett anslutningsförsök misslyckades eftersom den anslutna parten inte svarade korrekt efter en viss "
            "tid smtp.office365.com:587"
        ),
        "port_blocked",
        id="Swedish, timeout",
    ),
    pytest.param(
        "Удаленный сертификат недействителен согласно результатам проверки подлинности.",
        "cert_untrusted",
        id="Russian, certificate",
    ),
    pytest.param("由于目标计算机积极拒绝,无法连接。 127.0.0.1:25", "wrong_host_or_port", id="Chinese, refused"),
    pytest.param("リモート名を解決できませんでした。: 'smtp.office365.com'", "dns_failure", id="Japanese, name"),
    pytest.param(
        (
            "Der SMTP-Server erfordert eine sichere Verbindung, oder der Client wurde nicht authentifiziert. Die "
            "Serverantwort war: 5.7.57"
        ),
        "client_never_sent_auth",
        id="German, not signed in",
    ),
    pytest.param(
        "Der Remotename konnte nicht aufgelöst werden: 'smtp.offce365.com'", "wrong_host_or_port", id="German, misspelt"
    ),
    pytest.param(
        "Impossible d'établir une relation de confiance pour le canal sécurisé SSL/TLS.",
        "cert_untrusted",
        id="French, trust",
    ),
    pytest.param("Uzak ad çözülemedi: 'smtp.office365.com'", "dns_failure", id="Turkish, name"),
    pytest.param(
        "Hedef makine etkin olarak reddettiğinden bağlanti kurulamadi 10.1.1.5:25",
        "wrong_host_or_port",
        id="Turkish, refused",
    ),
    pytest.param(
        "Nelze vytvořit připojení, protože cílový počítač je aktivně odmítl smtp.office365.com:587",
        "port_blocked",
        id="Czech, refused",
    ),
    pytest.param("현재 연결은 원격 호스트에 의해 강제로 끊겼습니다", "port_blocked", id="Korean, reset"),
    pytest.param("알려진 호스트가 없습니다", "dns_failure", id="Korean, name"),
    pytest.param(
        "a célszámítógép már visszautasította a kapcsolatot 127.0.0.1:25", "wrong_host_or_port", id="Hungarian, refused"
    ),
]

CLIENTS = [
    pytest.param("queryA EREFUSED smtp.office365.com code: 'EDNS'", "dns_failure", id="Node, resolver refuses"),
    pytest.param(
        "lookup smtp.office365.com on 127.0.0.53:53: read udp 127.0.0.1:41284->127.0.0.53:53: i/o timeout",
        "dns_failure",
        id="Go, resolver silent",
    ),
    pytest.param(
        "The remote name could not be resolved: 'smtp.ofice365.com'", "wrong_host_or_port", id=".NET, name misspelt"
    ),
    pytest.param(
        "no alternative certificate subject name matches target host name '10.20.1.5'",
        "wrong_host_or_port",
        id="curl, an address for a name",
    ),
    pytest.param(
        "x509: certificate is not valid for any names, but wanted to match smtp.office365.com",
        "smtp_intercepted",
        id="Go, certificate of another server",
    ),
    pytest.param(
        "SSL server authentication failed; certificate of the mail server is not trusted",
        "cert_untrusted",
        id="device, certificate",
    ),
    pytest.param(
        "The certificate authority is invalid or incorrect (0x80072F0D)", "cert_untrusted", id="WinHTTP, certificate"
    ),
    pytest.param(
        "A fatal error occurred while creating a TLS client credential. The internal error state is 10013.",
        "tls_version",
        id="SChannel, event log",
    ),
    pytest.param("mail: missing '@' or angle-addr", "address_malformed", id="Go, address"),
    pytest.param(
        'Email "noreply" does not comply with addr-spec of RFC 2822.', "address_malformed", id="Symfony, address"
    ),
    pytest.param("The transport error code was 0x80040217", "bad_credentials", id="CDO, sign-in"),
    pytest.param(
        "AuthenticationFailedException: failed to connect, no password specified?",
        "client_never_sent_auth",
        id="JavaMail, no password",
    ),
    pytest.param(
        "MAIL FROM command failed,5.7.57 Client not authenticated,530",
        "client_never_sent_auth",
        id="PHPMailer, code last",
    ),
    pytest.param("SMTP-AUTH failed, check user name and password", "bad_credentials", id="printer, sign-in"),
    pytest.param(
        'The token contains no permissions, or permissions can not be understood. error_category="invalid_grant"',
        "consent_missing",
        id="Exchange, empty token",
    ),
    pytest.param(
        "The access token has been obtained for wrong audience or resource '00000003-0000-0000-c000-000000000000'.",
        "wrong_scope_or_audience",
        id="Exchange, Graph token",
    ),
    pytest.param(
        "Sign-in error code 53003 Client app: Authenticated SMTP", "conditional_access_block", id="sign-in log"
    ),
    pytest.param("452 4.3.1 Insufficient system resources", "service_side_fault", id="4.3.1"),
    pytest.param(
        "550 5.4.316 Message expired, connection refused(Socket error code 10061)", "recipient_rejected", id="5.4.316"
    ),
]


@pytest.mark.parametrize(("text", "cause"), CLIENTS)
def test_texts_of_clients(text: str, cause: str) -> None:
    """The wording of a client, device or log leads to the expected cause."""
    assert read(text).causes[0] == cause


@pytest.mark.parametrize(("text", "cause"), LANGUAGES)
def test_other_languages_of_the_operating_system(text: str, cause: str) -> None:
    """A network error in the language of the operating system is recognised."""
    assert read(text).causes[0] == cause


AMBIGUOUS = [
    pytest.param(
        "535 5.7.3 Authentication unsuccessful",
        None,
        {"bad_credentials", "smtp_auth_disabled_mailbox", "sp_not_registered_in_exchange"},
        id="bare 535",
    ),
    pytest.param(
        "535 5.7.3 Authentication unsuccessful",
        "sasl-xoauth2",
        {"sp_not_registered_in_exchange", "wrong_scope_or_audience", "consent_missing"},
        id="bare 535 to OAuth",
    ),
    pytest.param(
        "535 5.7.139 Authentication unsuccessful, basic authentication is disabled.",
        None,
        {"basic_auth_retired", "auth_policy_blocks_basic"},
        id="Basic disabled",
    ),
    pytest.param(
        "the request did not meet the criteria to be authenticated successfully",
        None,
        {"conditional_access_block", "mfa_or_security_defaults"},
        id="criteria",
    ),
]


@pytest.mark.parametrize(("text", "client", "expected"), AMBIGUOUS)
def test_ambiguous_text_is_inconclusive(text: str, client: str | None, expected: set[str]) -> None:
    """An ambiguous text leads to several possible causes and to advice on deciding between them."""
    reading = read(text, client)

    assert expected <= set(reading.causes)
    assert not reading.sure
    assert reading.decide


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "hello",
        "Failure sending mail.",
        "version 5.7.3 released",
        "10.5.7.3",
        "order 5355.7.3",
        "Error 511 of job 25760",
        "mail job 10013 ended",
        "message 10061 was not sent",
        "process 10054 restarted",
        "this list member is not trusted",
    ],
)
def test_unknown_text_is_unrecognised(text: str) -> None:
    """Words and digits that merely resemble an error lead to no cause."""
    reading = read(text)

    assert reading.causes == ("unrecognised",)
    assert not reading.sure


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("Socket Error # 10060", "port_blocked"),
        ("[WinError 10061] 127.0.0.1:25", "wrong_host_or_port"),
        ("SocketException (10051)", "network_unreachable"),
        ("Error Number: 10013 connect", "port_blocked"),
        ("Server: 'smtp.office365.com', Port: 587, Socket Error: 10060, Error Number: 0x800CCC0E", "port_blocked"),
    ],
)
def test_windows_error_number_is_sufficient(text: str, cause: str) -> None:
    """A Windows error number is enough to find the cause."""
    assert read(text).causes[0] == cause


def test_token_in_the_text_is_not_quoted() -> None:
    """A token in a pasted log does not appear in the quoted text."""
    token = "eyJ0eXAiOiJKV1QiLCJhbGciOiJSUzI1NiJ9." + "a" * 80

    reading = read(f"535 5.7.3 Authentication unsuccessful auth=Bearer {token}")

    assert token not in reading.quoted
    assert "535" in reading.quoted
