"""What a run has already established about the steps of a remedy: the outcome of each check, and what was sent."""

from __future__ import annotations

from checks.assessment import Assessment
from checks.model import Finding, Verdict
from knowledge.step import Fact, Known

_OUTCOMES = {Verdict.PASS: "passed", Verdict.RISK: "passed with a risk", Verdict.FAIL: "failed"}
_LONGEST = 160


def known(assessment: Assessment) -> Known:
    """Return the checks with a definite result, each with its observation and time, and the facts about the traffic."""
    at = f"{assessment.evidence.started:%H:%M} UTC"
    answered = {
        finding.check: f"{_outcome(finding)}, at {at}" for finding in assessment.all_findings() if _is_definite(finding)
    }
    return Known(answered=answered, facts=frozenset(_facts(assessment)))


def _is_definite(finding: Finding) -> bool:
    """Return whether the verdict answers the question; a failure with several possible causes does not."""
    return finding.verdict in {Verdict.PASS, Verdict.RISK} or (finding.verdict is Verdict.FAIL and finding.sure)


def _outcome(finding: Finding) -> str:
    text = " ".join(finding.observed.replace("`", "'").split())
    short = text if len(text) <= _LONGEST else f"{text[:_LONGEST].rpartition(' ')[0]} …"
    return f"{finding.check} {_OUTCOMES[finding.verdict]} ({short or finding.title})"


def _facts(assessment: Assessment) -> set[Fact]:
    evidence = assessment.evidence
    token, issuer = evidence.token, evidence.issuer
    asked = evidence.traffic.token_requests > 0 or (token is not None and token.withheld is None)
    facts: set[Fact] = {"secret_sent" if asked else "secret_kept"}
    if evidence.traffic.sign_in_attempts > 0:
        facts.add("password_sent")
    facts.add("through_proxy" if issuer is not None and issuer.proxy else "without_proxy")
    return facts
