"""Tests with msal and PyJWT that a client assertion is accepted if its certificate is registered, and refused for various defects."""

import base64
import hashlib
import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import jwt
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from fakes import World, healthy
from fakes.faults import change
from fakes.world.tenant import AppCertificate
from fakes.world.world import CLIENT_ID, TENANT_ID
from tests.fakes.clients import LOGIN_HOST, acquire_with_msal, request_token, tenant

KIND = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ENDPOINT = f"https://{LOGIN_HOST}/{TENANT_ID}/oauth2/v2.0/token"


@dataclass(frozen=True)
class Certificate:
    """A self-signed certificate, such as an administrator uploads, with its private key."""

    private_pem: str
    public_pem: str
    certificate_pem: str
    sha1: bytes
    sha256: bytes

    @property
    def x5t(self) -> str:
        """The certificate's thumbprint, in the form used in a JWT header."""
        return base64.urlsafe_b64encode(self.sha1).rstrip(b"=").decode()

    def registered(self, *, ends: int = 9) -> AppCertificate:
        """Return this certificate's entry in the application registration."""
        return AppCertificate(
            thumbprint=self.x5t,
            thumbprint_sha256=base64.urlsafe_b64encode(self.sha256).rstrip(b"=").decode(),
            public_key_pem=self.public_pem,
            expires=datetime.now(UTC) + timedelta(days=ends),
        )


@cache
def certificate(name: str) -> Certificate:
    """Return the certificate with this name. The same name always returns the same certificate."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=9))
        .sign(key, hashes.SHA256())
    )
    pem, der = serialization.Encoding.PEM, made.public_bytes(serialization.Encoding.DER)
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    public = key.public_key().public_bytes(pem, serialization.PublicFormat.SubjectPublicKeyInfo)
    return Certificate(
        private.decode(),
        public.decode(),
        made.public_bytes(pem).decode(),
        hashlib.sha1(der, usedforsecurity=False).digest(),
        hashlib.sha256(der).digest(),
    )


def world_with_certificates(*registered: AppCertificate) -> World:
    """Return the healthy world with these certificates uploaded."""
    return change.app(lambda app: replace(app, certificates=registered))(healthy())


def assertion(*, header: dict[str, str | None] | None = None, begins: int = -60, **claims: str) -> str:
    """Return an assertion signed with the registered certificate's key, with the given changes. A header set to None is left out."""
    own = certificate("own")
    now = int(time.time())
    body = {
        "iss": CLIENT_ID,
        "sub": CLIENT_ID,
        "aud": ENDPOINT,
        "jti": "1",
        "nbf": now + begins,
        "exp": now + begins + 600,
    }
    shown = {"x5t": own.x5t} | (header or {})
    return jwt.encode(
        body | claims,
        own.private_pem,
        algorithm="RS256",
        headers={name: value for name, value in shown.items() if value is not None},
    )


@pytest.mark.parametrize(
    "credential",
    [
        pytest.param({"thumbprint": certificate("own").sha1.hex()}, id="by SHA-1 thumbprint, RS256"),
        pytest.param({"public_certificate": certificate("own").certificate_pem}, id="by SHA-256 thumbprint, PS256"),
    ],
)
def test_msal_signs_with_the_certificate(tmp_path: Path, credential: dict[str, str]) -> None:
    """With a certificate, msal gets a token whose claims identify the certificate as the credential."""
    complete = {"private_key": certificate("own").private_pem} | credential
    with tenant(tmp_path, world=world_with_certificates(certificate("own").registered())) as running:
        answer = acquire_with_msal(running, complete)
        (request,) = running.token_requests

    assert (request.by, request.code) == ("client_assertion", 0)
    assert jwt.decode(answer["access_token"], options={"verify_signature": False})["appidacr"] == "2"


@pytest.mark.parametrize(
    ("world", "shows"),
    [
        pytest.param(healthy(), "[Reason - The key was not found.]", id="certificate not uploaded"),
        pytest.param(
            world_with_certificates(certificate("own").registered(ends=-1)),
            "[Reason - The key used is expired.]",
            id="expired",
        ),
        pytest.param(
            world_with_certificates(
                replace(certificate("own").registered(), public_key_pem=certificate("other").public_pem)
            ),
            "contains an invalid signature",
            id="key of another certificate",
        ),
    ],
)
def test_msal_is_refused(tmp_path: Path, world: World, shows: str) -> None:
    """If the certificate is not registered, has expired or has a different key, msal gets error 700027 with the reason."""
    own = certificate("own")
    with tenant(tmp_path, world=world) as running:
        answer = acquire_with_msal(running, {"private_key": own.private_pem, "thumbprint": own.sha1.hex()})

    assert answer["error_codes"] == [700027]
    assert shows in answer["error_description"]


def test_msal_with_a_wrong_clock(tmp_path: Path) -> None:
    """If the clock is two hours wrong, msal gets error 700024, which contains the current time."""
    own = certificate("own")
    world = replace(world_with_certificates(own.registered()), clock_offset=timedelta(hours=2))
    with tenant(tmp_path, world=world) as running:
        answer = acquire_with_msal(running, {"private_key": own.private_pem, "thumbprint": own.sha1.hex()})

    assert answer["error_codes"] == [700024]
    assert "Current time: " in answer["error_description"]


@pytest.mark.parametrize(
    ("made", "code"),
    [
        pytest.param(assertion(), None, id="nothing wrong"),
        pytest.param(assertion(begins=-9_000), 700024, id="stale"),
        pytest.param(assertion(begins=9_000), 700024, id="not yet valid"),
        pytest.param(assertion(sub="another application"), 700021, id="of another application"),
        pytest.param(assertion(aud="https://login.example.test/token"), 700023, id="to another endpoint"),
        pytest.param(assertion(header={"x5t": None}), 5002723, id="no thumbprint"),
        pytest.param(assertion(header={"x5t": "abc"}), 700027, id="unknown thumbprint"),
        pytest.param(
            jwt.encode({"iss": CLIENT_ID}, "a key of thirty-two octets or so", algorithm="HS256"),
            5002738,
            id="symmetric signature",
        ),
        pytest.param("x.y.z", 50027, id="not a JWT"),
    ],
)
def test_each_defect_of_an_assertion_has_its_code(tmp_path: Path, made: str, code: int | None) -> None:
    """Each defect in an assertion gets its own error code, and a valid assertion gets a token."""
    with tenant(tmp_path, world=world_with_certificates(certificate("own").registered())) as running:
        _, document = request_token(running, client_secret="", client_assertion=made, client_assertion_type=KIND)

    assert document.get("error_codes") == (None if code is None else [code])
    assert ("access_token" in document) == (code is None)
