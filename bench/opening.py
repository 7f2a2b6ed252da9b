"""Measures how long a browser takes to open a report about many senders from disk.

Run it in the environment: `.venv/bin/python bench/opening.py [1000] [--fault ID]... [--report FILE]`. It creates the report as
`senders.py` does, or uses an existing one, and opens it five times in Debian's Chromium, each time with a new profile, with and
without scripts. The median is compared with one second. *Read* means that the file is parsed. *Ready* means that all automatic
work is done; with many rows, this excludes pytest-html's table, which a button renders.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from bench.senders import checklist, served  # noqa: E402 - found through the line above

if TYPE_CHECKING:
    from playwright.sync_api import Browser

BAR_MILLISECONDS: Final = 1000.0
TIMES: Final = 5
WHEN: Final = """() => {
    const [page] = performance.getEntriesByType("navigation");
    return { read: page.domInteractive, ready: page.loadEventEnd };
}"""


def report_of(count: int, faults: list[str], folder: Path) -> Path:
    """Create a report about `count` senders, checked against a tenant in a separate process. Raises RuntimeError if the run failed."""
    with served(count, folder, faults) as environment:
        report = folder / "report.html"
        done = subprocess.run(
            checklist(folder, report), cwd=ROOT, env=environment, capture_output=True, text=True, check=False
        )
    if done.returncode not in (0, 1, 6):
        raise RuntimeError(done.stdout[-3000:])
    return report


def opened(browser: Browser, report: Path, *, scripts: bool) -> dict[str, float]:
    """Open the report in a new browser context, and return the milliseconds from the request to each event."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, java_script_enabled=scripts)
    try:
        page = context.new_page()
        page.goto(report.as_uri(), wait_until="load")
        times: dict[str, float] = page.evaluate(WHEN)
        return times
    finally:
        context.close()


def main() -> int:
    """Measure how fast the report opens and print the table. Return 1 if the slowest time exceeds the limit, otherwise 0."""
    from playwright.sync_api import sync_playwright

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("count", nargs="?", type=int, default=1000)
    parser.add_argument("--fault", action="append", default=[])
    parser.add_argument("--report", type=Path, help="open this one")
    parser.add_argument("--keep", type=Path, help="where to keep the new report")
    chosen = parser.parse_args()
    slowest = 0.0
    with tempfile.TemporaryDirectory() as name, sync_playwright() as driver:
        if chosen.report is None:
            report = report_of(chosen.count, chosen.fault, Path(name))
            if chosen.keep is not None:
                shutil.copy(report, chosen.keep)
        else:
            report = chosen.report
        browser = driver.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        print(f"{report.stat().st_size / 1024:.0f} kB, Chromium {browser.version}, milliseconds, median of {TIMES}")
        print("| scripts | read | ready |\n|---|---:|---:|")
        for scripts in (True, False):
            seen = [opened(browser, report, scripts=scripts) for _ in range(TIMES)]
            middle = {name: statistics.median(one[name] for one in seen) for name in seen[0]}
            print(f"| {'on' if scripts else 'off'} | {middle['read']:.0f} | {middle['ready']:.0f} |", flush=True)
            slowest = max(slowest, middle["ready"])
        browser.close()
    print(f"slowest: {slowest:.0f} ms of {BAR_MILLISECONDS:.0f}")
    return int(slowest > BAR_MILLISECONDS)


if __name__ == "__main__":
    sys.exit(main())
