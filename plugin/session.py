"""One run of a plan: the evidence, the assessments, and the checks that ran."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from contextlib import nullcontext

from checks.assessment import Assessment
from checks.model import Finding
from evidence.wire import SenderEvidence
from plugin.gathering import Terminal, print_line
from plugin.outputs import Progress
from plugin.plan import Plan
from probes.deadline import utc_now
from probes.gather import InterruptedGatheringError
from reports.run import Run
from settings.version import tool_version


class Session:
    """Gathers the evidence for a plan once, evaluates it on demand, and describes the run for the reports."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self._evidence: dict[str, SenderEvidence] = {}
        self._assessments: dict[str, Assessment] = {}
        self._ran: dict[str, set[str]] = {}
        self._interrupted = False
        self._keep(plan.evidence)

    @property
    def evidence(self) -> Mapping[str, SenderEvidence]:
        """The evidence of each sender, masked if the plan requires it."""
        return self._evidence

    def assessment(self, sender: str) -> Assessment:
        """Return the assessment of a sender. It is made on the first call and then kept."""
        if sender not in self._assessments:
            self._assessments[sender] = Assessment(self._evidence[sender], self.plan.settings[sender])
        return self._assessments[sender]

    def finding(self, sender: str, check: str) -> Finding:
        """Return the finding of one check for one sender."""
        return self.assessment(sender).finding(check)

    def gather(self, senders: AbstractSet[str], progress: Progress, terminal: Terminal = nullcontext) -> None:
        """Gather the evidence for these senders. `terminal` makes the terminal available for prompts.

        Raises:
            KeyboardInterrupt: the user interrupted the run. The evidence gathered so far is kept.

        """
        missing = senders - set(self._evidence)
        source = self.plan.source
        originals = {one.name for one in source.senders if self.plan.masks.name(one.name) in missing}
        try:
            self._keep(source.gather(originals, progress, terminal))
        except InterruptedGatheringError as stopped:
            self._keep(stopped.evidence)
            self._interrupted = True
            raise KeyboardInterrupt from None
        self._report_defects()

    def record(self, sender: str, check: str) -> None:
        """Record that the test for this check ran."""
        self._ran.setdefault(sender, set()).add(check)

    def run(self, *, interrupted: bool = False) -> Run:
        """Return the run for the reports. `interrupted` states whether pytest was interrupted."""
        plan = self.plan
        complete: dict[str, set[str]] = {}
        for sender, check in plan.pairs:
            complete.setdefault(sender, set()).add(check)
        judged = tuple(self.assessment(name) for name in plan.settings if name in self._evidence)
        return Run(
            tool_version=tool_version(),
            target=plan.target.label,
            started=plan.started,
            finished=utc_now(),
            host=judged[0].evidence.machine.host if judged else "",
            senders=judged,
            selected=None if self._ran == complete else {name: frozenset(ids) for name, ids in self._ran.items()},
            interrupted=interrupted or self._interrupted,
            faults=plan.options.faults,
            replayed_from=None if plan.target.path is None else plan.masks.text(plan.target.path.name),
            notes=tuple(plan.masks.text(note) for note in plan.notes),
            origins=plan.targets,
            looked_up_again=plan.options.lookups_for is not None,
            unread=plan.unread,
            masked=plan.is_masked,
        )

    def _keep(self, evidence: Mapping[str, SenderEvidence]) -> None:
        """Keep the evidence of the plan's senders, masked if the plan requires it."""
        for name, one in evidence.items():
            shown = self.plan.masks.name(name)
            if shown in self.plan.settings:
                self._evidence[shown] = self.plan.masks.evidence(one)

    def _report_defects(self) -> None:
        for name, evidence in self._evidence.items():
            if evidence.broke:
                print_line(
                    f"smtp365: {name}: internal error ({evidence.broke}); the report contains the evidence gathered before the error"
                )
