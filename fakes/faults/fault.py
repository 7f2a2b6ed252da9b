"""The definition of a fault, which is one change to the world together with the findings that it must produce."""

import sys
from collections.abc import Callable
from dataclasses import dataclass

from ..world.world import World


class UnknownFault(LookupError):  # noqa: N818 - the name states the problem
    """Raised for an unknown fault id; the message suggests similar ids, if there are any."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """A finding that a fault must produce; `causes` are in order of likelihood."""

    check: str
    verdict: str
    causes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One fault. `gate` is the first gate at which the fault shows. `cause` is the id of its true cause, or empty if it has none.

    `expected_with_lookups` holds the findings of a run with lookups, or None if they are not recorded. `skip_on` maps a prefix of
    `sys.platform` to the reason why the fault cannot be simulated on that platform.
    """

    id: str
    changes: str
    gate: str
    change: Callable[[World], World]
    cause: str
    senders: tuple[str, ...] = ("basic", "oauth")
    expected: tuple[Expected, ...] = ()
    expected_with_lookups: tuple[Expected, ...] | None = None
    skip_on: tuple[tuple[str, str], ...] = ()

    @property
    def expected_with_look_ups(self) -> tuple[Expected, ...] | None:
        """The former name of `expected_with_lookups`."""
        return self.expected_with_lookups

    def skipped_here(self, platform: str = sys.platform) -> str | None:
        """Return why this platform cannot simulate the fault, or None if it can."""
        return next((reason for prefix, reason in self.skip_on if platform.startswith(prefix)), None)
