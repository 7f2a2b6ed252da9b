"""Assesses one sender: computes findings on demand, the states of the gates and the verdict."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from checks import peer, reconcile
from checks.catalogue import CATALOGUE
from checks.model import Check, Context, Finding, Verdict
from checks.placeholders import values
from evidence.gates import OAUTH_ONLY, Gate
from evidence.open_gates import passed_gates
from evidence.wire import SenderEvidence
from knowledge.placeholders import fill
from settings.model import SenderSettings

GateState = Literal["ok", "broken", "not_reached", "not_tested"]
SenderVerdict = Literal["can_send", "cannot_send", "not_proven"]
_PASSED = (
    "This does not stop mail here: the TLS handshake succeeded with a certificate for the server's name, so this "
    "path leads to the server (through split DNS, address translation or an access gateway, for example)."
)


@dataclass(slots=True)
class Assessment:
    """The evidence and the settings of one sender, and the findings based on them."""

    evidence: SenderEvidence
    settings: SenderSettings
    catalogue: Mapping[str, Check] = field(default_factory=lambda: CATALOGUE.checks)
    _findings: dict[str, Finding] = field(default_factory=dict)
    _asked: list[str] = field(default_factory=list)
    _seen: frozenset[Gate] | None = None

    @property
    def checks(self) -> tuple[Check, ...]:
        """The checks for this sender's method and service, in catalogue order."""
        return tuple(check for check in self.catalogue.values() if self._concerns(check))

    def finding(self, check_id: str) -> Finding:
        """Return the finding of one check. The checks that it needs are evaluated first and can block it; findings are cached.

        Raises:
            KeyError: there is no check with this id.
            RecursionError: the check needs itself, directly or through other checks.

        """
        if check_id in self._findings:
            return self._findings[check_id]
        if check_id in self._asked:
            raise RecursionError(f"{check_id} needs itself: {' → '.join([*self._asked, check_id])}")
        check = self.catalogue[check_id]
        self._asked.append(check_id)
        try:
            finding = self._judge(check)
        finally:
            self._asked.pop()
        self._findings[check_id] = finding
        return finding

    def _judge(self, check: Check) -> Finding:
        def other(asked: str) -> Finding:
            if asked not in {*check.needs, *check.reads}:
                raise LookupError(f"{check.id} reads the finding of {asked}, which is not in its needs or reads")
            return self.finding(asked)

        case = Context(self.evidence, self.settings, check, other, self._passed_by)
        stopped = case.stopped(*(needed for needed in check.needs if self._concerns(self.catalogue[needed])))
        if stopped is not None:
            return stopped
        finding = reconcile.with_tenant_facts(case, peer.without_false_interception(case, check.judge(case)))
        if finding.verdict is Verdict.FAIL and check.path_of in self._passed:
            finding = replace(finding, verdict=Verdict.RISK, why=f"{finding.why} {_PASSED}".strip())
        if "{" not in finding.why:
            return finding
        # A lookup from `knowledge`, with this sender's mailbox, client id and tenant in its command.
        return replace(finding, why=fill(finding.why, values(self.evidence, self.settings)))

    def _concerns(self, check: Check) -> bool:
        return check.concerns(self.settings)

    def _passed_by(self, check_id: str) -> bool:
        return self.catalogue[check_id].gate in self._passed

    @property
    def _passed(self) -> frozenset[Gate]:
        """The gates before an open gate. Empty if the settings name a server that is not the service's own."""
        if self._seen is None:
            declared = self.settings.service.declares_smtp(self.settings.sender.smtp_server)
            self._seen = passed_gates(self.evidence) if declared else frozenset()
        return self._seen

    def all_findings(self) -> tuple[Finding, ...]:
        """Return the findings of all checks for this sender, in catalogue order."""
        return tuple(self.finding(check.id) for check in self.checks)

    def gates(self) -> dict[Gate, GateState]:
        """Return the state of each gate in the order of the route. The gates after the first broken one are not reached.

        A gate before an open gate is never broken, even if its check failed.
        """
        states: dict[Gate, GateState] = {}
        broken = False
        for gate, check in self._gate_checks().items():
            state = "not_reached" if broken else _state(self.finding(check.id), passed=gate in self._passed)
            broken = broken or state == "broken"
            states[gate] = state
        return states

    def _gate_checks(self) -> dict[Gate, Check]:
        by_gate = {check.gate: check for check in self.checks if check.gate is not None}
        oauth = self.settings.sender.method == "oauth"
        return {gate: by_gate[gate] for gate in Gate if oauth or gate not in OAUTH_ONLY}

    @property
    def first_broken_gate(self) -> Gate | None:
        """The first broken gate, or None if no gate is broken."""
        return next((gate for gate, state in self.gates().items() if state == "broken"), None)

    @property
    def decisive(self) -> Finding | None:
        """The finding of the first broken gate, or None if no gate is broken. The sender's causes are those of this finding."""
        gate = self.first_broken_gate
        return None if gate is None else self.finding(self._gate_checks()[gate].id)

    @property
    def verdict(self) -> SenderVerdict:
        """The sender's verdict: `can_send` if all gates are open, `cannot_send` if one is broken, `not_proven` otherwise.

        With --no-send, the tenant's settings can prove the last gate.
        """
        states = set(self.gates().values())
        if "broken" in states:
            return "cannot_send"
        return "can_send" if states == {"ok"} or self.by_settings else "not_proven"

    @property
    def by_settings(self) -> bool:
        """Whether the tenant's settings grant the right to send, in a run with --no-send in which all other gates were open."""
        left = [gate for gate, state in self.gates().items() if state != "ok"]
        envelope = self.evidence.envelope
        if (
            left != [Gate.ACCEPTED]
            or envelope is None
            or not envelope.stopped_before_data
            or self.evidence.tenant is None
        ):
            return False
        right = "BASIC-01" if self.settings.sender.method == "basic" else "MBX-05"
        return self.finding(right).verdict is Verdict.PASS


def _state(finding: Finding, *, passed: bool) -> GateState:
    if finding.verdict is Verdict.NOT_APPLICABLE:
        return "not_tested"
    if passed or finding.verdict in {Verdict.PASS, Verdict.RISK}:
        return "ok"
    if finding.verdict is Verdict.FAIL:
        return "broken"
    return "not_reached" if finding.verdict is Verdict.BLOCKED else "not_tested"
