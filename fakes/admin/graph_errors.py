"""Microsoft Graph's errors, each with its HTTP status, code and message, and the JSON body that contains them.

Sources: Microsoft, "Microsoft Graph error responses and resource types"; messages quoted in public issue reports.
"""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphError:
    """An error response from Microsoft Graph."""

    status: int
    code: str
    message: str
    retry_after: int | None = None

    def document(self, now: datetime, correlation_id: str | None = None) -> dict[str, Any]:
        """Return the JSON body of the error response."""
        request_id = str(uuid.uuid4())
        inner = {
            "date": now.strftime("%Y-%m-%dT%H:%M:%S"),
            "request-id": request_id,
            "client-request-id": correlation_id or request_id,
        }
        return {"error": {"code": self.code, "message": self.message, "innerError": inner}}


def token_empty() -> GraphError:
    """Return the error for a request without a bearer token."""
    return GraphError(status=401, code="InvalidAuthenticationToken", message="Access token is empty.")


def token_expired() -> GraphError:
    """Return the error for an expired token."""
    return GraphError(
        status=401, code="InvalidAuthenticationToken", message="Lifetime validation failed, the token is expired."
    )


def token_unreadable() -> GraphError:
    """Return the error for a token that Entra did not issue for this tenant."""
    return GraphError(
        status=401,
        code="InvalidAuthenticationToken",
        message="IDX14100: JWT is not well formed, or its key is unknown.",
    )


def audience() -> GraphError:
    """Return the error for a token issued for a different resource."""
    return GraphError(
        status=401,
        code="InvalidAuthenticationToken",
        message="Access token validation failure. Invalid audience.",
    )


def privileges() -> GraphError:
    """Return the error for a caller without permission to read directory objects."""
    return GraphError(
        status=403, code="Authorization_RequestDenied", message="Insufficient privileges to complete the operation."
    )


def scopes_missing() -> GraphError:
    """Return the error for a caller without permission to read policies."""
    return GraphError(
        status=403,
        code="AccessDenied",
        message="You cannot perform the requested operation, required scopes are missing in the token.",
    )


def permission_missing(permission: str) -> GraphError:
    """Return the error for a caller without permission to read the audit log or the message trace."""
    return GraphError(
        status=403,
        code="Authentication_MSGraphPermissionMissing",
        message=f"The principal does not have required Microsoft Graph permission(s): {permission} to call this API. "
        "For more information about Microsoft Graph permissions, please visit "
        "https://learn.microsoft.com/graph/permissions-overview.",
    )


def trace_not_provisioned() -> GraphError:
    """Return the error for the message trace in a tenant without the service principal that it needs (error code UNVERIFIED).

    Source: Microsoft, "Graph-based message trace API onboarding guide".
    """
    return GraphError(
        status=401,
        code="UnknownError",
        message="Service principal-less Authentication failed: the service principal for App ID "
        "8bd644d1-64a1-4d4b-ae52-2e0cbf64e373 was not found. Provisioning may take several hours.",
    )


def methods_denied() -> GraphError:
    """Return the error for a caller without permission to read authentication methods."""
    return GraphError(status=403, code="accessDenied", message="Request Authorization failed")


def not_premium() -> GraphError:
    """Return the error for a sign-in log request in a tenant without Entra ID P1 or P2."""
    return GraphError(
        status=403,
        code="Authentication_RequestFromNonPremiumTenantOrB2CTenant",
        message="Neither tenant is B2C or tenant doesn't have premium license",
    )


def not_found(name: str) -> GraphError:
    """Return the error for an object that does not exist in the directory."""
    return GraphError(
        status=404,
        code="Request_ResourceNotFound",
        message=f"Resource '{name}' does not exist or one of its queried reference-property objects are not present.",
    )


def no_segment(name: str) -> GraphError:
    """Return the error for a path that does not exist in this version or cloud of Graph."""
    return GraphError(status=400, code="BadRequest", message=f"Resource not found for the segment '{name}'.")


def no_property(name: str, kind: str) -> GraphError:
    """Return the error for a `$select` that contains a property the type does not have."""
    return GraphError(
        status=400,
        code="BadRequest",
        message=f"Parsing OData Select and Expand failed: Could not find a property named '{name}' on type "
        f"'microsoft.graph.{kind}'.",
    )


def bad_filter() -> GraphError:
    """Return the error for invalid query options, such as a malformed `$filter` or a filter on an unsupported property."""
    return GraphError(status=400, code="BadRequest", message="Invalid filter clause")


def too_many(seconds: int) -> GraphError:
    """Return the error for a throttled request."""
    return GraphError(status=429, code="TooManyRequests", message="Too Many Requests", retry_after=seconds)
