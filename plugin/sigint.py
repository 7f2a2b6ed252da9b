"""Runs a module as `python -m` does, so that Ctrl-C at any moment, also while libraries load, is one line and exit code 2.

The first Ctrl-C interrupts; more of them while the report is being written are not heard, for in the middle of pytest's own
farewell they would break it. After three seconds one more ends the process where it stands.

    python -m plugin.sigint pytest --target=live

run.py starts every command through it; nothing imports it.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from types import FrameType
from typing import NoReturn

INTERRUPTED = 2
_PATIENCE = 3.0
_pressed: list[float] = []


def press(_signal: int, frame: FrameType | None) -> None:
    """For SIGINT. Raises KeyboardInterrupt the first time."""
    if not _pressed and frame is not None and getattr(frame, "f_lineno", None) is None:
        # CPython was between two lines, and pytest breaks where it cannot tell the line: a moment later, then.
        import _thread
        import threading

        threading.Timer(0.005, _thread.interrupt_main).start()
        return
    _pressed.append(time.monotonic())
    if len(_pressed) == 1:
        raise KeyboardInterrupt
    if _pressed[-1] - _pressed[0] > _PATIENCE:
        os._exit(INTERRUPTED)  # files get their final names when they are whole, so that none is left half


def main() -> int:
    """Run the module that is named first, with the other arguments as its own; what it ends with is our exit code."""
    try:
        if signal.getsignal(signal.SIGINT) is signal.default_int_handler:  # else somebody wants it ignored
            signal.signal(signal.SIGINT, press)
        import runpy

        del sys.argv[0]
        runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
    except SystemExit as ended:
        if ended.code is not None and not isinstance(ended.code, int):
            sys.stderr.write(f"{ended.code}\n")
            return 1
        return int(ended.code or 0)
    except KeyboardInterrupt:
        sys.stderr.write("smtp365: interrupted\n")
        return INTERRUPTED
    return 0


def begin() -> NoReturn:
    """Do that, and end this process with the exit code."""
    try:
        code = main()
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # all is written; what is left takes milliseconds
    except KeyboardInterrupt:  # an impatient one, while the first was told
        code = INTERRUPTED
    if code == INTERRUPTED:
        for stream in (sys.stdout, sys.stderr):
            if stream is not None:
                stream.flush()
        os._exit(code)  # threads that still wait for a server are not waited for
    sys.exit(code)


if __name__ == "__main__":
    begin()
