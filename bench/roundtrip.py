"""Compares the network time of one live OAuth sender with that of swaks and curl for the same submission and token request.

Run it in the environment: `.venv/bin/python bench/roundtrip.py [pairs]`. Both sides use the same built-in tenant with a
simulated round trip of 0, 20, 50 and 100 ms, alternately (A B A B …). Our time runs from the sender's first DNS packet to the
last reply. Their time is that of curl followed by swaks, as a person would run them. The ratio of the medians at 50 ms is compared
with the limit. Without swaks, nothing is measured.
"""

from __future__ import annotations

import os
import platform
import statistics
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from fakes import Running, healthy, serve  # noqa: E402 - found through the line above
from probes import gather  # noqa: E402
from settings.load import load  # noqa: E402
from tests.clients.attempt import attempt_of  # noqa: E402
from tests.clients.smtp_clients import SMTP_CLIENTS  # noqa: E402
from tests.clients.token_clients import TOKEN_CLIENTS, TokenRequest  # noqa: E402

BAR = 1.15
AT = 50
ROUND_TRIPS = (0, 20, 50, 100)


def ours(running: Running) -> float:
    """Return how many seconds the run of the OAuth sender takes. Raises RuntimeError if its message was not accepted."""
    settings = load(running.settings_file)
    sender = settings.sender["oauth"]
    world = gather.create_context(settings, state=None)
    evidence = gather.gather([sender], world, gather.secrets_of([sender], running.secrets))["oauth"]
    if evidence.traffic.messages_sent != 1:
        raise RuntimeError("our message was not accepted")
    return evidence.seconds


def theirs(running: Running, folder: Path) -> float:
    """Return how many seconds curl's token request and swaks' submission take. swaks uses a password, because it cannot request tokens.

    Raises RuntimeError if one of them failed.
    """
    attempt = attempt_of(running, running.world.basic, folder, None)
    if attempt is None:
        raise RuntimeError("swaks needs a Basic sender in the tenant")
    began = time.perf_counter()
    token_result = TOKEN_CLIENTS["curl --verbose"].run(TokenRequest(running=running, folder=folder))
    mail_result = SMTP_CLIENTS["swaks"].run(attempt)
    seconds = time.perf_counter() - began
    if not token_result.succeeded or not mail_result.succeeded:
        raise RuntimeError(f"{token_result.printed[-500:]}\n{mail_result.printed[-500:]}")
    return seconds


def main() -> int:
    """Measure both sides, print the table and report whether the ratio is within the limit."""
    pairs = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    if reason := SMTP_CLIENTS["swaks"].missing():
        print(f"nothing to compare with: {reason}")
        return 0
    print(f"{platform.system()}, Python {platform.python_version()}, {os.cpu_count()} cores, {pairs} pairs")
    print("| round trip | ours s | curl + swaks s | ratio |\n|---:|---:|---:|---:|")
    at_bar = 0.0
    for latency in ROUND_TRIPS:
        with tempfile.TemporaryDirectory() as name, serve(healthy(), folder=Path(name), latency_ms=latency) as running:
            ours(running), theirs(running, Path(name))  # the first run of each includes loading
            measured = [(ours(running), theirs(running, Path(name))) for _ in range(pairs)]
        mine, other = (statistics.median(column) for column in zip(*measured, strict=True))
        print(f"| {latency} ms | {mine:.3f} | {other:.3f} | {mine / other:.2f} |", flush=True)
        at_bar = mine / other if latency == AT else at_bar
    print(f"at {AT} ms: {at_bar:.2f} (limit {BAR})")
    return int(at_bar > BAR)


if __name__ == "__main__":
    sys.exit(main())
