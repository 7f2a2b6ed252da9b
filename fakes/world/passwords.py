"""Password expiry, as evaluated at sign-in and shown by lookups.

A password expires when the domain's validity period has passed since the last change, unless it is set never to expire
(Microsoft, "Set the password expiration policy").
"""

from datetime import datetime, timedelta

from .tenant import Federation, User
from .world import World

NEVER = 2_147_483_647  # Graph's value for a domain whose passwords do not expire
_DEFAULT_DAYS = 90


def expired(world: World, user: User) -> bool:
    """Return whether the account's password has expired."""
    if user.password_expired:
        return True
    changed, days = user.password_changed, world.tenant.password_valid_days or _DEFAULT_DAYS
    if user.password_never_expires or changed is None or days == NEVER:
        return False
    return changed + timedelta(days=days) <= world.now()


def changed(world: World, user: User) -> datetime | None:
    """Return the time of the last password change, or None if it is unknown.

    For an account marked as expired, the time is earlier than the domain's validity period allows, unless passwords never expire.
    """
    days = world.tenant.password_valid_days or _DEFAULT_DAYS
    if not user.password_expired or days == NEVER:
        return user.password_changed
    latest = world.now() - timedelta(days=days + 2)
    return min(user.password_changed or latest, latest)


def never_expires(user: User) -> bool:
    """Return whether the directory shows that the password never expires. For federated accounts, it does not show this."""
    return user.password_never_expires and not user.password_expired and user.federation is Federation.MANAGED
