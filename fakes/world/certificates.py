"""Certificates for the fakes' TLS servers: one that resembles Microsoft's, and one for each certificate fault.

Keys are generated on first use and kept in memory. Callers write root certificates to disk, but never keys.
"""

import ssl
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cache

import trustme

from .network import Certificate, Tls, TlsRange

MICROSOFT = "Microsoft Corporation"
DIGICERT = "DigiCert Inc"
SHIELD = "Invented Mail Shield"
PROVIDER_NAME = "mail.hosting-provider.example"
SMTP_NAMES = (
    "*.clo.footprintdns.com",
    "*.hotmail.com",
    "*.internal.outlook.com",
    "*.live.com",
    "*.nrb.footprintdns.com",
    "*.office.com",
    "*.office365.com",
    "*.outlook.com",
    "*.outlook.office365.com",
    "attachment.outlook.live.net",
    "hotmail.com",
    "office365.com",
    "outlook.com",
    "outlook.office.com",
    "*.office365.us",
    "*.partner.outlook.cn",
    "*.mail.protection.outlook.com",
    "substrate.office.com",
    "smtp.hve.mx.microsoft",
    "mail.corp.example",
)
LOGIN_NAMES = (
    "stamp2.login.microsoftonline.com",
    "login.microsoftonline.com",
    "login.microsoft.com",
    "login.windows.net",
    "sts.windows.net",
    "login.microsoftonline.us",
    "login.partner.microsoftonline.cn",
    "login.chinacloudapi.cn",
    "graph.microsoft.com",
    "graph.microsoft.us",
    "dod-graph.microsoft.us",
    "microsoftgraph.chinacloudapi.cn",
    "outlook.office365.com",
    "outlook.office365.us",
    "outlook-dod.office365.us",
    "partner.outlook.cn",
    "login.corp.example",
)
_DAY = timedelta(days=1)


@cache
def _root() -> trustme.CA:
    return trustme.CA(organization_name=DIGICERT, organization_unit_name="Built-in tenant: Global Root")


@cache
def _shield() -> trustme.CA:
    return trustme.CA(organization_name=SHIELD, organization_unit_name="Mail Shield Root")


@cache
def _unknown() -> trustme.CA:
    return trustme.CA(organization_name=DIGICERT, organization_unit_name="Nobody Trusts This Root")


def trusted_roots() -> bytes:
    """Return the PEM of the root certificate that the machine under test trusts. It resembles DigiCert's."""
    return _root().cert_pem.bytes()


def trusted_shield() -> bytes:
    """Return the PEM of the mail shield's root certificate, which a machine trusts if a mail shield is installed on it."""
    return _shield().cert_pem.bytes()


def issue(kind: Certificate, names: tuple[str, ...], *, common_name: str) -> trustme.LeafCert:
    """Issue a leaf certificate of this kind for these DNS names, which the kind OTHER_NAME ignores."""
    match kind:
        case Certificate.MICROSOFT:
            return _leaf(_root(), names, common_name)
        case Certificate.EXPIRING:
            return _leaf(_root(), names, common_name, ends=5)
        case Certificate.EXPIRED:
            return _leaf(_root(), names, common_name, ends=-3)
        case Certificate.NOT_YET_VALID:
            return _leaf(_root(), names, common_name, begins=20)
        case Certificate.OTHER_NAME:
            return _leaf(_root(), (PROVIDER_NAME,), PROVIDER_NAME, organization="Invented Hosting")
        case Certificate.SELF_SIGNED:
            return _self_signed(names, common_name)
        case Certificate.UNKNOWN_ROOT:
            return _leaf(_unknown(), names, common_name)
        case Certificate.MISSING_INTERMEDIATE:
            whole = _leaf(_intermediate(), names, common_name)
            return trustme.LeafCert(whole.private_key_pem.bytes(), whole.cert_chain_pems[0].bytes(), [])
        case Certificate.MAIL_SHIELD | Certificate.TRUSTED_MAIL_SHIELD:
            return _leaf(_shield(), names, common_name)


def _leaf(
    authority: trustme.CA,
    names: tuple[str, ...],
    common_name: str,
    *,
    organization: str = MICROSOFT,
    begins: int = -60,
    ends: int = 300,
) -> trustme.LeafCert:
    """Issue a leaf certificate that is valid between two offsets in days from now.

    The validity period must stay under 825 days, the maximum that Apple accepts.
    """
    now = datetime.now(UTC)
    return authority.issue_cert(
        *names,
        common_name=common_name,
        organization_name=organization,
        not_before=now + begins * _DAY,
        not_after=now + ends * _DAY,
    )


@cache
def _intermediate() -> trustme.CA:
    return trustme.CA(
        parent_cert=_root(),
        path_length=0,
        organization_name=DIGICERT,
        organization_unit_name="Built-in tenant: Cloud Services CA",
    )


def _self_signed(names: tuple[str, ...], common_name: str) -> trustme.LeafCert:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, MICROSOFT),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
        ]
    )
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - 60 * _DAY)
        .not_valid_after(now + 300 * _DAY)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(one) for one in names]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return trustme.LeafCert(private, certificate.public_bytes(pem), [])


@cache
def _context(tls: Tls, names: tuple[str, ...], common_name: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    issue(tls.certificate, names, common_name=common_name).configure_cert(context)
    match tls.versions:
        case TlsRange.CURRENT:
            context.minimum_version = ssl.TLSVersion.TLSv1_2
        case TlsRange.ONLY_1_2:
            context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_2
        case TlsRange.ONLY_OLD:
            _speak_old_tls(context)
    return context


def _speak_old_tls(context: ssl.SSLContext) -> None:
    """Allow only TLS 1.0 and 1.1, which current OpenSSL supports only at its lowest security level."""
    import warnings

    context.set_ciphers("ALL:@SECLEVEL=0")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = ssl.TLSVersion.TLSv1_1


def smtp_context(tls: Tls) -> ssl.SSLContext:
    """Return the server context for STARTTLS in this TLS state. There is one context for each state."""
    return _context(tls, SMTP_NAMES, "outlook.com")


def login_context(tls: Tls) -> ssl.SSLContext:
    """Return the HTTPS context of the login and lookup hosts in this TLS state. There is one context for each state."""
    return _context(tls, LOGIN_NAMES, "stamp2.login.microsoftonline.com")


def login_context_at(current: Callable[[], Tls]) -> ssl.SSLContext:
    """Return a new context that selects the certificate at each handshake, according to the TLS state at that time."""
    context = _context.__wrapped__(Tls(), LOGIN_NAMES, "stamp2.login.microsoftonline.com")

    def show(handshake: ssl.SSLSocket | ssl.SSLObject, _name: str | None, _context: ssl.SSLContext) -> None:
        handshake.context = login_context(current())

    context.sni_callback = show
    return context


def provider_context() -> ssl.SSLContext:
    """Return the TLS context of the hosting provider's mail server. The certificate is for that server's own name."""
    return _context(Tls(certificate=Certificate.OTHER_NAME), (PROVIDER_NAME,), PROVIDER_NAME)
