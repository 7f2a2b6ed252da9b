"""The overview of many senders: causes with their counts, expiry dates, and the senders that are shown in detail.

With more than `OVERVIEW_ABOVE` senders, the page would be too large to show every sender in detail.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from checks.assessment import Assessment
from checks.tenant_application import secrets_end
from evidence.gates import Gate
from reports.answer import Answer
from reports.labels import GATES, OWNERS
from settings.model import Sender

OVERVIEW_ABOVE = 50
MOST_DETAILED = 50
_MOST_NAMES = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Senders in one domain that have the same cause at the same gate. `others` counts the senders that `names` omits."""

    title: str
    domain: str
    gate: str
    owner: str
    count: int
    names: tuple[str, ...]
    others: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Expiry:
    """The expiry date of a sender's secret or password."""

    day: date
    what: str
    sender: str
    left: int


def groups(answers: Iterable[tuple[Answer, Sender]]) -> tuple[Group, ...]:
    """Return the senders with problems, grouped by cause, domain, gate and owner, with the largest group first."""
    found: dict[tuple[str, str, Gate | None, str], list[str]] = {}
    for one, sender in answers:
        if not one.healthy:
            title = one.causes[0].title if one.causes else "not proven"
            likely = title if one.sure else f"most likely {title}"
            domain = sender.sign_in_user.rpartition("@")[2].lower()
            found.setdefault((likely, domain, one.gate, one.owner), []).append(one.name)
    return tuple(
        Group(
            title=title,
            domain=domain,
            gate=GATES[gate] if gate is not None else "",
            owner=owner or OWNERS[None],
            count=len(names),
            names=tuple(names[:_MOST_NAMES]),
            others=max(0, len(names) - _MOST_NAMES),
        )
        for (title, domain, gate, owner), names in sorted(found.items(), key=lambda item: -len(item[1]))
    )


def expiries(assessments: Iterable[Assessment]) -> tuple[Expiry, ...]:
    """Return the expiry dates from the settings and the tenant, earliest first."""
    found = [
        Expiry(
            day=day,
            what=what,
            sender=assessment.settings.sender.name,
            left=(day - assessment.evidence.today).days,
        )
        for assessment in assessments
        for what, day in dates(assessment)
    ]
    return tuple(sorted(found, key=lambda one: (one.day, one.sender)))


def dates(assessment: Assessment) -> list[tuple[str, date]]:
    """Return one sender's expiry dates. A date from the tenant replaces one from the settings."""
    tenant = assessment.evidence.tenant
    ends = secrets_end(tenant) if tenant is not None else None
    stated = dict(declared(assessment.settings.sender))
    return list((stated if ends is None else stated | {"client secret": ends}).items())


def declared(sender: Sender) -> list[tuple[str, date]]:
    """Return the expiry dates in the settings."""
    found = [("client secret", sender.client_secret_expires), ("password", sender.password_expires)]
    return [(what, day) for what, day in found if isinstance(day, date)]


def detailed(answers: Sequence[Answer]) -> frozenset[str]:
    """Return the names of the senders that the page shows in detail: all if there are few, otherwise the first ones with problems."""
    if len(answers) <= OVERVIEW_ABOVE:
        return frozenset(one.name for one in answers)
    return frozenset([one.name for one in answers if not one.healthy][:MOST_DETAILED])
