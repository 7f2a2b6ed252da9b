"""The whole program in a process of its own, as run.py starts it, with something wrong around it; and what it left behind."""

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
LONGEST = 120
# Says that it is there, then goes on as `python -m interruptible` does; `{first}` comes before anything else of ours is loaded.
_CHILD = """\
{first}
import runpy
import interruptible
print("started", flush=True)
interruptible.begin()
"""


@dataclass(frozen=True, slots=True)
class Ended:
    """How a run ended: exit code, and everything that it printed."""

    code: int
    said: str

    @property
    def is_orderly(self) -> bool:
        """No traceback, nothing ignored, no internal error."""
        return not any(sign in self.said for sign in ("Traceback (most", "Exception ignored", "INTERNALERROR"))


def command(*arguments: str, first: str = "") -> list[str]:
    """The command line for a module and its arguments, the statements of `first` before it."""
    return [sys.executable, "-P", "-c", _CHILD.format(first=first), *arguments]


def environment(more: Mapping[str, str] | None = None) -> dict[str, str]:
    """This process's environment, with the rooms to be found and no cache left in the checkout."""
    return {**os.environ, "PYTHONPATH": str(ROOT), **(more or {})}


def run(
    *arguments: str,
    folder: Path = ROOT,
    first: str = "",
    encoding: str = "utf-8",
    around: Mapping[str, str] | None = None,
) -> Ended:
    """Run a command to its end; its output is read as the bytes that a terminal of that encoding would show."""
    done = subprocess.run(
        command(*arguments, first=first),
        cwd=folder,
        env=environment(around),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        timeout=LONGEST,
        check=False,
    )
    return Ended(done.returncode, done.stdout.decode(encoding))


def check(
    *options: str,
    report: Path | None = None,
    folder: Path = ROOT,
    first: str = "",
    around: Mapping[str, str] | None = None,
    encoding: str = "utf-8",
) -> Ended:
    """The checklist, from any folder, without a cache; to `report` if there is one."""
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
        around=around,
        encoding=encoding,
    )


def is_whole(report: Path) -> bool:
    """Whether a report is complete: closed at its end, with results in it that can be read, be they of no sender yet."""
    from reports.replay import load_report

    text = report.read_text(encoding="utf-8")
    return text.rstrip().endswith("</html>") and "senders" in load_report(report)[0]


def left_in(folder: Path) -> list[str]:
    """What lies in the folder, hidden files too."""
    return sorted(path.name for path in folder.iterdir())


def read(file: Path) -> dict[str, Any]:
    """A results file."""
    found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return found
