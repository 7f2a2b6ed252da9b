"""Tests that many concurrent sessions neither lose nor mix up messages, and do not leak memory."""

import asyncio
import gc
import os
import ssl
import tracemalloc
from dataclasses import replace
from pathlib import Path

from fakes import Running, World, healthy
from fakes.world.tenant import User
from tests.fakes.clients import SMTP_HOST, eventually, mapped_address, tenant, tls_context
from tests.fakes.crowd import Client

DEEP = os.environ.get("SMTP365_DEEP") == "1"
AT_ONCE = 500 if DEEP else 60
ROUNDS = 6


def world_with_mailboxes(clients: list[Client]) -> World:
    """Return the healthy world with one mailbox for each client."""
    world = healthy()
    users = (User(upn=one.user, password=one.password) for one in clients)
    return replace(world, tenant=replace(world.tenant, users=(*world.tenant.users, *users)))


async def _all_at_once(running: Running, clients: list[Client], context: ssl.SSLContext) -> None:
    """Send a message from every client, once all clients are connected."""
    host, port = mapped_address(running, f"{SMTP_HOST}:587")
    waiting, all_connected = len(clients), asyncio.Event()

    async def wait() -> None:
        nonlocal waiting
        waiting -= 1
        if not waiting:
            all_connected.set()
        await all_connected.wait()

    async with asyncio.timeout(120), asyncio.TaskGroup() as group:
        for one in clients:
            group.create_task(one.send(host, port, context, wait))


def test_no_message_is_lost_or_mixed_up(tmp_path: Path) -> None:
    """If all clients connect at once, each client's message is accepted under that client's name, and no other message is accepted."""
    clients = [Client(number) for number in range(AT_ONCE)]
    with tenant(tmp_path, world=world_with_mailboxes(clients)) as running:
        idle = running.load
        asyncio.run(_all_at_once(running, clients, tls_context(running)))
        received = sorted((one.user, one.sender, one.recipients, one.content) for one in running.messages)

        assert eventually(lambda: running.load == idle), (running.load, idle)
    assert received == sorted((one.user, one.user, (one.user,), one.content) for one in clients)


def test_memory_stays_flat(tmp_path: Path) -> None:
    """Repeated rounds of sessions hardly increase the memory in use, once their records have been deleted."""
    clients = [Client(number) for number in range(AT_ONCE // 6)]
    with tenant(tmp_path, world=world_with_mailboxes(clients)) as running:
        context, idle = tls_context(running), running.load

        def memory_after_a_round() -> int:
            asyncio.run(_all_at_once(running, clients, context))
            assert eventually(lambda: running.load == idle), (running.load, idle)
            running.forget()
            gc.collect()
            return tracemalloc.get_traced_memory()[0]

        memory_after_a_round()
        tracemalloc.start()
        try:
            held = [memory_after_a_round() for _ in range(ROUNDS)]
        finally:
            tracemalloc.stop()

    # The libraries' caches grow a little. A leaked session takes thousands of octets, and a leaked message thirteen thousand.
    sessions = (ROUNDS - 2) * len(clients)
    assert held[-1] - held[1] < 10_000 + 100 * sessions, held
