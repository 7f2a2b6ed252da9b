"""Only the steps for the recognised client are shown, and the sign-in method narrows the causes."""

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from knowledge.causes import CATALOGUE
from knowledge.clients import CLIENTS, named, recognised
from knowledge.explain import answer_lines
from knowledge.explanation import explain
from knowledge.methods import BASIC_ONLY, OAUTH_ONLY
from knowledge.step import for_client, step_of

ROOT = Path(__file__).parents[2]
TEXTS = {
    "phpmailer": "SMTP Error: Could not authenticate. PHPMailer\\PHPMailer\\Exception",
    "javamail": "jakarta.mail.AuthenticationFailedException: 535 5.7.3 Authentication unsuccessful",
    "nodemailer": "Error: Invalid login { code: 'EAUTH', response: '535 5.7.3 Authentication unsuccessful' }",
    "system.net.mail": "System.Net.Mail.SmtpException: The SMTP server requires a secure connection",
    "smtplib": "smtplib.SMTPAuthenticationError: (535, b'5.7.3 Authentication unsuccessful')",
    "postfix": "postfix/smtp[123]: SASL authentication failed; server smtp.office365.com said: 535 5.7.3",
    "exim": "LOGIN authenticator failed: exim 4.96, SMTP error from remote mail server",
    "go": "panic: dial tcp 192.0.2.1:587: i/o timeout",
    "ruby": "Net::SMTPAuthenticationError: 535 5.7.3 Authentication unsuccessful",
    "curl": "curl: (67) Login denied",
}


@pytest.mark.parametrize(("client", "text"), TEXTS.items(), ids=TEXTS)
def test_client_is_recognised(client: str, text: str) -> None:
    """The client that wrote a text is recognised by its words."""
    found = recognised(text)

    assert found is not None
    assert found.id == client


@pytest.mark.parametrize("client", CLIENTS)
def test_steps_name_no_other_client(client: str) -> None:
    """Outside commands and apart from one cause, the steps for a client name no other client."""
    keys = {name.replace(".", "_").replace("-", "_") for name in CLIENTS}
    others = [
        other.name.removeprefix("Python's ").removeprefix("Go's ") for other in CLIENTS.values() if other.id != client
    ]
    wrong = [
        (cause.id, other)
        for cause in CATALOGUE.values()
        for step in for_client(cause.steps, client)
        for other in others
        if other.casefold() in " ".join(step.casefold().split("`")[::2])
        and cause.id != "client_certificate_required"  # about one's own server
    ]

    assert wrong == []
    assert {key for cause in CATALOGUE.values() for step in cause.steps for key in step_of(step).clients} <= keys


@pytest.mark.parametrize("client", CLIENTS)
def test_every_cause_keeps_a_step(client: str) -> None:
    """Each cause has at least one step for each client."""
    assert [cause.id for cause in CATALOGUE.values() if not for_client(cause.steps, client)] == []


def test_client_can_be_named() -> None:
    """A client is found by its id, by its name, and by a name with additions. An unknown name finds none."""
    assert named("PHPMailer") is named("phpmailer") is named("PHPMailer (WordPress)") is CLIENTS["phpmailer"]
    assert named("Thunderbird") is None


def test_methods_exclude_each_other() -> None:
    """No cause is specific both to Basic and to OAuth, and both sets contain only causes of the catalogue."""
    assert not BASIC_ONLY & OAUTH_ONLY
    assert set(CATALOGUE) >= BASIC_ONLY | OAUTH_ONLY


@pytest.mark.parametrize(("method", "never"), [("basic", OAUTH_ONLY), ("oauth", BASIC_ONLY)])
def test_method_narrows_an_ambiguous_answer(method: str, never: frozenset[str]) -> None:
    """If the sign-in method is known, the causes of a refusal without a reason include none that are specific to the other method."""
    text = "535 5.7.3 Authentication unsuccessful"
    wide = [cause["id"] for cause in explain(text)["causes"]]
    narrow = [cause["id"] for cause in explain(text, method=method)["causes"]]  # type: ignore[arg-type]

    assert set(wide) & never
    assert not set(narrow) & never


def test_method_and_client_apply_to_every_line() -> None:
    """With `--jsonl`, the sign-in method or the client given to the command applies to a line that names no client."""
    line = b'{"id":1,"text":"535 5.7.3 Authentication unsuccessful"}\n'
    outputs = []
    for client, method in ((None, None), (None, "oauth"), ("sasl-xoauth2", None)):
        out = io.StringIO()
        answer_lines([line], out, io.StringIO(), client, method)  # type: ignore[arg-type]
        outputs.append(json.loads(out.getvalue())["causes"][0])

    assert outputs == ["bad_credentials", "sp_not_registered_in_exchange", "sp_not_registered_in_exchange"]


def _run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "knowledge.explain", *arguments],
        cwd=ROOT,
        capture_output=True,
        check=False,
        timeout=300,
        text=True,
        encoding="utf-8",
        env={**os.environ, "PYTHONIOENCODING": "utf-8"},
    )


def test_options_narrow_the_answer() -> None:
    """`--oauth` leaves out a cause of Basic, `--full` makes the answer longer, and `--client` selects the steps for the client."""
    text = "535 5.7.3 Authentication unsuccessful"
    short, full = _run("--oauth", text), _run("--oauth", "--full", text)
    steps = _run("--client=PHPMailer", "--full", "must issue a STARTTLS command first")

    assert (short.returncode, full.returncode, steps.returncode) == (0, 0, 0)
    assert "[bad_credentials]" not in short.stdout
    assert len(full.stdout) > len(short.stdout)
    assert "SMTPSecure = 'tls'" in steps.stdout
    assert "JavaMail" not in steps.stdout


@pytest.mark.parametrize(
    "arguments",
    [pytest.param(("--basic", "--oauth", "x"), id="both methods"), pytest.param(("--client",), id="no name")],
)
def test_wrong_options_end_with_4(arguments: tuple[str, ...]) -> None:
    """Options that contradict each other or lack a value end with exit code 4."""
    assert _run(*arguments).returncode == 4


def test_unknown_client_is_reported() -> None:
    """A client without its own steps is reported on standard error, with the known names, and the answer is still printed."""
    ended = _run("--client=Thunderbird", "535 5.7.3 Authentication unsuccessful")

    assert ended.returncode == 0
    assert "Thunderbird" in ended.stderr
    assert "phpmailer" in ended.stderr
    assert "possible causes" in ended.stdout
