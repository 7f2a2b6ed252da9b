"""A run as the reports show it: its time, machine and target, and the assessments of its senders."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from checks.assessment import Assessment, SenderVerdict
from checks.model import Finding, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """The content of a report. `selected` holds the ids of the selected checks by sender; None selects all checks.

    `origins` holds, for each sender, the target of the run that gathered its evidence. `unread` is the name of an unused settings file.
    """

    tool_version: str
    target: str
    started: datetime
    finished: datetime
    host: str
    senders: tuple[Assessment, ...]
    selected: dict[str, frozenset[str]] | None = None
    interrupted: bool = False
    faults: tuple[str, ...] = ()
    replayed_from: str | None = None
    masked: bool = False
    notes: tuple[str, ...] = field(default=())
    origins: Mapping[str, str] = field(default_factory=dict)
    looked_up_again: bool = False
    unread: str = ""

    def findings(self, assessment: Assessment) -> tuple[Finding, ...]:
        """Return one sender's findings for the selected checks."""
        findings = assessment.all_findings()
        if self.selected is None:
            return findings
        wanted = self.selected.get(assessment.settings.sender.name, frozenset())
        return tuple(finding for finding in findings if finding.check in wanted)

    def verdict_of(self, assessment: Assessment) -> SenderVerdict:
        """Return a sender's verdict, which is based on the gates. An incomplete selection of checks never proves that mail can be sent."""
        verdict = assessment.verdict
        complete = self.selected is None or len(self.findings(assessment)) == len(assessment.checks)
        return "not_proven" if verdict == "can_send" and not complete else verdict

    @property
    def verdict(self) -> SenderVerdict:
        """The verdict on the run: `cannot_send` if a sender cannot send, `can_send` if all senders can, otherwise `not_proven`.

        An interrupted run is never `can_send`.
        """
        verdicts = {self.verdict_of(assessment) for assessment in self.senders}
        if "cannot_send" in verdicts:
            return "cannot_send"
        return "can_send" if verdicts == {"can_send"} and not self.interrupted else "not_proven"

    @property
    def broke(self) -> bool:
        """Whether an internal error ended the gathering of evidence in this run. Errors in an earlier run do not count."""
        return self.replayed_from is None and any(assessment.evidence.broke for assessment in self.senders)

    @property
    def basis(self) -> Literal["run", "settings"]:
        """`settings` if the tenant's settings, in place of a test message, prove that a sender can send, otherwise `run`."""
        return "settings" if any(assessment.by_settings for assessment in self.senders) else "run"

    @property
    def any_failed(self) -> bool:
        """Whether any selected check failed."""
        return any(
            finding.verdict is Verdict.FAIL for assessment in self.senders for finding in self.findings(assessment)
        )
