"""Run the program in a separate process, as run.py does, in a normal or a disturbed environment."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
TIMEOUT_SECONDS = 120
# Prints "started" and continues as `python -m plugin.sigint` does; `{first}` runs before any of our other modules is loaded.
_CHILD = """\
{first}
import runpy
from plugin import sigint
print("started", flush=True)
sigint.begin()
"""


@dataclass(frozen=True, slots=True)
class Completed:
    """The result of a run: its exit code and all its output."""

    code: int
    output: str

    @property
    def is_orderly(self) -> bool:
        """Whether the output contains no traceback, no ignored exception and no internal pytest error."""
        return not any(sign in self.output for sign in ("Traceback (most", "Exception ignored", "INTERNALERROR"))


def command(*arguments: str, first: str = "") -> list[str]:
    """Return the command line for a module and its arguments, with statements in `first` that run before the module."""
    return [sys.executable, "-P", "-c", _CHILD.format(first=first), *arguments]


def environment(more: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return this process's environment with the checkout on the module path."""
    return {**os.environ, "PYTHONPATH": str(ROOT), **(more or {})}


def run(
    *arguments: str,
    folder: Path = ROOT,
    first: str = "",
    encoding: str = "utf-8",
    variables: Mapping[str, str] | None = None,
) -> Completed:
    """Run a command until it exits, and decode its output with the given encoding."""
    done = subprocess.run(
        command(*arguments, first=first),
        cwd=folder,
        env=environment(variables),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        timeout=TIMEOUT_SECONDS,
        check=False,
    )
    return Completed(done.returncode, done.stdout.decode(encoding))


def check(
    *options: str,
    report: Path | None = None,
    folder: Path = ROOT,
    first: str = "",
    variables: Mapping[str, str] | None = None,
    encoding: str = "utf-8",
) -> Completed:
    """Run the checklist in a folder without pytest's cache, and write the report to `report` if given."""
    place = [f"--html={report}"] if report is not None else []
    here = ["-c", str(ROOT / "pytest.ini"), "--rootdir", str(ROOT), str(ROOT / "checks")]
    return run(
        "pytest",
        *here,
        "-p",
        "no:cacheprovider",
        *place,
        *options,
        folder=folder,
        first=first,
        variables=variables,
        encoding=encoding,
    )


def is_complete(report: Path) -> bool:
    """Return whether a report is complete, which means that its HTML is closed and its results can be loaded."""
    from plugin.report_reader import load_report

    text = report.read_text(encoding="utf-8")
    return text.rstrip().endswith("</html>") and "senders" in load_report(report)[0]


def files_in(folder: Path) -> list[str]:
    """Return the sorted names of the files in the folder, including hidden files."""
    return sorted(path.name for path in folder.iterdir())


def read(file: Path) -> dict[str, Any]:
    """Return the content of a results file."""
    found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return found
