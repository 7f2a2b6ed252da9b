"""Expiry dates of secrets and passwords: from the tenant if it was looked up, else from the settings."""

from __future__ import annotations

from datetime import date, timedelta

from checks.model import Context, Finding
from checks.tenant_account import password_end
from checks.tenant_application import secrets_end
from evidence.tenant import LookupState, TenantEvidence

DECLARED = "declared"
READ = "shown by the tenant"
SOON = timedelta(days=30)


def secret_ends(case: Context) -> tuple[date | None, str]:
    """Return the expiry date of the client secret and its source; without a date, the permission that would show it."""
    seen = case.evidence.tenant
    if seen is not None and (read := secrets_end(seen)) is not None:
        return read, READ
    declared = case.settings.sender.client_secret_expires
    if declared is not None:
        return declared, DECLARED
    look = seen.application if seen is not None else None
    return None, f" ({look.needs} is missing)" if look is not None and not look.seen and look.needs else ""


def password_routine(case: Context, seen: TenantEvidence) -> Finding:
    """BASIC-04 with lookups: the password never expires, or a person attests a renewal routine."""
    if seen.user is not None and seen.user.state is LookupState.ABSENT:
        return case.blocked("AUTH-01", why="the directory has no such user")
    end, told = password_end(seen)
    if told.holds is False and end is None:
        return case.ok(observed=told.words)
    if told.holds:
        return case.fail("password_expired", expected="the password has not ended", observed=told.words)
    if end is None:
        needs = told.needs or "the password policy could not be read"
        return case.attested(case.unknown(needs, "password_expiring"))
    left = (end - case.evidence.today).days
    routine = f'attest the routine in the settings: "BASIC-04" = {{ who, when, what }}; {left} days left'
    vouched = case.attested(case.unknown(routine, "password_expiring", observed=told.words))
    if left <= SOON.days:
        return case.risk("password_expiring", observed=told.words, why=f"{left} days left: set a new password in time")
    return vouched
