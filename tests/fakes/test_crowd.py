"""Hundreds of sessions at once are served without a lost or mixed-up message, and nothing is kept of them afterwards."""

import asyncio
import gc
import os
import ssl
import tracemalloc
from dataclasses import replace
from pathlib import Path

from fakes import Running, World, healthy
from fakes.tenant import User
from tests.fakes.crowd import Client
from tests.fakes.dialling import SMTP_HOST, eventually, led, tenant, trusting

DEEP = os.environ.get("SMTP365_DEEP") == "1"
AT_ONCE = 500 if DEEP else 60
ROUNDS = 6


def peopled(clients: list[Client]) -> World:
    """The healthy world with a mailbox for each client."""
    world = healthy()
    users = (User(upn=one.user, password=one.password) for one in clients)
    return replace(world, tenant=replace(world.tenant, users=(*world.tenant.users, *users)))


async def _all_at_once(running: Running, clients: list[Client], context: ssl.SSLContext) -> None:
    """Send from all; nobody goes on before all are connected."""
    host, port = led(running, f"{SMTP_HOST}:587")
    waiting, everybody = len(clients), asyncio.Event()

    async def wait() -> None:
        nonlocal waiting
        waiting -= 1
        if not waiting:
            everybody.set()
        await everybody.wait()

    async with asyncio.timeout(120), asyncio.TaskGroup() as group:
        for one in clients:
            group.create_task(one.send(host, port, context, wait))


def test_no_message_is_lost_or_mixed_up(tmp_path: Path) -> None:
    """Of all who are connected at the same time each has exactly its own message accepted, under its own name."""
    clients = [Client(number) for number in range(AT_ONCE)]
    with tenant(tmp_path, world=peopled(clients)) as running:
        idle = running.load
        asyncio.run(_all_at_once(running, clients, trusting(running)))
        kept = sorted((one.user, one.sender, one.recipients, one.content) for one in running.messages)

        assert eventually(lambda: running.load == idle), (running.load, idle)
    assert kept == sorted((one.user, one.user, (one.user,), one.content) for one in clients)


def test_memory_stays_flat(tmp_path: Path) -> None:
    """Once its records are dropped a round of sessions leaves no memory behind that a later round would add to."""
    clients = [Client(number) for number in range(AT_ONCE // 6)]
    with tenant(tmp_path, world=peopled(clients)) as running:
        context, idle = trusting(running), running.load

        def held_after_a_round() -> int:
            asyncio.run(_all_at_once(running, clients, context))
            assert eventually(lambda: running.load == idle), (running.load, idle)
            running.forget()
            gc.collect()
            return tracemalloc.get_traced_memory()[0]

        held_after_a_round()
        tracemalloc.start()
        try:
            held = [held_after_a_round() for _ in range(ROUNDS)]
        finally:
            tracemalloc.stop()

    # Caches of the libraries fill a little; a session that was kept would weigh thousands of octets, a message thirteen.
    sessions = (ROUNDS - 2) * len(clients)
    assert held[-1] - held[1] < 10_000 + 100 * sessions, held
