"""The check model: verdicts, findings, and the decorator that registers a judge with its id, title and gate.

A judge is a pure function from a `Case` to a `Finding`. It names causes and never words them; their words are the knowledge room's.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from probes.evidence import Gate, SenderEvidence
from settings.model import Judged, Method


class Verdict(StrEnum):
    """What a check can say; `unknown` means that nobody could look, and is never shown as fine."""

    PASS = "pass"  # noqa: S105 - a verdict
    RISK = "risk"
    ATTESTED = "attested"
    FAIL = "fail"
    BLOCKED = "blocked"
    UNKNOWN = "unknown"
    NOT_APPLICABLE = "not_applicable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One judgement: causes ranked most likely first, what was expected and observed, and why or what would decide."""

    check: str
    title: str
    verdict: Verdict
    causes: tuple[str, ...] = ()
    sure: bool = True
    expected: str = ""
    observed: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """A registered judge. `gate` is set on the one check that decides whether a gate is open.

    `needs` must not have failed before the judge is asked; `reads` it may look at, failed or not. `path_of` is set on a check
    that asks whether a gate is on Microsoft's own path: where a later gate was seen open, its failure is a risk.
    """

    id: str
    title: str
    judge: Callable[[Case], Finding]
    methods: frozenset[Method]
    needs: tuple[str, ...] = ()
    reads: tuple[str, ...] = ()
    gate: Gate | None = None
    path_of: Gate | None = None
    family: str = ""
    microsoft_only: bool = False
    declared_title: str = ""

    def concerns(self, settings: Judged) -> bool:
        """Whether this sender has the check: by its method, and for a service that the settings declare only where it means something."""
        return settings.sender.method in self.methods and (settings.the_cloud.microsoft or not self.microsoft_only)

    def title_for(self, settings: Judged) -> str:
        """The title as it is true of this sender's service."""
        return self.title if settings.the_cloud.microsoft else self.declared_title or self.title


@dataclass(frozen=True, slots=True)
class Case:
    """All that a judge may know: the evidence, the settings of this sender, and other findings by id (judged on demand).

    `other` gives the findings of this check's needs and reads; `passed` tells whether a later gate shows that one's gate is open.
    """

    evidence: SenderEvidence
    settings: Judged
    check: Check
    other: Callable[[str], Finding] = field(repr=False)
    passed: Callable[[str], bool] = field(repr=False, default=lambda _check: False)

    def stopped(self, *others: str) -> Finding | None:
        """The rule for needs: blocked by one that failed or is blocked, unknown with one that is unknown, else None.

        One whose gate was passed stops nothing. A judge that reads another finding returns this when it has looked.
        """
        found = {one: self.other(one) for one in others if not self.passed(one)}
        for one, finding in found.items():
            if finding.verdict in {Verdict.FAIL, Verdict.BLOCKED}:
                return self.blocked(one)
        unknown = next((finding for finding in found.values() if finding.verdict is Verdict.UNKNOWN), None)
        return None if unknown is None else self.unknown(unknown.why or f"{unknown.check} is not known")

    def ok(self, observed: str = "", why: str = "", expected: str = "") -> Finding:
        """Observed to be true."""
        return self._finding(Verdict.PASS, observed=observed, why=why, expected=expected)

    def risk(self, *causes: str, observed: str, why: str, expected: str = "") -> Finding:
        """True today, weak or about to break."""
        return self._finding(Verdict.RISK, causes=causes, observed=observed, why=why, expected=expected)

    def fail(self, *causes: str, expected: str, observed: str, sure: bool = True, why: str = "") -> Finding:
        """Observed to be false. Raises ValueError without a cause: a failure that names none helps nobody."""
        if not causes:
            raise ValueError(f"{self.check.id} fails without a cause")
        return self._finding(Verdict.FAIL, causes=causes, sure=sure, expected=expected, observed=observed, why=why)

    def unknown(self, why: str, *causes: str, observed: str = "", expected: str = "") -> Finding:
        """Nobody could look; `why` says how to unblock it."""
        return self._finding(Verdict.UNKNOWN, causes=causes, sure=False, observed=observed, why=why, expected=expected)

    def blocked(self, by: str, why: str = "") -> Finding:
        """An earlier check stands in the way."""
        return self._finding(Verdict.BLOCKED, why=why or f"{by} is not passed: {self.other(by).title}")

    def not_applicable(self, why: str) -> Finding:
        """Without meaning for this sender, cloud or platform."""
        return self._finding(Verdict.NOT_APPLICABLE, why=why)

    def attested(self, otherwise: Finding) -> Finding:
        """What a named person vouched for in the settings, if anybody did for this check; else `otherwise`."""
        attestation = self.settings.sender.attested.get(self.check.id)
        if attestation is None:
            return otherwise
        age = (self.evidence.today - attestation.when).days
        words = f"{attestation.who}, {attestation.when}: {attestation.what}"
        if age < 0:
            return self.unknown("the attestation's date lies in the future; correct it in the settings", observed=words)
        if age > 365:
            return self.risk(*otherwise.causes, observed=words, why="the attestation is older than a year: look again")
        return self._finding(Verdict.ATTESTED, observed=words, why="vouched for in the settings, not observed")

    def _finding(
        self,
        verdict: Verdict,
        *,
        causes: tuple[str, ...] = (),
        sure: bool = True,
        expected: str = "",
        observed: str = "",
        why: str = "",
    ) -> Finding:
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


BOTH: frozenset[Method] = frozenset({"basic", "oauth"})
_ID = re.compile(r"[A-Z]+-\d\d")


class Catalogue:
    """The registered checks in their order; ids are unique, and every need is a check that exists."""

    def __init__(self) -> None:
        self._checks: dict[str, Check] = {}

    def check(  # noqa: PLR0913 - a keyword for each thing that a check can declare
        self,
        id: str,  # noqa: A002 - the word of the catalogue
        title: str,
        *,
        needs: tuple[str, ...] = (),
        reads: tuple[str, ...] = (),
        methods: frozenset[Method] = BOTH,
        gate: Gate | None = None,
        path_of: Gate | None = None,
        microsoft_only: bool = False,
        declared_title: str = "",
    ) -> Callable[[Callable[[Case], Finding]], Callable[[Case], Finding]]:
        """Register a judge.

        Args:
            id: the family and two digits, never reused.
            title: the sentence that is true when all is well.
            needs: checks that come first. When one of them failed or is blocked, this check is blocked; when one is unknown,
                this one is unknown with the same reason; the judge is not asked. One that is not applicable stops nothing.
            reads: checks whose findings the judge looks at itself, whatever they are; it says what follows.
            methods: the authentication methods that it concerns.
            gate: the gate that it decides, if it decides one.
            path_of: for a check that asks whether this gate is on Microsoft's own path: when a later gate was seen open, the
                message goes through, and a failure is shown as a risk.
            microsoft_only: left out for a service that the settings declare, because it exists for Microsoft's service alone.
            declared_title: the title for a declared service, where the title names what only Microsoft has.

        Raises:
            ValueError: the id is malformed or taken.

        """
        if not _ID.fullmatch(id) or id in self._checks:
            raise ValueError(f"the id {id} is malformed or taken")

        def register(judge: Callable[[Case], Finding]) -> Callable[[Case], Finding]:
            self._checks[id] = Check(
                id=id,
                title=title,
                judge=judge,
                methods=methods,
                needs=needs,
                reads=reads,
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
        """All checks by id, in the order of registration."""
        return self._checks


CATALOGUE = Catalogue()
check = CATALOGUE.check
