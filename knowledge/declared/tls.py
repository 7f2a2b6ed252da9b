"""Causes that concern TLS, for a declared service."""

from dataclasses import replace
from typing import Final

from knowledge.cause import NOTHING, Cause
from knowledge.declared.sources import (
    CERTIFICATE,
    COMPARE_CLOCK,
    FIND_IN_SERVER_LOG,
    SERVER_LOG,
    SHOW_LOGIN_TLS,
    SHOW_TLS,
    STARTTLS,
    TLS_OLD,
    TLS_USE,
)
from knowledge.step import Step

_UNTRUSTED: Final = Cause(
    id="cert_untrusted",
    title="this machine does not trust the server's certificate",
    meaning=(
        "This machine cannot verify the certificate of {smtp_server}: the authority is private, the chain is "
        "incomplete, the certificate is self-signed, or a device on the path inspects TLS."
    ),
    shows=(
        "Error messages contain 'unable to get local issuer certificate', 'self-signed certificate' or 'PKIX path "
        "building failed'."
    ),
    who="server",
    steps=(
        SHOW_TLS,
        (
            "If a private authority issued the certificate, enter the path of the authority's own certificate as "
            "ca_file under [network] in the settings, and add that certificate to the application's trust store."
        ),
        "If an intermediate certificate is missing, configure the server to send the full chain.",
        (
            "If a TLS inspection product on this network issued the certificate, exclude this destination from "
            "inspection."
        ),
    ),
    verify="Check TLS-01 passes.",
    propagation=("Immediately. A Java or container application must be restarted after its trust store has changed."),
    risk="Never turn verification off: the application would send its credentials to any server that answers.",
    source=(CERTIFICATE, TLS_USE),
    decide=(SHOW_TLS,),
)
_OTHER_NAME: Final = Cause(
    id="cert_name_mismatch",
    title="the certificate is for another host name",
    meaning=(
        "The server presents a certificate that is not valid for {smtp_server}, so the client refuses the connection."
    ),
    shows="Error messages contain 'hostname mismatch' or 'no alternative certificate subject name matches'.",
    who="server",
    steps=(
        SHOW_TLS,
        (
            "If the certificate contains another host name of the server, enter that name in the application and "
            "under [custom]."
        ),
        "Otherwise install a certificate for {smtp_server} on the server.",
    ),
    verify="Check TLS-01 passes.",
    propagation="Immediately.",
    risk="Do not use another name only because it is in the certificate: confirm it with the administrator first.",
    source=("https://www.rfc-editor.org/rfc/rfc9525", TLS_USE),
    decide=(SHOW_TLS,),
)
_EXPIRED: Final = Cause(
    id="cert_expired",
    title="the server's certificate has expired, expires soon or is not yet valid",
    meaning="The certificate of {smtp_server} is outside its period of validity, or that period ends soon.",
    shows="Error messages contain 'certificate has expired' or 'certificate is not yet valid'.",
    who="server",
    steps=(
        COMPARE_CLOCK,
        SHOW_TLS,
        "Renew the certificate of {smtp_server} and load the new certificate into the service.",
    ),
    verify="Checks TLS-01 and RISK-03 pass.",
    propagation="As soon as the service has loaded the new certificate.",
    risk=NOTHING,
    source=(CERTIFICATE + "#section-4.1.2.5",),
    decide=(SHOW_TLS,),
)

ENTRIES: Final[tuple[Cause, ...]] = (
    Cause(
        id="starttls_missing_or_implicit_tls_on_587",
        title="the client does not start encryption as this port requires",
        meaning=(
            "On a submission port, a client connects unencrypted and starts TLS with STARTTLS. Either the client "
            "does not do this, or {smtp_server} does not offer STARTTLS on port {port}."
        ),
        shows=(
            "The error is 'Must issue a STARTTLS command first' or 'wrong version number', or the reply to "
            "EHLO lacks STARTTLS."
        ),
        who="sender",
        steps=(
            (
                "Select Use SSL in the application. On this port, the application must then use STARTTLS, not TLS "
                "from the first byte."
            ),
            (
                "If the server does not offer STARTTLS, ask its administrator on which port it offers STARTTLS (usually "
                "587), or whether a device on the path removes STARTTLS from the reply."
            ),
        ),
        verify="Check SMTP-02 passes.",
        propagation="Immediately.",
        risk="Do not send a password without TLS, even if the server accepts it.",
        source=(STARTTLS, TLS_USE),
        decide=(
            Step(
                "See check SMTP-02, which shows the replies to EHLO and STARTTLS on this port.",
                answered_by=("SMTP-02",),
            ),
        ),
    ),
    Cause(
        id="implicit_tls_port",
        title="the port expects TLS from the first byte",
        meaning=(
            "On port {port}, {smtp_server} expects a TLS handshake from the first byte. The mail plugin connects "
            "unencrypted and starts TLS with STARTTLS, so each side waits for the other."
        ),
        shows="The connection opens and no greeting arrives, but an immediate TLS handshake succeeds.",
        who="sender",
        steps=(
            (
                "Ask the administrator of {smtp_server} for the port with STARTTLS (usually 587), and enter it as "
                "Port in the application and under [custom]."
            ),
        ),
        verify="Check SMTP-01 passes.",
        propagation="Immediately.",
        risk="Do not turn encryption off instead.",
        source=(TLS_USE, STARTTLS),
        decide=(
            (
                "Run `$ openssl s_client -connect {smtp_server}:{port}`. If a certificate arrives, the port uses TLS "
                "from the first byte."
            ),
        ),
    ),
    Cause(
        id="tls_version",
        title="the server and the client have no TLS version in common",
        meaning=(
            "This suite offers TLS 1.2 and newer. {smtp_server} supports only older versions, or none of the "
            "ciphers that the suite offers."
        ),
        shows=(
            "Error messages contain 'unsupported protocol', 'protocol version', 'handshake failure' or 'no shared "
            "cipher'."
        ),
        who="server",
        steps=(
            SHOW_TLS,
            "Enable TLS 1.2 or newer on {smtp_server}.",
        ),
        verify="Checks TLS-01 and TLS-03 pass.",
        propagation="After a restart of the service.",
        risk="Do not lower the client's TLS version: TLS 1.0 and 1.1 are deprecated.",
        source=(TLS_OLD,),
        decide=(SHOW_TLS,),
    ),
    Cause(
        id="legacy_tls_client",
        title="the client's TLS software is too old",
        meaning=(
            "The application's runtime supports only TLS versions that servers no longer accept, although this machine "
            "supports newer ones."
        ),
        shows="On the same machine, this suite's TLS handshake succeeds but the application's fails.",
        who="sender",
        steps=(
            "Update the application's runtime (.NET Framework 4.7 or newer, a current Java or OpenSSL).",
            (
                "For .NET Framework on Windows, set SchUseStrongCrypto and SystemDefaultTlsVersions to 1 in both registry "
                "views."
            ),
        ),
        verify="Checks HOST-01 to HOST-03 pass, and the application's own handshake succeeds.",
        propagation="After a restart of the application.",
        risk="The registry values affect every .NET application on the machine.",
        source=(TLS_OLD,),
        decide=(
            (
                "See the HOST checks, and look in the server's log for the TLS version of the application's own "
                "connection."
            ),
        ),
    ),
    Cause(
        id="client_certificate_required",
        title="the server requires a client certificate",
        meaning=(
            "{smtp_server} accepts only clients that present a certificate in the TLS handshake. The mail plugin has no "
            "field for one."
        ),
        shows=(
            "The reply is 421 or contains 5.7.x and mentions a client certificate, or the server sends the TLS "
            "alert 'certificate required'."
        ),
        who="server",
        steps=(
            (
                "On {smtp_server}, set up a port or a rule that accepts a user name and a password, or a token, "
                "without a client certificate."
            ),
            FIND_IN_SERVER_LOG,
        ),
        verify="Check AUTH-01 passes.",
        propagation="As soon as the server has loaded the new configuration.",
        risk="Exempt one account or address only, and keep the requirement for all others.",
        source=("https://www.rfc-editor.org/rfc/rfc8446#section-4.3.2",),
        decide=(SERVER_LOG,),
    ),
    _UNTRUSTED,
    _OTHER_NAME,
    _EXPIRED,
)


def _at_login(cause: Cause, *steps: str, title: str, meaning: str) -> Cause:
    return replace(
        cause,
        title=title,
        headline=title,
        who="login",
        meaning=meaning,
        steps=steps,
        verify="Check TOKEN-01 passes.",
        risk="Never turn verification off: the application would send the client secret to any server that answers.",
        decide=(SHOW_LOGIN_TLS,),
    )


AT_LOGIN: Final[tuple[Cause, ...]] = (
    _at_login(
        _UNTRUSTED,
        SHOW_LOGIN_TLS,
        (
            "If a private authority issued the certificate, enter the path of the authority's own certificate as "
            "ca_file under [network] in the settings, and add that certificate to the application's trust store."
        ),
        "If a TLS inspection product on this network issued the certificate, exclude {login_host} from inspection.",
        title="this machine does not trust the token service's certificate",
        meaning=("This machine cannot verify the certificate of {login_host}. The client secret was not sent."),
    ),
    _at_login(
        _OTHER_NAME,
        SHOW_LOGIN_TLS,
        (
            "If the certificate contains another host name of the token service, enter that name in the application and "
            "under [custom]. Otherwise install a certificate for {login_host} on the token service."
        ),
        title="the token service's certificate is for another host name",
        meaning="The server at {login_host} presents a certificate for another name. The client secret was not sent.",
    ),
    _at_login(
        _EXPIRED,
        COMPARE_CLOCK,
        "Renew the certificate of {login_host} and load the new certificate into the service.",
        title="the token service's certificate has expired or is not yet valid",
        meaning="The certificate of {login_host} has expired or is not yet valid. The client secret was not sent.",
    ),
)
