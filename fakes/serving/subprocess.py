"""The built-in tenant in a separate process, so that it starts while the caller still imports its libraries.

This module imports little on purpose. The process is `python -m fakes --json`; its first line of output describes it.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any

_END_SECONDS = 5.0
_ROOT = Path(__file__).resolve().parents[2]


class DidNotStart(RuntimeError):  # noqa: N818 - reads as what happened
    """Raised when the process ends before its first line; the text is its output."""


class Apart:
    """A started process. Reading its description waits until it serves."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    @cached_property
    def description(self) -> dict[str, Any]:
        """The first line that the process prints, as a dictionary. Raises DidNotStart if there is none."""
        assert self._process.stdout is not None  # noqa: S101 - it was started with a pipe
        assert self._process.stderr is not None  # noqa: S101 - the same
        line = self._process.stdout.readline()
        if not line:
            raise DidNotStart(self._process.stderr.read().strip() or "the built-in tenant ended without a word")
        found: dict[str, Any] = json.loads(line)
        return found

    def end(self) -> None:
        """Ask the process to stop without waiting for it; leaving the context manager waits."""
        if self._process.stdin is not None:
            self._process.stdin.close()
            self._process.stdin = None

    @property
    def settings_file(self) -> Path:
        """The settings file that points to this tenant."""
        return Path(self.description["settings_file"])

    @property
    def secrets(self) -> dict[str, str]:
        """Environment variables with the senders' invented secrets."""
        found: dict[str, str] = self.description["environment"]
        return found


@contextmanager
def serve_apart(
    fault_ids: Iterable[str] = (),
    *,
    folder: Path,
    latency_ms: int = 0,
    pace: str = "off",
    look_ups: bool = False,
    approve_device_codes: bool = False,
) -> Iterator[Apart]:
    """Start the process and return at once. It stops at the end of the block, and when the caller dies."""
    command = [sys.executable, "-m", "fakes", "--json", "--until-input-ends", "--folder", str(folder), "--pace", pace]
    command += ["--latency", str(latency_ms), *(word for fault_id in fault_ids for word in ("--fault", fault_id))]
    command += ["--look-ups"] if look_ups else []
    command += ["--approve-device-codes"] if approve_device_codes else []
    with subprocess.Popen(  # noqa: S603 - our own module, in this interpreter
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=_ROOT,
        env={**os.environ, "PYTHONPATH": str(_ROOT)},
    ) as process:
        apart = Apart(process)
        try:
            yield apart
        finally:
            apart.end()
            try:  # waits for the end of the pipes, not by asking again and again as wait() with a time-out does
                process.communicate(timeout=_END_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
