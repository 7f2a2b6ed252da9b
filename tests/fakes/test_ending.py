"""The built-in tenant ends with its parent and on SIGINT, SIGTERM and SIGHUP. Its temporary folder is removed then or at the next start."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from fakes.serving.folder import PREFIX, temporary_folder

ROOT = Path(__file__).resolve().parents[2]
TIMEOUT_SECONDS = 60
DIRECTLY = [sys.executable, "-m", "fakes", "--json"]
# As `run.py fake` does, without setting up an environment.
_BY_RUN_PY = """\
import sys
from bootstrap.child import run_server
command = [sys.executable, "-P", "-m", "plugin.sigint", "fakes", "--json", "--until-input-ends"]
sys.exit(run_server(command, until_input_ends=sys.argv[1:] == ["--until-input-ends"]))
"""
_BY_ANOTHER_PROGRAM = """\
import json, time
from fakes import serve_in_subprocess
with serve_in_subprocess() as process:
    print(json.dumps(process.description), flush=True)
    time.sleep(600)
"""
BY_RUN_PY = [sys.executable, "-c", _BY_RUN_PY]
BY_ANOTHER_PROGRAM = [sys.executable, "-c", _BY_ANOTHER_PROGRAM]
SIGNALS = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
posix = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no signals to a single process")


@contextmanager
def started(command: list[str], place: Path) -> Iterator[tuple[subprocess.Popen[str], dict[str, Any]]]:
    """Start a command that prints the tenant's description, with `place` as the folder for temporary files."""
    variables = {**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(place), "TEMP": str(place), "TMP": str(place)}
    with subprocess.Popen(
        command, cwd=ROOT, env=variables, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:  # fmt: skip
        assert process.stdout is not None
        try:
            yield process, json.loads(process.stdout.readline())
        finally:
            process.kill()


def folders(place: Path) -> list[Path]:
    """Return the folders of tenants in `place`."""
    return sorted(place.glob(f"{PREFIX}*"))


def becomes(state: Callable[[], bool]) -> bool:
    """Wait until the state is reached, and return whether it was."""
    deadline = time.monotonic() + TIMEOUT_SECONDS
    while not state() and time.monotonic() < deadline:
        time.sleep(0.05)
    return state()


def is_served(description: dict[str, Any]) -> bool:
    """Return whether the tenant's SMTP port accepts a connection."""
    try:
        socket.create_connection((description["smtp"]["host"], description["smtp"]["port"]), timeout=5).close()
    except OSError:
        return False
    return True


@posix
@pytest.mark.parametrize("number", SIGNALS, ids=lambda one: one.name)
@pytest.mark.parametrize("command", [DIRECTLY, BY_RUN_PY], ids=["directly", "by run.py"])
def test_a_signal_ends_the_tenant_in_order(command: list[str], number: signal.Signals, tmp_path: Path) -> None:
    """After one signal, the program exits with code 0 and no output, no port is served and no folder remains."""
    with started(command, tmp_path) as (process, description):
        assert len(folders(tmp_path)) == 1
        process.send_signal(number)
        output, errors = process.communicate(timeout=TIMEOUT_SECONDS)

        assert (process.returncode, output, errors) == (0, "", "")
        assert folders(tmp_path) == []
        assert not is_served(description)


@pytest.mark.parametrize("command", [BY_RUN_PY, BY_ANOTHER_PROGRAM], ids=["run.py", "another program"])
def test_the_tenant_ends_when_its_parent_is_killed(command: list[str], tmp_path: Path) -> None:
    """If the process that started the tenant is killed, the tenant ends and removes its folder."""
    with started(command, tmp_path) as (process, description):
        assert is_served(description)
        process.kill()
        process.wait(TIMEOUT_SECONDS)

        assert becomes(lambda: not folders(tmp_path))
        assert becomes(lambda: not is_served(description))


def test_the_end_of_the_input_reaches_the_tenant(tmp_path: Path) -> None:
    """With `--until-input-ends`, the end of run.py's own input ends the tenant."""
    with started([*BY_RUN_PY, "--until-input-ends"], tmp_path) as (process, _):
        process.communicate(timeout=TIMEOUT_SECONDS)

        assert process.returncode == 0
        assert folders(tmp_path) == []


def test_the_next_start_removes_the_folder_of_a_killed_tenant(tmp_path: Path) -> None:
    """The folder of a killed tenant is removed by the next start, and the folder of a running one is not."""
    with started(DIRECTLY, tmp_path) as (killed, _):
        killed.kill()
        killed.wait(TIMEOUT_SECONDS)
    (left,) = folders(tmp_path)

    with started(DIRECTLY, tmp_path) as (running, description):
        kept = Path(description["ca_file"]).parent
        assert not left.exists()
        with started(DIRECTLY, tmp_path):
            assert kept.is_dir()
            assert len(folders(tmp_path)) == 2
        running.kill()


def test_other_folders_are_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder with a similar name, without a lock or reached through a link is not removed, however old it is."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    target = tmp_path / "target"
    others = [tmp_path / f"{PREFIX}notes of mine", tmp_path / f"{PREFIX}abcd1234", tmp_path / "smtp365-fake", target]
    for folder in others:
        folder.mkdir()
        (folder / "settings.toml").write_text("mine", encoding="utf-8")
    (target / ".lock").write_bytes(b"locked")
    if sys.platform != "win32":
        (tmp_path / f"{PREFIX}link1234").symlink_to(target)
    for folder in others:
        os.utime(folder, (0, 0))

    with temporary_folder() as made:
        assert made.is_dir()

    assert not made.exists()
    assert all((folder / "settings.toml").is_file() for folder in others)


def test_an_empty_folder_of_a_killed_tenant_is_removed_after_a_day(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder whose process was killed before it held the lock is removed when it is a day old."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    old, new = tmp_path / f"{PREFIX}abcd1234", tmp_path / f"{PREFIX}abcd5678"
    old.mkdir()
    new.mkdir()
    os.utime(old, (0, 0))

    with temporary_folder():
        assert new.is_dir()
        assert not old.exists()


def test_a_reader_that_closes_the_pipe_gets_no_error() -> None:
    """If the reader of the list of faults closes the pipe, as `head` does, the program prints no error."""
    reading, writing = os.pipe()
    os.close(reading)
    command = [sys.executable, "-m", "fakes", "--faults"]
    try:
        done = subprocess.run(
            command, cwd=ROOT, stdout=writing, stderr=subprocess.PIPE, timeout=TIMEOUT_SECONDS, check=False
        )
    finally:
        os.close(writing)

    assert done.stderr == b""
