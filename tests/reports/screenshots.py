"""Retake the screenshots in the documents from real runs, with Debian's Chromium (`python -m tests.reports.screenshots`).

The pictures show the time of day and durations, so compare them by eye and commit them by hand when the page changes.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

from tests.reports.palette import with_palette

ROOT: Final = Path(__file__).parents[2]
PICTURES: Final = {
    "healthy": [],
    "switch-off": ["--fault=smtp_auth_off_tenant", "--sender=basic"],
    "short-list": ["--fault=sp_not_registered", "--sender=oauth"],
}
WIDTH, HEIGHT, LARGEST = 1280, 860, 120 * 1024


def main() -> int:
    """Take all pictures; return exit code 1 if any of them is too large for a web page."""
    from playwright.sync_api import sync_playwright

    folder = ROOT / "docs" / "screenshots"
    folder.mkdir(parents=True, exist_ok=True)
    large = []
    with tempfile.TemporaryDirectory() as scratch, sync_playwright() as driver:
        browser = driver.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-lcd-text"]
        )
        page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT}, color_scheme="light")
        for name, options in PICTURES.items():
            report = Path(scratch) / f"{name}.html"
            command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--html={report}", *options]
            subprocess.run(command, cwd=ROOT, capture_output=True, timeout=120, check=False)
            page.goto(report.as_uri())
            picture = folder / f"{name}.png"
            picture.write_bytes(with_palette(page.screenshot()))
            large += [picture.name] if picture.stat().st_size > LARGEST else []
            sys.stdout.write(f"{picture.relative_to(ROOT)}: {picture.stat().st_size} bytes\n")
        browser.close()
    sys.stdout.write(f"too large: {', '.join(large)}\n" if large else "")
    return 1 if large else 0


if __name__ == "__main__":
    sys.exit(main())
