"""RISK: conditions that are fine today and break on a known date."""

from __future__ import annotations

from datetime import date, timedelta

from checks import expiry
from checks.model import Context, Finding, Verdict, check
from checks.tenant_account import password_end
from evidence.tenant import LookupResult, LookupState
from knowledge.cause_ids import CauseId
from settings.model import Method

BASIC: frozenset[Method] = frozenset({"basic"})
OAUTH: frozenset[Method] = frozenset({"oauth"})
BASIC_OFF_BY_DEFAULT = date(2026, 12, 31)
CERTIFICATE_SOON = timedelta(days=14)


@check(
    "RISK-01",
    "The sign-in does not rest on Basic authentication",
    methods=BASIC,
    microsoft_only=True,
    causes=("basic_auth_retiring",),
)
def basic_retires(case: Context) -> Finding:
    """Microsoft, 2026-01-27: Basic for SMTP AUTH is off by default at the end of December 2026; an admin can turn it on again."""
    left = (BASIC_OFF_BY_DEFAULT - case.evidence.today).days
    when = f"in {left} days" if left > 0 else f"{-left} days ago"
    why = "move to OAuth 2.0 client credentials; an Exchange admin can re-enable Basic until its final removal (announced for 2027)"
    return case.risk(
        "basic_auth_retiring", observed=f"Basic is off by default from {BASIC_OFF_BY_DEFAULT}, {when}", why=why
    )


def _or_look(case: Context) -> str:
    return ", or let the look-ups read it" if case.settings.service.microsoft else ""


def _declared(case: Context, ends: date, how: str, cause: CauseId, renew: str) -> Finding:
    left = (ends - case.evidence.today).days
    if left < 0:
        why = f"that day has passed: {renew}{', or correct the date in the settings' if how == expiry.DECLARED else ''}"
        return case.risk(cause, observed=f"{how} to end on {ends}, {-left} days ago", why=why)
    observed = f"{how} to end on {ends}, {left} days left"
    if left <= expiry.SOON.days:
        return case.risk(cause, observed=observed, why=f"{renew} now")
    return case.ok(observed=observed)


@check("RISK-02", "The client secret does not end soon", methods=OAUTH, causes=("secret_expiring",))
def secret_ends(case: Context) -> Finding:
    """FAQ OAuth step 3: mail stops when the secret expires. The date is declared in the settings or looked up."""
    ends, how = expiry.secret_ends(case)
    if ends is None:
        return case.unknown(f"declare client_secret_expires in the settings{_or_look(case)}{how}", "secret_expiring")
    found = _declared(case, ends, how, "secret_expiring", "create a new secret and enter it in the plugin")
    other = case.settings.sender.client_secret_expires
    if how == expiry.DECLARED or other is None or other == ends:
        return found
    why = f"the settings declare {other}, the tenant shows {ends}: correct client_secret_expires, or check which secret is used"
    return case.risk("secret_expiring", observed=found.observed, why=why)


@check("RISK-03", "The server's certificate does not end soon", needs=("TLS-01",), causes=("cert_expired",))
def certificate_ends(case: Context) -> Finding:
    """An expired certificate stops every client at once."""
    chain = case.evidence.tls.chain if case.evidence.tls is not None else ()
    if not chain:
        return case.unknown("this Python does not show the peer's chain")
    ends = chain[0].not_after.date()
    left = (ends - case.evidence.today).days
    observed = f"valid until {ends}, {left} days left"
    if left <= CERTIFICATE_SOON.days:
        return case.risk("cert_expired", observed=observed, why="whoever runs the server must renew it")
    return case.ok(observed=observed)


@check("RISK-04", "The password does not end soon", methods=BASIC, causes=("password_expiring",))
def password_ends(case: Context) -> Finding:
    """FAQ "Password expired": mail stops when the password expires. The date is declared in the settings or looked up."""
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
        return case.unknown(f"declare password_expires in the settings{_or_look(case)}", "password_expiring")
    return _declared(case, ends, expiry.DECLARED, "password_expiring", "set a new password and enter it in the plugin")


_ONLY_BY_LOOKING = "only the tenant's own settings show it: give the run read access to them (docs/lookups.md)"


def _unseen(case: Context, look: LookupResult | None, cause: CauseId) -> Finding | None:
    """Return a finding that says why a lookup has no answer, or None if it was answered."""
    if look is None:
        return case.unknown(_ONLY_BY_LOOKING, cause)
    if look.seen:
        return None
    if look.state is LookupState.NOT_ASKED:
        return case.unknown(f"it was not looked up: {look.detail or _ONLY_BY_LOOKING}", cause)
    return case.unknown(f"it may not be read: {look.needs or look.detail or 'try again'}", cause)


@check(
    "RISK-05",
    "The application is registered for this tenant alone",
    reads=("OAUTH-01",),
    methods=OAUTH,
    microsoft_only=True,
    causes=("app_multitenant",),
)
def single_tenant(case: Context) -> Finding:
    """FAQ OAuth step 1, "Single tenant". A multi-tenant registration can also be consented to in other tenants."""
    seen = case.evidence.tenant
    look = seen.application if seen is not None else None
    if (unseen := _unseen(case, look, "app_multitenant")) is not None or look is None:
        return unseen or case.unknown(_ONLY_BY_LOOKING, "app_multitenant")
    if look.state is LookupState.ABSENT and case.finding("OAUTH-01").verdict is Verdict.FAIL:
        return case.blocked("OAUTH-01")
    if look.state is LookupState.ABSENT:
        return case.risk("app_multitenant", observed="registered in another tenant", why="whose registration is it?")
    observed = f"signInAudience {look.sign_in_audience or 'not told'}"
    if look.sign_in_audience == "AzureADMyOrg":
        return case.ok(observed=observed)
    return case.risk(
        "app_multitenant", observed=observed, why="set it to accounts in this organizational directory only"
    )


@check(
    "RISK-06",
    "The account sends alarms and nothing else",
    methods=BASIC,
    microsoft_only=True,
    causes=("account_not_dedicated",),
)
def dedicated(case: Context) -> Finding:
    """FAQ "Use dedicated service accounts". A personal account changes its password, gets MFA and is removed when the person leaves."""
    seen = case.evidence.tenant
    methods, log = (seen.methods, seen.sign_in_log) if seen is not None else (None, None)
    used = log.other_apps if log is not None and log.seen else ()
    second = methods.methods if methods is not None and methods.seen else ()
    if used or second:
        told = [f"used by {', '.join(used[:4])}"] if used else []
        told += [f"registered second factors: {', '.join(second[:4])}"] if second else []
        why = "a person seems to use this account: give the application one of its own"
        return case.risk("account_not_dedicated", observed="; ".join(told), why=why)
    for look in (methods, log):
        if (unseen := _unseen(case, look, "account_not_dedicated")) is not None:
            return unseen
    return case.ok(
        observed="no second factor is registered, and the sign-in log of this run shows no other application"
    )


@check("RISK-07", "The sign-in is limited to known addresses", microsoft_only=True, causes=("sign_in_from_anywhere",))
def limited(case: Context) -> Finding:
    """FAQ "Limit by Conditional Access": a stolen credential is then useless from elsewhere."""
    seen = case.evidence.tenant
    look = seen.conditional_access if seen is not None else None
    if (unseen := _unseen(case, look, "sign_in_from_anywhere")) is not None or look is None:
        return unseen or case.unknown(_ONLY_BY_LOOKING, "sign_in_from_anywhere")
    limits = [one for one in look.policies if one.state == "enabled" and one.limits_location]
    if limits:
        return case.ok(observed=f"the Conditional Access policy {limits[0].name} knows the addresses it may come from")
    if seen is not None and seen.principal is not None and seen.principal.state is LookupState.ABSENT:
        return case.unknown("there is no enterprise application that a policy could aim at", "sign_in_from_anywhere")
    why = "limit it to the server's address by a Conditional Access policy (for applications: workload identities)"
    return case.risk(
        "sign_in_from_anywhere", observed="no Conditional Access policy limits where it may come from", why=why
    )
