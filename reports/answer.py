"""The answer for each sender in a run: one sentence, the cause, who acts, and what is ruled out. The page and the terminal show it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from checks.assessment import Assessment, SenderVerdict
from checks.model import Finding, Verdict
from evidence.gates import Gate
from knowledge.cause import Cause
from knowledge.step import Step, open_steps
from reports import explained
from reports.labels import GATES, METHODS, addressee, duration, owner, sentence
from reports.run import Run

# The gate that a refusal with these causes concerns: it can come at a later gate, so a 250 at this gate rules nothing out.
_ABOUT: Final = {"send_as_denied": Gate.SENDER, "recipient_rejected": Gate.RECIPIENT}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The answer for one sender. The `causes` are ranked, likeliest first. `failed` omits findings that repeat `decisive`."""

    name: str
    method: str
    verdict: SenderVerdict
    sentence: str
    gate: Gate | None
    decisive: Finding | None
    causes: tuple[Cause, ...]
    sure: bool
    owner: str
    addressee: str
    deciders: tuple[Step, ...]
    ruled_out: tuple[Finding, ...]
    open_gates: tuple[Gate, ...]
    failed: tuple[Finding, ...]
    risks: tuple[Finding, ...]
    unknown: tuple[Finding, ...]
    request: str = ""

    @property
    def healthy(self) -> bool:
        """Whether the sender can send and no check failed."""
        return self.verdict == "can_send" and self.decisive is None and not self.failed

    @property
    def first_step(self) -> Step | None:
        """The first step that this run has not answered: one that decides between causes or, failing that, one of the first cause."""
        undecided = open_steps(self.deciders)
        if undecided:
            return undecided[0]
        steps = open_steps(self.causes[0].steps) if self.causes else ()
        return steps[0] if steps else None

    @property
    def status(self) -> str:
        """The name of the icon and colour for this answer. It is `ok` only if no check failed."""
        if self.verdict == "can_send":
            return "ok" if self.healthy else "risk"
        return "bad" if self.verdict == "cannot_send" else "unknown"


def answer(run: Run, assessment: Assessment) -> Answer:
    """Return the answer for one sender of the run."""
    verdict = run.verdict_of(assessment)
    findings = run.findings(assessment)
    gate_checks = {check.id: check.gate for check in assessment.checks if check.gate is not None}
    failed = tuple(finding for finding in findings if finding.verdict is Verdict.FAIL)
    decisive = assessment.decisive or _first_with_cause(failed)
    causes = tuple(explained.cause(cause, assessment) for cause in decisive.causes) if decisive else ()
    sure = decisive.sure if decisive else True
    deciders = () if sure or decisive is None else explained.deciders(decisive.causes, assessment)
    contested = {_ABOUT.get(cause) for cause in (decisive.causes if decisive else ())}
    open_gates = tuple(gate for gate, state in assessment.gates().items() if state == "ok" and gate not in contested)
    passed = tuple(
        finding
        for finding in assessment.all_findings()
        if gate_checks.get(finding.check) in open_gates
        and finding.verdict in {Verdict.PASS, Verdict.RISK}  # a gate may be open although its check failed
    )
    return Answer(
        name=assessment.settings.sender.name,
        method=METHODS[assessment.settings.sender.method],
        verdict=verdict,
        sentence=_sentence(run, assessment, verdict, decisive, causes),
        gate=assessment.first_broken_gate,
        decisive=decisive,
        causes=causes,
        sure=sure,
        owner=owner(causes[0].who, explained.values(assessment)) if causes else "",
        addressee=addressee(causes[0].who, explained.values(assessment)) if causes else "",
        deciders=deciders,
        ruled_out=passed,
        open_gates=open_gates,
        failed=tuple(finding for finding in failed if not _same_cause(finding, decisive)),
        risks=tuple(finding for finding in findings if finding.verdict is Verdict.RISK),
        unknown=tuple(finding for finding in findings if finding.verdict is Verdict.UNKNOWN),
        request=explained.owner_request(
            decisive.causes, tuple(finding.title for finding in passed), assessment, sure=sure, decide=deciders
        )
        if decisive is not None and causes and verdict != "can_send"
        else "",
    )


def headline(answers: tuple[Answer, ...]) -> str:
    """Return one sentence for the whole run: the answer for a single sender, or how many of several senders can or cannot send."""
    if len(answers) == 1:
        return answers[0].sentence
    count = {
        verdict: sum(one.verdict == verdict for one in answers) for verdict in ("can_send", "cannot_send", "not_proven")
    }
    if not answers:
        return "No sender was checked."
    if count["can_send"] == len(answers):
        who = "Both" if len(answers) == 2 else f"All {len(answers)}"
        return f"{who} senders can send mail{'' if all(one.healthy for one in answers) else ', but checks failed'}."
    unproven = count["not_proven"]
    tail = f"; not proven for {unproven}" if unproven and count["cannot_send"] else ""
    if count["cannot_send"]:
        neither = count["cannot_send"] == 2 == len(answers)
        who = "Neither sender can" if neither else f"{count['cannot_send']} of {len(answers)} senders cannot"
        return f"{who} send mail{tail}."
    return f"It is not proven that {unproven} of {len(answers)} senders can send mail."


def _same_cause(finding: Finding, decisive: Finding | None) -> bool:
    """Return whether the decisive finding is from the same check or has the same first cause."""
    return decisive is not None and (finding.check == decisive.check or finding.causes[:1] == decisive.causes[:1])


def _first_with_cause(failed: tuple[Finding, ...]) -> Finding | None:
    return next((finding for finding in failed if finding.causes), None)


def _sentence(
    run: Run, assessment: Assessment, verdict: SenderVerdict, decisive: Finding | None, causes: tuple[Cause, ...]
) -> str:
    name, method = assessment.settings.sender.name, METHODS[assessment.settings.sender.method]
    if verdict == "cannot_send":
        why = causes[0].headline if causes else "the cause is unknown"
        likely = "most likely " if decisive is not None and not decisive.sure else ""
        return _full_stop(f"{name} cannot send mail with {method}: {likely}{why}")
    if verdict == "can_send" and decisive is not None and assessment.catalogue[decisive.check].gate is not None:
        # The gate is open nevertheless, so the headline of the cause, which describes a closed gate, would be wrong.
        return _full_stop(
            f'{name} can send mail with {method}, but the check "{decisive.title}" failed: {decisive.observed}'
        )
    if verdict == "can_send" and causes:
        return _full_stop(f"{name} can send mail with {method}, but a check failed: {causes[0].headline}")
    if verdict == "can_send":
        took = duration(assessment.evidence.seconds)
        proof = (
            f"the server accepted the test message{f' in {took}' if took else ''}"
            if not assessment.by_settings
            else "every step passed and the tenant's settings allow sending, but no message was sent"
        )
        return f"{name} can send mail with {method}: {proof}."
    return _full_stop(f"It is not proven that {name} can send mail with {method}: {_not_proven(run, assessment)}")


def _full_stop(text: str) -> str:
    """Return the text with a full stop. A sender's name at the beginning keeps its upper or lower case."""
    return f"{text[0]}{sentence(text)[1:]}"


def _not_proven(run: Run, assessment: Assessment) -> str:
    evidence = assessment.evidence
    if run.interrupted or evidence.interrupted:
        return "the run was interrupted"
    if evidence.broke:
        return (
            f"smtp365 failed with an internal error ({evidence.broke}); please report the error and attach this report"
        )
    open_gates = [gate for gate, state in assessment.gates().items() if state != "ok"]
    if not open_gates:
        return "only some of the checks were run"
    first = open_gates[0]
    if evidence.no_send and evidence.envelope is not None:
        return "every step before the test message succeeded, but no message was sent, as requested (--no-send)"
    if evidence.deadline_hit:
        return f"the time limit for this sender was reached before {GATES[first]}"
    check = next((check for check in assessment.checks if check.gate is first), None)
    why = assessment.finding(check.id).why if check is not None else ""
    return f"{GATES[first]} was not tested{f' ({why})' if why else ''}"
