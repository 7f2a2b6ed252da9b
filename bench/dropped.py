"""Measures how long a run of many senders takes behind a firewall that drops all packets, with the default timeouts.

Run it in the environment on Linux: `.venv/bin/python bench/dropped.py [senders ...]`. Either the SMTP port and the login hosts
drop every packet, or the resolver never answers. The limit is 30 seconds for all senders together, including the report.
"""

from __future__ import annotations

import os
import platform
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from bench.many import settings_for  # noqa: E402 - found through the line above
from fakes import apply, healthy, serve  # noqa: E402

BAR = 30.0
WORLDS = {"ports dropped": ("port_dropped", "login_dropped"), "resolver silent": ("dns_silent",)}


def run(count: int, faults: tuple[str, ...]) -> float:
    """Return how many seconds a run with this many senders takes, half Basic and half OAuth. Raises RuntimeError if there is no report."""
    with tempfile.TemporaryDirectory() as name, serve(apply(healthy(), faults), folder=Path(name)) as running:
        text = running.settings_file.read_text(encoding="utf-8")
        text = re.sub(r"^\w+_timeout = .*\n", "", text, flags=re.MULTILINE)
        users = [f"s{number}@{running.world.tenant.domain}" for number in range(count)]
        settings, report = Path(name) / "many.toml", Path(name) / "report.html"
        settings.write_text(settings_for(text, running.world, users, "BENCH", "BENCH"), encoding="utf-8")
        command = [sys.executable, "-m", "pytest", "--target=live", f"--settings={settings}", f"--html={report}", "-q"]
        began = time.perf_counter()
        done = subprocess.run(
            command,
            cwd=ROOT,
            env={**os.environ, "BENCH": "an invented secret"},
            capture_output=True,
            text=True,
            check=False,
        )
        seconds = time.perf_counter() - began
        if done.returncode != 1 or not report.is_file():
            raise RuntimeError(f"exit code {done.returncode}: {done.stdout[-800:]}")
        return seconds


def main() -> int:
    """Measure the runs, print the table and report whether they are within the limit."""
    counts = [int(word) for word in sys.argv[1:]] or [2, 20, 100]
    print(f"{platform.system()}, Python {platform.python_version()}, {os.cpu_count()} cores")
    print("| what | senders | seconds |\n|---|---:|---:|")
    worst = 0.0
    for title, faults in WORLDS.items():
        for count in counts:
            seconds = run(count, faults)
            worst = max(worst, seconds)
            print(f"| {title} | {count} | {seconds:.1f} |", flush=True)
    print(f"longest: {worst:.1f} s (limit {BAR:.0f})")
    return int(worst > BAR)


if __name__ == "__main__":
    sys.exit(main())
