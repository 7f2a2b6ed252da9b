"""Support for pytest-xdist: the data for its workers, and a scheduler that keeps all checks of a sender in one worker.

This module is imported only in sessions that use pytest-xdist.
"""

from __future__ import annotations

from pathlib import Path

from xdist.scheduler import LoadScopeScheduling

from evidence.wire import SenderEvidence
from plugin.plan import Plan
from plugin.session import Session
from probes.deadline import utc_now
from settings import strict_json
from settings.model import SenderSettings
from settings.options import Options
from settings.target import Target


class BySender(LoadScopeScheduling):  # type: ignore[misc] # published without types
    """Distributes tests by sender; the ids of the tests do not change."""

    def _split_scope(self, nodeid: str) -> str:
        return scope(nodeid)

    def _reschedule(self, node: object) -> None:
        """Assign no work to a worker that replaces a crashed one until it has collected its tests."""
        if node in self.registered_collections:
            super()._reschedule(node)


def scope(nodeid: str) -> str:
    """Return the scope of a test: `test_check[alerts` for `test_check[alerts-OAUTH-05]`, or the id itself for any other test."""
    sender, *check = nodeid.removesuffix("]").rsplit("-", 2)
    return sender if len(check) == 2 and "[" in sender else nodeid


def for_workers(session: Session) -> str:
    """Return the frozen evidence and settings for the workers of pytest-xdist, as JSON without secrets."""
    plan = session.plan
    return strict_json.write(
        {
            "target": plan.target.kind,
            "strict": plan.options.strict,
            "settings": [one.model_dump(mode="json", by_alias=True) for one in plan.settings.values()],
            "evidence": [evidence.model_dump(mode="json") for evidence in session.evidence.values()],
        }
    )


def in_worker(text: str) -> Session:
    """Return a session that only evaluates evidence, given the text from `for_workers`."""
    given = strict_json.parse(text)
    settings = [SenderSettings.model_validate_json(strict_json.write(one)) for one in given["settings"]]
    evidence = [SenderEvidence.model_validate_json(strict_json.write(one)) for one in given["evidence"]]
    options = Options(
        target=given["target"], settings=None, senders=(), folder=Path(), root=Path(), strict=given["strict"]
    )
    plan = Plan(
        target=Target(given["target"]),
        started=utc_now(),
        options=options,
        settings={one.sender.name: one for one in settings},
        evidence={one.sender: one for one in evidence},
        is_worker=True,
    )
    return Session(plan)
