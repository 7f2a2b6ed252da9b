"""Run an interactive program on a pseudo-terminal, wait for its output and send it key presses."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Self

CTRL_C, CTRL_D, ENTER = "\x03", "\x04", "\r"
_LONGEST = 90.0


class Terminal:
    """A program whose controlling terminal is a pseudo-terminal. All of the program's output is kept."""

    shown: str
    _ours: int
    _deadline: float
    _process: subprocess.Popen[bytes]

    def __init__(self, command: list[str], folder: Path, environment: Mapping[str, str]) -> None:
        """Start the program in its own session."""
        if sys.platform == "win32":
            raise OSError("pseudo-terminals need POSIX")
        import fcntl
        import pty
        import termios

        def take_terminal() -> None:
            fcntl.ioctl(0, termios.TIOCSCTTY, 0)
            signal.signal(signal.SIGINT, signal.default_int_handler)  # even if this test run is a background process

        self._ours, theirs = pty.openpty()
        self._deadline = time.monotonic() + _LONGEST
        self.shown = ""
        self._process = subprocess.Popen(
            command,
            cwd=folder,
            env={**environment, "TERM": "xterm"},
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
            preexec_fn=take_terminal,  # noqa: PLW1509 - no other thread runs during the fork
        )
        os.close(theirs)

    def __enter__(self) -> Self:
        """Return this terminal, whose program is already running."""
        return self

    def __exit__(self, *_: object) -> None:
        """End the program and close the pseudo-terminal."""
        self._process.kill()
        self._process.wait()
        os.close(self._ours)

    def wait_for(self, words: str) -> None:
        """Read output until the text appears. Raises AssertionError if the program ends or time runs out before that."""
        while words not in self.shown:
            assert self._read(), f"not shown: {words}\n{self.shown}"

    def type(self, text: str) -> None:
        """Send the text to the program as key presses."""
        os.write(self._ours, text.encode())

    def ended(self) -> int:
        """Read all remaining output and return the program's exit code."""
        while self._read():
            pass
        return self._process.wait(_LONGEST)

    def _read(self) -> bool:
        ready, _, _ = select.select([self._ours], [], [], max(0.0, self._deadline - time.monotonic()))
        assert ready, f"no more output:\n{self.shown}"
        try:
            piece = os.read(self._ours, 65536)
        except OSError:  # Linux raises this when the other side of the pseudo-terminal is closed
            return False
        self.shown += piece.decode("utf-8", "replace")
        return bool(piece)
