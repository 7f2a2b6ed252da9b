"""Combines the findings from the connection with the tenant's settings. If the two disagree, the finding reports both.

The tenant's settings decide between the causes of an ambiguous refusal. They count even if the run sent no message. Without
lookups, the findings are unchanged.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from checks.model import Context, Finding, Verdict
from checks.tenant import fact_about
from checks.token_claims import seen_address
from checks.tri_state import Fact
from evidence.tenant import LookupState, SignInRow
from evidence.wire import SenderEvidence
from knowledge.cause_ids import CauseId
from knowledge.causes import CATALOGUE as CAUSES
from settings.model import Sender


def with_tenant_facts(case: Context, finding: Finding) -> Finding:
    """Narrow the causes of a failed gate check with the tenant's settings; return any other finding unchanged."""
    seen = case.evidence.tenant
    if seen is None or finding.verdict is not Verdict.FAIL or case.check.gate is None:
        return finding
    facts = {cause: fact_about(cause, seen, case.settings.sender) for cause in finding.causes}
    facts.update(_facts_of_the_log(case.evidence, finding, case.settings.sender))
    proven = [cause for cause, fact in facts.items() if fact.holds]
    if proven:
        words = "; ".join(facts[cause].words for cause in proven)
        sure = len(proven) == 1  # with several errors at once the reply does not show which one it is about
        return replace(finding, causes=tuple(proven), sure=sure, why=f"The tenant's settings show the cause: {words}.")
    left = tuple(cause for cause, fact in facts.items() if fact.holds is not False)
    if not left:
        why = contradiction(finding, facts.values())
        return replace(finding, sure=finding.sure and len(finding.causes) == 1, why=why)
    if len(left) == len(finding.causes):
        return finding
    refuted = "; ".join(fact.words for fact in facts.values() if fact.holds is False)
    needs = "; ".join(fact.needs for cause, fact in facts.items() if cause in left and fact.needs)
    sure = len(left) == 1 and left[0] != "service_side_fault"
    more = f" The remaining causes need more information: {needs}." if needs and not sure else ""
    why = f"The tenant's settings rule out other causes: {refuted}.{more}"
    return replace(finding, causes=left, sure=sure, why=why if sure else f"{why} {finding.why}".strip())


def _facts_of_the_log(evidence: SenderEvidence, finding: Finding, sender: Sender) -> dict[CauseId, Fact]:
    """Return the cause of this run's newest refusal in the tenant's sign-in log.

    Rows from another address are ignored, and so are successes: the application itself signs in as the same user.
    """
    log = evidence.tenant.sign_in_log if evidence.tenant is not None else None
    if (
        log is None
        or log.state is not LookupState.ANSWERED
        or (evidence.token is not None and finding.check != "TOKEN-02")
    ):
        return {}  # the rows of an application are about its token requests, not about SMTP
    own = seen_address(evidence)
    refusals = [row for row in log.rows if row.code and (not own or not row.address or row.address == own)]
    if not refusals:
        return {}
    row = max(refusals, key=lambda one: one.at)
    account = sender.sign_in_user if sender.method == "basic" else sender.client_id
    return {
        cause: Fact(holds=True, words=_describe_row(row, account))
        for cause in _cause_of(row.code)
        if cause in finding.causes
    }


def _cause_of(code: int) -> tuple[CauseId, ...]:
    """Return the likeliest cause of an Entra error number, or an empty tuple if the number is unknown."""
    from knowledge.entra_numbers import OUTCOMES

    outcome = OUTCOMES.get(code)
    return outcome.causes[:1] if outcome is not None else ()


def _describe_row(row: SignInRow, account: str) -> str:
    reason = row.reason or "without a reason"
    return f"the sign-in log of {account} shows AADSTS{row.code} at {row.at:%H:%M:%S} UTC ({reason})"


def item_with_tenant_facts(
    case: Context, wire: Finding, causes: Iterable[CauseId], *, also: Iterable[CauseId] = ()
) -> Finding:
    """Combine a checklist item's finding with the tenant's settings for its causes.

    If the connection shows no result, the item passes only if the settings refute all `causes`. Causes in `also` count only if they hold.
    """
    seen = case.evidence.tenant
    if seen is None:
        return wire
    facts = {cause: fact_about(cause, seen, case.settings.sender) for cause in causes}
    facts |= {cause: fact for cause in also if (fact := fact_about(cause, seen, case.settings.sender)).holds}
    wrong = [cause for cause, fact in facts.items() if fact.holds]
    words = "; ".join(dict.fromkeys(fact.words for fact in facts.values() if fact.words))
    match wire.verdict:
        case Verdict.FAIL:
            return wire
        case Verdict.PASS | Verdict.RISK if wrong:
            observed = f"{wire.observed}, but {words}"
            return case.risk(*wrong, observed=observed, expected=wire.expected, why=propagation(wrong))
        case _ if wrong:
            expected = wire.expected or case.check.title
            return case.fail(*wrong, expected=expected, observed=words, why="The tenant's settings show the cause.")
        case Verdict.PASS | Verdict.RISK:
            return (
                replace(wire, observed=f"{wire.observed}; according to the tenant's settings, {words}")
                if words
                else wire
            )
    needs = list(dict.fromkeys(fact.needs for fact in facts.values() if fact.holds is None and fact.needs))
    if any(fact.holds is None for fact in facts.values()):
        return case.unknown("; ".join(needs) or wire.why, *wire.causes, observed=words) if needs else wire
    if wire.verdict is Verdict.UNKNOWN and wire.causes:
        return wire  # a refusal has several causes, and the finding of the gate already compares the settings with it
    return case.ok(observed=words, why="the tenant's settings show this; the connection of this run does not")


def contradiction(finding: Finding, facts: Iterable[Fact]) -> str:
    """Return a text that names the settings that contradict a refusal, and how long a change can take to propagate."""
    words = "; ".join(dict.fromkeys(fact.words for fact in facts))
    return f"The server refuses, but the tenant's settings show no reason: {words}. {propagation(finding.causes)}"


def propagation(causes: Iterable[CauseId]) -> str:
    """Return a text on how long a change that resolves these causes takes to propagate."""
    times = dict.fromkeys(CAUSES[cause].propagation for cause in causes if cause in CAUSES)
    words = " ".join(time for time in times if time != "None.")
    return f"A recent change may not have taken effect yet. {words}".strip()
