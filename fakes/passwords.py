"""When a password ends: one answer for the sign-in and for whoever looks the account up.

Source: Microsoft, "Set the password expiration policy": last change plus the domain's validity, unless it never expires.
"""

from datetime import datetime, timedelta

from fakes.tenant import Federation, User
from fakes.world import World

NEVER = 2_147_483_647  # how Graph spells a domain whose passwords do not expire
_DEFAULT_DAYS = 90


def expired(world: World, user: User) -> bool:
    """Whether the account's password is over."""
    if user.password_expired:
        return True
    changed, days = user.password_changed, world.tenant.password_valid_days or _DEFAULT_DAYS
    if user.password_never_expires or changed is None or days == NEVER:
        return False
    return changed + timedelta(days=days) <= world.now()


def changed(world: World, user: User) -> datetime | None:
    """The last change that the directory shows; one that explains the end, where the state only says that it came."""
    days = world.tenant.password_valid_days or _DEFAULT_DAYS
    if not user.password_expired or days == NEVER:
        return user.password_changed
    latest = world.now() - timedelta(days=days + 2)
    return min(user.password_changed or latest, latest)


def never_expires(user: User) -> bool:
    """Whether the directory shows that the password never expires; federated accounts have none of their own."""
    return user.password_never_expires and not user.password_expired and user.federation is Federation.MANAGED
