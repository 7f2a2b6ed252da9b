"""Entra's errors, each with its AADSTS number, text and HTTP status, and the JSON body that contains them.

Sources: Microsoft, "Microsoft Entra authentication and authorization error codes"; public captures of responses.
"""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class EntraError:
    """An error from Entra. If `linked` is true, the JSON body contains a link to Microsoft's page about the error."""

    error: str
    code: int
    text: str
    status: int = 400
    linked: bool = True
    suberror: str | None = None
    claims: str | None = None
    retry_after: int | None = None

    def document(self, now: datetime, *, breaks_lines: bool, correlation_id: str | None) -> dict[str, Any]:
        """Return the JSON body with exactly Entra's members. `breaks_lines` selects the line separator that Entra used until 2023."""
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
    """Return the error for a tenant that does not exist in this cloud. The discovery endpoint has its own name for the error."""
    return EntraError(
        error="invalid_tenant" if discovery else "invalid_request",
        code=90002,
        text=f"Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID and are signing into the "
        "correct cloud. Check with your subscription administrator, this may happen if there are no active "
        "subscriptions for the tenant.",
    )


def tenant_malformed(tenant: str) -> EntraError:
    """Return the error for a URL in which the tenant is neither an id nor a domain."""
    return EntraError(
        error="invalid_request",
        code=900023,
        text=f"Specified tenant identifier '{tenant}' is neither a valid DNS name, nor a valid external domain.",
    )


def tenant_not_permitted(tenant_name: str) -> EntraError:
    """Return the error for a tenant that a proxy's Restrict-Access-To-Tenants header does not list (error name UNVERIFIED)."""
    return EntraError(error="invalid_request", code=500021, text=f"Access to '{tenant_name}' tenant is denied.")


def parameter_missing(name: str) -> EntraError:
    """Return the error for a request without a required parameter."""
    return EntraError(
        error="invalid_request", code=900144, text=f"The request body must contain the following parameter: '{name}'."
    )


def grant_not_supported(grant: str) -> EntraError:
    """Return the error for a grant type that the endpoint does not support."""
    return EntraError(
        error="unsupported_grant_type", code=70003, text=f"The app requested an unsupported grant type '{grant}'."
    )


def common_not_allowed() -> EntraError:
    """Return the error for client credentials at a shared endpoint. This grant requires a tenant's own endpoint."""
    return EntraError(
        error="invalid_request",
        code=9001023,
        text="The grant type is not supported over the /common or /consumers endpoints. "
        "Please use the /organizations or tenant-specific endpoint.",
    )


def app_unknown(client_id: str, tenant_name: str) -> EntraError:
    """Return the error for a client id that belongs to no application in this tenant."""
    return EntraError(
        error="unauthorized_client",
        code=700016,
        text=f"Application with identifier '{client_id}' was not found in the directory '{tenant_name}'. This can "
        "happen if the application has not been installed by the administrator of the tenant or consented to by any "
        "user in the tenant. You may have sent your authentication request to the wrong tenant.",
    )


def principal_missing(client_id: str, tenant_id: str) -> EntraError:
    """Return the error for an application that has no service principal in this tenant."""
    return EntraError(
        error="invalid_client",
        code=7000229,
        status=401,
        text=f"The client application {client_id} is missing service principal in the tenant {tenant_id}. "
        "See instructions here: https://go.microsoft.com/fwlink/?linkid=2225119",
    )


def app_disabled(client_id: str, name: str) -> EntraError:
    """Return the error for a disabled enterprise application (HTTP status UNVERIFIED)."""
    return EntraError(error="unauthorized_client", code=7000112, text=f"Application '{client_id}'({name}) is disabled.")


def public_client() -> EntraError:
    """Return the error for a credential sent by an application that is registered as a public client."""
    return EntraError(
        error="invalid_client",
        code=700025,
        status=401,
        text="Client is public so neither 'client_assertion' nor 'client_secret' should be presented.",
    )


def credential_missing() -> EntraError:
    """Return the error for a request with neither a secret nor an assertion (HTTP status UNVERIFIED)."""
    return EntraError(
        error="invalid_client",
        code=7000216,
        status=401,
        text="'client_assertion', 'client_secret' or 'request' is required for the 'client_credentials' grant type.",
    )


def secret_wrong(client_id: str) -> EntraError:
    """Return the error for a secret that matches none of the application's secrets."""
    return EntraError(
        error="invalid_client",
        code=7000215,
        status=401,
        text="Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, "
        f"not the client secret ID, for a secret added to app '{client_id}'.",
    )


def secret_expired(client_id: str) -> EntraError:
    """Return the error for an expired client secret."""
    return EntraError(
        error="invalid_client",
        code=7000222,
        status=401,
        text=f"The provided client secret keys for app '{client_id}' are expired. Visit the Azure portal to create new "
        "keys for your app: https://aka.ms/NewClientSecret, or consider using certificate credentials for added "
        "security: https://aka.ms/certCreds.",
    )


def scope_invalid(scope: str) -> EntraError:
    """Return the error for a malformed scope."""
    return EntraError(
        error="invalid_scope",
        code=70011,
        linked=False,
        text="The provided request must include a 'scope' input parameter. The provided value for the input parameter "
        f"'scope' is not valid. The scope {scope} is not valid.",
    )


def scope_not_default(scope: str) -> EntraError:
    """Return the error for a scope that does not end in `/.default`, as client credentials require."""
    return EntraError(
        error="invalid_scope",
        code=1002012,
        linked=False,
        text=f"The provided value for scope {scope} is not valid. Client credential flows must have a scope value with "
        "/.default suffixed to the resource identifier (application ID URI).",
    )


def resource_missing(resource: str, tenant_name: str) -> EntraError:
    """Return the error for a resource that has no service principal in the tenant."""
    return EntraError(
        error="invalid_resource",
        code=500011,
        text=f"The resource principal named {resource} was not found in the tenant named {tenant_name}. This can happen "
        "if the application has not been installed by the administrator of the tenant or consented to by any user in "
        "the tenant. You might have sent your authentication request to the wrong tenant.",
    )


def blocked_by_policy(policy_id: str) -> EntraError:
    """Return the error for a request that a Conditional Access policy blocks."""
    return EntraError(
        error="invalid_grant",
        code=53003,
        text="Access has been blocked by Conditional Access policies. The access policy does not allow token issuance.",
        suberror="message_only",
        claims='{"access_token":{"capolids":{"essential":true,"values":["' + policy_id + '"]}}}',
    )


def throttled() -> EntraError:
    """Return the error for a tenant that has received too many requests."""
    return EntraError(
        error="invalid_request",
        code=90055,
        status=429,
        text="Tenant request throttled: there are too many incoming requests.",
        retry_after=30,
    )


def secret_needed() -> EntraError:
    """Return the error for an application that requests a user's token without a credential but is not a public client."""
    return EntraError(
        error="invalid_client",
        code=7000218,
        status=401,
        text="The request body must contain the following parameter: 'client_assertion' or 'client_secret'.",
    )


def authorization_pending() -> EntraError:
    """Return the error for a device code that the user has not yet approved."""
    return EntraError(
        error="authorization_pending",
        code=70016,
        linked=False,
        text="OAuth 2.0 device flow error. Authorization is pending. Continue polling.",
    )


def slow_down() -> EntraError:
    """Return the error for a client that polls too often (RFC 8628, section 3.5; number and text UNVERIFIED)."""
    return EntraError(
        error="slow_down",
        code=70016,
        linked=False,
        text="OAuth 2.0 device flow error. Authorization is pending. Polling is too frequent.",
    )


def device_code_expired() -> EntraError:
    """Return the error for an expired device code. A device code expires after fifteen minutes."""
    return EntraError(
        error="expired_token",
        code=70020,
        linked=False,
        text="The provided value for the input parameter 'device_code' is not valid. This device code has expired.",
    )


def device_code_declined() -> EntraError:
    """Return the error for a device code that the user declined (number and text UNVERIFIED)."""
    return EntraError(
        error="authorization_declined", code=65004, text="User declined to consent to access the app.", linked=False
    )


def many_resources(scope: str) -> EntraError:
    """Return the error for a request that names several resources. A token is valid for only one."""
    return EntraError(
        error="invalid_request",
        code=28000,
        linked=False,
        text="Provided value for the input parameter scope is not valid because it contains more than one resource. "
        f"Scope {scope} is not valid.",
    )


def refresh_token_unknown() -> EntraError:
    """Return the error for a refresh token that is unknown or belongs to a different client."""
    return EntraError(
        error="invalid_grant",
        code=9002313,
        text="Invalid request. Request is malformed or invalid.",
    )


def device_code_unknown() -> EntraError:
    """Return the error for a device code that is unknown, already used or issued to a different client (number and text UNVERIFIED)."""
    return EntraError(error="bad_verification_code", code=70018, text="Invalid verification code.", linked=False)
