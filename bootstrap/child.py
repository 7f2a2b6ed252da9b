"""Starts commands in the environment `.venv` and returns their exit codes."""

import os
import signal
import subprocess
from pathlib import Path

from bootstrap.errors import INTERRUPTED, SetupError

ROOT = Path(__file__).resolve().parents[1]
WINDOWS_CTRL_C = 0xC000013A  # the exit code of a process on Windows that Ctrl-C ended


def child_environment() -> dict[str, str]:
    """Return the environment variables for a command that can import only this checkout and its `.venv`, and that keeps bytecode."""
    dropped = {"PYTHONHOME", "__PYVENV_LAUNCHER__", "PYTHONDONTWRITEBYTECODE"}
    return {**{name: value for name, value in os.environ.items() if name not in dropped}, "PYTHONPATH": str(ROOT)}


def run_child(command: list[str], *, cwd: Path | None = None, **extra: str) -> int:
    """Run a command and return its exit code. On Ctrl-C or SIGTERM, wait until the command has ended."""
    with subprocess.Popen(command, cwd=cwd, env={**child_environment(), **extra}) as child:
        before = signal.signal(signal.SIGTERM, lambda *_: child.terminate())
        # The child receives Ctrl-C too and may still write its report. KeyboardInterrupt here could lose its exit code.
        interrupt = signal.signal(signal.SIGINT, lambda *_: None)
        try:
            code = child.wait()
        finally:
            signal.signal(signal.SIGINT, interrupt)
            signal.signal(signal.SIGTERM, before)
    if code in {-signal.SIGINT, -signal.SIGTERM, WINDOWS_CTRL_C}:
        return INTERRUPTED
    if code < 0:
        raise SetupError(f"{Path(command[0]).name} ended by signal {-code}")
    return code
