"""Measures runs with different numbers of senders: seconds, memory and report size, against a built-in tenant in a separate process.

Run it in the environment: `.venv/bin/python bench/senders.py [1 10 100 1000]`. Half of the senders use Basic and half OAuth 2.0,
each with its own mailbox. The run is the command that a user would type (`--target=live`). The limits apply to the whole process:
240 s and 800 MB for 1,000 senders on two cores, and an added cost per sender that varies by at most 20 % from 10 to 1,000 senders.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from bench.many import settings_for  # noqa: E402 - found through the line above

BAR_SECONDS = 240.0
BAR_MEGABYTES = 800.0
BAR_FLAT = 1.20


@dataclass(frozen=True, slots=True)
class Cost:
    """The cost of one run: senders, seconds, peak memory and report size."""

    senders: int
    seconds: float
    megabytes: float
    report_kilobytes: float


def serve_many(count: int, folder: Path, faults: list[str]) -> None:
    """Run a tenant with one mailbox per sender: write the settings, print that the tenant is ready, and serve until stdin closes."""
    from fakes import apply, healthy, serve
    from fakes.world.tenant import Mailbox, User

    world = healthy()
    known = next(user for user in world.tenant.users if user.upn == world.oauth.username)
    right = known.mailbox.full_access if known.mailbox is not None else frozenset()
    users = tuple(
        User(
            upn=f"sender{number}@{world.tenant.domain}",
            password=world.basic.password,
            mailbox=Mailbox(full_access=right),
        )
        for number in range(count)
    )
    many = apply(world.with_tenant(users=world.tenant.users + users), faults)
    with serve(many, folder=folder) as running:
        text = running.settings_file.read_text(encoding="utf-8")
        addresses = [user.upn for user in users]
        settings = settings_for(text, world, addresses, "BENCH_PASSWORD", "BENCH_SECRET")
        (folder / "many.toml").write_text(settings, encoding="utf-8")
        secrets = {"BENCH_PASSWORD": world.basic.password, "BENCH_SECRET": world.oauth.client_secret}
        print(json.dumps(secrets), flush=True)
        sys.stdin.read()


@contextmanager
def served(count: int, folder: Path, faults: Sequence[str] = ()) -> Iterator[dict[str, str]]:
    """Start a tenant in a separate process, with `many.toml` in the folder. Yield the environment for a run."""
    command = [sys.executable, __file__, "--serve", str(count), "--folder", str(folder)]
    command += [f"--fault={fault}" for fault in faults]
    tenant = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    try:
        said = tenant.stdout.readline() if tenant.stdout is not None else ""
        yield {**os.environ, **json.loads(said or "{}")}
    finally:
        tenant.communicate("")


def checklist(folder: Path, report: Path) -> list[str]:
    """Return the command with which a user would check the senders in the folder's settings."""
    settings = f"--settings={folder / 'many.toml'}"
    return [sys.executable, "-m", "pytest", "--target=live", settings, "-q", f"--html={report}"]


def measured(count: int) -> Cost:
    """Start the tenant, run the checklist for all senders and measure the process. Raises RuntimeError if the run failed."""
    if sys.platform == "win32":
        raise RuntimeError("the benchmark measures one process with a call that Windows does not have")
    with tempfile.TemporaryDirectory() as name, served(count, Path(name)) as environment:
        report = Path(name) / "report.html"
        began = time.perf_counter()
        process = subprocess.Popen(
            checklist(Path(name), report),
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=environment,
            text=True,
        )
        told = process.stdout.read() if process.stdout is not None else ""
        _, status, usage = os.wait4(process.pid, 0)  # Linux: the largest memory of this one process, in kilobytes
        seconds = time.perf_counter() - began
        if os.waitstatus_to_exitcode(status) != 0:
            raise RuntimeError(told[-3000:])
        return Cost(count, seconds, usage.ru_maxrss / 1024, report.stat().st_size / 1024)


def main() -> int:
    """Measure the runs, print the table and report whether they are within the limits."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("counts", nargs="*", type=int, default=[1, 10, 100, 1000])
    parser.add_argument("--serve", type=int)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--fault", action="append", default=[])
    chosen = parser.parse_args()
    if chosen.serve is not None:
        serve_many(chosen.serve, chosen.folder, chosen.fault)
        return 0
    costs = []
    print(f"{platform.system()}, Python {platform.python_version()}, {os.cpu_count()} cores")
    print("| senders | seconds | s per sender | MB | report kB |\n|---:|---:|---:|---:|---:|")
    for count in chosen.counts:
        cost = measured(count)
        costs.append(cost)
        each = cost.seconds / count
        print(
            f"| {count} | {cost.seconds:.2f} | {each:.4f} | {cost.megabytes:.0f} | {cost.report_kilobytes:.0f} |",
            flush=True,
        )
    return held(costs)


def held(costs: list[Cost]) -> int:
    """Return 0 if every limit that these runs can test is met, otherwise 1."""
    start = next((cost for cost in costs if cost.senders == 1), None)
    several = [cost for cost in costs if cost.senders > 1]
    if start is not None and len(several) > 1:
        added = [(cost.seconds - start.seconds) / (cost.senders - 1) for cost in several]
        flat = added[-1] / added[-2]
        print(
            f"added cost per sender, {several[-1].senders} against {several[-2].senders}: {flat:.2f} (limit {BAR_FLAT})"
        )
        if flat > BAR_FLAT:
            return 1
    largest = replace(costs[-1])
    over = largest.seconds > BAR_SECONDS or largest.megabytes > BAR_MEGABYTES
    print(
        f"{largest.senders} senders: {largest.seconds:.0f} s of {BAR_SECONDS:.0f}, {largest.megabytes:.0f} MB of {BAR_MEGABYTES:.0f}"
    )
    return int(over)


if __name__ == "__main__":
    sys.exit(main())
