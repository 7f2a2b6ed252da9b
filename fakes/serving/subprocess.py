"""Run the built-in tenant in a separate process, which starts up while the caller is still importing its libraries.

This module deliberately imports little. The process runs `python -m fakes --json`, under whatever name this package has, and
prints the description as its first line of output.
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
_PACKAGE = __name__.removesuffix(".serving.subprocess")
_ROOT = Path(__file__).resolve().parents[_PACKAGE.count(".") + 2]


class DidNotStart(RuntimeError):  # noqa: N818 - the name states the problem
    """Raised if the process ends without printing the description; the message is the process's error output."""


class Process:
    """The process that runs the tenant. Reading `description` waits until the tenant is being served."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    @cached_property
    def description(self) -> dict[str, Any]:
        """The description that the process prints, as a dictionary. Raises DidNotStart if there is no output."""
        assert self._process.stdout is not None  # noqa: S101 - the process has a pipe
        assert self._process.stderr is not None  # noqa: S101 - as above
        line = self._process.stdout.readline()
        if not line:
            raise DidNotStart(self._process.stderr.read().strip() or "the built-in tenant exited without any output")
        found: dict[str, Any] = json.loads(line)
        return found

    def end(self) -> None:
        """Ask the process to stop, without waiting until it has ended. Leaving the context manager does wait."""
        if self._process.stdin is not None:
            self._process.stdin.close()
            self._process.stdin = None

    @property
    def settings_file(self) -> Path:
        """The path of the tenant's settings file."""
        return Path(self.description["settings_file"])

    @property
    def secrets(self) -> dict[str, str]:
        """Environment variables with the invented secrets of the senders and, with lookups, of the auditor.

        With a hostile proxy, the variables that lead a client to that proxy are included.
        """
        found: dict[str, str] = self.description["environment"]
        return found


@contextmanager
def serve_in_subprocess(
    fault_ids: Iterable[str] = (),
    *,
    folder: Path | None = None,
    latency_ms: int = 0,
    pace: str = "off",
    lookups: bool = False,
    look_ups: bool = False,
    approve_device_codes: bool = False,
    hostile: str | None = None,
) -> Iterator[Process]:
    """Start the process without waiting until the tenant is served. The process stops when the block or the calling process ends.

    Without a folder, the process creates a temporary one and removes it when it ends. `hostile` is the name of a hostile peer.
    `look_ups` is the former name of `lookups`.
    """
    command = [sys.executable, "-m", _PACKAGE, "--json", "--until-input-ends", "--pace", pace]
    command += ["--folder", str(folder)] if folder is not None else []
    command += ["--latency", str(latency_ms), *(word for fault_id in fault_ids for word in ("--fault", fault_id))]
    command += ["--lookups"] if lookups or look_ups else []
    command += ["--approve-device-codes"] if approve_device_codes else []
    command += ["--hostile", hostile] if hostile is not None else []
    with subprocess.Popen(  # noqa: S603 - a module of this package, in the same interpreter
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=_ROOT,
        env={**os.environ, "PYTHONPATH": str(_ROOT)},
    ) as process:
        served = Process(process)
        try:
            yield served
        finally:
            served.end()
            try:  # waits for the pipes to close; wait() with a timeout would poll
                process.communicate(timeout=_END_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()


# The earlier names.
Apart = Process
serve_apart = serve_in_subprocess
