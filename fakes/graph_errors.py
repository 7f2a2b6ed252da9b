"""What Microsoft Graph says when it refuses: status, code and message, in its error document.

Source: Microsoft, "Microsoft Graph error responses and resource types"; messages as public issue reports quote them.
"""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphError:
    """One refusal."""

    status: int
    code: str
    message: str
    retry_after: int | None = None

    def document(self, now: datetime, correlation_id: str | None = None) -> dict[str, Any]:
        """The JSON body."""
        request_id = str(uuid.uuid4())
        inner = {
            "date": now.strftime("%Y-%m-%dT%H:%M:%S"),
            "request-id": request_id,
            "client-request-id": correlation_id or request_id,
        }
        return {"error": {"code": self.code, "message": self.message, "innerError": inner}}


def token_empty() -> GraphError:
    """No bearer token at all."""
    return GraphError(status=401, code="InvalidAuthenticationToken", message="Access token is empty.")


def token_expired() -> GraphError:
    """A token whose time is over."""
    return GraphError(
        status=401, code="InvalidAuthenticationToken", message="Lifetime validation failed, the token is expired."
    )


def token_unreadable() -> GraphError:
    """A token that is none of Entra's for this tenant."""
    return GraphError(
        status=401,
        code="InvalidAuthenticationToken",
        message="IDX14100: JWT is not well formed, or its key is unknown.",
    )


def audience() -> GraphError:
    """A token for another resource."""
    return GraphError(
        status=401,
        code="InvalidAuthenticationToken",
        message="Access token validation failure. Invalid audience.",
    )


def privileges() -> GraphError:
    """The directory's own objects, without permission."""
    return GraphError(
        status=403, code="Authorization_RequestDenied", message="Insufficient privileges to complete the operation."
    )


def scopes_missing() -> GraphError:
    """Policies, without permission."""
    return GraphError(
        status=403,
        code="AccessDenied",
        message="You cannot perform the requested operation, required scopes are missing in the token.",
    )


def permission_missing(permission: str) -> GraphError:
    """The audit log and the message trace, without permission."""
    return GraphError(
        status=403,
        code="Authentication_MSGraphPermissionMissing",
        message=f"The principal does not have required Microsoft Graph permission(s): {permission} to call this API. "
        "For more information about Microsoft Graph permissions, please visit "
        "https://learn.microsoft.com/graph/permissions-overview.",
    )


def methods_denied() -> GraphError:
    """Authentication methods, without permission."""
    return GraphError(status=403, code="accessDenied", message="Request Authorization failed")


def not_premium() -> GraphError:
    """The sign-in log of a tenant without Entra ID P1 or P2."""
    return GraphError(
        status=403,
        code="Authentication_RequestFromNonPremiumTenantOrB2CTenant",
        message="Neither tenant is B2C or tenant doesn't have premium license",
    )


def not_found(name: str) -> GraphError:
    """No such object in the directory."""
    return GraphError(
        status=404,
        code="Request_ResourceNotFound",
        message=f"Resource '{name}' does not exist or one of its queried reference-property objects are not present.",
    )


def no_segment(name: str) -> GraphError:
    """An address that Graph does not know, in this version or this cloud."""
    return GraphError(status=400, code="BadRequest", message=f"Resource not found for the segment '{name}'.")


def no_property(name: str, kind: str) -> GraphError:
    """``$select`` names what the type has not."""
    return GraphError(
        status=400,
        code="BadRequest",
        message=f"Parsing OData Select and Expand failed: Could not find a property named '{name}' on type "
        f"'microsoft.graph.{kind}'.",
    )


def bad_filter() -> GraphError:
    """``$filter`` that cannot be read, or names what cannot be filtered."""
    return GraphError(status=400, code="BadRequest", message="Invalid filter clause")


def too_many(seconds: int) -> GraphError:
    """Throttled."""
    return GraphError(status=429, code="TooManyRequests", message="Too Many Requests", retry_after=seconds)
