"""Tests that links at the names of temporary files are not followed, and that no temporary file remains after a run is stopped."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from settings.whole_file import remove_abandoned, write_whole
from tests.resilience.password_server import password_server
from tests.resilience.processes import ROOT, TIMEOUT_SECONDS, check, command, environment, files_in

links = pytest.mark.skipif(sys.platform == "win32", reason="Windows needs a privilege to create symbolic links")
SIGNALS = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
# Places a link to `victim` at the names that earlier versions gave to their temporary files.
PLACED = (
    "import os; [os.symlink({victim!r}, f'{folder}/.{{name}}.{{os.getpid()}}.part') for name in ('r.html', 'r.json')]"
)


@links
def test_writing_follows_no_link(tmp_path: Path) -> None:
    """A link at the name of an earlier version's temporary file is not followed."""
    victim = tmp_path / "victim"
    victim.write_text("mine", encoding="utf-8")
    (tmp_path / f".o.json.{os.getpid()}.part").symlink_to(victim)

    write_whole(tmp_path / "o.json", "content")

    assert victim.read_text(encoding="utf-8") == "mine"
    assert (tmp_path / "o.json").read_text(encoding="utf-8") == "content"


@links
def test_a_run_follows_no_link(tmp_path: Path) -> None:
    """A run leaves a file unchanged if links with the names of an earlier version's temporary files point to it."""
    victim, folder = tmp_path / "victim", tmp_path / "out"
    victim.write_text("mine", encoding="utf-8")
    folder.mkdir()

    done = check(
        f"--json={folder / 'r.json'}",
        report=folder / "r.html",
        first=PLACED.format(victim=str(victim), folder=folder),
    )

    assert done.code == 0, done.output
    assert victim.read_text(encoding="utf-8") == "mine"
    assert {"r.html", "r.json"} <= set(files_in(folder))


@pytest.mark.skipif(sys.platform == "win32", reason="Windows cannot ask a single process to end")
@pytest.mark.parametrize("number", SIGNALS, ids=lambda one: one.name)
@pytest.mark.parametrize("start", ["run.py", "pytest"])
def test_a_live_run_that_is_asked_to_end_leaves_no_temporary_file(
    start: str, number: signal.Signals, tmp_path: Path
) -> None:
    """While a live run waits for a server, a signal ends it as Ctrl-C does, with a report and without a temporary file."""
    folder = tmp_path / "out"
    folder.mkdir()
    with password_server(tmp_path, "smtp.office365.com") as server:
        server.answer = server.silent
        settings = tmp_path / "settings.toml"
        settings.write_text(
            server.settings_text(("alerts@contoso.example", "smtp.office365.com", 587)).replace(
                "reply_timeout = 2", "reply_timeout = 20"
            ),
            encoding="utf-8",
        )
        options = ["--target=live", f"--settings={settings}", f"--html={folder / 'r.html'}", "-p", "no:cacheprovider"]
        line = command("pytest", *options) if start == "run.py" else [sys.executable, "-m", "pytest", *options]
        running = subprocess.Popen(
            line,
            cwd=ROOT,
            env=environment({"PW": "Cn7$kq2Zab12", "XDG_STATE_HOME": str(tmp_path / "state")}),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        server.wait_for("alerts@contoso.example")
        running.send_signal(number)
        output, _ = running.communicate(timeout=TIMEOUT_SECONDS)

    assert running.returncode == 2, output
    assert "Traceback" not in output
    assert files_in(folder) == ["r.html"]


def test_old_temporary_files_of_killed_runs_are_removed(tmp_path: Path) -> None:
    """Old temporary files of this program are removed. Newer ones, files with other names, and folders stay."""
    ours = [".smtp365-0123456789abcdef.part", ".20261127T120000Z-live.html.part", ".20261127T120000Z-fake-2.html.part"]
    others = [".notes.html.part", "smtp365-0123456789abcdef.part", ".smtp365-0123456789abcdef.part~", ".x.1.part"]
    new, folder = tmp_path / ".smtp365-00000000000000ff.part", tmp_path / ".smtp365-00000000000000fe.part"
    for name in (*ours, *others):
        (tmp_path / name).write_bytes(b"")
        os.utime(tmp_path / name, (0, 0))
    new.write_bytes(b"")
    folder.mkdir()
    os.utime(folder, (0, 0))

    remove_abandoned(tmp_path)

    assert files_in(tmp_path) == sorted([*others, new.name, folder.name])
