"""Tests of runs by a service account that can read, but not write to, a checkout installed by an administrator."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from bootstrap.environment import RUNTIME
from fakes.serving.subprocess import serve_in_subprocess
from tests.cli.checkout import TIMEOUT_SECONDS, Checkout
from tests.cli.full_checkout import borrow, full_checkout, open_folder, python_for_all

if sys.platform == "win32":
    pytest.skip("switching accounts requires POSIX", allow_module_level=True)

import pwd

ACCOUNT = "nobody"


@dataclass(frozen=True, slots=True)
class Installed:
    """A checkout installed by root, a Python that all accounts can run, and a home folder for the account."""

    checkout: Checkout
    python: Path
    home: Path

    def run(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run run.py as the account, with `home` as the current folder."""
        entry = pwd.getpwnam(ACCOUNT)
        library = {
            "LD_LIBRARY_PATH": str(self.python.parents[1] / "lib")
        }  # needed for a copy of a Python with a shared library
        inherited = {
            **library,
            "PATH": os.defpath,
            "LANG": "C.UTF-8",
            "HOME": str(self.home),
            "LOGNAME": "root",
            **environment,
        }
        return subprocess.run(
            [str(self.python), str(self.checkout.root / "run.py"), *arguments],
            cwd=self.home,
            env={name: value for name, value in inherited.items() if value},
            capture_output=True,
            encoding="utf-8",
            timeout=TIMEOUT_SECONDS,
            check=False,
            user=entry.pw_uid,
            group=entry.pw_gid,
            extra_groups=[],
        )

    @property
    def state(self) -> Path:
        """The folder for the account's own state and reports."""
        return self.home / ".local" / "state" / "smtp365"


@pytest.fixture(scope="module")
def readable() -> Iterator[Installed]:
    """A checkout that is set up in a folder that all accounts can read."""
    if os.geteuid() != 0:
        pytest.skip("only root can run a program as a different account")
    with open_folder() as folder:
        python, packages = python_for_all(folder / "python")
        checkout = full_checkout(folder / "smtp365")
        make = [str(python), "-m", "venv", "--without-pip", str(checkout.root / ".venv")]
        subprocess.run(make, check=True, capture_output=True, timeout=TIMEOUT_SECONDS)
        (checkout.root / "reports" / "out").mkdir()
        borrow(checkout, packages)
        compiling = [str(python), "-m", "compileall", "-q", "-j", "0", str(checkout.root), "-x", r"[.]venv"]
        subprocess.run(
            compiling, check=True, capture_output=True, timeout=TIMEOUT_SECONDS
        )  # as the administrator's first run does
        yield Installed(checkout, python, folder)


@pytest.fixture
def installed(readable: Installed) -> Iterator[Installed]:
    """The same checkout, with an empty home folder that the account can write to. The test must leave the checkout's files in place."""
    with open_folder() as home:
        entry = pwd.getpwnam(ACCOUNT)
        os.chown(home, entry.pw_uid, entry.pw_gid)
        before = _files(readable.checkout.root)
        yield Installed(readable.checkout, readable.python, home)
        assert _files(readable.checkout.root) == before


def _files(folder: Path) -> set[str]:
    return {str(path) for path in folder.rglob("*") if ".venv" not in path.parts}


def orderly_output(ended: subprocess.CompletedProcess[str]) -> str:
    """Return the output. Raises AssertionError if it contains a traceback or a warning."""
    output = ended.stdout + ended.stderr
    assert not any(sign in output for sign in ("Traceback", "Warning", "warning", "INTERNALERROR")), output
    return output


def test_a_run_writes_report_and_cache_to_the_accounts_folder(installed: Installed) -> None:
    """The run succeeds, prints one line that names the account's folder, writes the report there and leaves the checkout unchanged."""
    ended = installed.run()

    output = orderly_output(ended)
    assert ended.returncode == 0, output
    line = (
        f"the account {ACCOUNT} cannot write to {installed.checkout.root}, so reports, state and pytest's cache go to "
    )
    assert [shown for shown in output.splitlines() if shown.startswith("the account ")] == [f"{line}{installed.state}"]
    (report,) = (installed.state / "reports").glob("*-fake.html")
    assert output.splitlines()[-1] == f"Report: {report}"
    assert (installed.state / "pytest-cache" / "CACHEDIR.TAG").is_file()


def test_a_live_run_records_attempts_in_the_accounts_folder(installed: Installed, tmp_path: Path) -> None:
    """A refused password is recorded in the account's folder, and the results name the account that ran the suite."""
    with serve_in_subprocess(folder=tmp_path) as tenant, open_folder() as folder:
        settings = folder / "settings.toml"
        ca_file = folder / "root.pem"
        text = tenant.settings_file.read_text(encoding="utf-8").replace(str(tmp_path / "root.pem"), str(ca_file))
        ca_file.write_bytes((tmp_path / "root.pem").read_bytes())
        settings.write_text(text, encoding="utf-8")
        options = ["check", "--target=live", f"--settings={settings}", "--sender=basic", "--json=results.json"]

        sent = installed.run(*options, SMTP365_BASIC_PASSWORD=tenant.secrets["SMTP365_BASIC_PASSWORD"])
        results = json.loads((installed.home / "results.json").read_text(encoding="utf-8"))
        refused = installed.run(*options, SMTP365_BASIC_PASSWORD="wrong-password-4711")

    assert sent.returncode == 0, orderly_output(sent)
    orderly_output(sent)
    (sender,) = results["senders"]
    assert (sender["verdict"], sender["traffic"]["messages_sent"]) == ("can_send", 1)
    assert sender["evidence"]["machine"]["account"] == ACCOUNT
    assert refused.returncode == 1, orderly_output(refused)
    (written,) = (installed.state / "sign-ins").glob("*.json")
    assert "alerts@fabrikam.example" in written.read_text(encoding="utf-8")


@pytest.mark.parametrize(("command", "word"), [("explain", "5.7.3"), ("faults", "smtp_auth_off_tenant")])
def test_commands_without_output_files_run(installed: Installed, command: str, word: str) -> None:
    """`explain` and `faults` work for the account and write no file."""
    ended = installed.run(command, *(["535 5.7.3 Authentication unsuccessful"] if command == "explain" else []))

    assert ended.returncode == 0, orderly_output(ended)
    assert word in orderly_output(ended)
    assert list(installed.home.iterdir()) == []


@pytest.mark.parametrize("home", ["", "/nonexistent"], ids=["HOME unset", "HOME that is not there"])
def test_an_account_without_a_home_gets_one_line(installed: Installed, home: str) -> None:
    """If neither the checkout nor the state folder is writable, one line says so and recommends --html. With --html, the run completes."""
    refused = installed.run(HOME=home)
    report = installed.home / "report.html"
    ended = installed.run("check", f"--html={report}", HOME=home)

    line = f"the account {ACCOUNT} cannot write to {installed.checkout.root} or to /nonexistent/.local/state/smtp365"
    assert refused.returncode == 4
    assert orderly_output(refused) == f"ERROR: {line}; choose a path for the report with --html\n\n"
    assert ended.returncode == 0, orderly_output(ended)
    assert f"{line}, so pytest keeps no cache" in orderly_output(ended)
    assert report.is_file()


def test_a_missing_environment_gives_one_line(installed: Installed) -> None:
    """The message says in which folder an administrator must set up the checkout, and the exit code is 3."""
    environment = installed.checkout.root / ".venv"
    environment.rename(installed.checkout.root.parent / "elsewhere")
    try:
        refused = installed.run()
    finally:
        (installed.checkout.root.parent / "elsewhere").rename(environment)

    root = installed.checkout.root
    assert refused.returncode == 3
    assert refused.stderr == (
        f"smtp365: the account {ACCOUNT} cannot write to {root}, where .venv must be set up (first run); "
        "ask an administrator to run run.py there once\n"
    )


def test_a_changed_lock_gives_one_line(installed: Installed) -> None:
    """After an update, one line says that an administrator must set up `.venv` again, even if an old `.venv.lock` file exists."""
    lock = installed.checkout.root / RUNTIME
    before = lock.read_text(encoding="utf-8")
    lock.write_text("# newer\n", encoding="utf-8")
    left = installed.checkout.root / ".venv.lock"
    try:
        for _ in range(2):
            refused = installed.run("faults")
            assert refused.returncode == 3
            assert "where .venv must be set up (the lock changed); ask an administrator" in refused.stderr
            assert refused.stderr.count("\n") == 1
            left.touch()
    finally:
        lock.write_text(before, encoding="utf-8")
        left.unlink()


@pytest.mark.parametrize("kind", ["its Python", "its marker", "its packages"])
def test_an_unreadable_environment_gives_one_line(installed: Installed, kind: str) -> None:
    """The message names the account, the unreadable path and the remedy. The environment is kept and works when it is readable again."""
    environment = installed.checkout.root / ".venv"
    closed = installed.checkout.root.parent / "closed"
    closed.mkdir(mode=0o700, exist_ok=True)
    python = environment / "bin" / "python"
    target = python.readlink()
    marker = environment / "smtp365.json"
    (packages,) = environment.glob("lib/python*/site-packages")
    try:
        if kind == "its Python":
            python.unlink()
            python.symlink_to(closed / "python3")
        else:
            (marker if kind == "its marker" else packages).chmod(0o700)
        refused = installed.run()
    finally:
        python.unlink()
        python.symlink_to(target)
        marker.chmod(0o644)
        packages.chmod(0o755)

    if kind == "its Python":
        line = f"cannot run {closed / 'python3'}, the Python of {environment}; ask an administrator to create it with a Python that "
        line += f"{ACCOUNT} may run"
    else:
        line = f"cannot read {marker if kind == 'its marker' else packages}; ask an administrator to make {environment} readable "
        line += "(on Linux and macOS, chmod -R a+rX)"
    assert refused.returncode == 3
    assert refused.stderr == f"smtp365: the account {ACCOUNT} {line}\n"
    assert installed.run("faults").returncode == 0
