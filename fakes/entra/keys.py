"""The RSA key with which the fake Entra signs tokens, its JWKS document, and a foreign key that Entra has not published.

Keys are generated on first use, once per process, and never written to disk.
"""

import base64
import hashlib
import threading
from dataclasses import dataclass
from functools import cache
from typing import Any

from cryptography.hazmat.primitives.asymmetric import rsa

_ONE_MAKER = threading.Lock()


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A private key with its id in the JWKS document. `certificate` is base64-encoded DER, as in `x5c`."""

    private: rsa.RSAPrivateKey
    key_id: str
    certificate: str


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _make() -> SigningKey:
    from datetime import UTC, datetime, timedelta

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.x509.oid import NameOID

    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "accounts.accesscontrol.windows.net")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=30))
        .not_valid_after(now + timedelta(days=1800))
        .sign(private, hashes.SHA256())
    )
    der = certificate.public_bytes(serialization.Encoding.DER)
    thumbprint = hashlib.sha1(der, usedforsecurity=False).digest()
    return SigningKey(private, _base64url(thumbprint), base64.b64encode(der).decode())


def entra_key() -> SigningKey:
    """Return Entra's signing key. Concurrent callers get the same key."""
    with _ONE_MAKER:
        return _entra_key()


@cache
def _entra_key() -> SigningKey:
    return _make()


@cache
def foreign_key() -> SigningKey:
    """Return a signing key that Entra has not published."""
    return _make()


def published(cloud_instance: str, issuer: str) -> dict[str, Any]:
    """Return the JWKS document, with Entra's members in Entra's order."""
    key = entra_key()
    numbers = key.private.public_key().public_numbers()
    entry = {
        "kty": "RSA",
        "use": "sig",
        "kid": key.key_id,
        "x5t": key.key_id,
        "n": _base64url(numbers.n.to_bytes((numbers.n.bit_length() + 7) // 8)),
        "e": _base64url(numbers.e.to_bytes(3)),
        "x5c": [key.certificate],
        "cloud_instance_name": cloud_instance,
        "issuer": issuer,
    }
    return {"keys": [entry]}
