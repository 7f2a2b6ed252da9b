"""One run as the reports see it: when, where, against what, and the assessments of its senders."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from checks.assessment import Assessment, SenderVerdict
from checks.model import Finding, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What is reported. `selected` holds the check ids per sender that were asked for; None means all of them.

    `origins` holds the target of the run that gathered a sender's evidence, `unread` the name of a settings file that was not read.
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
        """The findings of one sender that were asked for."""
        found = assessment.all_findings()
        if self.selected is None:
            return found
        wanted = self.selected.get(assessment.settings.sender.name, frozenset())
        return tuple(finding for finding in found if finding.check in wanted)

    def verdict_of(self, assessment: Assessment) -> SenderVerdict:
        """By the gates; a selection never claims that mail can be sent."""
        verdict = assessment.verdict
        whole = self.selected is None or len(self.findings(assessment)) == len(assessment.checks)
        return "not_proven" if verdict == "can_send" and not whole else verdict

    @property
    def verdict(self) -> SenderVerdict:
        """One word for the run: `cannot_send` if any sender cannot, `can_send` if all can."""
        verdicts = {self.verdict_of(assessment) for assessment in self.senders}
        if "cannot_send" in verdicts:
            return "cannot_send"
        return "can_send" if verdicts == {"can_send"} and not self.interrupted else "not_proven"

    @property
    def broke(self) -> bool:
        """Whether a defect of this suite ended a visit of this run; one that is judged again did not break now."""
        return self.replayed_from is None and any(assessment.evidence.broke for assessment in self.senders)

    @property
    def basis(self) -> Literal["run", "settings"]:
        """`settings` when a sender's verdict rests on what the tenant shows, because no message was to be sent."""
        return "settings" if any(assessment.by_settings for assessment in self.senders) else "run"

    @property
    def any_failed(self) -> bool:
        """Whether any check that was asked for failed."""
        return any(
            finding.verdict is Verdict.FAIL for assessment in self.senders for finding in self.findings(assessment)
        )
