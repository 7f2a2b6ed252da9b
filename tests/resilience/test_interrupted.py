"""After Ctrl-C at any moment, the run ends with a message or a complete report, without a partial file or a running process."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.resilience.processes import (
    ROOT,
    TIMEOUT_SECONDS,
    Completed,
    command,
    environment,
    files_in,
    is_complete,
    read,
)

pytestmark = pytest.mark.skipif(
    sys.platform == "win32", reason="a test cannot send Ctrl-C to another console on Windows"
)
MOMENTS = 60 if os.environ.get("SMTP365_DEEP") else 6
GROUP_TIMEOUT = 10.0


def _started(folder: Path) -> tuple[subprocess.Popen[str], float]:
    options = [f"--html={folder / 'r.html'}", f"--json={folder / 'r.json'}", "-p", "no:cacheprovider"]
    running = subprocess.Popen(
        command("pytest", *options, "--fault=wrong_password"),
        cwd=ROOT,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,  # a terminal sends Ctrl-C to the whole group, including the built-in tenant
    )
    assert running.stdout is not None
    assert running.stdout.readline() == "started\n"
    return running, time.monotonic()


@pytest.fixture(scope="module")
def whole_run(tmp_path_factory: pytest.TempPathFactory) -> float:
    """The duration in seconds of an uninterrupted run on this machine."""
    running, began = _started(tmp_path_factory.mktemp("whole"))
    running.communicate(timeout=TIMEOUT_SECONDS)
    assert running.returncode == 1
    return time.monotonic() - began


@pytest.mark.parametrize("repeatedly", [False, True], ids=["once", "repeatedly"])
@pytest.mark.parametrize("part", [(number + 0.1) / MOMENTS for number in range(MOMENTS)])
def test_interrupt_at_any_moment(part: float, repeatedly: bool, whole_run: float, tmp_path: Path) -> None:
    """Interrupts at moments spread over a run end it without a traceback, and leave no partial file and no running process."""
    if sys.platform == "win32":
        pytest.skip("interrupting a process group needs a POSIX call")
    running, began = _started(tmp_path)
    time.sleep(max(0.0, 0.005 + part * whole_run - (time.monotonic() - began)))
    with contextlib.suppress(ProcessLookupError):
        for _ in range(5 if repeatedly else 1):
            os.kill(-running.pid, signal.SIGINT)
            if repeatedly:
                time.sleep(0.02)
    output, _ = running.communicate(timeout=TIMEOUT_SECONDS)
    ended = Completed(running.returncode, output)

    assert ended.code in {1, 2}, output  # 1: the run had completed before the interrupt
    assert ended.is_orderly, output
    left = files_in(tmp_path)
    assert set(left) <= {"r.html", "r.json"}
    assert ended.code == 2 or left == ["r.html", "r.json"]
    assert "r.html" not in left or is_complete(tmp_path / "r.html")
    assert "r.json" not in left or read(tmp_path / "r.json")["schema"] == "smtp365-results/1"
    assert left or "nterrupt" in output, output
    assert _group_ends(running.pid), "the built-in tenant is still running"


def _group_ends(group: int) -> bool:
    if sys.platform == "win32":
        return True
    deadline = time.monotonic() + GROUP_TIMEOUT
    while time.monotonic() < deadline:
        try:
            os.kill(-group, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.02)
    return False


def test_repeated_interrupts_end_the_process(tmp_path: Path) -> None:
    """Interrupts right after the first do not disturb the clean-up. One that comes three seconds later ends a clean-up that hangs."""
    (tmp_path / "hanging.py").write_text(
        "import time\ntry:\n    print('ready', flush=True)\n    time.sleep(60)\n"
        "except KeyboardInterrupt:\n    print('cleaning up', flush=True)\n    time.sleep(60)\n",
        encoding="utf-8",
    )
    running = subprocess.Popen(
        [sys.executable, "-m", "plugin.sigint", "hanging"],
        cwd=tmp_path,
        env={**environment(), "PYTHONPATH": os.pathsep.join([str(ROOT), str(tmp_path)])},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert running.stdout is not None
    assert running.stdout.readline() == "ready\n"
    running.send_signal(signal.SIGINT)
    assert running.stdout.readline() == "cleaning up\n"
    for _ in range(3):
        running.send_signal(signal.SIGINT)
        time.sleep(0.1)
    assert running.poll() is None
    time.sleep(3.2)
    running.send_signal(signal.SIGINT)
    output, _ = running.communicate(timeout=TIMEOUT_SECONDS)

    assert running.returncode == 2
    assert output == ""
