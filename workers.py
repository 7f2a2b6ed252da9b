"""Which worker of pytest-xdist runs which checks: all checks of a sender in one, so that each sender is judged once.

Only conftest.py imports this file, and only where pytest-xdist is at work.
"""

from __future__ import annotations

from xdist.scheduler import LoadScopeScheduling


class BySender(LoadScopeScheduling):  # type: ignore[misc] # published without types
    """xdist's distribution by scope, in which a sender is a scope; ids of tests stay what they are."""

    def _split_scope(self, nodeid: str) -> str:
        return scope(nodeid)

    def _reschedule(self, node: object) -> None:
        """Give no work to a worker that took the place of a dead one and has not collected yet; it asks when it has."""
        if node in self.registered_collections:
            super()._reschedule(node)


def scope(nodeid: str) -> str:
    """`test_check[alerts-OAUTH-05]` belongs to `test_check[alerts`; a test without a check's id is on its own."""
    sender, *check = nodeid.removesuffix("]").rsplit("-", 2)
    return sender if len(check) == 2 and "[" in sender else nodeid
