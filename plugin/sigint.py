"""Runs a module as `python -m` does. If the user presses Ctrl-C, even while libraries load, it prints one line and exits with code 2.

SIGTERM, SIGHUP and Ctrl-Break have the same effect. The first signal interrupts the run. Signals within the next three seconds are
ignored, because they would break the end of pytest's session. A later signal ends the process at once.

    python -m plugin.sigint pytest --target=live

run.py starts commands through this module. `plugin.configure` also installs its handler, in case the user started pytest directly.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from types import FrameType
from typing import NoReturn

INTERRUPTED = 2
_GRACE_SECONDS = 3.0
_pressed: list[float] = []


def press(number: int, frame: FrameType | None) -> None:
    """Handle a signal: raise KeyboardInterrupt for the first one, and end the process if another one arrives over three seconds later."""
    if not _pressed and frame is not None and getattr(frame, "f_lineno", None) is None:
        # CPython was between two lines. pytest needs the line number, so interrupt again a moment later.
        import _thread
        import threading

        threading.Timer(0.005, _thread.interrupt_main, (number,)).start()
        return
    _pressed.append(time.monotonic())
    if len(_pressed) == 1:
        raise KeyboardInterrupt
    if _pressed[-1] - _pressed[0] > _GRACE_SECONDS:
        os._exit(INTERRUPTED)  # files get their final names when they are complete, so none is left incomplete


def interrupt_on_signals(*, ctrl_c: bool = True) -> None:
    """Handle SIGINT, unless `ctrl_c` is false, and the signals that end a process: SIGTERM, SIGHUP, and SIGBREAK on Windows.

    A signal that the parent process ignores deliberately, as nohup does with SIGHUP, stays ignored.
    """
    names = [*(["SIGINT"] if ctrl_c else []), "SIGTERM", "SIGHUP", "SIGBREAK"]
    for number in (getattr(signal, name) for name in names if hasattr(signal, name)):
        if signal.getsignal(number) in {signal.SIG_DFL, signal.default_int_handler}:
            signal.signal(number, press)


def _handled() -> list[signal.Signals]:
    return [one for one in signal.Signals if signal.getsignal(one) is press]


def main() -> int:
    """Run the module named by the first argument with the remaining arguments, and return its exit code."""
    try:
        interrupt_on_signals()
        import runpy

        del sys.argv[0]
        runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
    except SystemExit as ended:
        if ended.code is not None and not isinstance(ended.code, int):
            from settings.printable import lines

            sys.stderr.write(f"{lines(ended.code)}\n")
            return 1
        return int(ended.code or 0)
    except KeyboardInterrupt:
        sys.stderr.write("smtp365: interrupted\n")
        return INTERRUPTED
    return 0


def begin() -> NoReturn:
    """Run the module and end this process with its exit code."""
    try:
        code = main()
        for number in _handled():
            signal.signal(number, signal.SIG_IGN)  # everything is written; the rest takes milliseconds
    except KeyboardInterrupt:  # a second Ctrl-C while the first was handled
        code = INTERRUPTED
    if code == INTERRUPTED:
        for stream in (sys.stdout, sys.stderr):
            if stream is not None:
                stream.flush()
        os._exit(code)  # do not wait for threads that still wait for a server
    sys.exit(code)


if __name__ == "__main__":
    begin()
