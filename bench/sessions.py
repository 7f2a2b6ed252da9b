"""Compares how many SMTP sessions per second the fake Exchange and bare aiosmtpd serve. A session has STARTTLS, AUTH LOGIN and a message.

Run it in the environment: `.venv/bin/python bench/sessions.py [--pairs N] [--sessions N] [--at-once N]`. Each server runs in
its own process with the same certificate and the same clients. The two are measured alternately (A B A B …), so that a busy
machine slows both equally. The ratio of the medians is compared with the limit.
"""

import argparse
import asyncio
import json
import os
import platform
import ssl
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.fakes.crowd import Client  # noqa: E402 - found through the line above

if TYPE_CHECKING:
    from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

BAR = 0.7
SERVERS = ("bare", "fake")


def crowd(size: int) -> list[Client]:
    """Return the clients, each of which has its own mailbox."""
    return [Client(number) for number in range(size)]


# -- the servers, each in a process of its own ------------------------------------------------------------------------


def describe(**what: object) -> None:
    """Print where the server listens, wait until the clients are done, and print the server's processor time."""
    before = time.process_time()
    print(json.dumps(what), flush=True)
    sys.stdin.read()
    print(json.dumps({"cpu": time.process_time() - before}), flush=True)


def serve_fake(folder: Path, size: int) -> None:
    """Run the built-in tenant with one mailbox per client."""
    from fakes import healthy, serve
    from fakes.world.tenant import User

    world = healthy()
    users = tuple(User(upn=one.user, password=one.password) for one in crowd(size))
    with serve(replace(world, tenant=replace(world.tenant, users=users)), folder=folder) as running:
        found = running.description
        describe(**found["smtp"], ca_file=found["ca_file"])


class Kept:
    """A minimal handler for aiosmtpd, which verifies passwords and stores messages."""

    def __init__(self, size: int) -> None:
        self._passwords = {one.user.encode(): one.password.encode() for one in crowd(size)}
        self.messages: list[tuple[str | None, list[str], bytes | None]] = []

    def authenticate(
        self,
        _server: "SMTP",
        _session: "Session",
        _envelope: "Envelope",
        _mechanism: str,
        given: "LoginPassword",
    ) -> "AuthResult":
        """Verify the user name and password."""
        from aiosmtpd.smtp import AuthResult

        return AuthResult(success=self._passwords.get(given.login) == given.password)

    async def handle_DATA(self, _server: "SMTP", _session: "Session", envelope: "Envelope") -> str:  # noqa: N802 - aiosmtpd's name
        """Store the message."""
        content = envelope.content
        kept = content if isinstance(content, bytes) else None
        self.messages.append((envelope.mail_from, list(envelope.rcpt_tos), kept))
        return "250 2.0.0 OK"


def serve_bare(folder: Path, size: int) -> None:
    """Run unmodified aiosmtpd with a handler and an authenticator."""
    import logging
    import threading

    from aiosmtpd.smtp import SMTP

    from fakes.network import listeners
    from fakes.world import certificates
    from fakes.world.network import Tls

    logging.disable(logging.WARNING)  # aiosmtpd logs a warning about its own deprecated attribute at every sign-in
    roots = folder / "root.pem"
    roots.write_bytes(certificates.trusted_roots())
    context, kept, bound = certificates.smtp_context(Tls()), Kept(size), listeners.listening()
    loop = asyncio.new_event_loop()

    def bare() -> asyncio.Protocol:
        server: asyncio.Protocol = SMTP(
            kept,
            hostname="bare.example",
            tls_context=context,
            require_starttls=True,
            auth_required=True,
            authenticator=kept.authenticate,
            auth_exclude_mechanism=["PLAIN"],
            loop=loop,
        )
        return server

    loop.run_until_complete(loop.create_server(bare, sock=bound))
    threading.Thread(target=loop.run_forever, daemon=True).start()
    host, port = bound.getsockname()
    describe(host=host, port=port, ca_file=str(roots))
    sys.stdout.flush()
    os._exit(0)


# -- the clients ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Measured:
    """The result of one run: sessions per second, and the server's processor time per session in milliseconds."""

    per_second: float
    milliseconds: float


@contextmanager
def started(kind: str, size: int) -> Iterator[tuple[subprocess.Popen[str], dict[str, Any]]]:
    """Start a server in a separate process. Yield the process and the server's description."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, __file__, "--serve", kind, "--folder", folder, "--sessions", str(size)]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None  # noqa: S101 - it was started with a pipe
            yield process, json.loads(process.stdout.readline())


async def send_all(found: dict[str, Any], size: int, at_once: int) -> None:
    """Send one message from every client. `at_once` is the number of clients that send at the same time."""
    context = ssl.create_default_context(cafile=found["ca_file"])
    turns = asyncio.Semaphore(at_once)

    async def send(one: Client) -> None:
        async with turns:
            await one.send(found["host"], found["port"], context)

    async with asyncio.TaskGroup() as group:
        for one in crowd(size):
            group.create_task(send(one))


def measure(kind: str, size: int, at_once: int) -> Measured:
    """Run the server and the clients once, and return the result."""
    with started(kind, size) as (process, found):
        began = time.perf_counter()
        asyncio.run(send_all(found, size, at_once))
        took = time.perf_counter() - began
        last, _ = process.communicate()
    return Measured(size / took, 1000 * json.loads(last)["cpu"] / size)


def main() -> int:
    """Measure both servers, print one table, and return 1 if the ratio is below the limit."""
    parser = argparse.ArgumentParser(
        description="Compares SMTP sessions per second with those of bare aiosmtpd, in pairs."
    )
    parser.add_argument("--pairs", type=int, default=5, help="number of pairs to measure (default 5)")
    parser.add_argument("--sessions", type=int, default=500, help="number of sessions in each run (default 500)")
    parser.add_argument("--at-once", type=int, default=50, help="number of sessions at the same time (default 50)")
    parser.add_argument("--serve", choices=SERVERS, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.serve is not None:
        {"fake": serve_fake, "bare": serve_bare}[asked.serve](asked.folder, asked.sessions)
        return 0
    pairs = [[measure(kind, asked.sessions, asked.at_once) for kind in SERVERS] for _ in range(asked.pairs)]
    medians = {}
    for kind, runs in zip(SERVERS, zip(*pairs, strict=True), strict=True):
        rates, costs = [one.per_second for one in runs], [one.milliseconds for one in runs]
        medians[kind] = statistics.median(rates)
        print(
            f"{kind:6} median {medians[kind]:7.1f} sessions/s   slowest {min(rates):7.1f}   fastest {max(rates):7.1f}"
            f"   server {statistics.median(costs):5.2f} ms of processor each"
        )
    ratio = medians["fake"] / medians["bare"]
    where = f"Python {platform.python_version()}, {os.cpu_count()} cores"
    print(
        f"ratio  {ratio:7.2f}   limit {BAR}   {asked.pairs} pairs of {asked.sessions}, {asked.at_once} at once   {where}"
    )
    return int(ratio < BAR)


if __name__ == "__main__":
    sys.exit(main())
