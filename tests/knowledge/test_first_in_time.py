"""Of several failures in a log or a bounce, the first in time is read; later ones are often its consequences."""

import pytest

from knowledge.reading import read

_POSTFIX = "postfix/smtp[7]: A1: to=<a@b.example>, dsn=5.0.0, status=bounced (host smtp.office365.com[192.0.2.1]"
LOGS = [
    pytest.param(
        f"Nov 27 10:00:01 mx {_POSTFIX} said: 550 5.1.8 Access denied, bad outbound sender (in reply to end of DATA command))\n"
        "Nov 27 10:00:02 mx postfix/qmgr[7]: A2: from=<>, size=3120, nrcpt=1 (queue active)\n"
        f"Nov 27 10:00:03 mx {_POSTFIX} said: 554 5.2.252 SendAsDenied; a@b.example not allowed to send as MAILER-DAEMON@mx)",
        "outbound_spam_block",
        id="Postfix, the bounce is refused too",
    ),
    pytest.param(
        "2026-11-27 10:05:00 ERROR send failed: 550 5.1.8 Access denied, bad outbound sender\n"
        "2026-11-27 10:09:00 ERROR send failed: 535 5.7.139 Authentication unsuccessful, account locked.",
        "outbound_spam_block",
        id="an application, two attempts",
    ),
    pytest.param(
        "Diagnostic-Code: smtp; 554 5.2.252 SendAsDenied; a@b.example [A.PROD.OUTLOOK.COM 2026-11-27T10:00:09.000Z 08DE]\n"
        "Diagnostic-Code: smtp; 554 5.2.2 mailbox full; STOREDRV.Submission [A.PROD.OUTLOOK.COM 2026-11-27T10:00:01.000Z 08DE]",
        "mailbox_full",
        id="a bounce in a bounce, by the times of the stamps",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("log", "cause"), LOGS)
def test_first_failure_in_time_decides(log: str, cause: str) -> None:
    """The failure that happened first decides, also if another one is earlier on the route or in the text."""
    assert read(log).causes == (cause,)


def test_own_diagnosis_of_the_client_is_reported() -> None:
    """If the client's own words contradict the server's reply, the evidence contains both."""
    reading = read("CLIENT: certificate has expired\nSERVER: 535 5.7.139 Authentication unsuccessful, account locked.")

    assert {"certificate has expired", "5.7.139"} <= set(reading.evidence)


def test_refused_token_in_mutt_is_a_refused_token() -> None:
    """Mutt shows only the reply to its next line; with XOAUTH2 the causes are those of a refused token."""
    reading = read("Authenticating (XOAUTH2)...\nSMTP session failed: 500 5.3.3 Unrecognized command")

    assert reading.causes[0] == "sp_not_registered_in_exchange"
    assert "smtp_intercepted" not in reading.causes
