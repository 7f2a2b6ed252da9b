"""Measures a run against each hostile peer of the built-in tenant: seconds, memory, the gate, and the results of a healthy sender.

Run it in the environment: `.venv/bin/python bench/hostile.py [NAME ...]`. Each peer is met by one sender alone, and by one sender
while a second sender uses healthy servers. The run is the command that a user would type (`--target=live`). The limits apply to the
whole process: the sender's timeout and two seconds, and 200 MB. The gate must be the one in the peer's row, and every check of the
healthy sender must have the same verdict as without the peer. A run that is above the limit for the time is repeated up to twice,
and the fastest counts, because other programs on the machine can only make a run slower.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from fakes import PEERS, HostilePeer, serve_in_subprocess  # noqa: E402 - found through the line above

SENDER_TIMEOUT = 4.0
REPLY_TIMEOUT = 30.0  # longer, so that the sender's timeout has to end every wait
SECONDS = SENDER_TIMEOUT + 2.0
MEGABYTES = 200.0
_FOR_EVER = 60.0
_RUNS = 3
_HEALTHY_HOST = "smtp-legacy.office365.com"  # has healthy servers whatever the peer attacks
_ATTACKED = {"https": "oauth", "proxy": "oauth", "smtp": "basic", "dns": "basic"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The results of one run. `senders` maps each sender's name to its results; `text` is everything that was printed."""

    code: int | None
    seconds: float
    megabytes: float | None
    text: str
    senders: Mapping[str, dict[str, Any]] = field(default_factory=dict)
    outputs: str = ""

    @property
    def orderly(self) -> bool:
        """Whether the program ended by itself, without an internal error, and wrote the results."""
        return self.code in {0, 1, 6} and bool(self.senders) and "Traceback (most" not in self.text

    def gate(self, sender: str) -> str:
        """Return the first broken gate of a sender: an empty string if the sender can send, `none` if it cannot but no gate is broken."""
        found = self.senders.get(sender, {})
        return "" if found.get("verdict") == "can_send" else str(found.get("first_broken_gate") or "none")

    def verdicts(self, sender: str) -> dict[str, str]:
        """Return the verdict of each check of a sender."""
        return {one["id"]: one["verdict"] for one in self.senders.get(sender, {}).get("checks", [])}


def attacked(peer: HostilePeer) -> str:
    """Return the name of the sender that meets the peer."""
    return _ATTACKED[peer.place]


def bystander(peer: HostilePeer) -> str:
    """Return the name of the healthy sender."""
    return "basic" if attacked(peer) == "oauth" else "oauth"


def settings(file: Path, healthy_sender: str, timeouts: Mapping[str, float]) -> Path:
    """Write a copy of a settings file in which one of the senders uses healthy servers, and return its path."""
    text = file.read_text(encoding="utf-8")
    before, table, after = text.partition(f"[sender.{healthy_sender}]\n")
    text = before + table + after.replace('smtp_server = "smtp.office365.com"', f'smtp_server = "{_HEALTHY_HOST}"', 1)
    for key, seconds in timeouts.items():
        text = re.sub(rf"{key} = [\d.]+", f"{key} = {seconds}", text)
    copy = file.with_name("hostile.toml")
    copy.write_text(text, encoding="utf-8")
    return copy


def run(
    name: str | None,
    healthy_sender: str,
    *,
    alone: bool = False,
    sender_timeout: float = SENDER_TIMEOUT,
    reply_timeout: float = REPLY_TIMEOUT,
) -> Outcome:
    """Run the checklist against a tenant with this peer, or a healthy tenant, for both senders or only the one that meets the peer."""
    timeouts = {"sender_timeout": sender_timeout, "reply_timeout": reply_timeout}
    with tempfile.TemporaryDirectory() as folder, serve_in_subprocess(folder=Path(folder), hostile=name) as tenant:
        place = Path(folder)
        file = settings(tenant.settings_file, healthy_sender, timeouts)
        command = [
            sys.executable,
            "-m",
            "pytest",
            "--target=live",
            f"--settings={file}",
            "-q",
            "-p",
            "no:cacheprovider",
        ]
        command += [f"--html={place / 'r.html'}", f"--json={place / 'r.json'}", f"--junit-xml={place / 'r.xml'}"]
        command += [f"--sender={'basic' if healthy_sender == 'oauth' else 'oauth'}"] if alone else []
        private = {key: str(place / "home") for key in ("HOME", "XDG_STATE_HOME", "LOCALAPPDATA")}
        return _measured(command, {**os.environ, **private, **tenant.secrets}, place)


def _measured(command: list[str], environment: Mapping[str, str], folder: Path) -> Outcome:
    printed = folder / "printed.txt"
    with printed.open("wb") as output:
        began = time.perf_counter()
        process = subprocess.Popen(
            command, cwd=ROOT, stdout=output, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, env=environment
        )
        code, megabytes = _wait(process, began + _FOR_EVER)
        seconds = time.perf_counter() - began
    text = printed.read_text(encoding="utf-8", errors="replace")
    found = {}
    if (folder / "r.json").is_file():
        results = json.loads((folder / "r.json").read_text(encoding="utf-8"))
        found = {one["name"]: one for one in results["senders"]}
    files = [folder / "r.html", folder / "r.json", folder / "r.xml", *(folder / "home").rglob("*")]
    written = "\n".join(file.read_text(encoding="utf-8", errors="replace") for file in files if file.is_file())
    return Outcome(
        code=code, seconds=seconds, megabytes=megabytes, text=text, senders=found, outputs=f"{text}\n{written}"
    )


def _wait(process: subprocess.Popen[bytes], end: float) -> tuple[int | None, float | None]:
    """Wait for the process, and kill it at `end`. Return its exit code, if it ended by itself, and its largest memory in megabytes."""
    if sys.platform == "win32":  # has no wait4
        try:
            return process.wait(max(0.0, end - time.perf_counter())), None
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            return None, None
    killed = False
    while True:
        found, status, usage = os.wait4(process.pid, os.WNOHANG)
        if found:
            process.returncode = os.waitstatus_to_exitcode(status)
            factor = 1024.0 if sys.platform.startswith("linux") else 1024.0 * 1024.0
            return None if killed else process.returncode, usage.ru_maxrss / factor
        if time.perf_counter() > end and not killed:
            killed = True
            process.kill()
        time.sleep(0.01)


@cache
def undisturbed(sender: str) -> dict[str, str]:
    """Return the verdicts of a sender's checks in a run without a hostile peer."""
    return run(None, sender).verdicts(sender)


def faults(peer: HostilePeer, outcome: Outcome, *, alone: bool) -> list[str]:
    """Return what is wrong with a run, except for its time and its memory."""
    wrong = [] if outcome.orderly else [f"exit code {outcome.code}"]
    if (gate := outcome.gate(attacked(peer))) != peer.gate:
        wrong.append(f"gate {gate or 'open'} in place of {peer.gate or 'open'}")
    if not alone and outcome.gate(bystander(peer)) != "":
        wrong.append(f"the healthy sender cannot send: {outcome.gate(bystander(peer))}")
    elif not alone and outcome.verdicts(bystander(peer)) != undisturbed(bystander(peer)):
        wrong.append("the healthy sender has other verdicts")
    return wrong


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """The time and memory of a run, and what is wrong with it.

    It holds no text, because the memory measured for a run includes that of the process that starts it.
    """

    seconds: float
    megabytes: float
    wrong: tuple[str, ...]


def measured(peer: HostilePeer, *, alone: bool) -> Cost:
    """Return the cost of the first run within the limit for the time or, if there is none, of the fastest of three.

    A run with a fault is not repeated.
    """
    costs: list[Cost] = []
    while not costs or (costs[-1].seconds > SECONDS and not costs[-1].wrong and len(costs) < _RUNS):
        found = run(peer.name, bystander(peer), alone=alone)
        wrong = tuple(faults(peer, found, alone=alone))
        costs.append(Cost(seconds=found.seconds, megabytes=found.megabytes or 0.0, wrong=wrong))
    return costs[-1] if costs[-1].wrong else min(costs, key=lambda one: one.seconds)


def row(name: str) -> tuple[str, list[Cost], bool]:
    """Run one peer with one sender and then with two. Return the row of the table, the costs, and whether they are within the limits."""
    peer = PEERS[name]
    costs = [measured(peer, alone=True), measured(peer, alone=False)]
    wrong = [text for one in costs for text in one.wrong]
    if any(one.seconds > SECONDS or one.megabytes > MEGABYTES for one in costs):
        wrong.append("above the limit")
    cells = [f"{one.seconds:.1f} s | {one.megabytes:.0f}" for one in costs]
    return (
        f"| {name} | {peer.gate or 'open'} | {' | '.join(cells)} | {'; '.join(dict.fromkeys(wrong))} |",
        costs,
        not wrong,
    )


def main() -> int:
    """Run every peer with one sender and with two, print the table, and report whether all runs are within the limits."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", default=list(PEERS), metavar="NAME")
    parser.add_argument("--at-once", type=int, default=1, help="the number of peers that are measured at the same time")
    chosen = parser.parse_args()
    for sender in ("basic", "oauth"):
        undisturbed(sender)
    print(f"{platform.system()}, Python {platform.python_version()}, {os.cpu_count()} cores")
    print("| peer | gate | alone | MB | with a healthy sender | MB | |\n|---|---|---:|---:|---:|---:|---|")
    with ThreadPoolExecutor(chosen.at_once) as pool:
        rows = []
        for found in pool.map(row, chosen.names):
            rows.append(found)
            print(found[0], flush=True)
    runs = [one for _, pair, _ in rows for one in pair]
    failed = sum(not right for _, _, right in rows)
    print(
        f"longest: {max(one.seconds for one in runs):.1f} s (limit {SECONDS:.0f}); "
        f"largest: {max(one.megabytes for one in runs):.0f} MB (limit {MEGABYTES:.0f}); peers with a fault: {failed}"
    )
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
