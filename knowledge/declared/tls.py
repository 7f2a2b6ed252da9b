"""Causes in the encryption of a connection to a declared server."""

from dataclasses import replace
from typing import Final

from knowledge.cause import NOTHING, Cause
from knowledge.declared.sources import (
    ASK_SERVER,
    CERTIFICATE,
    COMPARE_CLOCK,
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
    title="this machine does not trust the certificate that was shown",
    meaning="The certificate of {smtp_server} leads to no authority that this machine trusts: a private authority, a chain with a "
    "missing part, a self-signed certificate, or an inspection of TLS in between.",
    shows="Texts such as 'unable to get local issuer certificate', 'self-signed certificate', PKIX path building failed.",
    who="server",
    steps=(
        SHOW_TLS,
        (
            "If it is issued by the server's own private authority, get that authority's certificate from the administrator and name it "
            "under [network] ca_file; the application needs it in its own trust store."
        ),
        "If an intermediate certificate is missing, ask the administrator to send the whole chain.",
        "If the issuer is an inspection product of this network, have the inspection taken off for this destination.",
    ),
    verify="Check TLS-01 passes.",
    propagation=(
        "Immediately; a Java or container application after its trust store was changed and it was started again."
    ),
    risk="Never turn the verification off: a credential would go to any server that answers.",
    source=(CERTIFICATE, TLS_USE),
    decide=(SHOW_TLS,),
)
_OTHER_NAME: Final = Cause(
    id="cert_name_mismatch",
    title="the certificate is for another name",
    meaning="The server shows a certificate that is not for {smtp_server}. The client is right to refuse it.",
    shows="Texts such as 'hostname mismatch', 'no alternative certificate subject name matches'.",
    who="server",
    steps=(
        SHOW_TLS,
        "If the administrator gives another host name that the certificate is for, enter that name in the application and under [custom].",
        "Otherwise ask the administrator of {smtp_server} for a certificate with this name.",
    ),
    verify="Check TLS-01 passes.",
    propagation="Immediately.",
    risk="Do not use another name only because the certificate has it: ask the administrator first.",
    source=("https://www.rfc-editor.org/rfc/rfc9525", TLS_USE),
    decide=(SHOW_TLS,),
)
_EXPIRED: Final = Cause(
    id="cert_expired",
    title="the certificate that was shown is out of date",
    meaning="The certificate of {smtp_server} is past its end, ends soon, or is not valid yet.",
    shows="Texts such as 'certificate has expired' or 'certificate is not yet valid'.",
    who="server",
    steps=(
        COMPARE_CLOCK,
        SHOW_TLS,
        "Ask the administrator of {smtp_server} to renew the certificate and to load it into the service.",
    ),
    verify="Checks TLS-01 and RISK-03 pass.",
    propagation="When the service has loaded the new certificate.",
    risk=NOTHING,
    source=(CERTIFICATE + "#section-4.1.2.5",),
    decide=(SHOW_TLS,),
)

ENTRIES: Final[tuple[Cause, ...]] = (
    Cause(
        id="starttls_missing_or_implicit_tls_on_587",
        title="the encryption does not begin as this port wants it",
        meaning="On a submission port a client connects in the clear and begins TLS with STARTTLS. Either the client does not do so, "
        "or {smtp_server} does not offer it on port {port}.",
        shows="'Must issue a STARTTLS command first', 'wrong version number', or STARTTLS missing from the answer to EHLO.",
        who="sender",
        steps=(
            "Tick Use SSL in the application; on this port that must mean STARTTLS, not TLS from the first byte.",
            (
                "If the server offers no STARTTLS, ask its administrator for the port that does (most often 587), or whether something "
                "on the way takes it out of the answer."
            ),
        ),
        verify="Check SMTP-02 passes.",
        propagation="Immediately.",
        risk="Do not send a password without TLS, even where the server would take it.",
        source=(STARTTLS, TLS_USE),
        decide=(Step("Check SMTP-02: the answer to EHLO and to STARTTLS on this port.", answered_by=("SMTP-02",)),),
    ),
    Cause(
        id="implicit_tls_port",
        title="the port expects TLS from the first byte",
        meaning="{smtp_server} starts with a TLS handshake on port {port}. The mail plugin starts in the clear and begins TLS with "
        "STARTTLS, so each side waits for the other.",
        shows="A connection that opens and stays silent, while a TLS handshake at once is answered.",
        who="sender",
        steps=(
            "Ask the administrator of {smtp_server} for the port with STARTTLS (most often 587), and enter it in Port and under [custom].",
        ),
        verify="Check SMTP-01 passes.",
        propagation="Immediately.",
        risk="Do not turn the encryption off instead.",
        source=(TLS_USE, STARTTLS),
        decide=("`$ openssl s_client -connect {smtp_server}:{port}`: a certificate means TLS from the first byte.",),
    ),
    Cause(
        id="tls_version",
        title="server and client have no TLS version in common",
        meaning="This suite offers TLS 1.2 and newer. {smtp_server} offers only older versions, or no cipher in common.",
        shows="Texts such as 'unsupported protocol', 'protocol version', 'handshake failure', 'no shared cipher'.",
        who="server",
        steps=(
            SHOW_TLS,
            "Ask the administrator of {smtp_server} to turn TLS 1.2 or newer on.",
        ),
        verify="Checks TLS-01 and TLS-03 pass.",
        propagation="When the service was restarted.",
        risk="Do not lower the client's TLS version: TLS 1.0 and 1.1 are withdrawn.",
        source=(TLS_OLD,),
        decide=(SHOW_TLS,),
    ),
    Cause(
        id="legacy_tls_client",
        title="the client's TLS software is too old",
        meaning="The application's runtime speaks only TLS versions that servers no longer take, though this machine can do better.",
        shows="This suite's own handshake works from the same machine while the application's fails.",
        who="sender",
        steps=(
            "Update the application's runtime (.NET Framework 4.7 or newer, a current Java or OpenSSL).",
            "On Windows set SchUseStrongCrypto and SystemDefaultTlsVersions to 1 in both registry views.",
        ),
        verify="Checks HOST-01 to HOST-03 pass and the application's own handshake succeeds.",
        propagation="After a restart of the application.",
        risk="Registry values concern every .NET application of the machine.",
        source=(TLS_OLD,),
        decide=("The HOST checks, and the TLS version in the server's log for the application's own connection.",),
    ),
    Cause(
        id="client_certificate_required",
        title="the server wants a certificate from the client",
        meaning="{smtp_server} accepts only clients that show a certificate of their own in the TLS handshake. The mail plugin "
        "has no field for one.",
        shows="421 or 5.7.x with words about a client certificate, or a TLS alert 'certificate required'.",
        who="server",
        steps=(
            (
                "Ask the administrator of {smtp_server} for a port or a rule that accepts a user name and password, or a token, "
                "without a client certificate."
            ),
            ASK_SERVER,
        ),
        verify="Check AUTH-01 passes.",
        propagation="When the server's rule was changed.",
        risk="A rule for one account or address is enough; the requirement need not be dropped for all.",
        source=("https://www.rfc-editor.org/rfc/rfc8446#section-4.3.2",),
        decide=(SERVER_LOG,),
    ),
    _UNTRUSTED,
    _OTHER_NAME,
    _EXPIRED,
)


def _at_login(cause: Cause, *steps: str, meaning: str) -> Cause:
    return replace(
        cause,
        who="login",
        meaning=meaning,
        steps=steps,
        verify="Check TOKEN-01 passes.",
        risk="Never turn the verification off: the client secret would go to any server that answers.",
        decide=(SHOW_LOGIN_TLS,),
    )


AT_LOGIN: Final[tuple[Cause, ...]] = (
    _at_login(
        _UNTRUSTED,
        SHOW_LOGIN_TLS,
        "If it is issued by a private authority, name that authority's certificate under [network] ca_file; the application needs it too.",
        "If the issuer is an inspection product of this network, have the inspection taken off for {login_host}.",
        meaning="The certificate that was shown for {login_host} leads to no authority that this machine trusts. The client "
        "secret was not sent.",
    ),
    _at_login(
        _OTHER_NAME,
        SHOW_LOGIN_TLS,
        "Ask the administrator of {login_host} for the host name that the certificate is for, or for a certificate with this name.",
        meaning="What answers at {login_host} shows a certificate for another name. The client secret was not sent.",
    ),
    _at_login(
        _EXPIRED,
        COMPARE_CLOCK,
        "Ask the administrator of {login_host} to renew the certificate.",
        meaning="The certificate that was shown for {login_host} is past its end or not valid yet. The client secret was not sent.",
    ),
)
