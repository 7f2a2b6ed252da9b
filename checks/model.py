"""The check model: verdicts, findings, and the decorator that registers a check function.

A check is a pure function that takes a `Context` and returns a `Finding`. It names causes by id; `knowledge` contains their texts.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from evidence.gates import Gate
from evidence.missing import MissingReason, RecordName
from evidence.wire import SenderEvidence
from knowledge.cause_ids import CauseId
from settings.model import Method, SenderSettings


class Verdict(StrEnum):
    """The verdicts of a check. `unknown` means that the run could not observe the result; reports never show it as a pass."""

    PASS = "pass"  # noqa: S105 - a verdict
    RISK = "risk"
    ATTESTED = "attested"
    FAIL = "fail"
    BLOCKED = "blocked"
    UNKNOWN = "unknown"
    NOT_APPLICABLE = "not_applicable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """The result of a check: its verdict, its causes (likeliest first), and what was expected and observed.

    `why` gives the reason, or states what would decide between the causes.
    """

    check: str
    title: str
    verdict: Verdict
    causes: tuple[CauseId, ...] = ()
    sure: bool = True
    expected: str = ""
    observed: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """A registered check. `gate` is set only on the check that decides whether that gate is open.

    If a check in `needs` fails, this check is blocked; a check in `reads` does not block it. `causes` lists the causes that the function
    can name; with `reads_reply`, it can also name any cause that a server's reply indicates. `path_of` marks a check on Microsoft's own
    path to a gate: if a later gate was observed to be open, a failure of the check becomes a risk.
    """

    id: str
    title: str
    judge: Callable[[Context], Finding]
    methods: frozenset[Method]
    needs: tuple[str, ...] = ()
    reads: tuple[str, ...] = ()
    causes: tuple[CauseId, ...] = ()
    reads_reply: bool = False
    gate: Gate | None = None
    path_of: Gate | None = None
    family: str = ""
    microsoft_only: bool = False
    declared_title: str = ""

    def concerns(self, settings: SenderSettings) -> bool:
        """Return whether the check applies to a sender with these settings."""
        return settings.sender.method in self.methods and (settings.service.microsoft or not self.microsoft_only)

    def title_for(self, settings: SenderSettings) -> str:
        """Return the check's title for the sender's service."""
        return self.title if settings.service.microsoft else self.declared_title or self.title


@dataclass(frozen=True, slots=True)
class Context:
    """The input to a check: the evidence and settings of one sender, and the findings of other checks.

    `finding` returns the finding of the check with the given id. `passed` returns whether a later gate proves that the gate of the check
    with the given id is open.
    """

    evidence: SenderEvidence
    settings: SenderSettings
    check: Check
    finding: Callable[[str], Finding] = field(repr=False)
    passed: Callable[[str], bool] = field(repr=False, default=lambda _check: False)

    def stopped(self, *others: str) -> Finding | None:
        """Return a blocked finding if one of these checks failed or is blocked, an unknown one if one is unknown, or None.

        A check whose gate was passed does not count. A check function can call this method for checks that it only reads.
        """
        found = {one: self.finding(one) for one in others if not self.passed(one)}
        for one, finding in found.items():
            if finding.verdict in {Verdict.FAIL, Verdict.BLOCKED}:
                return self.blocked(one)
        unknown = next((finding for finding in found.values() if finding.verdict is Verdict.UNKNOWN), None)
        return None if unknown is None else self.unknown(unknown.why or f"{unknown.check} is unknown")

    def ok(self, observed: str = "", why: str = "", expected: str = "") -> Finding:
        """Return a pass: the check's title was observed to be true."""
        return self._finding(Verdict.PASS, observed=observed, why=why, expected=expected)

    def risk(self, *causes: CauseId, observed: str, why: str, expected: str = "") -> Finding:
        """Return a risk: the check's title is true today, but the condition is weak or about to end."""
        return self._finding(Verdict.RISK, causes=causes, observed=observed, why=why, expected=expected)

    def fail(self, *causes: CauseId, expected: str, observed: str, sure: bool = True, why: str = "") -> Finding:
        """Return a failure: the title was observed to be false.

        Raises ValueError without a cause, or for a cause that is not declared unless the check reads a reply.
        """
        if not causes:
            raise ValueError(f"{self.check.id} fails without a cause")
        return self._finding(Verdict.FAIL, causes=causes, sure=sure, expected=expected, observed=observed, why=why)

    def unknown(self, why: str, *causes: CauseId, observed: str = "", expected: str = "") -> Finding:
        """Return unknown: the run could not observe the result. `why` states the reason, or what would make the result observable."""
        return self._finding(Verdict.UNKNOWN, causes=causes, sure=False, observed=observed, why=why, expected=expected)

    def not_recorded(self, record: RecordName, step: str) -> Finding:
        """Return unknown, with the reason why the evidence lacks the record of a step."""
        reason = self.evidence.why_missing(record) or MissingReason.NOT_REACHED
        return self.unknown(f"{_WHY_MISSING[reason].format(step=step)}; run it again")

    def ended_during(self, step: str) -> Finding:
        """Return unknown because the record of a step is incomplete: the run ended before the reply."""
        return self.unknown(f"the run ended during {step}; run it again")

    def blocked(self, by: str, why: str = "") -> Finding:
        """Return blocked, because an earlier check did not pass."""
        return self._finding(Verdict.BLOCKED, why=why or f"{by} did not pass: {self.finding(by).title}")

    def not_applicable(self, why: str) -> Finding:
        """Return not applicable: the check has no meaning for this sender, cloud or platform."""
        return self._finding(Verdict.NOT_APPLICABLE, why=why)

    def attested(self, otherwise: Finding) -> Finding:
        """Return a finding based on the attestation in the settings, or `otherwise` if there is no attestation."""
        attestation = self.settings.sender.attested.get(self.check.id)
        if attestation is None:
            return otherwise
        age = (self.evidence.today - attestation.when).days
        words = f"{attestation.who}, {attestation.when}: {attestation.what}"
        if age < 0:
            return self.unknown(
                "the date of the attestation is in the future; correct it in the settings", observed=words
            )
        if age > 365:
            return self.risk(*otherwise.causes, observed=words, why="the attestation is more than a year old")
        return self._finding(Verdict.ATTESTED, observed=words, why="attested in the settings, not observed")

    def _finding(
        self,
        verdict: Verdict,
        *,
        causes: tuple[CauseId, ...] = (),
        sure: bool = True,
        expected: str = "",
        observed: str = "",
        why: str = "",
    ) -> Finding:
        undeclared = [cause for cause in causes if cause not in self.check.causes]
        if undeclared and not self.check.reads_reply:
            raise ValueError(f"{self.check.id} names {', '.join(undeclared)} without declaring it in its causes")
        return Finding(
            check=self.check.id,
            title=self.check.title_for(self.settings),
            verdict=verdict,
            causes=causes,
            sure=sure,
            expected=expected,
            observed=observed,
            why=why,
        )


_WHY_MISSING = {
    MissingReason.NOT_APPLICABLE: "the run did not include {step}",
    MissingReason.NOT_REACHED: "the run ended before {step}",
    MissingReason.TIMED_OUT: "the time limit for this sender expired before {step}",
    MissingReason.INTERRUPTED: "the run was interrupted before {step}",
    MissingReason.CRASHED: "an internal error in this suite ended the run before {step}",
}

BOTH: frozenset[Method] = frozenset({"basic", "oauth"})
_ID = re.compile(r"[A-Z]+-\d\d")


class Catalogue:
    """The registered checks, in order of registration. Each id is unique."""

    def __init__(self) -> None:
        self._checks: dict[str, Check] = {}

    def check(  # noqa: PLR0913 - a keyword for each thing that a check can declare
        self,
        id: str,  # noqa: A002 - the word of the catalogue
        title: str,
        *,
        needs: tuple[str, ...] = (),
        reads: tuple[str, ...] = (),
        causes: tuple[CauseId, ...] = (),
        reads_reply: bool = False,
        methods: frozenset[Method] = BOTH,
        gate: Gate | None = None,
        path_of: Gate | None = None,
        microsoft_only: bool = False,
        declared_title: str = "",
    ) -> Callable[[Callable[[Context], Finding]], Callable[[Context], Finding]]:
        """Register a check function.

        Args:
            id: the family and two digits. An id is never reused.
            title: a statement that is true when the check passes.
            needs: checks that must not fail. If one of them fails or is blocked, this check is blocked; if one is unknown, this check is
                unknown for the same reason. In both cases the function is not called. A check that is not applicable does not block.
            reads: checks whose findings the function evaluates itself, whatever their verdict.
            causes: the causes that the function can name. Without `reads_reply`, any other cause in a finding raises ValueError.
            reads_reply: whether the function also reads a server's reply, and can therefore name any cause that the reply indicates.
            methods: the authentication methods to which the check applies.
            gate: the gate that the check decides, if any.
            path_of: the gate to which the check examines Microsoft's own path, if any. If a later gate was observed to be open, messages
                get through, so a failure becomes a risk.
            microsoft_only: whether the check applies only to Microsoft's service and is omitted for a declared service.
            declared_title: the title for a declared service, if the usual title contains a Microsoft term.

        Raises:
            ValueError: the id is malformed or taken.

        """
        if not _ID.fullmatch(id) or id in self._checks:
            raise ValueError(f"the id {id} is malformed or taken")

        def register(judge: Callable[[Context], Finding]) -> Callable[[Context], Finding]:
            self._checks[id] = Check(
                id=id,
                title=title,
                judge=judge,
                methods=methods,
                needs=needs,
                reads=reads,
                causes=causes,
                reads_reply=reads_reply,
                gate=gate,
                path_of=path_of,
                family=id.partition("-")[0],
                microsoft_only=microsoft_only,
                declared_title=declared_title,
            )
            return judge

        return register

    @property
    def checks(self) -> Mapping[str, Check]:
        """All checks by id, in order of registration."""
        return self._checks


CATALOGUE = Catalogue()
check = CATALOGUE.check
