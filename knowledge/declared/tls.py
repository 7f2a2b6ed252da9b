"""Causes in the encryption of a connection to a declared server."""

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
        "The certificate of {smtp_server} was not issued by an authority that this machine trusts: the authority is "
        "private, the chain is incomplete, the certificate is self-signed, or a device on the path inspects TLS."
    ),
    shows=(
        "Texts such as 'unable to get local issuer certificate', 'self-signed certificate', 'PKIX path building "
        "failed'."
    ),
    who="server",
    steps=(
        SHOW_TLS,
        (
            "If the server's own private authority issued it, enter the certificate of that authority under [network] "
            "ca_file in the settings, and add it to the trust store of the application."
        ),
        "If an intermediate certificate is missing, configure the server to send the whole chain.",
        "If the issuer is an inspection product of this network, exclude this destination from inspection.",
    ),
    verify="Check TLS-01 passes.",
    propagation=("Immediately; a Java or container application must be restarted after the change of its trust store."),
    risk="Never turn verification off: the application would send its credentials to any server that answers.",
    source=(CERTIFICATE, TLS_USE),
    decide=(SHOW_TLS,),
)
_OTHER_NAME: Final = Cause(
    id="cert_name_mismatch",
    title="the certificate is for another host name",
    meaning="The server presents a certificate that is not for {smtp_server}. The client refuses it with good reason.",
    shows="Texts such as 'hostname mismatch', 'no alternative certificate subject name matches'.",
    who="server",
    steps=(
        SHOW_TLS,
        (
            "If the server has another host name that is in the certificate, enter that name in the application and under "
            "[custom]."
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
    meaning="The certificate of {smtp_server} has expired, expires soon, or is not yet valid.",
    shows="Texts such as 'certificate has expired' or 'certificate is not yet valid'.",
    who="server",
    steps=(
        COMPARE_CLOCK,
        SHOW_TLS,
        "Renew the certificate of {smtp_server} and load it into the service.",
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
            "On a submission port, a client connects unencrypted and starts TLS with STARTTLS. Either the client does not "
            "do so, or {smtp_server} does not offer STARTTLS on port {port}."
        ),
        shows=(
            "'Must issue a STARTTLS command first', 'wrong version number', or STARTTLS missing from the reply to EHLO."
        ),
        who="sender",
        steps=(
            "Select Use SSL in the application. On this port it must mean STARTTLS, not TLS from the first byte.",
            (
                "If the server offers no STARTTLS, ask its administrator for the port that does (usually 587), or whether a "
                "device on the path removes it from the reply."
            ),
        ),
        verify="Check SMTP-02 passes.",
        propagation="Immediately.",
        risk="Do not send a password without TLS, even if the server accepts it.",
        source=(STARTTLS, TLS_USE),
        decide=(Step("Check SMTP-02: the replies to EHLO and to STARTTLS on this port.", answered_by=("SMTP-02",)),),
    ),
    Cause(
        id="implicit_tls_port",
        title="the port expects TLS from the first byte",
        meaning=(
            "{smtp_server} expects a TLS handshake first on port {port}. The mail plugin starts unencrypted and upgrades "
            "with STARTTLS, so each side waits for the other."
        ),
        shows="The connection opens and no greeting arrives; an immediate TLS handshake succeeds.",
        who="sender",
        steps=(
            (
                "Ask the administrator of {smtp_server} for the port with STARTTLS (usually 587), and enter it in Port and "
                "under [custom]."
            ),
        ),
        verify="Check SMTP-01 passes.",
        propagation="Immediately.",
        risk="Do not turn encryption off instead.",
        source=(TLS_USE, STARTTLS),
        decide=("`$ openssl s_client -connect {smtp_server}:{port}`: a certificate means TLS from the first byte.",),
    ),
    Cause(
        id="tls_version",
        title="server and client support no common TLS version",
        meaning=(
            "This suite offers TLS 1.2 and newer. {smtp_server} supports only older versions, or no common cipher."
        ),
        shows="Texts such as 'unsupported protocol', 'protocol version', 'handshake failure', 'no shared cipher'.",
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
        shows="The TLS handshake of this suite succeeds on the same machine while the application's fails.",
        who="sender",
        steps=(
            "Update the application's runtime (.NET Framework 4.7 or newer, a current Java or OpenSSL).",
            "On Windows, set SchUseStrongCrypto and SystemDefaultTlsVersions to 1 in both registry views.",
        ),
        verify="Checks HOST-01 to HOST-03 pass, and the application's own handshake succeeds.",
        propagation="After a restart of the application.",
        risk="The registry values affect every .NET application on the machine.",
        source=(TLS_OLD,),
        decide=("The HOST checks, and the TLS version in the server's log for the application's own connection.",),
    ),
    Cause(
        id="client_certificate_required",
        title="the server requires a client certificate",
        meaning=(
            "{smtp_server} accepts only clients that present a certificate in the TLS handshake. The mail plugin has no "
            "field for one."
        ),
        shows="421 or 5.7.x with a text about a client certificate, or a TLS alert 'certificate required'.",
        who="server",
        steps=(
            (
                "On {smtp_server}, provide a port or a rule that accepts a user name and a password, or a token, without a "
                "client certificate."
            ),
            FIND_IN_SERVER_LOG,
        ),
        verify="Check AUTH-01 passes.",
        propagation="As soon as the rule of the server is changed.",
        risk="A rule for one account or address is enough: keep the requirement for all others.",
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
            "If a private authority issued it, enter the certificate of that authority under [network] ca_file in the "
            "settings, and add it to the trust store of the application."
        ),
        "If the issuer is an inspection product of this network, exclude {login_host} from inspection.",
        title="this machine does not trust the token service's certificate",
        meaning=(
            "The certificate of {login_host} was not issued by an authority that this machine trusts. The client secret "
            "was not sent."
        ),
    ),
    _at_login(
        _OTHER_NAME,
        SHOW_LOGIN_TLS,
        (
            "If the token service has another host name that is in the certificate, enter that name in the application and "
            "under [custom]; otherwise install a certificate for {login_host}."
        ),
        title="the token service's certificate is for another host name",
        meaning="The server at {login_host} presents a certificate for another name. The client secret was not sent.",
    ),
    _at_login(
        _EXPIRED,
        COMPARE_CLOCK,
        "Renew the certificate of {login_host} and load it into the service.",
        title="the token service's certificate has expired or is not yet valid",
        meaning="The certificate of {login_host} has expired or is not yet valid. The client secret was not sent.",
    ),
)
