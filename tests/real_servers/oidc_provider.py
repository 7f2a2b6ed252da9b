"""A real token service on loopback, the npm package oidc-provider, which issues signed tokens for client credentials."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import trustme
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

from tests.real_servers import programs
from tests.real_servers.names import AUDIENCE, CLIENT_ID, CLIENT_SECRET, LOGIN_HOST, SCOPE, STALE_CLIENT_ID, USER

SCRIPT: Final = Path(__file__).with_suffix(".cjs")
KEY_ID: Final = "signing"


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenService:
    """A running token service, with its issuer, the public key that verifies its tokens, its CA certificate and its log."""

    issuer: str
    public_key: str
    ca_file: Path
    log: Path


def why_not() -> str | None:
    """Return why the token service cannot be started here, or None if it can."""
    if (node := shutil.which("node")) is None:
        return "not installed: node"
    lookup = [node, "-e", "require.resolve('oidc-provider')"]
    if subprocess.run(lookup, capture_output=True, timeout=programs.SECONDS, check=False, env=os.environ).returncode:
        return "not installed in NODE_PATH: the npm package oidc-provider (.ci/run installs it)"
    return None


@contextlib.contextmanager
def token_service(authority: trustme.CA) -> Iterator[TokenService]:
    """Run the token service until the block ends. Its second client receives tokens that have already expired."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    (port,) = programs.free_ports(1)
    issuer = f"https://{LOGIN_HOST}:{port}/realms/mail"
    client = {"client_secret": CLIENT_SECRET, "mailbox": USER}
    options = {
        "issuer": issuer,
        "port": port,
        "tls": authority.issue_cert(LOGIN_HOST).private_key_and_cert_chain_pem.bytes().decode(),
        "key": RSAAlgorithm.to_jwk(key, as_dict=True) | {"kid": KEY_ID, "use": "sig", "alg": "RS256"},
        "audience": AUDIENCE,
        "scope": SCOPE,
        "clients": [client | {"client_id": CLIENT_ID}, client | {"client_id": STALE_CLIENT_ID, "stale": True}],
    }
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    with programs.scratch("oidc") as folder:
        authority.cert_pem.write_to_path(str(folder / "ca.pem"))
        log = folder / "log"
        with programs.foreground("node", SCRIPT, log=log, ready="listening", stdin=json.dumps(options)):
            yield TokenService(issuer=issuer, public_key=public.decode(), ca_file=folder / "ca.pem", log=log)
