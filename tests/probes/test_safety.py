"""The safety rules of the route: a credential is sent once, over verified TLS, and only to a declared host."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from evidence.failure import FailureKind
from evidence.wire import SenderEvidence, SignInEvidence, SkipReason, TlsEvidence
from fakes import FAULTS, Running, World, apply, healthy, serve
from fakes.world.world import ALERTS
from probes import gather
from settings.load import load, parse
from tests.probe_run import gather_without_errors, probe_run


def test_healthy_run_makes_no_extra_attempt(tmp_path: Path) -> None:
    """There is one session, one sign-in and one message per sender, and one token request for OAuth."""
    with probe_run(folder=tmp_path) as seen:
        users = [sign_in.user for sign_in in seen.running.sign_ins]
        senders = sorted(message.sender for message in seen.running.messages)

    assert sorted(users) == senders
    assert len(users) == 2
    assert len(seen.running.token_requests) == 1
    assert {evidence.traffic.smtp_sessions for evidence in seen.evidence.values()} == {1}


@pytest.mark.parametrize("fault", ["token_redirect", "login_redirect_loop"])
def test_redirects_are_not_followed(fault: str, tmp_path: Path) -> None:
    """After a redirect from the login host, there is no token request and no sign-in."""
    with probe_run(apply(healthy(), [fault]), folder=tmp_path) as seen:
        evidence = seen.evidence["oauth"]
        token_requests = len(seen.running.token_requests)

    record = evidence.token if fault == "token_redirect" else evidence.issuer
    assert record is not None
    assert record.failure is not None
    assert record.failure.kind is FailureKind.REDIRECT
    assert token_requests == 0
    assert evidence.traffic.sign_in_attempts == 0


def test_secret_is_not_sent_to_a_foreign_token_endpoint(tmp_path: Path) -> None:
    """A foreign token endpoint gets no secret, even if the discovery document comes from the right host."""
    with probe_run(apply(healthy(), ["token_endpoint_foreign"]), folder=tmp_path) as seen:
        evidence = seen.evidence["oauth"]

    assert evidence.issuer is not None
    assert evidence.issuer.token_endpoint is not None
    assert "login.microsoftonline.com" not in evidence.issuer.token_endpoint
    assert evidence.token is not None
    assert evidence.token.withheld is not None
    assert evidence.traffic.token_requests == 0


TLS_FAULTS = [name for name, fault in FAULTS.items() if fault.gate == "tls" and "hosting" not in name]


@pytest.mark.parametrize("fault", [f for f in TLS_FAULTS if f not in {"certificate_expiring", "mail_shield_trusted"}])
def test_no_sign_in_over_unverified_tls(fault: str, tmp_path: Path) -> None:
    """If the certificate or the TLS version fails verification, there is no sign-in, not even on the diagnostic connection."""
    with probe_run(apply(healthy(), [fault]), folder=tmp_path) as seen:
        assert seen.running.sign_ins == ()

    for evidence in seen.evidence.values():
        assert evidence.tls is not None
        assert not evidence.tls.verified
        assert evidence.sign_in is None
        assert evidence.traffic.sign_in_attempts == 0


@pytest.mark.parametrize("fault", ["login_certificate_unknown_root", "login_certificate_expired"])
def test_no_secret_over_unverified_https(fault: str, tmp_path: Path) -> None:
    """No token request is sent if the login host's certificate fails verification."""
    with probe_run(apply(healthy(), [fault]), folder=tmp_path) as seen:
        assert seen.running.token_requests == ()

    assert seen.evidence["oauth"].traffic.token_requests == 0


@pytest.mark.parametrize("fault", ["starttls_stripped", "starttls_masked", "starttls_refused", "ssl_off"])
def test_no_sign_in_before_tls(fault: str, tmp_path: Path) -> None:
    """Without TLS there is no sign-in, whatever the server offers."""
    with probe_run(apply(healthy(), [fault]), folder=tmp_path) as seen:
        assert seen.running.sign_ins == ()

    assert all(evidence.traffic.sign_in_attempts == 0 for evidence in seen.evidence.values())


def test_undeclared_host_gets_no_credential(tmp_path: Path) -> None:
    """A host that is not one of the cloud's SMTP hosts gets no password, even if its certificate is valid."""

    def elsewhere(text: str) -> str:
        head, basic, rest = text.partition("[sender.basic]\n")
        return (
            head
            + basic
            + rest.replace('smtp_server = "smtp.office365.com"', 'smtp_server = "outlook.office365.com"', 1)
        )

    with probe_run(folder=tmp_path, edit=elsewhere) as seen:
        users = {sign_in.user for sign_in in seen.running.sign_ins}

    evidence = seen.evidence["basic"]
    assert evidence.tls is not None
    assert evidence.tls.verified
    assert evidence.sign_in is not None
    assert evidence.sign_in.withheld is SkipReason.HOST_NOT_DECLARED
    assert ALERTS not in users


def test_refused_password_is_not_tried_again_for_15_minutes(tmp_path: Path) -> None:
    """A refused password is not tried again without --try-again, and the stored record does not contain the password."""
    state = tmp_path / "state"
    world = apply(healthy(), ["wrong_password"])
    with serve(world, folder=tmp_path) as running:
        first = _rerun(running, state)
        second = _rerun(running, state)
        attempts = len([one for one in running.sign_ins if one.mechanism == "LOGIN"])
        third = _rerun(running, state, try_again=True)
    (written,) = [file.read_text(encoding="utf-8") for file in state.rglob("*.json")]

    assert first.reply is not None
    assert second.withheld is SkipReason.RECENTLY_REFUSED
    assert second.detail.endswith(f" UTC: {first.reply.text[:11].strip()}")
    assert attempts == 1
    assert third.reply is not None
    assert world.basic.password not in written
    assert ALERTS in written


def test_policy_refusal_is_not_cached(tmp_path: Path) -> None:
    """A password refused because of a setting is tried again in the next run, and both attempts count."""
    state = tmp_path / "state"
    with serve(apply(healthy(), ["smtp_auth_off_mailbox"]), folder=tmp_path) as running:
        _rerun(running, state)
        second = _rerun(running, state)

    assert second.withheld is None
    (written,) = [json.loads(file.read_text(encoding="utf-8")) for file in state.rglob("*.json")]
    assert (written["result"], len(written["attempts"])) == ("answered", 2)


def _rerun(running: Running, state: Path, *, try_again: bool = False) -> SignInEvidence:
    """Run the Basic sender again and return the record of its sign-in."""
    settings = load(running.settings_file)
    sender = settings.sender["basic"]
    outside = gather.create_context(settings, state=state, try_again=try_again)
    evidence = gather_without_errors([sender], outside, gather.secrets_of([sender], running.secrets))["basic"]
    assert evidence.sign_in is not None
    return evidence.sign_in


def _two_senders_one_user(text: str) -> str:
    """Return the settings with a second sender for the same user."""
    start = text.index("[sender.basic]")
    end = text.index("[sender.", start + 5)
    table = text[start:end]
    end_of_table = table.find("[sender.basic.attested]")
    table_only = table if end_of_table < 0 else table[:end_of_table]
    return (
        text
        + "\n"
        + table_only.replace("[sender.basic]", '[sender.again]\npassword_from = "env:SMTP365_BASIC_PASSWORD"')
    )


def test_senders_with_a_shared_user_try_a_refused_password_once(tmp_path: Path) -> None:
    """If two senders have the same user and a wrong password, the password is tried only once."""
    with probe_run(apply(healthy(), ["wrong_password"]), folder=tmp_path, edit=_two_senders_one_user) as seen:
        attempts = [sign_in for sign_in in seen.running.sign_ins if sign_in.mechanism == "LOGIN"]

    withheld = [e.sign_in.withheld for e in seen.evidence.values() if e.sign_in is not None and e.sign_in.withheld]
    assert len(attempts) == 1
    assert withheld == [SkipReason.SHARED_CREDENTIAL_REFUSED]


def test_no_send_sends_no_message(tmp_path: Path) -> None:
    """With --no-send, the session ends after RCPT with RSET and QUIT, and no message is sent."""
    with probe_run(folder=tmp_path, no_send=True) as seen:
        assert seen.running.messages == ()

    for evidence in seen.evidence.values():
        commands = [line.text for line in evidence.transcript if line.speaker == "C"]
        assert commands[-2:] == ["RSET", "QUIT"]
        assert evidence.traffic.messages_sent == 0


def test_message_is_marked_as_a_test(tmp_path: Path) -> None:
    """The message is marked as generated, suppresses automatic replies and is identified as a test in its subject."""
    with probe_run(folder=tmp_path) as seen:
        content = seen.running.messages[0].content.decode()

    assert "Auto-Submitted: auto-generated" in content
    assert "X-Auto-Response-Suppress: All" in content
    assert "Subject: smtp365 test message" in content


@pytest.mark.parametrize("leg", ["smtp", "https"])
def test_both_legs_trust_the_same_roots(leg: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the CA file, verification fails for both SMTP and HTTPS, even if an environment variable names a CA bundle."""
    root = tmp_path / "root.pem"
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(root))
    monkeypatch.setenv("CURL_CA_BUNDLE", str(root))

    def without_ca(text: str) -> str:
        return "\n".join(line for line in text.splitlines() if not line.startswith("ca_file"))

    with probe_run(folder=tmp_path, edit=without_ca) as seen:
        evidence = seen.evidence["oauth"]
    with probe_run(folder=tmp_path) as trusted:
        good = trusted.evidence["oauth"]

    without_root = evidence.tls if leg == "smtp" else _https(evidence)
    verified = good.tls if leg == "smtp" else _https(good)
    assert without_root is not None
    assert not without_root.verified
    assert verified is not None
    assert verified.verified


def _https(evidence: SenderEvidence) -> TlsEvidence | None:
    return evidence.issuer.tls if evidence.issuer is not None else None


SECRETS: list[Callable[[World], str]] = [
    lambda world: world.basic.password,
    lambda world: world.oauth.client_secret,
]


@pytest.mark.parametrize("secret", SECRETS, ids=["password", "client-secret"])
@pytest.mark.parametrize("fault", [None, "wrong_password", "secret_wrong", "sp_not_registered", "dropped_after_auth"])
def test_no_secret_in_evidence(fault: str | None, secret: Callable[[World], str], tmp_path: Path) -> None:
    """The evidence contains no password, no client secret and no token."""
    world = healthy() if fault is None else apply(healthy(), [fault])
    with probe_run(world, folder=tmp_path) as seen:
        texts = [evidence.model_dump_json() for evidence in seen.evidence.values()]

    for text in texts:
        assert secret(world) not in text
        assert "eyJ0eXAi" not in text
        assert "eyJhbGci" not in text


def test_secret_id_is_recognised_and_not_kept(tmp_path: Path) -> None:
    """A secret ID given instead of the secret's value is recognised by its form and is not kept in the evidence."""
    world = apply(healthy(), ["secret_id_pasted"])
    with probe_run(world, folder=tmp_path) as seen:
        evidence = seen.evidence["oauth"]

    assert evidence.token is not None
    assert evidence.token.secret_looks_like_id
    assert world.oauth.client_secret not in evidence.model_dump_json()


def test_shared_user_waits_for_a_slow_refusal(tmp_path: Path) -> None:
    """If a refusal is slow, the second sender with the same user waits for it and makes no attempt."""
    world = apply(healthy(), ["wrong_password"])
    with serve(world, folder=tmp_path, pace="real") as running:
        settings = parse(
            _two_senders_one_user(running.settings_file.read_text(encoding="utf-8")), running.settings_file
        )
        senders = [settings.sender["basic"], settings.sender["again"]]
        outside = gather.create_context(settings, state=None)
        gather.gather(senders, outside, gather.secrets_of(senders, running.secrets))
        attempts = [sign_in for sign_in in running.sign_ins if sign_in.mechanism == "LOGIN"]

    assert len(attempts) == 1
