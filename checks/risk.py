"""RISK: conditions that hold today but end on a known date, or that weaken the configuration."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

from checks import expiry
from checks.model import Context, Finding, Verdict, check
from checks.tenant_account import password_end
from evidence.tenant import LookupResult, LookupState
from knowledge.cause_ids import CauseId
from settings.clouds import is_high_volume
from settings.model import Method

BASIC: frozenset[Method] = frozenset({"basic"})
OAUTH: frozenset[Method] = frozenset({"oauth"})
BASIC_OFF_BY_DEFAULT = date(2026, 12, 31)
HIGH_VOLUME_BASIC_ENDS = date(2028, 9, 30)
CERTIFICATE_SOON = timedelta(days=14)


@check(
    "RISK-01",
    "The sign-in does not use Basic authentication",
    methods=BASIC,
    microsoft_only=True,
    causes=("basic_auth_retiring", "hve_basic_retiring"),
)
def basic_retires(case: Context) -> Finding:
    """Basic for SMTP AUTH is off by default from the end of December 2026; an admin can turn it on again (Microsoft, 2026-01-27).

    High Volume Email supports Basic until September 2028 (Microsoft, 2025-05).
    """
    if is_high_volume(case.settings.sender.smtp_server):
        verb = "supported" if case.evidence.today >= HIGH_VOLUME_BASIC_ENDS else "supports"
        return case.risk(
            "hve_basic_retiring",
            observed=f"High Volume Email {verb} Basic authentication until September 2028",
            why=(
                "the change at smtp.office365.com, where Basic is off by default from the end of December 2026, "
                "does not affect this endpoint"
            ),
        )
    left = (BASIC_OFF_BY_DEFAULT - case.evidence.today).days
    if left > 0:
        when = f"will be off by default from {BASIC_OFF_BY_DEFAULT} (in {left} days)"
    else:
        when = f"has been off by default since {BASIC_OFF_BY_DEFAULT} ({f'{-left} days' if left else 'today'})"
    why = (
        "in existing tenants, an Exchange administrator can enable Basic again until its final removal; Microsoft announces "
        "the date of the removal in the second half of 2027. Tenants created after December 2026 do not have Basic by default"
    )
    return case.risk(
        "basic_auth_retiring",
        observed=f"Basic authentication {when}",
        why=why,
    )


def _or_lookup(case: Context) -> str:
    return ", or give the lookups access to the date" if case.settings.service.microsoft else ""


def _by_date(case: Context, expires: date, source: str, cause: CauseId) -> Finding:
    left = (expires - case.evidence.today).days
    if left < 0:
        why = "the date has passed, or the settings are out of date" if source == expiry.DECLARED else "it has expired"
        return case.risk(cause, observed=f"{source} that it expired on {expires}, {-left} days ago", why=why)
    observed = f"{source} that it expires on {expires}, {left} days left"
    if left <= expiry.SOON.days:
        return case.risk(cause, observed=observed, why="mail stops on that day")
    return case.ok(observed=observed)


@check("RISK-02", "The client secret does not expire within 30 days", methods=OAUTH, causes=("secret_expiring",))
def secret_ends(case: Context) -> Finding:
    """Mail stops when the client secret expires (FAQ OAuth step 3). The date comes from the settings or from a lookup."""
    expires, source = expiry.secret_ends(case)
    if expires is None:
        return case.unknown(
            f"declare client_secret_expires in the settings{_or_lookup(case)}{source}", "secret_expiring"
        )
    found = _by_date(case, expires, source, "secret_expiring")
    other = case.settings.sender.client_secret_expires
    if source == expiry.DECLARED or other is None or other == expires:
        return found
    why = f"the settings declare {other} but the tenant shows {expires}: the settings are out of date, or an older secret is in use"
    return case.risk("secret_expiring", observed=found.observed, why=why)


@check(
    "RISK-03", "The server's certificate does not expire within 14 days", needs=("TLS-01",), causes=("cert_expired",)
)
def certificate_ends(case: Context) -> Finding:
    """When the server's certificate expires, clients that verify it refuse to connect."""
    chain = case.evidence.tls.chain if case.evidence.tls is not None else ()
    if not chain:
        return case.unknown("this version of Python does not show the server's certificate")
    expires = chain[0].not_after.date()
    left = (expires - case.evidence.today).days
    observed = f"valid until {expires}, {left} days left"
    if left <= CERTIFICATE_SOON.days:
        return case.risk(
            "cert_expired",
            observed=observed,
            why="from that day on, clients that verify the certificate refuse to connect",
        )
    return case.ok(observed=observed)


@check("RISK-04", "The password does not expire within 30 days", methods=BASIC, causes=("password_expiring",))
def password_ends(case: Context) -> Finding:
    """Mail stops when the password expires (FAQ "Password expired"). The date comes from the settings or from a lookup."""
    if case.evidence.tenant is not None:
        end, fact = password_end(case.evidence.tenant)
        if end is not None:
            return _by_date(case, end, expiry.READ, "password_expiring")
        if fact.holds is False:
            return case.ok(observed=fact.words)
    expires = case.settings.sender.password_expires
    if expires == "never":
        return case.ok(observed="the settings declare that it never expires")
    if expires is None:
        return case.unknown(f"declare password_expires in the settings{_or_lookup(case)}", "password_expiring")
    return _by_date(case, expires, expiry.DECLARED, "password_expiring")


_ONLY_BY_LOOKUP = "only the tenant's settings show this; the run needs read access to them (docs/lookups.md)"


def _not_looked_up(case: Context, look: LookupResult | None, cause: CauseId) -> Finding | None:
    """Return a finding with the reason why a lookup has no answer, or None if it has one."""
    if look is None:
        return case.unknown(_ONLY_BY_LOOKUP, cause)
    if look.seen:
        return None
    if look.state is LookupState.NOT_ASKED:
        return case.unknown(f"the run did not look this up: {look.detail or _ONLY_BY_LOOKUP}", cause)
    return case.unknown(f"this could not be read: {look.needs or look.detail or 'run again'}", cause)


@check(
    "RISK-05",
    "The application is registered only for this tenant",
    reads=("OAUTH-01",),
    methods=OAUTH,
    microsoft_only=True,
    causes=("app_multitenant",),
)
def single_tenant(case: Context) -> Finding:
    """The registration is for a single tenant (FAQ OAuth step 1). Other tenants can consent to a multi-tenant registration."""
    seen = case.evidence.tenant
    look = seen.application if seen is not None else None
    if (unseen := _not_looked_up(case, look, "app_multitenant")) is not None or look is None:
        return unseen or case.unknown(_ONLY_BY_LOOKUP, "app_multitenant")
    if look.state is LookupState.ABSENT and case.finding("OAUTH-01").verdict is Verdict.FAIL:
        return case.blocked("OAUTH-01")
    if look.state is LookupState.ABSENT:
        return case.risk(
            "app_multitenant",
            observed="the application is registered in another tenant",
            why="the tenant has no control over the registration",
        )
    observed = f"signInAudience {look.sign_in_audience or 'not shown'}"
    if look.sign_in_audience == "AzureADMyOrg":
        return case.ok(observed=observed)
    return case.risk("app_multitenant", observed=observed, why="other tenants can consent to this application")


@check(
    "RISK-06",
    "The account is used only for sending alarms",
    methods=BASIC,
    microsoft_only=True,
    causes=("account_not_dedicated",),
)
def dedicated(case: Context) -> Finding:
    """The account is a dedicated one (FAQ "Use dedicated service accounts"). A personal account is removed when its owner leaves."""
    seen = case.evidence.tenant
    methods, log = (seen.methods, seen.sign_in_log) if seen is not None else (None, None)
    used = log.other_apps if log is not None and log.seen else ()
    second = methods.methods if methods is not None and methods.seen else ()
    if used or second:
        signs = [f"also used by {', '.join(used[:4])}"] if used else []
        signs += [f"registered second factors: {', '.join(second[:4])}"] if second else []
        why = "a person seems to use this account"
        return case.risk("account_not_dedicated", observed="; ".join(signs), why=why)
    for look in (methods, log):
        if (unseen := _not_looked_up(case, look, "account_not_dedicated")) is not None:
            return unseen
    return case.ok(
        observed="no second factor is registered, and the sign-in log shows no other application during this run"
    )


@check("RISK-07", "The sign-in is limited to known addresses", microsoft_only=True, causes=("sign_in_from_anywhere",))
def limited(case: Context) -> Finding:
    """A policy limits the sign-in to known addresses (FAQ "Limit by Conditional Access"). A stolen credential is then useless elsewhere."""
    seen = case.evidence.tenant
    look = seen.conditional_access if seen is not None else None
    if (unseen := _not_looked_up(case, look, "sign_in_from_anywhere")) is not None or look is None:
        return unseen or case.unknown(_ONLY_BY_LOOKUP, "sign_in_from_anywhere")
    limits = [one for one in look.policies if one.state == "enabled" and one.limits_location]
    if limits:
        return case.ok(observed=f"the Conditional Access policy {limits[0].name} limits the sign-in to known addresses")
    if seen is not None and seen.principal is not None and seen.principal.state is LookupState.ABSENT:
        return case.unknown("there is no enterprise application to which a policy can apply", "sign_in_from_anywhere")
    why = "anyone who has the credential can sign in from any address"
    return case.risk(
        "sign_in_from_anywhere",
        observed="no Conditional Access policy limits the sign-in to known addresses",
        why=why,
    )


ONMICROSOFT: Final = ".onmicrosoft.com"


@check(
    "RISK-08",
    "The From address is in one of the organisation's own domains",
    microsoft_only=True,
    causes=("onmicrosoft_sender",),
)
def own_domain(case: Context) -> Finding:
    """All addresses of a tenant in *.onmicrosoft.com together reach at most 100 external recipients a day (Microsoft, 2025-08-20)."""
    address = case.settings.sender.envelope_from
    domain = address.rpartition("@")[2].casefold().rstrip(".")
    if not domain:
        return case.unknown("the settings contain no From address", "onmicrosoft_sender")
    if not domain.endswith(ONMICROSOFT):
        return case.ok(observed=f"From is in the domain {domain}")
    return case.risk(
        "onmicrosoft_sender",
        observed=f"From is in the domain {domain}",
        why="all addresses of the tenant in this domain together reach at most 100 external recipients in 24 hours",
    )
