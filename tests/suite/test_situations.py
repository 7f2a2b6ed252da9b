"""Test situations that no fault causes, in which nothing may be reported as healthy without having been observed."""

from __future__ import annotations

import pytest

from checks.assessment import Assessment
from checks.model import Verdict
from evidence.gates import Gate
from evidence.wire import SenderEvidence
from settings.model import SenderSettings
from tests.suite.situations import MEMBERS, SITUATIONS, situation

GATE_OF = {
    "name": Gate.NAME,
    "port": Gate.PORT,
    "greeting": Gate.GREETING,
    "starttls": Gate.STARTTLS,
    "tls": Gate.TLS,
    "auth_offered": Gate.AUTH_OFFERED,
    "issuer": Gate.ISSUER,
    "token": Gate.TOKEN,
    "sign_in": Gate.SIGN_IN,
    "envelope": Gate.SENDER,
}
AFTER = list(Gate)


def assessments_in(name: str) -> dict[str, Assessment]:
    """Return each sender's assessment in a situation."""
    return {sender: Assessment(*recorded) for sender, recorded in situation(name).items()}


@pytest.mark.parametrize("member", MEMBERS)
def test_a_run_that_ended_early_proves_nothing(member: str) -> None:
    """If the run ended early, later gates are not tested or not reached, no check fails, and the verdict is `not_proven`."""
    for assessment in assessments_in(f"ended before {member}").values():
        later = AFTER[AFTER.index(GATE_OF[member]) :]
        if member == "token" and Gate.TOKEN not in assessment.gates():
            later = AFTER[AFTER.index(Gate.SIGN_IN) :]
        states = {gate: state for gate, state in assessment.gates().items() if gate in later}
        assert set(states.values()) <= {"not_tested", "not_reached"}
        assert assessment.verdict == "not_proven"
        assert all(finding.verdict is not Verdict.FAIL for finding in assessment.all_findings())


NOT_PRESENT: tuple[str, tuple[str, ...]] = ("left out", ())  # the sender does not have the check
EXPECTED: dict[str, dict[str, tuple[str, tuple[str, ...]]]] = {
    "no-send": {"MBX-03": ("unknown", ()), "AUTH-01": ("pass", ()), "BASIC-01": ("unknown", ())},
    "ended during the message": {"MBX-03": ("unknown", ()), "MBX-02": ("pass", ())},
    "no role, message accepted (RBAC)": {"OAUTH-02": ("pass", ()), "MBX-05": ("pass", ())},
    "no role, not sent": {"OAUTH-02": ("unknown", ("consent_missing",))},
    "recently refused": {"AUTH-01": ("unknown", ("account_locked",)), "BASIC-10": ("unknown", ())},
    "no secret": {"AUTH-01": ("unknown", ())},
    "host not declared": {"AUTH-01": ("fail", ("wrong_host_or_port",))},
    "attested long ago": {"BASIC-04": ("risk", ("password_expiring",)), "OAUTH-04": ("risk", ("secret_expiring",))},
    "attested in the future": {"BASIC-04": ("unknown", ()), "OAUTH-04": ("unknown", ())},
    "no attestation": {"BASIC-04": ("unknown", ("password_expiring",)), "OAUTH-04": ("unknown", ("secret_expiring",))},
    "no route": {"NET-02": ("fail", ("network_unreachable",)), "BASIC-05": ("fail", ("network_unreachable",))},
    "one address does not answer": {"NET-03": ("risk", ("port_blocked",))},
    "aliases end in a foreign domain": {"NET-04": ("risk", ("dns_hijacked",))},
    "aliases and connection end in a foreign domain": {"NET-04": ("fail", ("dns_hijacked",))},
    "legacy host": {"BASIC-07": ("risk", ("legacy_tls_client",))},
    "windows, healthy": {f"HOST-0{n}": ("pass", ()) for n in (1, 2, 3)},
    "windows, not set": {"HOST-01": ("risk", ("legacy_tls_client",)), "HOST-03": ("pass", ())},
    "windows, turned off": {f"HOST-0{n}": ("fail", ("legacy_tls_client",)) for n in (1, 2, 3)},
    "windows, registry unreadable": {f"HOST-0{n}": ("unknown", ()) for n in (1, 2, 3)},
    "unknown clock": {"HOST-04": ("unknown", ())},
    "clock slightly wrong": {"HOST-04": ("risk", ("clock_skew",))},
    "declared service": {
        "TLS-02": NOT_PRESENT,
        "NET-04": NOT_PRESENT,
        "RISK-01": NOT_PRESENT,
    },
    "declared service, wrong_password": {
        "BASIC-10": ("fail", ("bad_credentials",)),
        "BASIC-01": ("unknown", ("mailbox_missing",)),
    },
    "extra data after the reply to STARTTLS": {"SMTP-02": ("fail", ("smtp_rewritten",))},
    "declared service, port_refused": {"NET-02": ("fail", ("port_blocked", "service_side_fault"))},
    "trailing dot in the host name": {"TLS-01": ("fail", ("wrong_host_or_port",))},
    "implicit TLS on another port": {"SMTP-01": ("fail", ("wrong_host_or_port",))},
    "token endpoint timed out": {"TOKEN-02": ("fail", ("token_endpoint_unreachable",))},
    "handshake cut off": {"TLS-01": ("fail", ("connection_cut", "tls_version", "service_side_fault"))},
    "STARTTLS works without being offered": {"SMTP-02": ("fail", ("smtp_rewritten",))},
    "old scope of the same resource": {"OAUTH-11": ("risk", ("wrong_scope_or_audience",))},
    "declared service, silent": {"SMTP-01": ("fail", ("wrong_host_or_port", "service_side_fault", "smtp_intercepted"))},
    "declared service, silent, closes a TLS handshake": {
        "SMTP-01": ("fail", ("wrong_host_or_port", "smtp_intercepted"))
    },
    "declared service, implicit TLS": {"SMTP-01": ("fail", ("implicit_tls_port",))},
    "declared service, handshake ends with an alert": {
        "TLS-01": ("fail", ("service_side_fault", "tls_version", "connection_cut"))
    },
    "declared service, issuer answers 403": {
        "TOKEN-01": ("fail", ("login_blocked_by_proxy", "wrong_tenant_or_authority"))
    },
    "declared service, issuer answers with an error": {"TOKEN-01": ("fail", ("wrong_tenant_or_authority",))},
    "declared service, opaque token, not sent": {"TOKEN-03": ("not_applicable", ()), "OAUTH-11": ("unknown", ())},
    "opaque token, not sent": {"TOKEN-03": ("not_applicable", ())},
    "proxy without an answer": {"TOKEN-01": ("fail", ("token_endpoint_unreachable",))},
    "masked greeting, no TLS": {"SMTP-01": ("fail", ("smtp_rewritten",))},
    "client certificate demanded in the handshake": {"TLS-01": ("fail", ("client_certificate_required",))},
    "client certificate demanded after the handshake": {"SMTP-03": ("fail", ("client_certificate_required",))},
    "AUTH removed behind TLS inspection": {"SMTP-03": ("fail", ("smtp_rewritten",))},
    "not looked up": {
        "RISK-05": ("unknown", ("app_multitenant",)),
        "RISK-06": ("unknown", ("account_not_dedicated",)),
    },
}


@pytest.mark.parametrize("name", EXPECTED)
def test_situation_gives_the_expected_findings(name: str) -> None:
    """The listed checks have the expected verdicts and causes for each sender to which they apply."""
    seen = set()
    for assessment in assessments_in(name).values():
        for finding in assessment.all_findings():
            if finding.check in EXPECTED[name]:
                seen.add(finding.check)
                assert (finding.verdict.value, finding.causes) == EXPECTED[name][finding.check], finding

    assert seen == {check for check, expected in EXPECTED[name].items() if expected is not NOT_PRESENT}


@pytest.mark.parametrize("name", SITUATIONS)
def test_evidence_is_unchanged_by_a_round_trip(name: str) -> None:
    """Evidence and findings stay the same after a round trip through JSON."""
    for evidence, settings in situation(name).values():
        again = SenderEvidence.model_validate_json(evidence.model_dump_json())
        same = SenderSettings.model_validate_json(settings.model_dump_json(by_alias=True))

        assert again == evidence
        assert Assessment(again, same).all_findings() == Assessment(evidence, settings).all_findings()
