"""The tenant's settings as tables: for each lookup its state, its answer, and the permission that it needs."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from evidence.record import Record
from evidence.tenant import LookupResult, SourceKind, TenantEvidence
from evidence.wire import SenderEvidence
from reports.blocks import Block, Section, columns, named
from reports.labels import duration

_WAYS: Final = {
    SourceKind.APPLICATION: "an auditor application ([directory] in the settings)",
    SourceKind.ADMINISTRATOR: "an administrator who signed in (--admin-sign-in)",
    SourceKind.EXPORT: "an export (--tenant-export)",
}
_HEADERS: Final = ("Look-up", "State", "What it said", "What would answer it", "Asked", "Took")
_OF_EVERY_LOOK: Final = frozenset(LookupResult.model_fields)


def settings(evidence: SenderEvidence) -> Section | None:
    """Return the lookups of one sender; None if there were none."""
    tenant = evidence.tenant
    if tenant is None:
        return None
    looks = _looks(tenant)
    answered = sum(look.seen for _, look in looks)
    blocks = [_how(tenant)]
    if looks:
        blocks.append(columns("Look-ups", _HEADERS, tuple(_row(name, look) for name, look in looks)))
    summary = f"{answered} of {len(looks)} look-ups answered{f': {tenant.failure}' if tenant.failure else ''}"
    return Section("Tenant settings", summary[:160], tuple(blocks))


def of_sender(evidence: SenderEvidence) -> tuple[tuple[str, str], ...]:
    """Return name-value pairs about the lookups for a sender's environment; empty without lookups."""
    tenant = evidence.tenant
    if tenant is None:
        return ()
    looks = _looks(tenant)
    needed = dict.fromkeys(look.needs for _, look in looks if look.needs)
    return (
        ("Tenant looked up by", f"{_WAYS[tenant.way]}{f', as {tenant.signed_in_as}' if tenant.signed_in_as else ''}"),
        ("Look-ups answered", f"{sum(look.seen for _, look in looks)} of {len(looks)}"),
        ("What would answer the rest", ", ".join(needed)),
    )


def _looks(tenant: TenantEvidence) -> list[tuple[str, LookupResult]]:
    return [(name, value) for name, value in tenant if isinstance(value, LookupResult)]


def _how(tenant: TenantEvidence) -> Block:
    return named(
        "How it was asked",
        ("By", _WAYS[tenant.way]),
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
        _said(look),
        look.needs,
        look.question,
        duration(look.seconds),
    )


def _said(look: LookupResult) -> str:
    """Return the record's own fields in one line; if there are none, the service's text."""
    pairs = [(name, _shown(value)) for name, value in look if name not in _OF_EVERY_LOOK] if look.seen else []
    told = "; ".join(f"{name.replace('_', ' ')}: {value}" for name, value in pairs if value)
    return "; ".join(filter(None, (told, look.detail)))


def _shown(value: object) -> str:
    match value:
        case None:
            return "not set"
        case bool():
            return "yes" if value else "no"
        case datetime():
            return f"{value:%Y-%m-%d %H:%M %Z}"
        case tuple():
            return " / ".join(_shown(one) for one in value) or "none"
        case Record():
            return ", ".join(
                f"{name.replace('_', ' ')} {_shown(one)}" for name, one in value if one not in ("", None, ())
            )
        case _:
            return str(value)
