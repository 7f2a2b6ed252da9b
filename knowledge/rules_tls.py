"""Rules for the errors of TLS libraries (OpenSSL, SChannel, .NET, Go, Java, Node, GnuTLS, Rust) and for unexpected greetings."""

from __future__ import annotations

from typing import Final

from evidence.gates import Gate
from knowledge import languages
from knowledge.normalise import any_of
from knowledge.rule import Rule, Weight, group, one, some

_TOKEN_LEG: Final = one("token_endpoint_unreachable", "login_only")
_HTTP_LEG: Final = some("token_endpoint_unreachable", needs=("http_leg",))
_TOKEN_CERTIFICATE: Final = {
    cause: some(cause, "token_endpoint_unreachable", needs=("login_only",))
    for cause in ("cert_expired", "cert_name_mismatch", "cert_untrusted")
}
_IMPLICIT: Final = one("starttls_missing_or_implicit_tls_on_587")

TLS: Final[tuple[Rule, ...]] = (
    Rule(
        gate=Gate.TLS,
        weight=Weight.NAMES,
        says=any_of(
            "client certificate required | no client certificate | missing client certificate | "
            "client certificate not presented | client certificate not trusted | client certificate is required | "
            "client did not present a certificate | certificate_required | tls: certificate required | "
            "alert certificate required | peer did not return a certificate | requires a client certificate | "
            "requires a valid client certificate | must present a client certificate | "
            "must present a valid certificate"
        ),
        unless=any_of("no client certificate CA names sent | aadsts"),
        outcomes=(one("client_certificate_required"),),
    ),
    Rule(
        gate=Gate.TLS,
        weight=Weight.NAMES,
        says=any_of(
            "alert protocol version | unsupported protocol | version too low | protocol version not supported | "
            "selected unsupported protocol version | unsupported SSL/TLS version | TLSv1_ALERT_PROTOCOL | "
            "no supported versions satisfy | server chose TLSv1 | client offered only unsupported versions"
        ),
        along=any_of("ssl | tls | handshake"),
        unless=("smtp_auth_tls",),
        outcomes=(_TOKEN_LEG, one("tls_version")),
    ),
    Rule(
        gate=Gate.TLS,
        weight=Weight.NARROWS,
        says=any_of(
            "remote error: tls | closed the transport stream | illegal parameter | "
            "message received was unexpected or badly | "
            "Local Security Authority cannot be contacted | authentication failed, see inner exception | "
            "token supplied to the function is invalid | decryption operation failed | alert internal error | "
            "credentials supplied to the package were not recognized"
        ),
        along=any_of("ssl | tls | authenticat | win32exception | schannel"),
        unless=any_of("protocol version not supported | unknown certificate authority | bad certificate"),
        outcomes=(_TOKEN_LEG, group("tls_cut_off")),
    ),
    Rule(
        gate=Gate.STARTTLS,
        weight=Weight.NARROWS,
        says=any_of("ssl://smtp.office365.com:587 | smtps://smtp.office365.com:587 | ssl://smtp-mail.outlook.com:587"),
        along=any_of("failed | error | unable | could not | exception"),
        unless=any_of("getaddrinfo | timed out | refused | certificate"),
        outcomes=(_IMPLICIT,),
    ),
    Rule(
        gate=Gate.STARTTLS,
        weight=Weight.NARROWS,
        says=any_of("failed to establish appropriate TLS channel | appropriate TLS channel"),
        outcomes=(some("starttls_missing_or_implicit_tls_on_587", "tls_version", "cert_untrusted"),),
    ),
    Rule(
        gate=Gate.TLS,
        weight=Weight.NAMES,
        says=any_of(
            "error setting certificate file | error setting certificate verify locations | "
            "could not load root certificates"
        ),
        outcomes=(some("token_endpoint_unreachable", "cert_untrusted", needs=("oauth",)), one("cert_untrusted")),
    ),
    Rule(
        gate=Gate.STARTTLS,
        weight=Weight.NAMES,
        says=any_of(
            "wrong version number | bad request syntax ('x16x03 | SSL23_GET_SERVER_HELLO:unknown protocol | "
            "unknown protocol:s23 | routines:unknown protocol | "
            "first record does not look like a TLS handshake | unsupported or unrecognized SSL message | "
            "unrecognized SSL message | plaintext connection? | unexpected packet format | "
            "cannot determine the frame size | packet length too long | corrupted frame was received | "
            "SSL_ERROR_RX_RECORD_TOO_LONG | unexpected TLS packet | unexpected TLS message | "
            "received corrupt message of type InvalidContentType | InvalidContentType | "
            "oversized record received | record overflow | server gave HTTP response | "
            "not an SSL/TLS record | not an ssl record | WRONG_VERSION_NUMBER | SSL routines::http request | "
            "get_record:http request | SSL: HTTP_REQUEST | client_hello:http request | "
            "tls packet with unexpected length | Paketformat | format de paquet | "
            "formato de paquete inesperado | формат пакета | пакета | 数据包格式 | 握手失败,因为包格式 | パケット形式"
        ),
        along=any_of(
            "ssl | tls | bad request | handshake | record | packet | frame | invalidcontenttype | paket | "
            "paquet | пакета | 数据包 | パケット"
        ),
        unless=("TLS 1.0 and 1.1",),
        outcomes=(
            _TOKEN_LEG,
            _HTTP_LEG,
            one("starttls_missing_or_implicit_tls_on_587", "mail_leg"),
            some("starttls_missing_or_implicit_tls_on_587"),  # of a request to the token service, perhaps
        ),
    ),
    Rule(  # .NET writes this only if EnableSsl is on and the server's offer lacks STARTTLS, which Microsoft's never does
        gate=Gate.STARTTLS,
        weight=Weight.NARROWS,
        says=("server does not support secure connections",),
        outcomes=(
            some(
                "smtp_intercepted",
                "smtp_rewritten",
                "wrong_host_or_port",
                "starttls_missing_or_implicit_tls_on_587",
                "service_side_fault",
            ),
        ),
    ),
    Rule(
        gate=Gate.STARTTLS,
        weight=Weight.NARROWS,
        says=any_of(
            "STARTTLS not supported | does not support STARTTLS | doesn't support STARTTLS | "
            "STARTTLS extension not supported | STARTTLS is required but host does not support | "
            "does not support the STARTTLS | "
            "TLS is required, but was not offered | starttls unavailable | StartTLS is not offered | "
            "no STARTTLS | STARTTLS is not supported | does not advertise the STARTTLS | "
            "STARTTLS not available | STARTTLS not advertised | TLS not available | "
            "did not advertise STARTTLS | host did not offer STARTTLS | does not advertise starttls | "
            "server does not support tls | tls not supported | starttls failed | STARTTLS command failed | "
            "STARTTLS denied"
        ),
        outcomes=(
            some("smtp_rewritten", "starttls_missing_or_implicit_tls_on_587", needs=("microsoft_greeting",)),
            group("no_starttls"),
        ),
    ),
    Rule(
        gate=Gate.TLS,
        weight=Weight.NAMES,
        says=any_of(
            "no protocols available | "
            "no appropriate protocol | "
            "do not possess a common algorithm | "
            "does not possess a common algorithm | ERR_SSL_VERSION_OR_CIPHER_MISMATCH | "
            "protocol is disabled | "
            "inappropriate fallback | "
            "unsupported version | SEC_E_ALGORITHM_MISMATCH | 80090331 | "
            "requested security protocol is not supported | could not create SSL/TLS secure channel | "
            "creating a TLS client credential | creating an SSL client credential | "
            "tls version mismatch | received a handshake_failure alert; protocol | TlsException: protocol"
        ),
        along=any_of("ssl | tls | handshake | algorithm | 8009 | protocol"),
        unless=any_of("TLSv1.2 connection established | smtp_auth_tls"),
        outcomes=(_TOKEN_LEG, some("tls_version", "legacy_tls_client")),
    ),
    Rule(
        gate=Gate.TLS,
        weight=Weight.NARROWS,
        says=any_of(
            "handshake failure | handshake_failure | no shared cipher | no cipher suites in common | "
            "no cipher match | dh key too small | ee key too small | ca md too weak | ca key too small | "
            "legacy sigalg | unsafe legacy renegotiation | cipher mismatch | no ciphers available | "
            "bad signature algorithm | remote party has closed the transport stream | "
            "failed to receive handshake | peer did not return | SSL_ERROR_SYSCALL | "
            "EOF occurred in violation of protocol | UNEXPECTED_EOF_WHILE_READING | "
            "unexpected eof while reading | a call to SSPI failed | call to SSPI failed | "
            "handshake has been cancelled | remote host terminated the handshake | "
            "remote host closed connection during handshake | connection was terminated during handshake | "
            "client network socket disconnected before secure TLS | SSLEOFError | "
            "peer closed connection during | tls: internal error | TLS handshake error | "
            "tls startup failed | handshake error | insufficient security | illegal message | 80090326 | "
            "8009030e | 80090308 | TLS negotiation failed | The TLS connection was non-properly terminated | "
            "non-properly terminated | 0 bytes from the transport stream | reset while upgrading | "
            "while upgrading transport"
        )
        + languages.CLOSED_IN_HANDSHAKE,
        unless=any_of("certificate_verify_failed | certificate verify failed | self signed | self-signed"),
        outcomes=(_TOKEN_LEG, _HTTP_LEG, group("tls_cut_off")),
    ),
    Rule(  # a dialogue that ends directly after the server's 220 to STARTTLS
        gate=Gate.TLS,
        weight=Weight.NARROWS,
        says=any_of("could not connect | couldn't connect | failed to connect | unable to connect | connection failed"),
        along=("220 2.0.0 smtp server ready",),
        unless=any_of("auth login | 535 | 334 | 235 | authenticat | timed out"),
        outcomes=(some("cert_untrusted", "tls_version", "legacy_tls_client", "smtp_intercepted"),),
    ),
    Rule(  # a timeout after the connection, in a text that suspects the certificate
        gate=Gate.TLS,
        weight=Weight.NARROWS,
        says=any_of(
            "connected party did not properly respond | connected host has failed to respond | timed out | timeout"
        ),
        along=any_of("SslHandshakeException | attempting to establish an SSL or TLS connection"),
        outcomes=(
            some("wrong_host_or_port", "port_blocked", "smtp_intercepted", needs=("port_465",)),
            some("port_blocked", "smtp_intercepted", "service_side_fault"),
        ),
    ),
    Rule(
        gate=Gate.GREETING,
        weight=Weight.NARROWS,
        says=any_of("handshake timed out | handshake timeout | timeout during ssl | timeout during tls"),
        outcomes=(_TOKEN_LEG, some("client_timeout_hides_refusal", "port_blocked", "smtp_intercepted")),
    ),
    Rule(
        gate=Gate.TLS,
        weight=Weight.NAMES,
        says=any_of("protocol version downgrade attack | downgrade attack"),
        outcomes=(some("smtp_intercepted", "tls_version", "legacy_tls_client", "cert_untrusted"),),
    ),
    Rule(
        gate=Gate.TLS,
        weight=Weight.HINTS,
        says=any_of(
            "could not convert socket to TLS | "
            "error occurred while attempting to establish an SSL or TLS connection | SslHandshakeException | "
            "SSLHandshakeException | stream_socket_enable_crypto | cannot start tls | "
            "failed to enable crypto | unable to start TLS | could not start TLS | cannot initiate TLS | "
            "unable to connect with STARTTLS | unable to connect with TLS | tls connect failed | tls negotiation | "
            "ssl connection failed | ssl connect error | ssl error | TLS error | secure channel | "
            "Handshake failed | HandshakeException | starttls handshake | ssl/tls handshake | "
            "unable to establish ssl | unable to start encryption | Unable to enable crypto | "
            "tls handshake failed | crypto error | ssl handshake | OpenSSL::SSL::SSLError | ssl.SSLError"
        ),
        unless=any_of("getaddrinfo | ECONNREFUSED"),
        outcomes=(_TOKEN_LEG, group("tls_or_certificate")),
    ),
)

CERTIFICATES: Final[tuple[Rule, ...]] = (
    Rule(  # software that scans mail, on the machine or on the path, signs with a root that has its name
        gate=Gate.TLS,
        weight=Weight.NAMES,
        says=any_of(
            "Web/Mail Shield | antivirus for SSL/TLS scanning | ESET SSL Filter | "
            "Kaspersky Anti-Virus Personal Root | "
            "Bitdefender Personal CA | Sophos SSL CA | Fortinet_CA_SSL | Fortinet CA SSL | Zscaler Root CA | "
            "Netskope CA"
        ),
        along=any_of("smtp | 587"),
        outcomes=(_TOKEN_LEG, one("smtp_intercepted")),
    ),
    Rule(
        gate=Gate.TLS,
        weight=Weight.NAMES,
        says=any_of(
            "certificate has expired | CERT_HAS_EXPIRED | certificate is expired | certificate expired | "
            "alert certificate expired | CertificateExpiredException | expired certificate | "
            "SEC_E_CERT_EXPIRED | 80090328 | certificate validity period | NotTimeValid"
        ),
        unless=any_of(
            "not yet valid | presented by the server is expired or invalid | "
            "certificate has expired or is not yet valid"
        ),
        outcomes=(_TOKEN_CERTIFICATE["cert_expired"], one("cert_expired")),
    ),
    Rule(
        gate=Gate.TLS,
        weight=Weight.NAMES,
        says=any_of("certificate is not yet valid | not yet valid | CertificateNotYetValidException"),
        unless=("expired or is not yet valid",),
        along=any_of("certificate | cert"),
        outcomes=(some("clock_skew", "cert_expired"),),
    ),
    Rule(
        gate=Gate.TLS,
        weight=Weight.NAMES,
        says=("expired or is not yet valid",),
        outcomes=(_TOKEN_LEG, some("cert_expired", "clock_skew")),
    ),
    Rule(
        gate=Gate.TLS,
        weight=Weight.NAMES,
        says=any_of(
            "did not match expected CN | hostname mismatch | doesn't match | does not match certificate | "
            "certificate is valid for | certificate subject name | altnames | ERR_TLS_CERT_ALTNAME_INVALID | "
            "no subject alternative | No name matching | host name did not match | hostname did not match | "
            "RemoteCertificateNameMismatch | name mismatch | IP address mismatch | "
            "does not match target host name | SEC_E_WRONG_PRINCIPAL | 80090322 | "
            "target principal name is incorrect | CertNotValidForName | certificate common name | "
            "NotValidForName | does not match hostname | cannot validate certificate for | "
            "host name mismatch | not valid for the name | certificate is not valid for any names | "
            "certificate verify failed: hostname | "
            "name in the certificate does not match | unable to locate peer certificate CN | CN mismatch | "
            "hostname verification failed | "
            "SSL: certificate name | server certificate does not match"
        ),
        along=any_of("cert | ssl | tls | 80090322 | principal"),
        unless=any_of("Cert does not contain a DNS name | client assertion"),
        outcomes=(
            _TOKEN_CERTIFICATE["cert_name_mismatch"],
            some("smtp_intercepted", "cert_name_mismatch", needs=("foreign_certificate",)),
            some("wrong_host_or_port", "cert_name_mismatch", needs=("address",)),
            some("cert_name_mismatch", "smtp_intercepted", "wrong_host_or_port"),
        ),
    ),
    Rule(
        gate=Gate.PORT,
        weight=Weight.NAMES,
        says=("Cert does not contain a DNS name",),
        outcomes=(some("port_blocked", "network_unreachable", "cert_name_mismatch"),),
    ),
    Rule(  # schannel and .NET: the chain may be right, but the certificate authority did not answer
        gate=Gate.TLS,
        weight=Weight.NAMES,
        says=any_of(
            "revocation function was unable | revocation server was offline | 80092013 | 80092012 | "
            "CRYPT_E_REVOCATION_OFFLINE | CRYPT_E_NO_REVOCATION_CHECK | RevocationStatusUnknown | OfflineRevocation"
        ),
        outcomes=(some("revocation_unreachable", "cert_untrusted"),),
    ),
    Rule(
        gate=Gate.TLS,
        weight=Weight.NAMES,
        says=any_of(
            "self signed certificate | self-signed certificate | unable to get local issuer certificate | "
            "UNABLE_TO_GET_ISSUER_CERT | unable to verify the first certificate | "
            "UNABLE_TO_VERIFY_LEAF_SIGNATURE | SELF_SIGNED_CERT | PKIX path | "
            "unable to find valid certification path | signed by unknown authority | "
            "certificate is not trusted | untrusted root | UntrustedRoot | "
            "root certificate which is not trusted | not trusted by the trust provider | "
            "SEC_E_UNTRUSTED_ROOT | 80090325 | 80072F0D | certificate authority is invalid | unknown ca | "
            "UNKNOWN_CA | "
            "unknown issuer | UnknownIssuer | "
            "issuer is unknown | issuer certificate | untrusted issuer | hasn't got a known issuer | "
            "certificate authority is unknown | trust anchor | PartialChain | "
            "server certificate not trusted | server certificate untrusted | certificate is not trusted | "
            "unable to get issuer certificate | TrustFailure | could not establish trust relationship | "
            "certificate verification failed | certificate not trusted | no trusted certificate found | "
            "peer's certificate issuer | SSL certificate problem | CertPathValidatorException | "
            "certificate chain"
        ),
        along=any_of("cert | 8009 | unknown ca | unknown_ca | trust | pkix"),
        unless=any_of(
            "or more of the following reasons: 1. | the server is using a self-signed certificate | "
            "client assertion | certificate chain 0 s: | "
            "name in the certificate does not match | uses expired certificate | uses not yet valid certificate | "
            "client certificate not trusted"
        ),
        outcomes=(
            _TOKEN_CERTIFICATE["cert_untrusted"],
            some("cert_untrusted", "smtp_intercepted", needs=("foreign_greeting",)),
            one("cert_untrusted"),
        ),
    ),
    Rule(
        gate=Gate.TLS,
        weight=Weight.NAMES,
        says=any_of("is not trusted | untrusted certificate | cannot be trusted"),
        along=any_of("certificate | ssl | tls"),
        unless=any_of(
            "or more of the following reasons: 1. | the server is using a self-signed certificate | "
            "client assertion | name in the certificate does not match"
        ),
        outcomes=(_TOKEN_CERTIFICATE["cert_untrusted"], one("cert_untrusted")),
    ),
    Rule(
        gate=Gate.TLS,
        weight=Weight.NARROWS,
        says=any_of(
            "certificate verify failed | invalid peer certificate | InvalidCertificate | "
            "UnsupportedCertVersion | CERTIFICATE_VERIFY_FAILED | remote certificate is invalid | "
            "remote certificate was rejected | certificate is invalid | RemoteCertificateChainErrors | "
            "while processing the certificate | certificate validation | CertificateException | "
            "bad certificate | certificate unknown | "
            "certificate_unknown | could not be validated | ssl certificate error | certificate rejected | "
            "certificate error"
        )
        + languages.BAD_CERTIFICATE,
        along=any_of("cert") + languages.BAD_CERTIFICATE,
        unless=("client assertion",),
        outcomes=(
            some(
                "cert_untrusted",
                "token_endpoint_unreachable",
                "cert_name_mismatch",
                "cert_expired",
                needs=("login_only",),
            ),
            group("bad_certificate"),
        ),
    ),
    Rule(
        gate=Gate.TLS,
        weight=Weight.NAMES,
        says=("RemoteCertificateChainErrors",),
        unless=any_of("NotTimeValid | NameMismatch"),
        outcomes=(one("cert_untrusted"),),
    ),
)
