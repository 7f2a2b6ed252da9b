"""Tests of the command-line options for lookups: where requests are sent, what is found, and how mistakes are reported."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.probes.exported import export
from tests.probes.scripted import BASIC, SECRET, scripted
from tests.probes.test_lookups import not_found

ROOT = Path(__file__).resolve().parents[2]


def run(*options: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the program with these options."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *options]
    given = {**os.environ, **environment}
    return subprocess.run(command, cwd=ROOT, env=given, capture_output=True, text=True, timeout=180, check=False)


def results(folder: Path, *options: str, **environment: str) -> dict[str, Any]:
    """Run the program with its reports in this folder, and return the results."""
    file = folder / "results.json"
    done = run(f"--json={file}", f"--html={folder / 'report.html'}", *options, **environment)
    assert file.exists(), done.stdout + done.stderr
    found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return found


def evidence(data: dict[str, Any]) -> dict[str, Any]:
    """Return the evidence of each sender, keyed by name."""
    return {one["name"]: one["evidence"] for one in data["senders"]}


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the path of a report on the built-in tenant with one fault and no lookups."""
    folder = tmp_path_factory.mktemp("report")
    results(folder, "--fault=smtp_auth_off_tenant")
    return folder / "report.html"


@pytest.fixture
def exported(tmp_path: Path) -> Path:
    """Write a tenant export and return its path."""
    file = tmp_path / "export.json"
    file.write_text(json.dumps(export()), encoding="utf-8")
    return file


def test_lookups_for_a_report_use_no_smtp(report: Path, exported: Path, tmp_path: Path) -> None:
    """Lookups for a report need no settings and change only the tenant's part of the evidence."""
    before = re.search(r'id="smtp365-results">(.*?)</script>', report.read_text(encoding="utf-8"), re.DOTALL)
    assert before is not None
    was = evidence(json.loads(before[1]))

    now = evidence(results(tmp_path, f"--lookups-for={report}", f"--tenant-export={exported}"))

    for name, one in now.items():
        assert one["tenant"]["way"] == "export"
        assert {**one, "tenant": None} == {**was[name], "tenant": None}


def test_lookups_for_a_report_use_the_directory_in_the_settings(report: Path, tmp_path: Path) -> None:
    """Lookups for a report use `[directory]` from the settings and its secret from the environment. The report contains no secret."""
    with scripted(not_found, tmp_path) as server:
        server.settings(BASIC)
        file = tmp_path / "tenant.toml"
        file.write_text(server.written, encoding="utf-8")
        given = {"SMTP365_DIRECTORY_CLIENT_SECRET": SECRET}
        data = results(tmp_path, f"--lookups-for={report}", f"--settings={file}", "--sender=basic", **given)

    tenant = evidence(data)["basic"]["tenant"]
    assert tenant["way"] == "application"
    assert tenant["transport"]["state"] == "absent"
    assert server.requests_to("graph.microsoft.com")
    assert SECRET not in (tmp_path / "report.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("option", ["--look-ups", "--admin-sign-in", "--tenant-export={export}"])
def test_each_lookup_option_works_with_the_built_in_tenant(option: str, exported: Path, tmp_path: Path) -> None:
    """Each option works on its own with the built-in tenant. An export of a different tenant is not used for the OAuth sender."""
    found = evidence(results(tmp_path, option.format(export=exported)))

    sources = {"--look-ups": "application", "--admin-sign-in": "administrator"}
    assert {one["tenant"]["way"] for one in found.values()} == {sources.get(option, "export")}
    assert found["oauth"]["tenant"]["user"]["state"] == ("answered" if option in sources else "not_asked")


def test_masked_reports_are_refused(exported: Path, tmp_path: Path) -> None:
    """Lookups for a masked report are refused with exit code 4, because the report contains no identities to look up."""
    results(tmp_path, "--mask-identities")
    done = run(f"--lookups-for={tmp_path / 'report.html'}", f"--tenant-export={exported}")

    assert done.returncode == 4
    assert "masked" in done.stderr


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--target=live", "--settings={plain}", "--look-ups"], "[directory]"),
        (["--lookups-for=none.html"], "--lookups-for=none.html: this report does not exist"),
        (["--lookups-for=live"], "the path of a report"),
        (["--lookups-for={report}", "--target=live"], "leave out --target=live"),
        (["--lookups-for={report}", "--settings={plain}"], "[directory]"),
        (["--lookups-for={report}", "--settings={plain}", "--admin-sign-in"], "admin_client_id"),
        (["--target={report}", "--tenant-export={plain}"], "--lookups-for=REPORT"),
        (["--target=live", "--settings={plain}", "--tenant-export={plain}"], "not JSON"),
        (["--target=live", "--settings={custom}", "--admin-sign-in"], "only with Microsoft clouds"),
    ],
)
def test_invalid_options_are_reported_on_one_line(options: list[str], words: str, report: Path, tmp_path: Path) -> None:
    """Invalid options lead to exit code 4 and a one-line message that says what is wrong."""
    plain, custom = tmp_path / "plain.toml", tmp_path / "custom.toml"
    plain.write_text(BASIC, encoding="utf-8")
    custom.write_text(f'cloud = "custom"\n[custom]\nsmtp_server = "mail.adatum.test"\n{BASIC}', encoding="utf-8")
    done = run(*(option.format(report=report, plain=plain, custom=custom) for option in options))

    lines = [line for line in done.stderr.splitlines() if line.strip()]
    assert done.returncode == 4, done.stdout + done.stderr
    assert len(lines) == 1
    assert words in lines[0]


def test_run_without_lookups_does_not_import_them() -> None:
    """A run without lookups does not import the modules that only lookups need."""
    code = "import sys, plugin.session, plugin.setup; sys.exit(any(name.startswith('probes.lookups') for name in sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, check=False)

    assert done.returncode == 0, done.stderr
