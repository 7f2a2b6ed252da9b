"""Test that every fault leads to exactly its findings at its gate, and that all other checks stay healthy or are blocked."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from checks.assessment import Assessment
from checks.catalogue import CATALOGUE
from checks.model import Finding, Verdict
from fakes import FAULTS, Fault
from fakes.faults import EVERY_FAULT
from knowledge.causes import CATALOGUE as CAUSES
from settings.model import Custom
from tests.suite.gathered import gathered

Row = tuple[str, str, tuple[str, ...]]
# Checks that no fault can make fail, with the reason; every other check fails or is at risk in some row of the matrix.
NOT_STAGED = {
    "HOST-01": "reads the Windows registry",
    "HOST-02": "reads the Windows registry",
    "HOST-03": "reads the Windows registry",
}
# Causes that no fault of the built-in tenant can produce, with the reason; `explain` or lookups report them.
NOT_REACHED = {
    "legacy_tls_client": "concerns the runtime of a different client; HOST checks detect it on Windows",
    "client_timeout_hides_refusal": "concerns the timeout of a different client",
    "auth_mechanism_unsupported": "concerns the mechanism of a different client",
    "client_assertion_bad": "the application has no certificate field",
    "xoauth2_string_malformed": "smtp365's own string is well-formed",
    "basic_auth_retiring": "RISK-01 reports it even in the healthy world",
    "federated_credential_mismatch": "smtp365 presents no token of another issuer",
    "token_request_malformed": "smtp365's own token request is well-formed",
    "assignment_required": "the permission SMTP.SendAsApp is itself an assignment; occurs for the tokens of users",
    "sign_in_hours": "Exchange's reply to a password outside the logon hours is not published; the sign-in log shows the number",
    "redirect_uri_mismatch": "occurs only in flows with a browser",
    "client_certificate_required": "Microsoft's servers require no client certificate; tested in tests/probes/test_declared.py",
    "implicit_tls_port": "concerns declared services only; tested in tests/probes/test_declared.py",
    "temporarily_deferred": "concerns declared services only; tested in tests/probes/test_declared.py",
    "revocation_unreachable": "concerns the revocation check of a different client; Python makes none",
    "client_pool_exhausted": "concerns the library of a different client",
    "direct_send_refused": "concerns mail without a sign-in; smtp365 signs in",
    "sender_not_authenticated": "arrives as a bounce after the server has accepted the message",
    "unrecognised": "the built-in tenant sends no reply that matches no rule",
}
NEED_LOOKUPS = {
    *(("basic", check) for check in ("MBX-06", "RISK-06", "RISK-07")),
    *(("oauth", check) for check in ("MBX-06", "RISK-05", "RISK-07")),
}


@pytest.fixture(scope="module")
def healthy_findings() -> dict[tuple[str, str], Finding]:
    """The findings of the healthy world, keyed by sender and check."""
    return dict(_by_sender_and_check(_assess(None)))


def _assess(fault: str | None) -> dict[str, Assessment]:
    return {name: Assessment(evidence, settings) for name, (evidence, settings) in gathered(fault).items()}


def _by_sender_and_check(assessments: dict[str, Assessment]) -> Iterator[tuple[tuple[str, str], Finding]]:
    for name, assessment in assessments.items():
        for finding in assessment.all_findings():
            yield (name, finding.check), finding


def _rows(assessments: dict[str, Assessment], healthy_findings: dict[tuple[str, str], Finding]) -> set[Row]:
    """Return the findings that differ from those of the healthy world, except blocked ones."""
    return {
        (finding.check, finding.verdict.value, finding.causes)
        for key, finding in _by_sender_and_check(assessments)
        if finding.verdict is not Verdict.BLOCKED
        and (finding.verdict, finding.causes) != (healthy_findings[key].verdict, healthy_findings[key].causes)
    }


def test_healthy_world_has_no_failing_check(healthy_findings: dict[tuple[str, str], Finding]) -> None:
    """In the healthy world, no check fails or is blocked, and only the checks that need lookups are unknown."""
    bad = {Verdict.FAIL, Verdict.BLOCKED}

    assert {key: finding for key, finding in healthy_findings.items() if finding.verdict in bad} == {}
    assert {key for key, finding in healthy_findings.items() if finding.verdict is Verdict.UNKNOWN} == NEED_LOOKUPS


def test_checks_that_need_lookups_explain_them(healthy_findings: dict[tuple[str, str], Finding]) -> None:
    """Without lookups, a check that needs them is unknown, and its reason refers to the page about lookups."""
    found = {key: healthy_findings[key] for key in NEED_LOOKUPS}

    assert {key for key, one in found.items() if one.verdict is not Verdict.UNKNOWN} == set()
    assert {key for key, one in found.items() if "docs/lookups.md" not in one.why} == set()


def test_a_declared_service_has_no_lookup_checks() -> None:
    """The checks that need lookups are not run for a declared service."""
    custom = Custom(smtp_server="mail.example.com")
    for name, (evidence, settings) in gathered(None).items():
        declared = Assessment(evidence, settings.model_copy(update={"cloud": "custom", "custom": custom}))
        looked_up = {check for sender, check in NEED_LOOKUPS if sender == name}

        assert looked_up & {finding.check for finding in declared.all_findings()} == set()


def test_basic_authentication_is_a_risk_in_the_healthy_world(healthy_findings: dict[tuple[str, str], Finding]) -> None:
    """RISK-01 reports Basic authentication as a risk even in the healthy world, so no fault can test it."""
    at_risk = {key: finding.causes for key, finding in healthy_findings.items() if finding.verdict is Verdict.RISK}

    assert at_risk == {("basic", "RISK-01"): ("basic_auth_retiring",)}


@pytest.mark.parametrize("fault", [pytest.param(fault, id=fault.id) for fault in FAULTS.values()])
def test_fault_gives_exactly_its_findings(fault: Fault, healthy_findings: dict[tuple[str, str], Finding]) -> None:
    """A fault leads to exactly the findings expected of it: none is missing and none is added."""
    if fault.skipped_here():
        pytest.skip(fault.skipped_here() or "")
    assessments = _assess(fault.id)
    rows = _rows(assessments, healthy_findings)
    expected = {(row.check, row.verdict, row.causes) for row in fault.expected}

    assert rows == expected
    for name, assessment in assessments.items():
        _check_gates_and_causes(fault, name, assessment)


def _check_gates_and_causes(fault: Fault, name: str, assessment: Assessment) -> None:
    """Check that the first broken gate is the fault's, that later gates are not reached, and that the true cause is among the causes."""
    gates = list(assessment.gates().values())
    decisive = assessment.decisive
    if decisive is None:
        assert set(gates) == {"ok"}
        return
    assert name in fault.senders
    assert assessment.first_broken_gate is not None
    assert assessment.first_broken_gate.value == fault.gate
    assert set(gates[gates.index("broken") + 1 :]) <= {"not_reached"}
    own = {fault.cause, "sp_not_registered_in_exchange"} if fault.id == "sign_in_refused_bare" else {fault.cause}
    assert own & set(decisive.causes)
    assert not decisive.sure or decisive.causes == (fault.cause,)
    assert decisive.sure or decisive.why, "an inconclusive finding has no reason"


def test_every_check_fails_or_is_at_risk_under_a_fault() -> None:
    """Every check fails or is at risk under some fault, or is in NOT_STAGED with the reason."""
    every = [row for fault in EVERY_FAULT.values() for row in (*fault.expected, *(fault.expected_with_lookups or ()))]
    tested = {row.check for row in every if row.verdict in {"fail", "risk"}}
    missing = set(CATALOGUE.checks) - tested

    assert missing == set(NOT_STAGED)


def test_every_cause_is_reported_under_a_fault() -> None:
    """Every cause is reported under some fault, or is in NOT_REACHED with the reason."""
    reached = {fault.cause for fault in EVERY_FAULT.values()} | {
        cause
        for fault in EVERY_FAULT.values()
        for row in (*fault.expected, *(fault.expected_with_lookups or ()))
        for cause in row.causes
    }

    assert set(CAUSES) - reached == set(NOT_REACHED)


def test_every_fault_is_detected() -> None:
    """Every fault has at least one expected finding."""
    assert [fault.id for fault in FAULTS.values() if not fault.expected] == []
