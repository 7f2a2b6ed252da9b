"""Test what users rely on: exit codes, options, JSON, file names, and the same verdicts for a selection as for a full run."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.suite.test_matrix import NEED_LOOKUPS

ROOT = Path(__file__).resolve().parents[2]
Verdicts = dict[str, str]


def run(*options: str, cwd: Path = ROOT, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the whole program in a subprocess, as a user would."""
    command = [sys.executable, "-m", "pytest", *options]
    return subprocess.run(
        command,
        cwd=cwd,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )


def results(folder: Path, *options: str) -> tuple[int, dict[str, Any], subprocess.CompletedProcess[str]]:
    """Run the program with its reports in `folder`, and return the exit code, the results and the finished process."""
    file = folder / "results.json"
    done = run(f"--json={file}", f"--html={folder / 'report.html'}", "-p", "no:cacheprovider", *options)
    return done.returncode, json.loads(file.read_text(encoding="utf-8")), done


def verdicts(data: dict[str, Any]) -> Verdicts:
    """Return the verdict of each check, keyed by sender and check."""
    return {f"{s['name']}-{c['id']}": c["verdict"] for s in data["senders"] for c in s["checks"]}


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Verdicts:
    """The verdicts of a full run with a fault."""
    code, data, _ = results(tmp_path_factory.mktemp("full"), "--fault=wrong_password")
    assert code == 1
    return verdicts(data)


def test_healthy_run_exits_0_and_prints_the_path_of_the_report(tmp_path: Path) -> None:
    """A healthy run exits with 0, prints the path of the report on its last line, and writes JSON with the documented keys."""
    code, data, done = results(tmp_path)

    assert code == 0, done.stdout + done.stderr
    assert data["verdict"] == "can_send"
    assert done.stdout.rstrip().splitlines()[-1].endswith("report.html")
    assert (tmp_path / "report.html").is_file()
    assert set(data) >= {
        "schema",
        "tool_version",
        "target",
        "started",
        "finished",
        "host",
        "verdict",
        "basis",
        "senders",
    }
    sender_members = {"name", "authentication", "verdict", "first_broken_gate", "causes", "sure", "checks", "gates"}
    sender_members |= {"traffic", "evidence", "settings"}
    assert all(set(sender) >= sender_members for sender in data["senders"])
    assert data["schema"] == "smtp365-results/1"


def test_both_checklists_have_21_verdicts_and_none_is_unknown(tmp_path: Path) -> None:
    """All 21 checklist items have a verdict on the built-in tenant, and none is unknown."""
    _, data, _ = results(tmp_path)
    items = {key: verdict for key, verdict in verdicts(data).items() if re.search(r"(BASIC|OAUTH)-\d\d$", key)}

    assert len(items) == 21
    assert set(items.values()) <= {"pass", "attested", "risk"}


def test_default_report_has_time_and_target_in_its_name(tmp_path: Path) -> None:
    """Without --html, the report is written to reports/out/<UTC time>-fake.html."""
    done = run("-k", "BASIC-07", "-p", "no:cacheprovider")
    last = done.stdout.rstrip().splitlines()[-1]

    assert re.search(r"reports[/\\]out[/\\]\d{8}T\d{6}Z-fake\.html$", last), last
    Path(last.removeprefix("Report: ")).unlink()
    assert not list(tmp_path.iterdir())


def test_failed_check_exits_1(tmp_path: Path) -> None:
    """A run with a failed check exits with 1, the check's gate is broken, and later gates are not reached."""
    code, data, _ = results(tmp_path, "--fault=secret_expired")

    oauth = next(sender for sender in data["senders"] if sender["name"] == "oauth")
    assert code == 1
    assert data["verdict"] == "cannot_send"
    assert (oauth["first_broken_gate"], oauth["causes"], oauth["sure"]) == ("token", ["secret_expired"], True)
    after = [gate["state"] for gate in oauth["gates"]][[gate["gate"] for gate in oauth["gates"]].index("token") + 1 :]
    assert set(after) == {"not_reached"}


@pytest.mark.parametrize(
    "options",
    [
        pytest.param(["--no-send"], id="no-send"),
        pytest.param(["-k", "BASIC-05"], id="selection"),
    ],
)
def test_unproven_exits_6(options: list[str], tmp_path: Path) -> None:
    """A run that stops before the message, or that runs only some checks, exits with 6 and the verdict `not_proven`."""
    code, data, _ = results(tmp_path, *options)

    assert code == 6
    assert data["verdict"] == "not_proven"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        pytest.param(["--target=lvie"], "did you mean live", id="target"),
        pytest.param(["--fault=secret_expried"], "secret_expired", id="fault"),
        pytest.param(["--sender=basik"], "did you mean basic", id="sender"),
        pytest.param(["--target=live", "--settings=none.toml"], "no such file", id="settings"),
        pytest.param(
            ["--target=live", "--settings=settings.example.toml", "--fault=x"],
            "works only with the built-in tenant",
            id="fault-live",
        ),
        pytest.param(["--target=none.html"], "this report does not exist", id="report"),
        pytest.param(["--nonsense"], "--nonsense", id="option"),
        pytest.param(["-k", "NOTHING-99"], "", id="nothing-selected"),
    ],
)
def test_wrong_usage_exits_4(options: list[str], words: str) -> None:
    """Incorrect usage, invalid settings or an empty selection leads to exit code 4 and a clear message without a traceback."""
    done = run(*options, "-p", "no:cacheprovider")

    assert done.returncode == 4, done.stdout + done.stderr
    assert words in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr


def test_internal_error_exits_3(tmp_path: Path) -> None:
    """An exception in a plugin leads to exit code 3."""
    (tmp_path / "broken_plugin.py").write_text(
        "def pytest_collection_modifyitems():\n    raise RuntimeError('broken on purpose')\n", encoding="utf-8"
    )
    done = run("-p", "broken_plugin", "-p", "no:cacheprovider", PYTHONPATH=os.pathsep.join([str(tmp_path), str(ROOT)]))

    assert done.returncode == 3, done.stdout


@pytest.mark.skipif(sys.platform == "win32", reason="a test cannot send Ctrl-C to another console on Windows")
def test_interrupt_exits_2_and_writes_a_report(tmp_path: Path) -> None:
    """After Ctrl-C during the wait for the greeting, the report and the JSON are written, and the verdict is `not_proven`."""
    report, data = tmp_path / "report.html", tmp_path / "results.json"
    command = [
        sys.executable,
        "-m",
        "pytest",
        "--fault=silence_after_connect",
        f"--html={report}",
        f"--json={data}",
        "-s",
    ]
    with subprocess.Popen(
        [*command, "-p", "no:cacheprovider"], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as child:
        assert child.stdout is not None
        seen = ""
        while "collected" not in seen:
            seen += child.stdout.readline()
        time.sleep(1.5)  # the run now waits five seconds for the greeting and prints nothing
        child.send_signal(signal.SIGINT)
        rest, _ = child.communicate(timeout=60)

    assert child.returncode == 2, seen + rest
    assert report.is_file()
    recorded = json.loads(data.read_text(encoding="utf-8"))
    assert recorded["verdict"] == "not_proven"
    assert recorded["interrupted"]


def test_collect_only_contacts_nothing(tmp_path: Path) -> None:
    """With --co, the checks are listed and no report is written."""
    settings = tmp_path / "live.toml"
    settings.write_text(
        '[network]\nonly_mapped = true\nresolvers = ["127.0.0.1:9"]\n[sender.alerts]\nauthentication_type = "Basic"\n'
        'username = "a@example.com"\n',
        encoding="utf-8",
    )
    done = run(
        "--co",
        "-q",
        "--target=live",
        f"--settings={settings}",
        f"--html={tmp_path / 'r.html'}",
        "-p",
        "no:cacheprovider",
    )

    assert done.returncode == 0
    assert "test_check[alerts-BASIC-05]" in done.stdout
    assert not (tmp_path / "r.html").exists()


SELECTIONS: dict[str, Callable[[], list[str]]] = {
    "by-id": lambda: ["-k", "BASIC-10 or BASIC-01 or MBX-03"],
    "stop-at-first": lambda: ["-x"],
    "two-workers": lambda: ["-n", "2"],
    "random-order": lambda: ["-p", "randomly"],
    "one-sender": lambda: ["--sender=basic"],
}


@pytest.mark.parametrize("selection", SELECTIONS)
def test_selection_gives_the_verdicts_of_a_full_run(selection: str, full: Verdicts, tmp_path: Path) -> None:
    """Each check has the same verdict as in a full run, however the checks are selected, ordered or distributed."""
    _, data, done = results(tmp_path, "--fault=wrong_password", *SELECTIONS[selection]())
    found = verdicts(data)

    assert found, done.stdout
    assert found.items() <= full.items()
    if selection in {"two-workers", "random-order"}:
        assert found == full


def test_last_failed_gives_the_same_failures(full: Verdicts, tmp_path: Path) -> None:
    """With --lf, only the checks that failed in the previous run are run, and they fail again."""
    cache = ["-o", f"cache_dir={tmp_path / 'cache'}"]
    options = ["--fault=wrong_password", f"--html={tmp_path / 'r.html'}", *cache]
    run(*options)
    done = run(*options, "--lf", f"--json={tmp_path / 'results.json'}")
    found = verdicts(json.loads((tmp_path / "results.json").read_text(encoding="utf-8")))

    assert done.returncode == 1
    assert found == {key: verdict for key, verdict in full.items() if verdict == "fail"}


def test_strict_fails_unknown_checks(tmp_path: Path) -> None:
    """With --strict, an unknown check is reported as failed, and the exit code is 1."""
    code, _, done = results(tmp_path, "--no-send", "--strict")

    assert code == 1
    assert "unknown counts as failed" in done.stdout


def test_strict_fails_checks_that_need_lookups(tmp_path: Path) -> None:
    """With --strict, the checks that need lookups fail even in the healthy world, because they are unknown without lookups."""
    code, data, done = results(tmp_path, "--strict")
    unknown = {key for key, verdict in verdicts(data).items() if verdict == "unknown"}

    assert code == 1
    assert unknown == {f"{s}-{c}" for s, c in NEED_LOOKUPS}
    assert all(f"test_check[{key}]" in done.stdout for key in unknown)


def test_junit_contains_the_verdicts(tmp_path: Path) -> None:
    """The JUnit file contains the checks and their verdicts."""
    file = tmp_path / "junit.xml"
    done = run(f"--junit-xml={file}", f"--html={tmp_path / 'r.html'}", "-p", "no:cacheprovider")

    text = file.read_text(encoding="utf-8")
    assert done.returncode == 0, done.stdout
    assert 'name="verdict" value="pass"' in text
    assert "test_check[oauth-OAUTH-11]" in text
