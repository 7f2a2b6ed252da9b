"""Test that the verdict agrees with the message for every fault and situation, even if the check of a passed gate failed."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from checks.assessment import Assessment
from checks.model import Verdict
from evidence.failure import Failure as Break
from evidence.failure import FailureKind
from evidence.gates import Gate
from evidence.open_gates import SMTP_LEG, TOKEN_LEG, open_gates, passed_gates
from evidence.wire import CommandEvidence, Reply, SenderEvidence
from plugin.exit_status import CAN_SEND, FAILED
from plugin.exit_status import of as exit_code
from reports.answer import Answer, answer
from tests.reports import samples
from tests.suite.gathered import gathered
from tests.suite.situations import part, record
from tests.suite.test_untried import WORLDS

NO = CommandEvidence(reply=Reply(code=451, lines=("4.3.2 no",)))
SIGNED_IN = Reply(code=235, lines=("2.7.0 Authentication successful",))


def result_of(world: str, sender: str) -> tuple[Assessment, Answer, int]:
    """Return one sender's assessment and answer, and the exit code of a run with only this sender."""
    assessment = Assessment(*WORLDS[world]()[sender])
    run = samples.run(assessment)
    return assessment, answer(run, assessment), exit_code(run, 0)


def message_accepted(evidence: SenderEvidence) -> bool:
    """Return whether the server accepted the message with a 2xx reply."""
    final = evidence.envelope.final if evidence.envelope is not None else None
    return final is not None and final.reply is not None and 200 <= final.reply.code < 300


@pytest.mark.parametrize("world", WORLDS)
def test_the_verdict_agrees_with_the_message(world: str) -> None:
    """The verdict is never `cannot_send` if the message was accepted, and otherwise `can_send` only if the settings prove it."""
    for evidence, settings in WORLDS[world]().values():
        assessment = Assessment(evidence, settings)
        if message_accepted(evidence):
            assert assessment.verdict != "cannot_send", assessment.decisive
        elif not assessment.by_settings:
            assert assessment.verdict != "can_send"


# For each gate, a changed record with which the gate's check fails; all later records are unchanged.
FAILING_RECORDS: dict[Gate, Callable[[SenderEvidence], SenderEvidence]] = {
    Gate.NAME: lambda evidence: _with(evidence, "name", addresses=("10.1.2.3",)),
    Gate.PORT: lambda evidence: _with(evidence, "port", used=None, dials=()),
    Gate.GREETING: lambda evidence: _with(evidence, "greeting", greeting=Reply(code=554, lines=("5.7.1 no",))),
    Gate.STARTTLS: lambda evidence: evidence.model_copy(update={"starttls": NO}),
    Gate.AUTH_OFFERED: lambda evidence: _with(evidence, "auth_offered", ehlo=Reply(code=250, lines=("host", "SIZE"))),
    Gate.ISSUER: lambda evidence: _with(evidence, "issuer", issuer="https://sts.example.com/x"),
    Gate.TOKEN: lambda evidence: _with(evidence, "token", failure=Break(kind=FailureKind.TIMEOUT)),
    Gate.CLAIMS: lambda evidence: _with(evidence, "token", claims={"aud": "https://graph.microsoft.com"}),
    Gate.SIGN_IN: lambda evidence: _with(evidence, "sign_in", steps=(SIGNED_IN,)),
    Gate.SENDER: lambda evidence: _with(evidence, "envelope", mail=NO),
    Gate.RECIPIENT: lambda evidence: _with(evidence, "envelope", rcpt=NO),
}


def _with(evidence: SenderEvidence, member: str, **fields: object) -> SenderEvidence:
    return evidence.model_copy(update={member: getattr(evidence, member).model_copy(update=fields)})


@pytest.mark.parametrize("gate", FAILING_RECORDS)
def test_a_passed_gate_is_not_broken(gate: Gate) -> None:
    """If the message was accepted, all gates are open and no gate's check is blocked, even if the check of one gate does not pass."""
    evidence, settings = gathered(None)["oauth"]
    assessment = Assessment(FAILING_RECORDS[gate](evidence), settings)
    own = next(check for check in assessment.checks if check.gate is gate)

    assert assessment.finding(own.id).verdict is (Verdict.RISK if gate is Gate.NAME else Verdict.FAIL)
    assert set(assessment.gates().values()) == {"ok"}
    assert assessment.verdict == "can_send"
    assert Verdict.BLOCKED not in {assessment.finding(check.id).verdict for check in assessment.checks if check.gate}


@pytest.mark.parametrize("gate", [gate for gate in SMTP_LEG if gate in FAILING_RECORDS and SMTP_LEG.index(gate) < 4])
def test_nothing_before_tls_is_proof(gate: Gate) -> None:
    """Without a verified TLS handshake, later replies may come from a different server, so they do not open earlier gates."""
    evidence, settings = gathered(None)["basic"]
    unverified = FAILING_RECORDS[gate](_with(evidence, "tls", verified=False))

    assert Assessment(unverified, settings).first_broken_gate is gate


def test_facts_open_the_expected_gates() -> None:
    """The facts of a healthy run open the expected gates, and an accepted MAIL without a sign-in proves nothing about the token."""
    evidence = gathered(None)["oauth"][0]
    without_sign_in = _with(_with(evidence, "sign_in", reply=None), "envelope", final=None)
    only_mail = without_sign_in.model_copy(update={"issuer": None, "token": None})

    assert open_gates(evidence) == {*Gate} - {Gate.NAME, Gate.PORT, Gate.GREETING, Gate.STARTTLS, Gate.CLAIMS}
    assert passed_gates(evidence) == {*Gate} - {Gate.ACCEPTED}
    assert passed_gates(only_mail) == {*SMTP_LEG[: SMTP_LEG.index(Gate.RECIPIENT)]}
    assert not passed_gates(only_mail) & {*TOKEN_LEG}


@pytest.mark.parametrize(
    ("world", "sender", "failed", "code"),
    [
        pytest.param("dns_private_address", "basic", set(), CAN_SEND, id="split DNS, password"),
        pytest.param("dns_private_address", "oauth", set(), CAN_SEND, id="split DNS, token"),
        pytest.param("dns_tcp_blocked", "basic", {"BASIC-06"}, FAILED, id="TCP 53 closed, password"),
        pytest.param("dns_tcp_blocked", "oauth", {"OAUTH-07"}, FAILED, id="TCP 53 closed, token"),
        pytest.param("starttls_hidden", "basic", {"SMTP-02"}, FAILED, id="STARTTLS is hidden and works"),
        pytest.param("issuer_foreign", "oauth", {"TOKEN-01"}, FAILED, id="foreign issuer"),
        pytest.param(
            "situation: in the hosts file, and the resolver does not know it", "basic", {"BASIC-06"}, FAILED, id="hosts"
        ),
        pytest.param(
            "situation: in the hosts file, and the resolver refuses", "oauth", {"OAUTH-07"}, FAILED, id="hosts, refused"
        ),
        pytest.param(
            "situation: in the hosts file, and port 53 is closed", "basic", {"BASIC-06"}, FAILED, id="hosts, closed"
        ),
        pytest.param(
            "situation: in the hosts file, and the resolver answers with an error",
            "basic",
            set(),
            CAN_SEND,
            id="hosts, error",
        ),
    ],
)
def test_a_route_that_worked_can_send(world: str, sender: str, failed: set[str], code: int) -> None:
    """If the message was accepted, all gates are open and the verdict is `can_send`, even if a check failed."""
    assessment, shown, exit_status = result_of(world, sender)

    assert assessment.verdict == "can_send"
    assert set(assessment.gates().values()) == {"ok"}
    assert {one.check for one in assessment.all_findings() if one.verdict is Verdict.FAIL} == failed
    assert exit_status == code
    assert "can send mail" in shown.sentence
    assert "does not resolve" not in shown.sentence
    assert ("failed" in shown.sentence) == bool(failed)


def test_a_private_address_is_a_risk_if_it_works_and_fails_otherwise() -> None:
    """NET-01 and NET-04 report a private address as a risk if the message was accepted, and fail otherwise."""
    for world, verdict in (("dns_private_address", Verdict.RISK), ("dns_hijacked", Verdict.FAIL)):
        assessment = result_of(world, "basic")[0]
        for check in ("NET-01", "NET-04"):
            finding = assessment.finding(check)
            assert (finding.verdict, finding.causes) == (verdict, ("dns_hijacked",))
            assert "10." in finding.observed
        assert assessment.verdict == ("can_send" if verdict is Verdict.RISK else "cannot_send")


@pytest.mark.parametrize(
    ("record_of", "verdict"),
    [
        pytest.param(record(), "can_send", id="accepted"),
        pytest.param(part("envelope", final=NO), "cannot_send", id="refused"),
    ],
)
def test_a_refused_message_breaks_the_last_gate(
    record_of: Callable[..., tuple[SenderEvidence, object]], verdict: str
) -> None:
    """The server's reply to the message decides whether the last gate is broken."""
    evidence, settings = gathered("dns_private_address")["basic"]
    changed, _ = record_of(evidence, settings)
    assessment = Assessment(changed, settings)

    assert assessment.verdict == verdict
    assert assessment.first_broken_gate is (None if verdict == "can_send" else Gate.ACCEPTED)


@pytest.mark.parametrize("world", ["accepted_early", "wrong_password"])
def test_no_mail_is_sent_after_an_early_235(world: str) -> None:
    """If 235 arrives before the credential, the run makes one attempt, sends no MAIL, and the sign-in is the broken gate."""
    for evidence, settings in gathered(world).values():
        if world == "accepted_early":
            assert evidence.sign_in is not None
            assert evidence.sign_in.out_of_turn
            assert (evidence.envelope, evidence.traffic.sign_in_attempts) == (None, 1)
            assert Assessment(evidence, settings).first_broken_gate is Gate.SIGN_IN
