"""Tests that complete runs of the program do not repeat a sign-in, even if runs are killed or overlap, or pytest plugins are used.

A server on loopback counts the passwords that arrive.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from probes.attempt_files import FOLDER
from tests.resilience.password_server import PASSWORD, PasswordServer, password_server, refuse, reset
from tests.resilience.processes import ROOT, TIMEOUT_SECONDS, Completed, command, environment, read

HOST = "smtp.office365.com"
USER = "alerts@contoso.example"
MOMENTS = 20 if os.environ.get("SMTP365_DEEP") else 6
REPLY_AFTER = 1.0
NOT_PROVEN = 6
posix = pytest.mark.skipif(sys.platform == "win32", reason="a test cannot send Ctrl-C to another console on Windows")


@dataclass(frozen=True)
class Program:
    """The program, with settings for the server and its own folder for state."""

    server: PasswordServer
    folder: Path

    @property
    def state(self) -> Path:
        """The folder in which the program keeps its state."""
        found = [path.parent for path in (self.folder / "home").rglob(FOLDER)]
        assert len(found) == 1
        return found[0]

    def start(self, *options: str, users: tuple[str, ...] = (USER,), name: str = "run") -> subprocess.Popen[str]:
        """Start a live run with a sender for each user."""
        settings = self.folder / f"{name}.toml"
        settings.write_text(self.server.settings_text(*((user, HOST, 587) for user in users)), encoding="utf-8")
        homes = {name: str(self.folder / "home") for name in ("HOME", "XDG_STATE_HOME", "LOCALAPPDATA")}
        homes["PYTHONPATH"] = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
        outputs = [f"--html={self.folder / name}.html", f"--json={self.folder / name}.json"]
        here = ["-c", str(ROOT / "pytest.ini"), "--rootdir", str(ROOT), "-o", f"cache_dir={self.folder / 'cache'}"]
        return subprocess.Popen(
            command(
                "pytest", *here, "--target=live", f"--settings={settings}", *outputs, *options, str(ROOT / "checks")
            ),
            env=environment({**homes, "PW": PASSWORD}),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
        )

    def run(self, *options: str, users: tuple[str, ...] = (USER,), name: str = "run") -> Completed:
        """Run the program until it ends, and return its exit code and output."""
        return ended(self.start(*options, users=users, name=name))

    def withheld(self, name: str = "run") -> list[str | None]:
        """Return the reason why each sender's password was withheld, or None for a password that was not."""
        senders = read(self.folder / f"{name}.json")["senders"]
        return [sender["evidence"]["sign_in"]["withheld"] for sender in senders]


def ended(running: subprocess.Popen[str]) -> Completed:
    """Wait until the run ends, and return its exit code and output."""
    output, _ = running.communicate(timeout=TIMEOUT_SECONDS)
    done = Completed(running.returncode, output)
    assert done.is_orderly, output
    return done


@pytest.fixture
def program(tmp_path: Path) -> Iterator[Program]:
    """The program and a server that refuses every password, unless the test sets a different answer."""
    with password_server(tmp_path, HOST) as server:
        yield Program(server, tmp_path)


@posix
def test_ctrl_c_between_password_and_reply(program: Program) -> None:
    """If Ctrl-C interrupts a run between the password and the reply, the next run does not send the password again."""
    users = tuple(f"alerts{number}@contoso.example" for number in range(MOMENTS))
    program.server.answer = lambda user: None if program.server.closing.wait(REPLY_AFTER) else refuse(user)

    def interrupt(number: int) -> Completed:
        running = program.start(users=(users[number],), name=f"run{number}")
        program.server.wait_for(users[number])
        threading.Event().wait(REPLY_AFTER * number / MOMENTS)
        with contextlib.suppress(ProcessLookupError):
            running.send_signal(signal.SIGINT)
        return ended(running)

    with ThreadPoolExecutor(4) as pool:
        interrupted = list(pool.map(interrupt, range(MOMENTS)))
    again = program.run(users=users, name="again")

    assert {one.code for one in interrupted} <= {1, 2, NOT_PROVEN}
    assert [one.code for one in interrupted].count(2) >= MOMENTS // 2
    assert [program.server.attempts_on(user) for user in users] == [1] * MOMENTS
    assert set(program.withheld("again")) <= {"recently_tried", "recently_refused"}, again.output


@pytest.mark.parametrize("answer", ["silent", "reset"])
def test_a_killed_run_counts(answer: str, program: Program) -> None:
    """If a run is killed after it has sent the password, the next run does not send the password."""
    program.server.answer = program.server.silent
    running = program.start(name="killed")
    program.server.wait_for(USER)
    running.kill()
    running.communicate(timeout=TIMEOUT_SECONDS)
    program.server.answer = program.server.silent if answer == "silent" else reset

    later = program.run()

    assert later.code in {1, NOT_PROVEN}, later.output
    assert program.withheld() == ["recently_tried"]
    assert program.server.attempts_on(USER) == 1


@pytest.mark.parametrize("answer", ["refused", "reset", "accepted"])
def test_four_processes_at_once(answer: str, program: Program) -> None:
    """If four runs start at the same time, only one sends a password that the server refuses, but all four send one that it accepts."""
    replies = {"refused": refuse("x"), "reset": None, "accepted": "235 2.7.0 Authentication successful"}
    program.server.answer = lambda _user: None if program.server.closing.wait(0.3) else replies[answer]

    running = [program.start(name=f"run{number}") for number in range(4)]
    codes = [ended(one).code for one in running]
    reasons = [program.withheld(f"run{number}")[0] for number in range(4)]

    assert set(codes) <= {1, NOT_PROVEN}
    assert program.server.attempts_on(USER) == (4 if answer == "accepted" else 1)
    assert reasons.count(None) == (4 if answer == "accepted" else 1)


@pytest.mark.parametrize(
    "options",
    [
        pytest.param(["-n", "2"], id="xdist"),
        pytest.param(["-n", "2", "--dist=each"], id="xdist, each"),
        pytest.param(["--reruns", "3"], id="rerunfailures"),
        pytest.param(["-n", "2", "--reruns", "3"], id="rerunfailures with xdist"),
    ],
)
def test_one_run_with_pytests_plugins(options: list[str], program: Program) -> None:
    """With pytest-xdist or pytest-rerunfailures, the password is still sent only once."""
    if "--reruns" in options and importlib.util.find_spec("pytest_rerunfailures") is None:
        pytest.skip("pytest-rerunfailures is not installed")
    done = program.run(*options)

    assert done.code == 1, done.output
    assert program.server.attempts_on(USER) == 1


def test_last_failed(program: Program) -> None:
    """In a new run with `--lf` or `--ff`, the refused password is withheld."""
    assert program.run().code == 1
    for option in ("--lf", "--ff", "--lf"):
        done = program.run(option)
        assert done.code in {1, NOT_PROVEN}, done.output
        assert program.withheld() == ["recently_refused"]

    assert program.server.attempts_on(USER) == 1


def test_the_terminal_and_the_report_count_the_attempts(program: Program) -> None:
    """The terminal, the JSON and the HTML show how many attempts this machine made, and how many are left at most."""
    first, second = program.run(), program.run("--try-again", name="second")

    assert "s0 1, at most 9 left before a lockout" in first.output
    assert "s0 2, at most 8 left before a lockout" in second.output
    (sender,) = read(program.folder / "second.json")["senders"]
    assert sender["account_attempts"] == {"made": 2, "lockout_after": 10, "left_at_most": 8}
    page = (program.folder / "second.html").read_text(encoding="utf-8")
    assert "2 by this machine in 24 hours, none of them accepted; at most 8 left before a lockout" in page


def test_the_terminal_names_a_damaged_record(program: Program) -> None:
    """If a record cannot be read, one line on the terminal gives the new name of its file, and the run continues."""
    assert program.run().code == 1
    (file,) = (program.state / FOLDER).glob("*.json")
    file.write_bytes(b"[" * 200_000)

    done = program.run()

    assert done.code == 1, done.output
    (line,) = [line for line in done.output.splitlines() if "cannot be read" in line]
    assert line.startswith("smtp365: ")
    assert f"{file.name}.damaged" in line
    program.run()
    assert program.withheld() == ["recently_refused"]
