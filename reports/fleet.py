"""Many senders at once: what stops how many of them, what ends when, and whose details are worth the room.

Above `MANY` senders a page that told everything about each would be opened by nobody.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from checks.assessment import Assessment
from checks.tenant_application import secrets_end
from probes.evidence import Gate
from reports.answer import Answer
from reports.words import GATES, OWNERS
from settings.model import Sender

MANY = 50
MOST_DETAILED = 50
_MOST_NAMES = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Senders of one domain that the same cause stops at the same gate; `others` are those that `names` has no room for."""

    title: str
    domain: str
    gate: str
    owner: str
    count: int
    names: tuple[str, ...]
    others: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """A secret or password of one sender, and the day on which it ends."""

    day: date
    what: str
    sender: str
    left: int


def groups(answers: Iterable[tuple[Answer, Sender]]) -> tuple[Group, ...]:
    """The causes of those that are not well, domain by domain, most senders first."""
    found: dict[tuple[str, str, Gate | None, str], list[str]] = {}
    for one, sender in answers:
        if not one.calm:
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


def endings(assessments: Iterable[Assessment]) -> tuple[Ending, ...]:
    """The dates that the settings declare or the tenant showed, the nearest first."""
    found = [
        Ending(
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
    """What ends, and when, of one sender: what the tenant shows of the secret goes before what was declared."""
    seen = assessment.evidence.tenant
    ends = secrets_end(seen) if seen is not None else None
    told = dict(declared(assessment.settings.sender))
    return list((told if ends is None else told | {"client secret": ends}).items())


def declared(sender: Sender) -> list[tuple[str, date]]:
    """What the settings declare to end, and when."""
    found = [("client secret", sender.client_secret_expires), ("password", sender.password_expires)]
    return [(what, day) for what, day in found if isinstance(day, date)]


def detailed(answers: Sequence[Answer]) -> frozenset[str]:
    """The names of the senders that the page tells about at length: all of a few, else the worst of those that are not well."""
    if len(answers) <= MANY:
        return frozenset(one.name for one in answers)
    return frozenset([one.name for one in answers if not one.calm][:MOST_DETAILED])
