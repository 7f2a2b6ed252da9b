"""What a run already knows, as the knowledge room's steps ask for it: the outcome of each check, and what was sent."""

from __future__ import annotations

from checks.assessment import Assessment
from checks.model import Finding, Verdict
from knowledge.step import Fact, Known

_CAME_OUT = {Verdict.PASS: "passed", Verdict.RISK: "passed with a risk", Verdict.FAIL: "failed"}
_LONGEST = 160


def known(assessment: Assessment) -> Known:
    """The checks that came to a result, each with what it saw and when, and the facts about this run's traffic."""
    at = f"{assessment.evidence.started:%H:%M} UTC"
    answered = {finding.check: f"{_seen(finding)}, at {at}" for finding in assessment.all_findings() if _told(finding)}
    return Known(answered=answered, facts=frozenset(_facts(assessment)))


def _told(finding: Finding) -> bool:
    """A failure that several causes explain has not answered the question yet."""
    return finding.verdict in {Verdict.PASS, Verdict.RISK} or (finding.verdict is Verdict.FAIL and finding.sure)


def _seen(finding: Finding) -> str:
    words = " ".join(finding.observed.replace("`", "'").split())
    short = words if len(words) <= _LONGEST else f"{words[:_LONGEST].rpartition(' ')[0]} …"
    return f"{finding.check} {_CAME_OUT[finding.verdict]} ({short or finding.title})"


def _facts(assessment: Assessment) -> set[Fact]:
    evidence = assessment.evidence
    token, issuer = evidence.token, evidence.issuer
    asked = evidence.traffic.token_requests > 0 or (token is not None and token.withheld is None)
    facts: set[Fact] = {"secret_sent" if asked else "secret_kept"}
    if evidence.traffic.sign_in_attempts > 0:
        facts.add("password_sent")
    facts.add("through_proxy" if issuer is not None and issuer.proxy else "without_proxy")
    return facts
