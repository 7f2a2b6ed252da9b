"""Compares the complete checklist on the built-in tenant with an empty pytest run that uses the same plugins.

Run it in the environment: `.venv/bin/python bench/startup.py [pairs]`. Both sides are whole processes, measured alternately
(A B A B …), so that a busy machine slows both equally. The ratio of the medians is compared with the limit. Both sides keep
bytecode, as run.py does.
"""

import argparse
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BAR = 3.0
CAN_SEND = 0


def empty_run(folder: Path) -> list[str]:
    """Return the command for a pytest run with one empty test, our settings and pytest-html's report."""
    (folder / "test_nothing.py").write_text("def test_nothing():\n    pass\n", encoding="utf-8")
    (folder / "pytest.ini").write_bytes((ROOT / "pytest.ini").read_bytes())
    options = ["-c", str(folder / "pytest.ini"), "--rootdir", str(folder), "-o", "testpaths=."]
    report = [f"--html={folder / 'empty.html'}", "--self-contained-html"]
    return [sys.executable, "-m", "pytest", "-q", *options, *report, str(folder)]


def checklist_run(folder: Path) -> list[str]:
    """Return the command for the complete checklist, with both methods, on the built-in tenant."""
    return [sys.executable, "-m", "pytest", "-q", f"--html={folder / 'checklist.html'}"]


def seconds(command: list[str], folder: Path) -> float:
    """Run a command in a folder and return how many seconds it takes. End the program if the command fails."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    began = time.perf_counter()
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=300, check=False
    )
    took = time.perf_counter() - began
    if done.returncode != CAN_SEND:
        sys.exit(f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return took


def main() -> int:
    """Measure both sides, print one table, and return 1 if the ratio is above the limit."""
    parser = argparse.ArgumentParser(description="Compares the checklist with an empty pytest run, in pairs.")
    parser.add_argument("pairs", type=int, nargs="?", default=7, help="number of pairs to measure (default 7)")
    pairs = parser.parse_args().pairs
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        empty, checklist = empty_run(folder), checklist_run(folder)
        seconds(empty, folder)  # once each unmeasured: bytecode and caches
        seconds(checklist, ROOT)
        measured = [(seconds(empty, folder), seconds(checklist, ROOT)) for _ in range(pairs)]
    medians = [statistics.median(side) for side in zip(*measured, strict=True)]
    ratio = medians[1] / medians[0]
    for label, median, side in zip(("empty run", "checklist"), medians, zip(*measured, strict=True), strict=True):
        print(f"{label:10} median {median:6.3f} s   fastest {min(side):6.3f}   slowest {max(side):6.3f}")
    print(
        f"ratio      {ratio:6.2f}   limit {BAR}   {pairs} pairs   Python {platform.python_version()}, {os.cpu_count()} cores"
    )
    return int(ratio > BAR)


if __name__ == "__main__":
    sys.exit(main())
