"""Validate client assertions, which are JWTs that an application signs with its certificate's key instead of sending a secret.

The rules are those of RFC 7523, section 3, and of Microsoft, "Application authentication certificate credentials".
"""

from datetime import UTC, datetime

import jwt

from ..world.tenant import App, AppCertificate
from ..world.world import World
from . import assertion_errors
from .errors import EntraError

KIND = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_ALGORITHMS = ("RS256", "RS384", "RS512", "PS256")


def refused(world: World, app: App, assertion: str, kind: str, endpoints: frozenset[str]) -> EntraError | None:
    """Return the error for an invalid assertion, or None if it is valid. `endpoints` are the accepted audiences."""
    try:
        header = jwt.get_unverified_header(assertion)
    except jwt.InvalidTokenError:
        return assertion_errors.malformed()
    if kind != KIND:
        return assertion_errors.malformed()
    if header.get("alg") not in _ALGORITHMS:
        return assertion_errors.algorithm(str(header.get("alg")))
    if not (header.get("x5t") or header.get("x5t#S256")):
        return assertion_errors.without_thumbprint()
    certificate = next((one for one in app.certificates if _signed_by(header, one)), None)
    if certificate is None:
        return assertion_errors.key_unknown()
    try:
        claims = jwt.decode(
            assertion,
            certificate.public_key_pem,
            algorithms=list(_ALGORITHMS),
            options={"verify_aud": False, "verify_exp": False, "verify_nbf": False, "verify_iat": False},
        )
    except jwt.InvalidTokenError:
        return assertion_errors.signature()
    if certificate.expires < world.now():
        return assertion_errors.key_expired()
    return _claims_refused(claims, app, endpoints, world.now())


def _signed_by(header: dict[str, object], certificate: AppCertificate) -> bool:
    """Return whether the header identifies this certificate. MSAL keeps the base64 padding, which base64url omits."""
    named = {str(header.get(name) or "").rstrip("=") for name in ("x5t", "x5t#S256")} - {""}
    return bool(named & {certificate.thumbprint, certificate.thumbprint_sha256})


def _claims_refused(claims: dict[str, object], app: App, endpoints: frozenset[str], now: datetime) -> EntraError | None:
    if {claims.get("iss"), claims.get("sub")} != {app.client_id}:
        return assertion_errors.of_another_app()
    if str(claims.get("aud", "")) not in endpoints:
        return assertion_errors.audience()
    try:
        begins = _moment(claims["nbf"] if "nbf" in claims else claims["iat"])  # MSAL omits nbf
        ends = _moment(claims["exp"])
    except (KeyError, ValueError, OverflowError, OSError):
        return assertion_errors.malformed()
    return None if begins <= now <= ends else assertion_errors.out_of_time(now, begins, ends)


def _moment(seconds: object) -> datetime:
    return datetime.fromtimestamp(float(str(seconds)), UTC)
