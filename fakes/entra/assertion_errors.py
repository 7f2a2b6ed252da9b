"""Entra's errors for client assertions. `errors` builds the JSON body that contains them.

Sources: Microsoft, "Microsoft Entra authentication and authorization error codes"; public captures of responses.
"""

from datetime import datetime

from .errors import EntraError


def malformed() -> EntraError:
    """Return the error for an assertion that is not a valid JWT or has the wrong assertion type."""
    return EntraError(error="invalid_request", code=50027, text="JWT token is invalid or malformed.", linked=False)


def key_unknown() -> EntraError:
    """Return the error for a certificate that is not registered for the application."""
    return EntraError(
        error="invalid_client",
        code=700027,
        status=401,
        text="The certificate with identifier used to sign the client assertion is not registered on application. "
        "[Reason - The key was not found.]",
    )


def key_expired() -> EntraError:
    """Return the error for an assertion signed with an expired certificate."""
    return EntraError(
        error="invalid_client",
        code=700027,
        status=401,
        text="Client assertion contains an invalid signature. [Reason - The key used is expired.]",
    )


def out_of_time(now: datetime, begins: datetime, ends: datetime) -> EntraError:
    """Return the error for an assertion outside its validity period, because it is old or the caller's clock is wrong."""
    return EntraError(
        error="invalid_client",
        code=700024,
        status=401,
        text="Client assertion is not within its valid time range. "
        f"Current time: {now.isoformat()}, assertion valid from {begins.isoformat()}, "
        f"expiry time of assertion {ends.isoformat()}.",
    )


def signature() -> EntraError:
    """Return the error for a signature that does not match the key of the registered certificate."""
    return EntraError(
        error="invalid_client",
        code=700027,
        status=401,
        text="Client assertion contains an invalid signature. "
        "[Reason - The provided signature value did not match the expected signature value.]",
    )


def of_another_app() -> EntraError:
    """Return the error for an assertion whose issuer or subject is not the requesting application (text UNVERIFIED)."""
    return EntraError(
        error="invalid_client",
        code=700021,
        status=401,
        text="Client assertion application identifier doesn't match 'client_id' parameter.",
    )


def audience() -> EntraError:
    """Return the error for an assertion with the wrong audience (text UNVERIFIED)."""
    return EntraError(
        error="invalid_client",
        code=700023,
        status=401,
        text="Client assertion audience claim does not match Realm issuer.",
    )


def without_thumbprint() -> EntraError:
    """Return the error for an assertion whose header does not identify the certificate (text UNVERIFIED)."""
    return EntraError(
        error="invalid_client",
        code=5002723,
        status=401,
        text="Invalid JWT token. No certificate thumbprint specified in token header.",
    )


def algorithm(name: str) -> EntraError:
    """Return the error for a signature algorithm that Entra does not accept (text UNVERIFIED in part)."""
    return EntraError(
        error="invalid_client",
        code=5002738,
        status=401,
        text=f"Invalid JWT token. '{name}' is not a supported signature algorithm. "
        "Supported signing algorithms are: 'RS256,RS384,RS512,PS256,PS384,PS512'",
    )
