"""Tests that a text is attributed to the server or client that wrote it, and that only words of Microsoft or a client lead to a cause."""

import pytest

from knowledge.explain import explain, render
from knowledge.reading import read
from tests.knowledge.cases import COLLECTED, Case

SPEAKER = {"microsoft_smtp": "microsoft", "other_provider": "provider", "network": "client"}
# On-premises Exchange with the service's words, and Exim's words at a hoster: the text alone does not show the difference.
NOT_IN_THE_TEXT = {"col-005", "col-145"}

OTHERS = [
    ("535-5.7.8 Username and Password not accepted. p=BadCredentials a1-2.3 - gsmtp", "provider:Google"),
    ("534-5.7.9 Application-specific password required. https://support.google.com/mail/?p=InvalidSecondFactor", "provider:Google"),
    ("554 Message rejected: Email address is not verified. The following identities failed the check", "provider:Amazon SES"),
    ("535 Authentication failed: Bad username / password smtp.sendgrid.net", "provider:SendGrid"),
    ("550 The from address does not match a verified Sender Identity.", "provider:SendGrid"),
    ("535 5.7.0 Mailgun is not loving your login or password", "provider:Mailgun"),
    ("421 4.7.0 [TSS04] Messages from 192.0.2.1 temporarily deferred; https://postmaster.yahooinc.com/error-codes", "provider:Yahoo"),
    ("553 Relaying disallowed as info@contoso.example", "provider:Zoho"),
    ("501 mail from address must be same as authorization user", "provider:Tencent (QQ Mail)"),
    ("Connecting to smtp.yandex.com:465\n535 5.7.8 authentication failed", "provider:Yandex"),
    ("Connecting to mail.gmx.net:587\n535 Authentication credentials invalid", "provider:GMX"),
    ("RefreshError: google.auth.exceptions: invalid_grant: Token has been expired or revoked.", "provider:Google"),
    ("invalid_client at https://id.contoso.example/realms/a/protocol/openid-connect/token", "provider:Keycloak"),
    ("535 5.7.8 Authentication failed", "own_relay"),
    ("554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using zen.spamhaus.org", "own_relay"),
    ("535 5.7.8 Error: authentication failed: UGFzc3dvcmQ6", "own_relay"),
    ("535 Incorrect authentication data", "own_relay"),
    ("NOQUEUE: reject: RCPT from unknown[192.0.2.3]: 554 5.7.1 <a@b.example>: Relay access denied", "own_relay"),
    ("host mx.contoso.example[192.0.2.9] said: 550 5.1.1 <a@contoso.example>: user unknown (in reply to RCPT TO command)", "own_relay"),
    ("451 4.3.0 Error: queue file write error", "own_relay"),
    ('FATAL: password authentication failed for user "postgres"', "none"),
    ("SQLSTATE[HY000] [2002] Connection refused", "none"),
    ("upstream timed out (110: Connection timed out) while reading response header from upstream", "none"),
    ("(error) NOAUTH Authentication required.", "none"),
    ("Failed to pull image: x509: certificate signed by unknown authority", "none"),
    ("connect ECONNREFUSED 127.0.0.1:5432", "none"),
    ("dial tcp 10.0.0.1:6443: connect: connection refused", "none"),
    ("ssh: connect to host example.com port 22: Connection refused", "none"),
    ("MongoServerError: Authentication failed.", "none"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "speaker"), OTHERS)
def test_refusal_of_another_server_has_no_cause_of_microsoft(text: str, speaker: str) -> None:
    """The words of a different provider, of an own relay or of a program unrelated to mail are attributed and lead to no cause."""
    reading = read(text)

    assert reading.speaker == speaker
    assert reading.causes == ("unrecognised",)
    assert not reading.sure


OURS = [
    ("535 5.7.139 Authentication unsuccessful, account locked.", "microsoft", "account_locked"),
    ("550 5.7.60 SMTP; Client does not have permissions to send as this sender", "microsoft", "send_as_denied"),
    (
        "postfix/smtp[1]: status=bounced (host smtp.office365.com[192.0.2.1] said: 554 5.2.252 SendAsDenied; a@b.example not allowed to",
        "microsoft",
        "send_as_denied",
    ),
    ("AADSTS7000215: Invalid client secret provided.", "entra", "secret_wrong"),
    ("AADSTS500532: The account is locked", "entra", "account_locked"),
    ("getaddrinfo ENOTFOUND smtp.office365.com", "client", "dns_failure"),
    ("connect to smtp.gmail.com port 587 failed: Network is unreachable", "client", "network_unreachable"),
    ("dial tcp: lookup smtp.postmarkapp.com: i/o timeout", "client", "dns_failure"),
    (
        "220 EX01.contoso.example Microsoft ESMTP MAIL Service ready\n504 5.7.4 Unrecognized authentication type",
        "own_relay",
        "auth_mechanism_unsupported",
    ),
    ("530 5.7.0 Must issue a STARTTLS command first", "microsoft", "starttls_missing_or_implicit_tls_on_587"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "speaker", "cause"), OURS)
def test_words_of_microsoft_and_of_the_client_lead_to_a_cause(text: str, speaker: str, cause: str) -> None:
    """The words of Microsoft's servers, of an on-premises Exchange and of the client are attributed and lead to a cause."""
    reading = read(text)

    assert (reading.speaker, reading.causes[0]) == (speaker, cause)


@pytest.mark.parametrize("case", [pytest.param(case, id=case.id) for case in COLLECTED])
def test_speaker_of_a_real_text(case: Case) -> None:
    """A real text is attributed to the speaker in its label, unless the text alone does not show the speaker."""
    if case.id in NOT_IN_THE_TEXT:
        pytest.skip("the text alone does not show the speaker")

    assert read(case.text, case.client).speaker.split(":")[0] == SPEAKER.get(case.speaker, case.speaker)


def test_printed_answer_names_the_speaker() -> None:
    """The printed answer to a reply from Google begins with the statement that the reply is not from Microsoft 365."""
    text = render(
        explain("530-5.5.1 Authentication Required. https://support.google.com/mail/?p=WantAuthError - gsmtp")
    )

    assert text.startswith("This reply comes from Google, not from Microsoft 365")


def test_evidence_are_the_words_that_decided() -> None:
    """The evidence contains the code that leads to the cause, or the words that identify the speaker."""
    assert "AADSTS7000222" in read("AADSTS7000222: The provided client secret keys are expired.").evidence
    assert read("550 5.1.1 user unknown - gsmtp").evidence == ("gsmtp",)
