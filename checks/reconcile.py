"""Combines the findings from the connection with the tenant's settings. If they disagree, the finding reports both.

The tenant's settings decide between the causes of an ambiguous refusal. A setting that was looked up counts before any message
is sent. Without lookups the findings are unchanged.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from checks.model import Context, Finding, Verdict
from checks.tenant import tell
from checks.token_claims import seen_address
from checks.tri_state import Told
from evidence.tenant import LookupState, SignInRow
from evidence.wire import SenderEvidence
from knowledge.causes import CATALOGUE as CAUSES
from settings.model import Sender


def decided(case: Context, finding: Finding) -> Finding:
    """Narrow the causes of a failed finding by the tenant's settings; return any other finding unchanged."""
    seen = case.evidence.tenant
    if seen is None or finding.verdict is not Verdict.FAIL or case.check.gate is None:
        return finding
    said = {cause: tell(cause, seen, case.settings.sender) for cause in finding.causes}
    said |= _by_the_log(case.evidence, finding, case.settings.sender)
    proven = [cause for cause, told in said.items() if told.holds]
    if proven:
        words = "; ".join(said[cause].words for cause in proven)
        sure = len(proven) == 1  # several things wrong at once: which of them the server meant, nobody knows
        return replace(finding, causes=tuple(proven), sure=sure, why=f"The tenant itself says so: {words}.")
    left = tuple(cause for cause, told in said.items() if told.holds is not False)
    if not left:
        return replace(finding, sure=finding.sure and len(finding.causes) == 1, why=both(finding, said.values()))
    if len(left) == len(finding.causes):
        return finding
    gone = "; ".join(told.words for told in said.values() if told.holds is False)
    needs = "; ".join(told.needs for cause, told in said.items() if cause in left and told.needs)
    sure = len(left) == 1 and left[0] != "service_side_fault"
    more = f" What is left would be told by: {needs}." if needs and not sure else ""
    why = f"Ruled out by the tenant's own settings: {gone}.{more}"
    return replace(finding, causes=left, sure=sure, why=why if sure else f"{why} {finding.why}".strip())


def _by_the_log(evidence: SenderEvidence, finding: Finding, sender: Sender) -> dict[str, Told]:
    """Return the cause that the tenant's sign-in log shows for this run's attempt, by the number of its newest refusal.

    Rows from another address are ignored, and so are successes: the application itself signs in with the same user.
    """
    log = evidence.tenant.sign_in_log if evidence.tenant is not None else None
    if (
        log is None
        or log.state is not LookupState.ANSWERED
        or (evidence.token is not None and finding.check != "TOKEN-02")
    ):
        return {}  # an application's rows are about its token, not about what SMTP makes of it
    own = seen_address(evidence)
    refused = [row for row in log.rows if row.code and (not own or not row.address or row.address == own)]
    if not refused:
        return {}
    row = max(refused, key=lambda one: one.at)
    whose = sender.sign_in_user if sender.method == "basic" else sender.client_id
    return {cause: Told(holds=True, words=_row(row, whose)) for cause in _numbered(row.code) if cause in finding.causes}


def _numbered(code: int) -> tuple[str, ...]:
    from knowledge.entra_numbers import OUTCOMES

    outcome = OUTCOMES.get(code)
    return outcome.causes[:1] if outcome is not None else ()


def _row(row: SignInRow, whose: str) -> str:
    return (
        f"the sign-in log of {whose} has AADSTS{row.code} at {row.at:%H:%M:%S} UTC ({row.reason or 'no reason given'})"
    )


def settled(case: Context, wire: Finding, causes: Iterable[str], *, also: Iterable[str] = ()) -> Finding:
    """Combine a checklist item's finding with the tenant's settings for its causes.

    The item passes on the settings alone only if all `causes` are refuted. Causes in `also` count only if they hold.
    """
    seen = case.evidence.tenant
    if seen is None:
        return wire
    said = {cause: tell(cause, seen, case.settings.sender) for cause in causes}
    said |= {cause: told for cause in also if (told := tell(cause, seen, case.settings.sender)).holds}
    wrong = [cause for cause, told in said.items() if told.holds]
    words = "; ".join(dict.fromkeys(told.words for told in said.values() if told.words))
    match wire.verdict:
        case Verdict.FAIL:
            return wire
        case Verdict.PASS | Verdict.RISK if wrong:
            return case.risk(*wrong, observed=f"{wire.observed}; but {words}", expected=wire.expected, why=wait(wrong))
        case _ if wrong:
            return case.fail(
                *wrong, expected=wire.expected or case.check.title, observed=words, why="Read in the tenant."
            )
        case Verdict.PASS | Verdict.RISK:
            return replace(wire, observed=f"{wire.observed}; in the tenant: {words}") if words else wire
    needs = list(dict.fromkeys(told.needs for told in said.values() if told.holds is None and told.needs))
    if any(told.holds is None for told in said.values()):
        return case.unknown("; ".join(needs) or wire.why, *wire.causes, observed=words) if needs else wire
    if wire.verdict is Verdict.UNKNOWN and wire.causes:
        return wire  # a refusal leaves it open, and the gate's own finding has weighed the settings against it
    return case.ok(observed=words, why="read in the tenant; the wire has not shown it in this run")


def both(finding: Finding, said: Iterable[Told]) -> str:
    """Return the refusal, the settings that contradict it, and how long a change can take to propagate."""
    words = "; ".join(dict.fromkeys(told.words for told in said))
    return f"The server refuses, but the tenant's own settings say otherwise: {words}. {wait(finding.causes)}"


def wait(causes: Iterable[str]) -> str:
    """Return how long a change of these causes takes to propagate."""
    times = dict.fromkeys(CAUSES[cause].propagation for cause in causes if cause in CAUSES)
    told = " ".join(time for time in times if time != "None.")
    return f"A change may still be on its way; look again later. {told}".strip()
