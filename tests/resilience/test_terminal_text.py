"""Tests that hostile text in a report, settings, a reply or an argument puts no control or invisible character into the output."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from reports.run import Run
from tests.printed import FORBIDDEN, HOSTILE, hidden_in
from tests.reports.conftest import full_report, original_html
from tests.reports.test_page import hostile
from tests.resilience.password_server import password_server
from tests.resilience.processes import ROOT, check, environment, files_in, run

__all__ = ["full_report", "original_html"]
EVERY = HOSTILE + "".join(one for one in FORBIDDEN if one not in "\ud800\udfff")
QUOTED = "".join(one for one in EVERY if ord(one) > 0x1F and one != "\x7f")  # what a line of the settings may hold


def _clean(folder: Path, output: str) -> None:
    """Assert that the output and the XML, calendar and JSON files in the folder contain no forbidden character."""
    assert hidden_in(output) == set()
    for name in files_in(folder):
        text = (folder / name).read_bytes().decode().replace("\r\n", "\n")
        if name.endswith((".xml", ".ics", ".json")):
            assert hidden_in(text) == set(), name


def _outputs(folder: Path) -> list[str]:
    return [f"--json={folder / 'out.json'}", f"--junit-xml={folder / 'out.xml'}", "-v", "-rA", "--showlocals"]


@pytest.mark.parametrize(
    "more", [[], ["--tb=long"], ["-n1"], ["-q"], ["--strict"]], ids=lambda one: " ".join(one) or "plain"
)
def test_a_hostile_report(more: list[str], full_report: Callable[..., str], tmp_path: Path) -> None:
    """When a report full of hostile text is replayed, the terminal output, JUnit XML and JSON contain no forbidden character."""
    report, folder = tmp_path / "evil.html", tmp_path / "out"
    folder.mkdir()
    evil: Run = hostile(EVERY)
    report.write_text(full_report(evil), encoding="utf-8")

    done = check(f"--target={report}", f"--baseline={report}", *_outputs(folder), *more, report=folder / "out.html")

    assert done.code in {1, 6}, done.output
    assert done.is_orderly, done.output
    assert "observed:" in done.output
    _clean(folder, done.output)


def _settings(**more: Any) -> str:  # noqa: ANN401 - values of a TOML table
    values = {
        "authentication_type": "OpenID",
        "username": f"a{QUOTED}@contoso.example",
        "from": f"b{QUOTED}@contoso.example",
        "to": f"c{QUOTED}@contoso.example",
        "client_id": f"id{QUOTED}",
        "openid_endpoint_configuration": f"https://login.microsoftonline.com/{QUOTED}",
        "scope": QUOTED,
        "smtp_server": f"mail{QUOTED.replace(chr(0x2028), '').replace(chr(0x2029), '').replace(chr(0x85), '')}.example",
        "client_secret_from": "env:CLIENT",
        **more,
    }
    table = [f"{key} = {json.dumps(value)}" for key, value in values.items()]
    table.append(f"client_secret_expires = {datetime.now(UTC).date() + timedelta(days=90)}")
    return "\n".join(["[network]", "only_mapped = true", "[sender.one]", *table])


def test_hostile_settings(tmp_path: Path) -> None:
    """Addresses, ids and hosts in the settings reach the header, the failures, JUnit XML and the calendar without a forbidden character."""
    settings, folder = tmp_path / "settings.toml", tmp_path / "out"
    folder.mkdir()
    settings.write_text(_settings(), encoding="utf-8")

    variables = {"CLIENT": "Zq7~canary-secret"}
    options = ["--target=live", f"--settings={settings}", *_outputs(folder)]
    done = check(*options, report=folder / "out.html", variables=variables)

    assert done.code in {1, 6}, done.output
    assert "one: one test message from b" in done.output
    assert "out.ics" in files_in(folder)
    _clean(folder, done.output)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(_settings(port=QUOTED), id="value"),
        pytest.param(_settings(**{f'"{QUOTED}"': 1}), id="key"),
        pytest.param(_settings().replace("sender.one", f'sender."{QUOTED}"'), id="name of a sender"),
        pytest.param(_settings(authentication_type=QUOTED).replace("[network]", f'["{QUOTED}"]'), id="table"),
        pytest.param(f"[sender.one\n{EVERY}", id="not TOML"),
    ],
)
def test_wrong_settings(text: str, tmp_path: Path) -> None:
    """An error line that quotes hostile settings has no forbidden character."""
    settings = tmp_path / "settings.toml"
    settings.write_text(text, encoding="utf-8")

    done = check("--target=live", f"--settings={settings}", variables={"CLIENT": "Zq7~canary-secret"})

    assert done.code == 4, done.output
    assert "ERROR: " in done.output
    assert hidden_in(done.output) == set()


def test_a_hostile_server(tmp_path: Path) -> None:
    """A server's reply with control characters is reported without them."""
    folder = tmp_path / "out"
    folder.mkdir()
    with password_server(tmp_path, "smtp.office365.com") as server:
        server.answer = lambda _user: f"535 5.7.3 {EVERY.replace(chr(10), '').replace(chr(13), '')}"
        settings = tmp_path / "settings.toml"
        settings.write_text(
            server.settings_text(("alerts@contoso.example", "smtp.office365.com", 587)), encoding="utf-8"
        )
        variables = {"PW": "Cn7$kq2Zab12", "XDG_STATE_HOME": str(tmp_path / "state")}
        options = ["--target=live", f"--settings={settings}", *_outputs(folder)]
        done = check(*options, report=folder / "out.html", variables=variables)

    assert done.code == 1, done.output
    assert "535 5.7.3" in done.output
    _clean(folder, done.output)


@pytest.mark.parametrize(
    "options", [[], ["--json"], ["--jsonl"], [f"--{HOSTILE}"]], ids=["text", "json", "jsonl", "option"]
)
@pytest.mark.parametrize("module", ["knowledge.explain", "fakes"])
def test_pasted_text(module: str, options: list[str]) -> None:
    """Text given to a command as an argument or on standard input is quoted without a forbidden character."""
    pasted = f"535 5.7.139 Authentication unsuccessful {EVERY}".replace("\0", "")
    options = [one.replace("\0", "") for one in options]
    for arguments, entered in (([*options, pasted], b""), (options, pasted.encode()), (options, b'{"id": "\x9b"\x1b}')):
        done = subprocess.run(
            [sys.executable, "-m", module, *arguments, *(["--fault", pasted] if module == "fakes" else [])],
            cwd=ROOT, env=environment({"PYTHONIOENCODING": "utf-8"}), input=entered, capture_output=True, timeout=60, check=False,
        )  # fmt: skip

        assert hidden_in((done.stdout + done.stderr).decode()) == set()
        assert b"Traceback" not in done.stderr


def test_an_exception_with_hostile_text(tmp_path: Path) -> None:
    """The message of an internal error reaches the terminal and JUnit XML without a forbidden character."""
    broken = f"from checks import net\nimport checks.catalogue\ndef broken(case): raise ValueError({EVERY!a})\n"
    first = (
        f"{broken}import dataclasses\nfound = checks.catalogue.CATALOGUE.checks\n"
        "found['NET-01'] = dataclasses.replace(found['NET-01'], judge=broken)\n"
    )
    folder = tmp_path / "out"
    folder.mkdir()

    done = check(*_outputs(folder), report=folder / "out.html", first=first)

    assert done.code in {1, 3}, done.output
    assert "ValueError" in done.output
    _clean(folder, done.output)


def test_run_py_quotes_a_command_without_control_characters() -> None:
    """The error line for an unknown command has no forbidden character."""
    done = subprocess.run(
        [sys.executable, "run.py", EVERY.replace("\0", "")], cwd=ROOT, capture_output=True, timeout=60, check=False
    )

    assert done.returncode == 4
    assert hidden_in(done.stderr.decode()) == set()
    assert b"unknown command" in done.stderr
    assert run("knowledge.explain", "535 5.7.3").code == 0
