"""Starts commands in the environment `.venv` and returns their exit codes. A signal to run.py also ends the command in an orderly way."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from bootstrap.errors import INTERRUPTED, SetupError

ROOT = Path(__file__).resolve().parents[1]
WINDOWS_CTRL_C = 0xC000013A  # the exit code of a process on Windows that Ctrl-C ended
# SIGHUP does not exist on Windows, and SIGBREAK (Ctrl-Break) exists only there.
STOPPING = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK") if hasattr(signal, name)]
Handler = Callable[[int, FrameType | None], None]


def child_environment() -> dict[str, str]:
    """Return the environment variables for a command that can import only this checkout and its `.venv`, and that keeps bytecode."""
    dropped = {"PYTHONHOME", "__PYVENV_LAUNCHER__", "PYTHONDONTWRITEBYTECODE"}
    return {**{name: value for name, value in os.environ.items() if name not in dropped}, "PYTHONPATH": str(ROOT)}


def run_child(command: list[str], *, cwd: Path | None = None, **extra: str) -> int:
    """Run a command and return its exit code.

    A signal to run.py is passed on to the command, except on Windows, where it reaches the whole console.
    """
    with subprocess.Popen(command, cwd=cwd, env={**child_environment(), **extra}) as child:

        def pass_on(number: int, _frame: FrameType | None) -> None:
            # A terminal sends Ctrl-C to the child as well, which ignores the second one while it writes its report. On Windows,
            # every signal that a process can receive goes to the whole console.
            if sys.platform != "win32":
                child.send_signal(number)

        with _handling(pass_on):
            return _exit_code(command, child.wait())


def run_server(command: list[str], *, until_input_ends: bool, **extra: str) -> int:
    """Run a server that ends when its standard input is closed, and return its exit code.

    The server's input is a pipe from this process. It is closed on a signal and, with `until_input_ends`, at the end of this process's own
    input. If this process ends for any other reason, the operating system closes it. A second signal kills the server.
    """
    with subprocess.Popen(command, stdin=subprocess.PIPE, env={**child_environment(), **extra}) as child:
        pipe = child.stdin
        assert pipe is not None  # noqa: S101 - as requested

        def stop(_number: int, _frame: FrameType | None) -> None:
            if pipe.closed:
                child.kill()
            pipe.close()

        if until_input_ends:
            threading.Thread(target=_wait_for_end_of_input, args=(pipe.close,), daemon=True).start()
        with _handling(stop):
            return _exit_code(command, child.wait())


def _wait_for_end_of_input(then: Callable[[], None]) -> None:
    with contextlib.suppress(OSError):  # an input that cannot be read has ended
        while os.read(0, 65536):
            pass
    then()


@contextmanager
def _handling(handler: Handler) -> Iterator[None]:
    """Handle the signals that end a process. Signals that the parent process ignores, as nohup does with SIGHUP, stay ignored."""
    before = {number: signal.getsignal(number) for number in STOPPING}
    for number in STOPPING:
        if before[number] is not signal.SIG_IGN:
            signal.signal(number, handler)
    try:
        yield
    finally:
        for number, earlier in before.items():
            signal.signal(number, earlier if earlier is not None else signal.SIG_DFL)


def _exit_code(command: list[str], code: int) -> int:
    if code in {*(-number for number in STOPPING), WINDOWS_CTRL_C}:
        return INTERRUPTED
    if code < 0:
        raise SetupError(f"{Path(command[0]).name} ended by signal {-code}")
    return code
