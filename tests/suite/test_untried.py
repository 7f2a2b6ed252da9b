"""Test that nothing passes without having been tried: in every world, the evidence of a gate and of all later gates is removed.

No check that depends on the gate may then pass, be at risk, or be attested other than by a person. A check is blocked if a check
that it needs has failed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest

from checks.assessment import Assessment
from checks.catalogue import CATALOGUE
from checks.model import Catalogue, Check, Context, Finding, Verdict
from evidence.gates import Gate
from evidence.wire import SenderEvidence
from fakes import FAULTS
from tests.suite.gathered import Gathered, gathered
from tests.suite.situations import SITUATIONS, situation
from tests.suite.test_hand_made_evidence import by_hand

# Checks that fall back on later findings, and the gate whose evidence alone is proof.
PROVED_AT = {
    "OAUTH-02": Gate.CLAIMS,  # the role is in the token; without a role, an accepted message proves the right
    "OAUTH-10": Gate.TOKEN,  # the tenant's own endpoint issued a token; claims that name the tenant are additional proof
}
SEEN = {Verdict.PASS, Verdict.RISK, Verdict.ATTESTED}
AS_ENTERED = "as entered in the settings"  # findings from the settings alone contain this text and need no gate
# The record of each gate; parts of a record that belong to a later gate are removed with that gate.
RECORDS: dict[Gate, dict[str, Any]] = {
    Gate.NAME: {"name": None},
    Gate.PORT: {"port": None},
    Gate.GREETING: {"greeting": None},
    Gate.STARTTLS: {"starttls": None, "plain_mail": None},
    Gate.TLS: {"tls": None},
    Gate.AUTH_OFFERED: {"auth_offered": None},
    Gate.ISSUER: {"issuer": None},
    Gate.TOKEN: {"token": None},
    Gate.CLAIMS: {"token": {"claims": None}},
    Gate.SIGN_IN: {"sign_in": None},
    Gate.SENDER: {"envelope": None},
    Gate.RECIPIENT: {"envelope": {"rcpt": None, "data": None, "final": None, "stopped_before_data": False}},
    Gate.ACCEPTED: {"envelope": {"final": None, "stopped_before_data": False}},
}


def worlds() -> dict[str, Callable[[], Gathered]]:
    """Return functions that create the healthy world, every fault that can be produced on this machine, and every situation."""
    found: dict[str, Callable[[], Gathered]] = {"healthy": partial(gathered, None)}
    found |= {fault.id: partial(gathered, fault.id) for fault in FAULTS.values() if not fault.skipped_here()}
    found |= {f"situation: {name}": partial(situation, name) for name in SITUATIONS}
    return found


WORLDS = worlds()


def removed(evidence: SenderEvidence, gate: Gate) -> SenderEvidence:
    """Return the evidence without the records of this gate and all later gates, and without lookups."""
    gates = list(Gate)
    changes: dict[str, Any] = {"tenant": None}
    for later in gates[gates.index(gate) :]:
        for member, gone in RECORDS[later].items():
            held = getattr(evidence, member)
            if gone is None:
                changes[member] = None
            elif held is not None and member not in changes:
                changes[member] = held.model_copy(update=gone)
    return evidence.model_copy(update=changes)


def depends(check: Check, gate: Gate, method: str) -> bool:
    """Return whether a check needs or reads the check of this gate, directly or indirectly."""
    if check.gate is gate:
        return True
    others = (CATALOGUE.checks[other] for other in (*check.needs, *check.reads))
    return any(depends(other, gate, method) for other in others if method in other.methods)


def is_attested(finding: Finding, assessment: Assessment) -> bool:
    """Return whether the finding is an attestation from the settings, which does not depend on any gate."""
    attestation = assessment.settings.sender.attested.get(finding.check)
    return attestation is not None and finding.observed.startswith(attestation.who)


def unproven_findings(evidence: SenderEvidence, settings: Any, gate: Gate) -> Iterator[Finding]:  # noqa: ANN401
    """Yield the findings that pass, are at risk or are attested although the evidence of a gate on which they depend was removed."""
    assessment = Assessment(removed(evidence, gate), settings)
    for check in assessment.checks:
        finding = assessment.finding(check.id)
        if (
            depends(check, gate, settings.sender.method)
            and list(Gate).index(gate) <= list(Gate).index(PROVED_AT.get(check.id, Gate.ACCEPTED))
            and finding.verdict in SEEN
            and AS_ENTERED not in finding.observed
            and not is_attested(finding, assessment)
        ):
            yield finding


@pytest.mark.parametrize("world", WORLDS)
def test_nothing_passes_without_the_evidence_of_its_gate(world: str) -> None:
    """No check passes or is at risk if there is no evidence for a gate on which it depends."""
    for sender, (evidence, settings) in WORLDS[world]().items():
        for gate in Gate:
            assert [(sender, gate, one) for one in unproven_findings(evidence, settings, gate)] == []


@pytest.mark.parametrize("world", ["High Volume Email", "High Volume Email, refused"])
def test_nothing_passes_without_its_gate_in_hand_made_worlds(world: str) -> None:
    """In these hand-made worlds, no check passes or is at risk without the evidence of a gate on which it depends."""
    test = by_hand()[world]
    for evidence, settings in test.values():
        for gate in Gate:
            assert list(unproven_findings(evidence, settings, gate)) == []


def test_every_gate_has_a_check() -> None:
    """Every gate has its own check, so the tests in this file cover every gate."""
    for gate in Gate:
        assert [check.id for check in CATALOGUE.checks.values() if check.gate is gate]


@pytest.mark.parametrize("world", WORLDS)
def test_a_failed_need_blocks_a_check(world: str) -> None:
    """A check is blocked if a prerequisite failed, and unknown if one is unknown, unless the prerequisite's gate was passed."""
    for evidence, settings in WORLDS[world]().values():
        assessment = Assessment(evidence, settings)
        gates = assessment.gates()
        for check in assessment.checks:
            needs = [
                CATALOGUE.checks[need]
                for need in check.needs
                if settings.sender.method in CATALOGUE.checks[need].methods
            ]
            left = [need for need in needs if need.gate is None or gates[need.gate] != "ok"]
            verdicts = {assessment.finding(need.id).verdict for need in left}
            if verdicts & {Verdict.FAIL, Verdict.BLOCKED}:
                assert assessment.finding(check.id).verdict is Verdict.BLOCKED, check.id
            elif Verdict.UNKNOWN in verdicts:
                assert assessment.finding(check.id).verdict is Verdict.UNKNOWN, check.id
                assert assessment.finding(check.id).why


def with_recipe_check(*needs: str) -> dict[str, Check]:
    """Return the catalogue with an additional minimal check, written according to the recipe in CONTRIBUTING.md."""
    own = Catalogue()

    @own.check("SMTP-04", "The server is there", needs=needs)
    def there(case: Context) -> Finding:
        return case.ok(observed="looked")

    return {**CATALOGUE.checks, **own.checks}


@pytest.mark.parametrize(
    ("world", "verdict"),
    [
        pytest.param("healthy", Verdict.PASS, id="open"),
        pytest.param("port_refused", Verdict.BLOCKED, id="closed"),
        pytest.param("dns_no_such_name", Verdict.BLOCKED, id="the need is blocked itself"),
        pytest.param("situation: ended before port", Verdict.UNKNOWN, id="not tried"),
    ],
)
def test_a_check_from_the_recipe_is_blocked_by_its_need(world: str, verdict: Verdict) -> None:
    """A check that only returns `case.ok()` is blocked if the port is closed, and unknown if the port was not tried."""
    for evidence, settings in WORLDS[world]().values():
        finding = Assessment(evidence, settings, with_recipe_check("NET-02")).finding("SMTP-04")

        assert finding.verdict is verdict
        assert verdict is Verdict.PASS or "NET-0" in finding.why or "run it again" in finding.why


def test_a_check_reads_only_declared_findings() -> None:
    """A check cannot read the finding of a check that is in neither its `needs` nor its `reads`."""
    own = Catalogue()

    @own.check("SMTP-04", "The server is there", needs=("NET-02",))
    def there(case: Context) -> Finding:
        return case.ok(observed=case.finding("AUTH-01").observed)

    evidence, settings = gathered(None)["basic"]
    with pytest.raises(LookupError, match="reads"):
        Assessment(evidence, settings, {**CATALOGUE.checks, **own.checks}).finding("SMTP-04")


@pytest.mark.parametrize("method", ["basic", "oauth"])
def test_no_item_about_the_sign_in_passes_without_a_sign_in(method: str) -> None:
    """Without authentication, the items about password, MFA and SMTP AUTH are unknown, even if MAIL was accepted."""
    assessment = Assessment(*situation("authentication off, and MAIL accepted")[method])
    items = {"basic": ("BASIC-01", "BASIC-02", "BASIC-03", "BASIC-10"), "oauth": ("OAUTH-05", "MBX-04")}[method]

    assert assessment.finding("AUTH-01").verdict is Verdict.NOT_APPLICABLE
    assert assessment.gates()[Gate.SIGN_IN] == "not_tested"
    for item in items:
        finding = assessment.finding(item)
        assert finding.verdict is Verdict.UNKNOWN, item
        assert "no sign-in was tried: Enable Authentication is not ticked" in finding.why


@pytest.mark.parametrize("name", ["accepted before the credential", "accepted before the password"])
def test_a_235_before_the_credential_proves_nothing(name: str) -> None:
    """If 235 arrives before the credential is complete, the sign-in check fails, and none of the items about the sign-in passes."""
    for method, recorded in situation(name).items():
        assessment = Assessment(*recorded)
        passed = {finding.check for finding in assessment.all_findings() if finding.verdict is Verdict.PASS}

        assert (assessment.finding("AUTH-01").verdict, assessment.finding("AUTH-01").sure) == (Verdict.FAIL, False)
        assert assessment.verdict == "cannot_send"
        assert not passed & {"BASIC-01", "BASIC-02", "BASIC-03", "BASIC-10", "OAUTH-05", "MBX-04", "MBX-05"}, method
