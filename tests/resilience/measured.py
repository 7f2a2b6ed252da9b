"""Run the checklist in a separate process, and measure the peak memory of its largest process."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_WRAPPER = """
import resource, subprocess, sys
code = subprocess.run(sys.argv[1:]).returncode
peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
print("PEAK", peak // 1024 if sys.platform == "darwin" else peak)
sys.exit(code)
"""


@dataclass(frozen=True)
class Measured:
    """The exit code, the printed output and errors, and the peak memory in MB."""

    code: int
    printed: str
    errors: str
    megabytes: float


def check(*options: str, folder: Path) -> Measured:
    """Run the checklist with these options. Reports are written to the folder."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--html={folder / 'out.html'}"]
    done = subprocess.run(
        [sys.executable, "-c", _WRAPPER, *command, f"--json={folder / 'out.json'}", *options],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    printed, _, peak = done.stdout.rpartition("PEAK ")
    return Measured(done.returncode, printed, done.stderr, int(peak) / 1024)
