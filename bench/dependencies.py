"""Lists the runtime dependencies with their versions, licences, purposes and import times.

Run it in the environment: `.venv/bin/python bench/dependencies.py` prints the text of `docs/licences.md`, and `--write` writes the
file. An import time is the median of five processes, in milliseconds, including everything that the library imports.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import os
import platform
import re
import statistics
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "licences.md"
TIMES = 5
# The metadata of packages that are only installed on Windows cannot be read here.
ELSEWHERE = {"colorama": "BSD-3-Clause", "pywin32-ctypes": "BSD-3-Clause"}
MODULES = {
    "pytest-html": "pytest_html.plugin",
    "pytest-xdist": "xdist",
    "dnspython": "dns.resolver",
    "pyjwt": "jwt",
    "cryptography": "cryptography.x509",
    "starlette": "starlette.applications",
    "aiosmtpd": "aiosmtpd.smtp",
}
# The SPDX expressions for the licence names in the older form of the metadata.
SPDX = {
    "MIT License": "MIT",
    "Apache Software License": "Apache-2.0",
    "BSD License": "BSD-3-Clause",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "Python Software Foundation License": "PSF-2.0",
    "ISC License (ISCL)": "ISC",
    "BSD": "BSD-3-Clause",
}


@dataclass(frozen=True, slots=True)
class Package:
    """One package in the lock file."""

    name: str
    version: str
    where: str


def locked(lock: Path = ROOT / "requirements.txt") -> list[Package]:
    """Return the packages in the runtime lock file, with their versions and environment markers."""
    rows = re.findall(r"^([a-z0-9.-]+)==(\S+)(?: ; (.+?))? \\$", lock.read_text(encoding="utf-8"), re.MULTILINE)
    return [Package(*row) for row in rows]


def wanted() -> dict[str, str]:
    """Return the direct dependencies and their purposes, as pyproject.toml declares them."""
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8").partition("dependencies = [")[2].partition("\n]")[0]
    return {name.lower(): why.strip() for name, why in re.findall(r'"([\w-]+)>=[^"]*",\s*# (.*)', text)}


def licence(name: str) -> str:
    """Return a package's declared licence as an SPDX expression, or `unknown` if the package declares none."""
    if name in ELSEWHERE:
        return ELSEWHERE[name]
    try:
        told = importlib.metadata.metadata(name)
    except importlib.metadata.PackageNotFoundError:
        return "unknown"
    expression, short = (next(iter(told.get_all(key) or []), "") for key in ("License-Expression", "License"))
    classified = [
        line.rpartition(" :: ")[2]
        for line in told.get_all("Classifier") or []
        if line.startswith("License :: ") and not line.endswith("OSI Approved")
    ]
    if expression or " OR " in short:
        return expression or short
    return " AND ".join(SPDX.get(one, one) for one in classified) or SPDX.get(short, short[:40]) or "unknown"


def milliseconds(module: str) -> float:
    """Return how many milliseconds `import module` takes in a new process."""
    script = f"import time; began = time.perf_counter(); import {module}; print(time.perf_counter() - began)"
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    took = []
    for _ in range(TIMES + 1):
        done = subprocess.run(
            [sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True
        )
        took.append(float(done.stdout) * 1000)
    return statistics.median(took[1:])


def page() -> str:
    """Return the contents of `docs/licences.md`."""
    direct = wanted()
    here = (
        f"{platform.system()}, Python {platform.python_version()}, {os.cpu_count()} cores, {datetime.now(UTC):%Y-%m-%d}"
    )
    lines = [
        "<!-- made by `.venv/bin/python bench/dependencies.py --write` -->",
        "",
        "# Dependencies and their licences",
        "",
        "This page lists everything that `requirements.txt` installs. A live run does not load the built-in tenant, and loads some",
        "libraries only if it needs them: msal for OAuth, keyring for a secret that is not in the environment, icalendar for a reminder.",
        "",
        "## Direct dependencies",
        "",
        f"Import times include all other modules that the import loads ({here}, median of {TIMES}).",
        "",
        "| package | for | import ms |",
        "| --- | --- | ---: |",
    ]
    for name, why in direct.items():
        module = MODULES.get(name, name.replace("-", "_"))
        lines.append(f"| {name} | {why} | {milliseconds(module):.0f} |")
    lines += [
        "",
        "## All installed packages",
        "",
        "| package | version | licence | installed |",
        "| --- | --- | --- | --- |",
    ]
    lines += [f"| {one.name} | {one.version} | {licence(one.name)} | {one.where or 'always'} |" for one in locked()]
    lines += [
        "",
        "## Known vulnerabilities",
        "",
        "The lock has hashes, so the installed packages are exactly those that were audited. To check them for known vulnerabilities:",
        "",
        "    .venv/bin/python -m uv tool run pip-audit --disable-pip --require-hashes -r requirements.txt",
        "",
        "The command queries PyPI's advisory database, so it needs a network connection. Run it before each release and once a week.",
        "",
    ]
    return "\n".join(lines)


def main() -> int:
    """Print or write `docs/licences.md`."""
    parser = argparse.ArgumentParser(description="Dependencies, licences, import times.")
    parser.add_argument("--write", action="store_true", help="write docs/licences.md")
    if parser.parse_args().write:
        PAGE.write_text(page(), encoding="utf-8", newline="\n")
    else:
        print(page())
    return 0


if __name__ == "__main__":
    sys.exit(main())
