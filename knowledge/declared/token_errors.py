"""Derives causes from a declared token service's errors: the codes of RFC 6749 and RFC 8707, HTTP statuses, and a few general phrases."""

from __future__ import annotations

from typing import Final

from knowledge.cause_ids import CauseId
from knowledge.declared.replies import decide
from knowledge.outcome import Reading

_Causes = tuple[CauseId, ...]
_BY_ERROR: Final[dict[str, tuple[_Causes, bool]]] = {
    "invalid_client": (("secret_wrong", "app_not_in_tenant"), False),
    "unauthorized_client": (("consent_missing", "app_not_in_tenant"), False),
    "unsupported_grant_type": (("consent_missing",), True),
    "access_denied": (("consent_missing",), True),
    "invalid_grant": (("consent_missing", "secret_wrong"), False),
    "invalid_scope": (("wrong_scope_or_audience",), True),
    "invalid_target": (("wrong_scope_or_audience",), True),
    "invalid_resource": (("wrong_scope_or_audience",), True),
    "slow_down": (("token_throttled",), True),
    "server_error": (("service_side_fault",), True),
    "temporarily_unavailable": (("service_side_fault",), True),
}
_CLIENT_UNKNOWN: Final = (
    "not found",
    "unknown client",
    "no such client",
    "not registered",
    "does not exist",
    "client is invalid",
)
_CLIENT_ERRORS: Final = frozenset({"invalid_client", "unauthorized_client", ""})


def read(error: str, description: str, status: int | None) -> Reading:
    """Return the causes of a refusal, likeliest first, from the reply's `error` and `error_description` and its HTTP status."""
    causes, sure = _read(error.strip().lower(), description.lower(), status)
    return Reading(causes, sure and len(causes) == 1, decide(causes), f"{error}: {description}".strip(": ")[:300])


def _read(error: str, said: str, status: int | None) -> tuple[_Causes, bool]:
    if status == 429:
        return ("token_throttled",), True
    if (
        error in _CLIENT_ERRORS
        and ("client" in said or "application" in said)
        and any(w in said for w in _CLIENT_UNKNOWN)
    ):
        return ("app_not_in_tenant",), True
    if error in {"invalid_client", ""} and "secret" in said and "expired" in said:
        return ("secret_expired",), True
    if (
        error == "invalid_client"
        and "secret" in said
        and any(word in said for word in ("invalid", "wrong", "mismatch"))
    ):
        return ("secret_wrong",), True
    if error == "invalid_request" and any(word in said for word in ("scope", "resource", "audience")):
        return ("wrong_scope_or_audience",), True
    if error in _BY_ERROR:
        return _BY_ERROR[error]
    if status is not None and status >= 500:
        return ("service_side_fault",), True
    if status in {401, 403}:
        return ("secret_wrong", "app_not_in_tenant", "consent_missing"), False
    return ("wrong_tenant_or_authority", "app_not_in_tenant", "secret_wrong"), False
