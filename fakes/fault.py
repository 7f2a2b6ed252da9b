"""What a fault is: an id, the one change that it makes to the world, and the findings that it must produce."""

import sys
from collections.abc import Callable
from dataclasses import dataclass

from fakes.world import World


class UnknownFault(LookupError):  # noqa: N818 - reads as what happened
    """No fault of that id; the text names close ones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """One finding that a fault must produce; ``causes`` most likely first."""

    check: str
    verdict: str
    causes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing that is wrong. ``gate`` is where it shows first; ``cause`` the id of what is really the matter.

    ``expected_with_look_ups`` are the findings of a run that looks the tenant up, None where nobody wrote them down yet.
    ``skip_on`` maps a platform's prefix (as in ``sys.platform``) to the reason why it cannot be staged there.
    """

    id: str
    changes: str
    gate: str
    change: Callable[[World], World]
    cause: str
    senders: tuple[str, ...] = ("basic", "oauth")
    expected: tuple[Expected, ...] = ()
    expected_with_look_ups: tuple[Expected, ...] | None = None
    skip_on: tuple[tuple[str, str], ...] = ()

    def skipped_here(self, platform: str = sys.platform) -> str | None:
        """Why this platform cannot stage the fault, or None when it can."""
        return next((reason for prefix, reason in self.skip_on if platform.startswith(prefix)), None)
