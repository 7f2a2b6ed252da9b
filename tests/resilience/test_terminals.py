"""Whatever the encoding of the terminal, unsupported characters are escaped. Colours can be turned off."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from tests.resilience.processes import ROOT, Completed, check, command, environment, run

SETTINGS = """\
[network]
only_mapped = true
resolvers = ["127.0.0.1:9"]
dns_timeout = 0.3
[sender."Prüfung → 検査 🚦"]
authentication_type = "Basic"
username = "störung@example.com"
password_from = "env:SMTP365_TERMINAL"
"""
PASTED = "535 5.7.139 Anmeldung nicht möglich → 検査, SmtpClientAuthentication is disabled for the Tenant"
DEEP = bool(os.environ.get("SMTP365_DEEP"))
ENCODINGS = ["cp1252:strict", "ascii", *(["cp1252", "cp437"] if DEEP else [])]


def _variables(encoding: str) -> dict[str, str]:
    return {"PYTHONIOENCODING": encoding, "PYTHONUTF8": "0", "SMTP365_TERMINAL": "Sesame-4711"}


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_a_run_completes_on_any_terminal(encoding: str, tmp_path: Path) -> None:
    """A run completes even if the terminal cannot display a sender's name."""
    settings = tmp_path / "settings.toml"
    settings.write_text(SETTINGS, encoding="utf-8")
    ended = check(
        "--target=live",
        f"--settings={settings}",
        report=tmp_path / "Bericht →.html",
        variables=_variables(encoding),
        encoding=encoding.partition(":")[0],
    )

    assert ended.code == 1, ended.output
    assert ended.is_orderly, ended.output
    assert "UnicodeEncodeError" not in ended.output
    assert "\\u2192" in ended.output
    assert (tmp_path / "Bericht →.html").is_file()


COMMANDS: dict[str, list[str]] = {
    "explain": ["knowledge.explain", PASTED],
    "explain as JSON": ["knowledge.explain", "--json", PASTED],
    "explain nothing known": ["knowledge.explain", "検査 →"],
    "faults": ["fakes", "--faults"],
    "faults as JSON": ["fakes", "--faults", "--json"],
    "help": ["pytest", "--help"],
    "unknown sender": ["pytest", "--target=live", "--settings={settings}", "--sender=Prüfnug →"],
    "no such file": ["pytest", "--target=live", "--settings=→.toml"],
}


@pytest.mark.parametrize("encoding", ["cp1252", *(["ascii"] if DEEP else [])])
@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_completes_on_any_terminal(name: str, encoding: str, tmp_path: Path) -> None:
    """A command does not end with a traceback because of a character that the terminal cannot display."""
    settings = tmp_path / "settings.toml"
    settings.write_text(SETTINGS, encoding="utf-8")
    arguments = [
        argument.format(settings=settings) if "settings}" in argument else argument for argument in COMMANDS[name]
    ]
    ended = run(*arguments, variables=_variables(encoding), encoding=encoding)

    assert ended.is_orderly, ended.output
    assert ended.code in {0, 1, 4}, ended.output


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
@pytest.mark.parametrize("wanted", [False, True], ids=["NO_COLOR", "colour"])
def test_no_color_is_respected(wanted: bool, tmp_path: Path) -> None:
    """The output on a terminal contains escape sequences unless NO_COLOR is set (https://no-color.org)."""
    output = _on_a_terminal(
        "pytest", f"--html={tmp_path / 'r.html'}", "-p", "no:cacheprovider", NO_COLOR="" if wanted else "1"
    )

    assert "CAN SEND: basic" in output
    assert ("\x1b[" in output) == wanted


def _on_a_terminal(*arguments: str, **changes: str) -> str:
    if sys.platform == "win32":
        return ""
    import pty
    import subprocess

    if sys.platform == "win32":
        pytest.skip("a pseudo-terminal needs a POSIX call")
    ours, theirs = pty.openpty()
    variables = {**environment(), "TERM": "xterm", **changes}
    for name in [name for name, value in changes.items() if not value]:
        del variables[name]
    for name in ("CI", "BUILD_NUMBER", "PY_COLORS", "FORCE_COLOR"):
        variables.pop(name, None)
    running = subprocess.Popen(command(*arguments), cwd=ROOT, env=variables, stdin=theirs, stdout=theirs, stderr=theirs)
    os.close(theirs)
    output = b""
    try:
        while chunk := os.read(ours, 65536):
            output += chunk
    except OSError:  # raised on Linux when the other side of the pseudo-terminal is closed
        pass
    finally:
        os.close(ours)
        ended = Completed(running.wait(60), output.decode("utf-8", "replace"))
    assert ended.is_orderly, ended.output
    return ended.output
