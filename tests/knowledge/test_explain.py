"""The `knowledge.explain` command answers in text and in JSON, and an invalid line of input does not affect the others."""

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from knowledge.explain import answer_lines, explain, render

ROOT = Path(__file__).parents[2]
TENANT = "535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Tenant."


def _run(*arguments: str, stdin: bytes = b"", encoding: str = "utf-8") -> subprocess.CompletedProcess[bytes]:
    environment = {**os.environ, "PYTHONIOENCODING": encoding, "PYTHONUTF8": "0"}
    command = [sys.executable, "-m", "knowledge.explain", *arguments]
    return subprocess.run(command, cwd=ROOT, input=stdin, capture_output=True, check=False, timeout=60, env=environment)


def test_json_has_the_documented_keys() -> None:
    """The JSON answer and the cause in it have exactly the documented keys."""
    answer = explain(TENANT, {"account": "alerts@example.com"})

    (cause,) = answer["causes"]
    assert answer["sure"]
    assert list(cause) == ["id", "title", "meaning", "who", "steps", "verify", "decide"]
    assert cause["id"] == "smtp_auth_disabled_tenant"
    assert list(answer) == ["causes", "sure", "speaker", "gate", "evidence"]
    assert (answer["speaker"], answer["gate"]) == ("microsoft", "sign_in")
    assert "5.7.139" in answer["evidence"]
    assert any("'alerts@example.com'" in step for step in cause["steps"])


def test_terminal_text_is_complete() -> None:
    """The terminal output contains the cause, the owner, the steps, the verification, the risk and the source."""
    text = render(explain(TENANT))

    assert all(
        part in text
        for part in (
            "smtp_auth_disabled_tenant",
            "Who acts: an Exchange administrator",
            "1. ",
            "How to verify:",
            "Risk:",
            "Source",
        )
    )


def test_inconclusive_answer_says_what_decides() -> None:
    """An inconclusive answer lists the possible causes and what decides between them."""
    text = render(explain("535 5.7.3 Authentication unsuccessful"))

    assert "possible causes, the most likely first:" in text
    assert "How to find the cause:" in text


def test_json_lines() -> None:
    """Valid lines are answered in order, invalid lines are reported by line number, and the exit code is 4."""
    lines = [
        b'{"id":"a","text":"AADSTS7000222"}\n',
        b"not json\n",
        b"\n",
        b'["a"]\n',
        b'{"id":7}\n',
        b'\xef\xbb\xbf{"id":7,"text":"x\xff","client":null}\n',
        b"[" * 100_000,
    ]
    out, errors = io.StringIO(), io.StringIO()

    code = answer_lines(lines, out, errors)

    answers = [json.loads(line) for line in out.getvalue().splitlines()]
    assert code == 4
    assert answers == [
        {
            "id": "a",
            "causes": ["secret_expired"],
            "sure": True,
            "speaker": "entra",
            "gate": "token",
            "evidence": ["AADSTS7000222"],
        },
        {"id": 7, "causes": ["unrecognised"], "sure": False, "speaker": "none", "gate": None, "evidence": []},
    ]
    assert [line.split(":")[0] for line in errors.getvalue().splitlines()] == [
        "line 2",
        "line 4",
        "line 5",
        "line 7",
    ]


def test_client_name_changes_the_reading() -> None:
    """If the client's name is given, the first cause of a bare refusal is the one most likely for that client."""
    out = io.StringIO()

    answer_lines(
        [b'{"id":"a","text":"535 5.7.3 Authentication unsuccessful","client":"sasl-xoauth2"}'], out, io.StringIO()
    )

    assert json.loads(out.getvalue())["causes"][0] == "sp_not_registered_in_exchange"


@pytest.mark.parametrize(
    ("arguments", "stdin", "code"),
    [
        pytest.param((TENANT,), b"", 0, id="text"),
        pytest.param((), TENANT.encode(), 0, id="standard input"),
        pytest.param(("--json", TENANT), b"", 0, id="json"),
        pytest.param(("--jsonl",), b'{"id":1,"text":"x"}\n', 0, id="jsonl"),
        pytest.param((), b"  \n", 4, id="nothing to explain"),
        pytest.param((), b"x" * 2_000_000, 4, id="a text of 2 MB"),
        pytest.param(
            ("--jsonl",), b'{"id":1,"text":"' + b"x" * 3_000_000 + b'"}\n{"id":2,"text":"x"}\n', 4, id="a line of 3 MB"
        ),
        pytest.param(("--jsonl",), b'{"id":1,"text":' * 5000, 4, id="a line that is nested deeply"),
        pytest.param(("--jsn", TENANT), b"", 4, id="a misspelt option"),
        pytest.param(("--json", "--jsonl"), b"", 4, id="two formats"),
    ],
)
def test_exit_codes(arguments: tuple[str, ...], stdin: bytes, code: int) -> None:
    """The exit code is 0 for an answer and 4, without a traceback, for incorrect usage or unusable input."""
    done = _run(*arguments, stdin=stdin)

    assert done.returncode == code
    assert b"Traceback" not in done.stderr
    assert bool(done.stderr) == (code == 4)


def test_output_works_on_a_cp1252_console() -> None:
    """Characters that a Windows console cannot encode do not break the output."""
    done = _run(stdin="由于目标计算机积极拒绝,无法连接。 żółć".encode(), encoding="cp1252")

    assert done.returncode == 0
    assert b"wrong_host_or_port" in done.stdout


def test_command_stays_on_one_line() -> None:
    """Commands are not wrapped, so they can be copied."""
    answer = explain("535 5.7.3 Authentication unsuccessful XOAUTH2")
    shown = render(answer, full=True).splitlines()

    commands = [command for step in answer["causes"][0]["steps"] for command in step.split("`")[1::2]]
    assert len(commands) > 3
    assert [command for command in commands if not any(command in line for line in shown)] == []


def test_ambiguous_refusal_takes_one_screen() -> None:
    """The answer to a refusal without a reason takes at most 45 rows of 80 columns."""
    shown = _run("535 5.7.3 Authentication unsuccessful").stdout.decode().splitlines()

    assert sum(max(1, -(-len(line) // 80)) for line in shown) <= 45


def test_values_of_the_text_are_filled_in() -> None:
    """The addresses in a refusal replace the placeholders in the steps."""
    shown = _run("554 5.2.252 SendAsDenied; alerts@contoso.example not allowed to send as ops@contoso.example").stdout

    assert b"-Identity 'ops@contoso.example' -Trustee 'alerts@contoso.example'" in shown
    assert b"<account>" not in shown
    assert b"<from_address>" not in shown


def test_only_the_steps_for_the_client_are_shown() -> None:
    """The answer to a text from PHPMailer has the step for PHPMailer, but none for JavaMail or nodemailer."""
    shown = _run("PHPMailer: SMTP Error: must issue a STARTTLS command first").stdout

    assert b"PHPMailer: SMTPSecure = 'tls'" in shown
    assert b"JavaMail" not in shown
    assert b"nodemailer" not in shown


def test_unrecognised_text_is_answered_with_its_error_line() -> None:
    """For an unknown text, the answer quotes the line with the error and states how to make the client log the server's replies."""
    shown = _run(stdin=b"nightly job\nERROR the frobnicator of PHPMailer broke\ndone\n").stdout

    assert shown.startswith(b"> ERROR the frobnicator of PHPMailer broke")
    assert b"SMTPDebug = 2" in shown
