"""Runs a module as `python -m` does, so that Ctrl-C at any moment, also while libraries load, is one line and exit code 2.

    python -m interruptible pytest --target=live

run.py starts every command through it; nothing imports it.
"""

from __future__ import annotations

import os
import signal
import sys
from typing import NoReturn

INTERRUPTED = 2


def main() -> int:
    """Run the module that is named first, with the other arguments as its own; what it ends with is our exit code."""
    try:
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
