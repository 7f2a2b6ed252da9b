"""The command explains for people and for programs, and one bad line costs only itself."""

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


def test_the_shape_is_the_contracts() -> None:
    """Programs find exactly the keys that the contract lists."""
    answer = explain(TENANT, {"account": "alerts@example.com"})

    (cause,) = answer["causes"]
    assert answer["sure"]
    assert list(cause) == ["id", "title", "meaning", "who", "steps", "verify", "decide"]
    assert cause["id"] == "smtp_auth_disabled_tenant"
    assert any("'alerts@example.com'" in step for step in cause["steps"])


def test_the_terminal_text_tells_all_a_colleague_would() -> None:
    """Cause, meaning, who acts, steps and how to verify stand in the text."""
    text = render(explain(TENANT))

    assert all(
        part in text
        for part in (
            "smtp_auth_disabled_tenant",
            "Who acts: an Exchange administrator",
            "1. ",
            "Then check:",
            "Risk:",
            "Source",
        )
    )


def test_several_causes_come_with_what_decides() -> None:
    """An unsure answer says so and names the look-up."""
    text = render(explain("535 5.7.3 Authentication unsuccessful"))

    assert "causes fit this text" in text
    assert "What would decide between them" in text


def test_lines_in_lines_out() -> None:
    """Each good line is answered in order; each bad one is told with its number, and the exit code is 4."""
    lines = [
        b'{"id":"a","text":"AADSTS7000222"}\n',
        b"not json\n",
        b"\n",
        b'["a"]\n',
        b'{"id":7}\n',
        b'\xef\xbb\xbf{"id":7,"text":"x\xff","client":null}\n',
        b"[" * 100_000,
    ]
    out, complaints = io.StringIO(), io.StringIO()

    code = answer_lines(lines, out, complaints)

    answers = [json.loads(line) for line in out.getvalue().splitlines()]
    assert code == 4
    assert answers == [
        {"id": "a", "causes": ["secret_expired"], "sure": True},
        {"id": 7, "causes": ["unrecognised"], "sure": False},
    ]
    assert [line.split(":")[0] for line in complaints.getvalue().splitlines()] == [
        "line 2",
        "line 4",
        "line 5",
        "line 7",
    ]


def test_the_client_helps() -> None:
    """The client's name turns a bare refusal into the right group."""
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
        pytest.param(("--jsn", TENANT), b"", 4, id="a misspelt option"),
        pytest.param(("--json", "--jsonl"), b"", 4, id="two shapes at once"),
    ],
)
def test_exit_codes(arguments: tuple[str, ...], stdin: bytes, code: int) -> None:
    """0 for an answer, 4 for a wrong use with one clear line and no traceback."""
    done = _run(*arguments, stdin=stdin)

    assert done.returncode == code
    assert b"Traceback" not in done.stderr
    assert bool(done.stderr) == (code == 4)


def test_a_console_in_cp1252_gets_its_answer() -> None:
    """Characters that a Windows console does not have do not end the answer."""
    done = _run(stdin="由于目标计算机积极拒绝,无法连接。 żółć".encode(), encoding="cp1252")

    assert done.returncode == 0
    assert b"wrong_host_or_port" in done.stdout


def test_a_command_stays_on_one_line() -> None:
    """What is broken over two lines cannot be copied."""
    answer = explain("535 5.7.3 Authentication unsuccessful XOAUTH2")
    shown = render(answer).splitlines()

    commands = [command for step in answer["causes"][0]["steps"] for command in step.split("`")[1::2]]
    assert len(commands) > 3
    assert [command for command in commands if not any(command in line for line in shown)] == []
