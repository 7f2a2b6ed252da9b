"""Entra's errors: AADSTS numbers, texts, HTTP status and the error document around them.

Sources: Microsoft, "Microsoft Entra authentication and authorization error codes"; public captures of responses.
"""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class EntraError:
    """An error; `linked` says whether the document links to Microsoft's error page."""

    error: str
    code: int
    text: str
    status: int = 400
    linked: bool = True
    suberror: str | None = None
    claims: str | None = None
    retry_after: int | None = None

    def document(self, now: datetime, *, breaks_lines: bool, correlation_id: str | None) -> dict[str, Any]:
        """Return the JSON body with exactly Entra's members; `breaks_lines` selects the line separator used until 2023."""
        trace, correlation = str(uuid.uuid4()), correlation_id or str(uuid.uuid4())
        stamp = now.strftime("%Y-%m-%d %H:%M:%SZ")
        gap = "\r\n" if breaks_lines else " "
        tail = f"{gap}Trace ID: {trace}{gap}Correlation ID: {correlation}{gap}Timestamp: {stamp}"
        body: dict[str, Any] = {
            "error": self.error,
            "error_description": f"AADSTS{self.code}: {self.text}{tail}",
            "error_codes": [self.code],
            "timestamp": stamp,
            "trace_id": trace,
            "correlation_id": correlation,
        }
        if self.linked:
            body["error_uri"] = f"https://login.microsoftonline.com/error?code={self.code}"
        if self.suberror is not None:
            body["suberror"] = self.suberror
        if self.claims is not None:
            body["claims"] = self.claims
        return body


def tenant_not_found(tenant: str, *, discovery: bool = False) -> EntraError:
    """The tenant does not exist in this cloud. The discovery document uses another error name."""
    return EntraError(
        error="invalid_tenant" if discovery else "invalid_request",
        code=90002,
        text=f"Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID and are signing into the "
        "correct cloud. Check with your subscription administrator, this may happen if there are no active "
        "subscriptions for the tenant.",
    )


def tenant_malformed(tenant: str) -> EntraError:
    """The tenant segment of the address is neither an id nor a domain."""
    return EntraError(
        error="invalid_request",
        code=900023,
        text=f"Specified tenant identifier '{tenant}' is neither a valid DNS name, nor a valid external domain.",
    )


def parameter_missing(name: str) -> EntraError:
    """A required parameter is missing from the body."""
    return EntraError(
        error="invalid_request", code=900144, text=f"The request body must contain the following parameter: '{name}'."
    )


def grant_not_supported(grant: str) -> EntraError:
    """The endpoint does not support this grant type."""
    return EntraError(
        error="unsupported_grant_type", code=70003, text=f"The app requested an unsupported grant type '{grant}'."
    )


def common_not_allowed() -> EntraError:
    """Client credentials need a specific tenant."""
    return EntraError(
        error="invalid_request",
        code=9001023,
        text="The grant type is not supported over the /common or /consumers endpoints. "
        "Please use the /organizations or tenant-specific endpoint.",
    )


def app_unknown(client_id: str, tenant_name: str) -> EntraError:
    """The client id is not an application of this tenant."""
    return EntraError(
        error="unauthorized_client",
        code=700016,
        text=f"Application with identifier '{client_id}' was not found in the directory '{tenant_name}'. This can "
        "happen if the application has not been installed by the administrator of the tenant or consented to by any "
        "user in the tenant. You may have sent your authentication request to the wrong tenant.",
    )


def principal_missing(client_id: str, tenant_id: str) -> EntraError:
    """The application has no enterprise application here."""
    return EntraError(
        error="invalid_client",
        code=7000229,
        status=401,
        text=f"The client application {client_id} is missing service principal in the tenant {tenant_id}. "
        "See instructions here: https://go.microsoft.com/fwlink/?linkid=2225119",
    )


def app_disabled(client_id: str, name: str) -> EntraError:
    """The enterprise application is disabled (HTTP status UNVERIFIED)."""
    return EntraError(error="unauthorized_client", code=7000112, text=f"Application '{client_id}'({name}) is disabled.")


def public_client() -> EntraError:
    """A secret was sent by an application that is registered as a public client."""
    return EntraError(
        error="invalid_client",
        code=700025,
        status=401,
        text="Client is public so neither 'client_assertion' nor 'client_secret' should be presented.",
    )


def credential_missing() -> EntraError:
    """The body has neither a secret nor an assertion (HTTP status UNVERIFIED)."""
    return EntraError(
        error="invalid_client",
        code=7000216,
        status=401,
        text="'client_assertion', 'client_secret' or 'request' is required for the 'client_credentials' grant type.",
    )


def secret_wrong(client_id: str) -> EntraError:
    """The secret matches none of the application's secrets."""
    return EntraError(
        error="invalid_client",
        code=7000215,
        status=401,
        text="Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, "
        f"not the client secret ID, for a secret added to app '{client_id}'.",
    )


def secret_expired(client_id: str) -> EntraError:
    """The client secret has expired."""
    return EntraError(
        error="invalid_client",
        code=7000222,
        status=401,
        text=f"The provided client secret keys for app '{client_id}' are expired. Visit the Azure portal to create new "
        "keys for your app: https://aka.ms/NewClientSecret, or consider using certificate credentials for added "
        "security: https://aka.ms/certCreds.",
    )


def scope_invalid(scope: str) -> EntraError:
    """The scope is malformed."""
    return EntraError(
        error="invalid_scope",
        code=70011,
        linked=False,
        text="The provided request must include a 'scope' input parameter. The provided value for the input parameter "
        f"'scope' is not valid. The scope {scope} is not valid.",
    )


def scope_not_default(scope: str) -> EntraError:
    """The scope does not end in `/.default`, which client credentials require."""
    return EntraError(
        error="invalid_scope",
        code=1002012,
        linked=False,
        text=f"The provided value for scope {scope} is not valid. Client credential flows must have a scope value with "
        "/.default suffixed to the resource identifier (application ID URI).",
    )


def resource_missing(resource: str, tenant_name: str) -> EntraError:
    """The tenant has no service principal for that resource."""
    return EntraError(
        error="invalid_resource",
        code=500011,
        text=f"The resource principal named {resource} was not found in the tenant named {tenant_name}. This can happen "
        "if the application has not been installed by the administrator of the tenant or consented to by any user in "
        "the tenant. You might have sent your authentication request to the wrong tenant.",
    )


def blocked_by_policy(policy_id: str) -> EntraError:
    """A Conditional Access policy for workload identities blocks the application."""
    return EntraError(
        error="invalid_grant",
        code=53003,
        text="Access has been blocked by Conditional Access policies. The access policy does not allow token issuance.",
        suberror="message_only",
        claims='{"access_token":{"capolids":{"essential":true,"values":["' + policy_id + '"]}}}',
    )


def throttled() -> EntraError:
    """Too many requests from this application."""
    return EntraError(
        error="invalid_request",
        code=90055,
        status=429,
        text="Tenant request throttled: there are too many incoming requests.",
        retry_after=30,
    )


def secret_needed() -> EntraError:
    """A client that is not registered as public requests a user's token without a credential."""
    return EntraError(
        error="invalid_client",
        code=7000218,
        status=401,
        text="The request body must contain the following parameter: 'client_assertion' or 'client_secret'.",
    )


def authorization_pending() -> EntraError:
    """The device code has not been entered yet."""
    return EntraError(
        error="authorization_pending",
        code=70016,
        linked=False,
        text="OAuth 2.0 device flow error. Authorization is pending. Continue polling.",
    )


def slow_down() -> EntraError:
    """The client polls faster than the interval (RFC 8628, section 3.5; number and text UNVERIFIED)."""
    return EntraError(
        error="slow_down",
        code=70016,
        linked=False,
        text="OAuth 2.0 device flow error. Authorization is pending. Polling is too frequent.",
    )


def device_code_expired() -> EntraError:
    """The device code expired after fifteen minutes."""
    return EntraError(
        error="expired_token",
        code=70020,
        linked=False,
        text="The provided value for the input parameter 'device_code' is not valid. This device code has expired.",
    )


def device_code_declined() -> EntraError:
    """The user declined (number and text UNVERIFIED)."""
    return EntraError(
        error="authorization_declined", code=65004, text="User declined to consent to access the app.", linked=False
    )


def many_resources(scope: str) -> EntraError:
    """The request names several resources; a token is valid for one."""
    return EntraError(
        error="invalid_request",
        code=28000,
        linked=False,
        text="Provided value for the input parameter scope is not valid because it contains more than one resource. "
        f"Scope {scope} is not valid.",
    )


def refresh_token_unknown() -> EntraError:
    """The refresh token is unknown or belongs to another client."""
    return EntraError(
        error="invalid_grant",
        code=9002313,
        text="Invalid request. Request is malformed or invalid.",
    )


def device_code_unknown() -> EntraError:
    """The device code does not exist or was used already (number and text UNVERIFIED)."""
    return EntraError(error="bad_verification_code", code=70018, text="Invalid verification code.", linked=False)
