"""pytest-xdist: what its workers are given, and which of them runs which checks: all of a sender in one, so that each is judged once.

Only conftest.py imports this file, and only where pytest-xdist is at work.
"""

from __future__ import annotations

import json

from xdist.scheduler import LoadScopeScheduling

from evidence.wire import SenderEvidence
from plugin.session import Suite
from probes.deadline import utc_now
from settings.model import SenderSettings
from settings.target import Target


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


def for_workers(suite: Suite) -> str:
    """The frozen evidence and settings, without a secret, for the workers of pytest-xdist."""
    return json.dumps(
        {
            "target": suite.target.kind,
            "strict": suite.strict,
            "judged": [suite.judged[sender.name].model_dump(mode="json", by_alias=True) for sender in suite.senders],
            "evidence": [evidence.model_dump(mode="json") for evidence in suite.evidence.values()],
        }
    )


def in_worker(text: str) -> Suite:
    """A suite that only judges, from what the controller gathered."""
    given = json.loads(text)
    judged = [SenderSettings.model_validate_json(json.dumps(one)) for one in given["judged"]]
    evidence = [SenderEvidence.model_validate_json(json.dumps(one)) for one in given["evidence"]]
    return Suite(
        target=Target(given["target"]),
        started=utc_now(),
        strict=given["strict"],
        worker=True,
        senders=tuple(one.sender for one in judged),
        judged={one.sender.name: one for one in judged},
        evidence={one.sender: one for one in evidence},
    )
