"""Which sign-in methods can have a cause. `explain --basic` and `explain --oauth` leave out causes that only the other method can have."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

from knowledge.cause_ids import CauseId

if TYPE_CHECKING:
    from collections.abc import Iterable

Method = Literal["basic", "oauth"]

# Neither a user name nor a password is sent by a client that uses OAuth. A delegated token, however, needs a user who can sign in, so
# the causes of a locked or disabled account and of multi-factor authentication belong to both methods.
BASIC_ONLY: Final[frozenset[CauseId]] = frozenset(
    {
        "auth_policy_blocks_basic",
        "authentication_type_wrong",
        "bad_credentials",
        "basic_auth_retired",
        "basic_auth_retiring",
        "hve_basic_retiring",
        "password_expired",
        "password_expiring",
        "username_not_upn",
    }
)
OAUTH_ONLY: Final[frozenset[CauseId]] = frozenset(
    {
        "app_disabled",
        "app_multitenant",
        "app_not_in_tenant",
        "app_sp_missing",
        "client_assertion_bad",
        "consent_missing",
        "hve_app_not_allowed",
        "issuer_document_altered",
        "login_blocked_by_proxy",
        "public_client_with_secret",
        "redirect_uri_mismatch",
        "resource_missing",
        "secret_expired",
        "secret_expiring",
        "secret_wrong",
        "sp_mailbox_permission_missing",
        "sp_not_registered_in_exchange",
        "token_endpoint_unreachable",
        "token_expired",
        "token_throttled",
        "token_user_mismatch",
        "wrong_scope_or_audience",
        "wrong_tenant_or_authority",
        "xoauth2_string_malformed",
    }
)


def narrowed(causes: tuple[CauseId, ...], method: Method | None) -> tuple[CauseId, ...]:
    """Return the causes that this method can have, or all of them if the method is unknown or can have none of them."""
    return causes if method is None else of_method(causes, method) or causes


def of_method(causes: Iterable[CauseId], method: Method) -> tuple[CauseId, ...]:
    """Return the causes that a sender with this sign-in method can have, in their order."""
    others = OAUTH_ONLY if method == "basic" else BASIC_ONLY
    return tuple(cause for cause in causes if cause not in others)
