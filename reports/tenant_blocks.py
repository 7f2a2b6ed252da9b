"""The tenant's settings as tables. Each lookup has a state, a result, and the permission that it needs."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from evidence.record import Record
from evidence.tenant import LookupResult, SourceKind, TenantEvidence
from evidence.wire import SenderEvidence
from reports.blocks import Block, Section, pairs, table
from reports.labels import duration

_WAYS: Final = {
    SourceKind.APPLICATION: "an auditor application ([directory] in the settings)",
    SourceKind.ADMINISTRATOR: "an administrator who signed in (--admin-sign-in)",
    SourceKind.EXPORT: "an export (--tenant-export)",
}
_HEADERS: Final = ("Lookup", "State", "Result", "Permission needed", "Request", "Took")
_COMMON_FIELDS: Final = frozenset(LookupResult.model_fields)


def settings(evidence: SenderEvidence) -> Section | None:
    """Return the lookups for one sender, or None if there were none."""
    tenant = evidence.tenant
    if tenant is None:
        return None
    looks = _looks(tenant)
    answered = sum(look.seen for _, look in looks)
    blocks = [_access(tenant)]
    if looks:
        blocks.append(table("Lookups", _HEADERS, tuple(_row(name, look) for name, look in looks)))
    summary = f"{answered} of {len(looks)} lookups answered{f': {tenant.failure}' if tenant.failure else ''}"
    return Section("Tenant settings", summary[:160], tuple(blocks))


def of_sender(evidence: SenderEvidence) -> tuple[tuple[str, str], ...]:
    """Return name-value pairs about the lookups for a sender's environment, or nothing if there were no lookups."""
    tenant = evidence.tenant
    if tenant is None:
        return ()
    looks = _looks(tenant)
    needed = dict.fromkeys(look.needs for _, look in looks if look.needs)
    return (
        ("Lookups made by", f"{_WAYS[tenant.way]}{f', as {tenant.signed_in_as}' if tenant.signed_in_as else ''}"),
        ("Lookups answered", f"{sum(look.seen for _, look in looks)} of {len(looks)}"),
        ("Permissions needed for the other lookups", ", ".join(needed)),
    )


def _looks(tenant: TenantEvidence) -> list[tuple[str, LookupResult]]:
    return [(name, value) for name, value in tenant if isinstance(value, LookupResult)]


def _access(tenant: TenantEvidence) -> Block:
    return pairs(
        "Access",
        ("Source", _WAYS[tenant.way]),
        ("Tenant", tenant.tenant),
        ("Signed in as", tenant.signed_in_as),
        ("When", f"{tenant.looked_at:%Y-%m-%d %H:%M:%S %Z}"),
        ("Requests", str(tenant.requests)),
        ("Failure", tenant.failure),
        ("Took", duration(tenant.seconds)),
    )


def _row(name: str, look: LookupResult) -> tuple[str, ...]:
    return (
        name.replace("_", " "),
        look.state.value.replace("_", " "),
        _result(look),
        look.needs,
        look.question,
        duration(look.seconds),
    )


def _result(look: LookupResult) -> str:
    """Return the lookup's non-empty fields and the service's text on one line."""
    fields = [(name, _text(value)) for name, value in look if name not in _COMMON_FIELDS] if look.seen else []
    text = "; ".join(f"{name.replace('_', ' ')}: {value}" for name, value in fields if value)
    return "; ".join(filter(None, (text, look.detail)))


def _text(value: object) -> str:
    match value:
        case None:
            return "not set"
        case bool():
            return "yes" if value else "no"
        case datetime():
            return f"{value:%Y-%m-%d %H:%M %Z}"
        case tuple():
            return " / ".join(_text(one) for one in value) or "none"
        case Record():
            return ", ".join(
                f"{name.replace('_', ' ')} {_text(one)}" for name, one in value if one not in ("", None, ())
            )
        case _:
            return str(value)
