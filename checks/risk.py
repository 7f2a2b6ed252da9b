"""RISK: what is true today and has a date on which it breaks."""

from __future__ import annotations

from datetime import date, timedelta

from checks import expiry
from checks.model import Case, Finding, check
from checks.tenant import password_end
from settings.model import Method

BASIC: frozenset[Method] = frozenset({"basic"})
OAUTH: frozenset[Method] = frozenset({"oauth"})
BASIC_OFF_BY_DEFAULT = date(2026, 12, 31)
SOON = timedelta(days=30)
CERTIFICATE_SOON = timedelta(days=14)


@check("RISK-01", "The sign-in does not rest on Basic authentication", methods=BASIC)
def basic_retires(case: Case) -> Finding:
    """Microsoft, 2026-01-27: Basic for SMTP AUTH is off by default at the end of December 2026; an admin can turn it on again."""
    if not case.settings.the_cloud.microsoft:
        return case.not_applicable("Microsoft's timeline does not concern the declared service")
    left = (BASIC_OFF_BY_DEFAULT - case.evidence.today).days
    when = f"in {left} days" if left > 0 else f"{-left} days ago"
    why = "move to OAuth 2.0 client credentials; an Exchange admin can re-enable Basic until its final removal (announced for 2027)"
    return case.risk(
        "basic_auth_retiring", observed=f"Basic is off by default from {BASIC_OFF_BY_DEFAULT}, {when}", why=why
    )


def _declared(case: Case, ends: date, how: str, cause: str, renew: str) -> Finding:
    left = (ends - case.evidence.today).days
    if left < 0:
        why = f"the {how} date has passed: {renew}, or correct the date in the settings"
        return case.risk(cause, observed=f"{how} to end on {ends}, {-left} days ago", why=why)
    observed = f"{how} to end on {ends}, {left} days left"
    if left <= SOON.days:
        return case.risk(cause, observed=observed, why=f"{renew} now")
    return case.ok(observed=observed)


@check("RISK-02", "The client secret does not end soon", methods=OAUTH)
def secret_ends(case: Case) -> Finding:
    """FAQ OAuth step 3: when it ends, mail stops. The date is declared, or read by the look-ups."""
    ends, how = expiry.secret_ends(case)
    if ends is None:
        return case.unknown(
            f"declare client_secret_expires in the settings, or let the look-ups read it{how}", "secret_expiring"
        )
    found = _declared(case, ends, how, "secret_expiring", "create a new secret and enter it in the plugin")
    other = case.settings.sender.client_secret_expires
    if how == expiry.DECLARED or other is None or other == ends:
        return found
    why = f"the settings declare {other}, the tenant shows {ends}: correct client_secret_expires, or check which secret is used"
    return case.risk("secret_expiring", observed=found.observed, why=why)


@check("RISK-03", "The server's certificate does not end soon", needs=("TLS-01",))
def certificate_ends(case: Case) -> Finding:
    """A certificate that is not renewed stops every client at once."""
    chain = case.evidence.tls.chain if case.evidence.tls is not None and case.evidence.tls.verified else ()
    if not chain:
        return case.blocked("TLS-01")
    ends = chain[0].not_after.date()
    left = (ends - case.evidence.today).days
    observed = f"valid until {ends}, {left} days left"
    if left <= CERTIFICATE_SOON.days:
        return case.risk("cert_expired", observed=observed, why="whoever runs the server must renew it")
    return case.ok(observed=observed)


@check("RISK-04", "The password does not end soon", methods=BASIC)
def password_ends(case: Case) -> Finding:
    """FAQ "Password expired": when it ends, mail stops. The date is declared, or read by the look-ups."""
    if case.evidence.tenant is not None:
        end, told = password_end(case.evidence.tenant)
        if end is not None:
            return _declared(
                case, end, expiry.READ, "password_expiring", "set a new password and enter it in the plugin"
            )
        if told.holds is False:
            return case.ok(observed=told.words)
    ends = case.settings.sender.password_expires
    if ends == "never":
        return case.ok(observed="declared never to end")
    if ends is None:
        return case.unknown(
            "declare password_expires in the settings, or let the look-ups read it", "password_expiring"
        )
    return _declared(case, ends, expiry.DECLARED, "password_expiring", "set a new password and enter it in the plugin")
