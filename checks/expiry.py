"""Expiry dates of secrets and passwords, from the tenant if they were looked up there, or else from the settings."""

from __future__ import annotations

from datetime import date, timedelta

from checks.model import Context, Finding
from checks.tenant_account import password_end
from checks.tenant_application import secrets_end
from evidence.tenant import LookupState, TenantEvidence

DECLARED = "the settings declare"
READ = "the tenant shows"
SOON = timedelta(days=30)


def secret_ends(case: Context) -> tuple[date | None, str]:
    """Return the expiry date of the client secret, and where the date comes from.

    Without a date, return None and a note on the permission that is missing, if any.
    """
    seen = case.evidence.tenant
    if seen is not None and (read := secrets_end(seen)) is not None:
        return read, READ
    declared = case.settings.sender.client_secret_expires
    if declared is not None:
        return declared, DECLARED
    look = seen.application if seen is not None else None
    return None, f" ({look.needs} is missing)" if look is not None and not look.seen and look.needs else ""


def password_routine(case: Context, seen: TenantEvidence) -> Finding:
    """Return the finding for BASIC-04, based on lookups. If the password expires, a person can attest a routine for its renewal."""
    if seen.user is not None and seen.user.state is LookupState.ABSENT:
        return case.blocked("AUTH-01", why="the directory does not contain this user")
    end, fact = password_end(seen)
    if fact.holds is False and end is None:
        return case.ok(observed=fact.words)
    if fact.holds:
        return case.fail("password_expired", expected="the password has not expired", observed=fact.words)
    if end is None:
        needs = fact.needs or "the password policy could not be read"
        return case.attested(case.unknown(needs, "password_expiring"))
    left = (end - case.evidence.today).days
    routine = f'attest the renewal routine in the settings: "BASIC-04" = {{ who, when, what }}; {left} days left until the password expires'
    attested = case.attested(case.unknown(routine, "password_expiring", observed=fact.words))
    if left <= SOON.days:
        return case.risk("password_expiring", observed=fact.words, why=f"{left} days left until the password expires")
    return attested
