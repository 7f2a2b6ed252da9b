"""The result of evaluating a cause against the tenant's settings, and the texts for settings that were not looked up."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from evidence.tenant import LookupResult, LookupState, TenantEvidence
from settings.model import Sender

_READ_AS = {
    LookupState.REFUSED: "may not be read",
    LookupState.UNLICENSED: "needs a licence",
    LookupState.NOT_OFFERED: "is not offered in this cloud",
    LookupState.THROTTLED: "was throttled",
    LookupState.NOT_IN_EXPORT: "is not in the export",
}


@dataclass(frozen=True, slots=True)
class Fact:
    """Whether a cause holds (None if unknown), and the setting that shows it or the lookup that is missing."""

    holds: bool | None
    words: str = ""
    needs: str = ""


Judge = Callable[[TenantEvidence, Sender], Fact]  # one for each cause that a lookup can prove or refute


def holds(words: str) -> Fact:
    """Return the fact that a cause holds. `words` names the setting that shows it."""
    return Fact(holds=True, words=words)


def refuted(words: str) -> Fact:
    """Return the fact that a cause does not hold. `words` names the setting that shows it."""
    return Fact(holds=False, words=words)


def unread(*looks: LookupResult | None) -> Fact | None:
    """Return an unknown fact if one of the lookups has no answer, or None if all of them have one."""
    for look in looks:
        if look is None:
            return Fact(None)
        if not look.seen:
            how = _READ_AS.get(look.state, "could not be read")
            return Fact(
                None, needs=f"{look.question.partition('?')[0]} {how}: {look.needs or look.detail or 'try again'}"
            )
    return None
