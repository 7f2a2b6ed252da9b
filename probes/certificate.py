"""Reads the X.509 certificates that a peer sends (RFC 5280, RFC 6125). This module does not verify them."""

from __future__ import annotations

import ssl
import warnings
from datetime import UTC

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.utils import CryptographyDeprecationWarning
from cryptography.x509.oid import NameOID

from evidence.wire import Certificate
from probes.failures import printable

_MOST_CERTIFICATES = 10
_MOST_NAMES = 100


def chain_of(sock: ssl.SSLSocket | ssl.SSLObject) -> tuple[Certificate, ...]:
    """Return the first ten certificates of the chain in the order in which the peer sent them, without those that cannot be parsed.

    If Python does not offer the chain, only the peer's own certificate is returned.
    """
    return tuple(filter(None, (read(der) for der in _chain(sock)[:_MOST_CERTIFICATES])))


def _chain(sock: ssl.SSLSocket | ssl.SSLObject) -> list[bytes]:
    # SSLSocket.get_unverified_chain() is public since Python 3.13; in 3.11 and 3.12 the inner object has the same function.
    public = getattr(sock, "get_unverified_chain", None)
    if public is not None:
        return list(public())
    inner = getattr(getattr(sock, "_sslobj", None), "get_unverified_chain", None)
    if inner is not None:
        return [ssl.PEM_cert_to_DER_cert(certificate.public_bytes()) for certificate in inner() or ()]
    leaf = sock.getpeercert(binary_form=True)
    return [leaf] if leaf else []


def read(der: bytes) -> Certificate | None:
    """Return the contents of the certificate, or None if it cannot be parsed."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", CryptographyDeprecationWarning)
            return _read(x509.load_der_x509_certificate(der))
    except (ValueError, TypeError, OverflowError):
        return None


def _read(certificate: x509.Certificate) -> Certificate:
    return Certificate(
        subject=printable(certificate.subject.rfc4514_string()),
        issuer=printable(certificate.issuer.rfc4514_string()),
        organisation=_attribute(certificate.subject, NameOID.ORGANIZATION_NAME),
        issuer_organisation=_attribute(certificate.issuer, NameOID.ORGANIZATION_NAME),
        issuer_name=_attribute(certificate.issuer, NameOID.COMMON_NAME),
        names=_names(certificate),
        not_before=certificate.not_valid_before_utc.astimezone(UTC),
        not_after=certificate.not_valid_after_utc.astimezone(UTC),
        serial=f"{certificate.serial_number:x}",
        sha256=certificate.fingerprint(SHA256()).hex(),
        self_signed=certificate.issuer == certificate.subject,
    )


def _attribute(name: x509.Name, oid: x509.ObjectIdentifier) -> str:
    values = name.get_attributes_for_oid(oid)
    return printable(str(values[0].value)) if values else ""


def _names(certificate: x509.Certificate) -> tuple[str, ...]:
    try:
        extension = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (x509.ExtensionNotFound, ValueError):
        return ()
    names = [*extension.get_values_for_type(x509.DNSName), *map(str, extension.get_values_for_type(x509.IPAddress))]
    return tuple(printable(name) for name in names[:_MOST_NAMES])
