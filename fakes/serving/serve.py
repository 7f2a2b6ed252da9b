"""Start and stop the fakes, which share one asyncio event loop in a daemon thread. Their sockets are bound before the loop starts.

`serve` is the public function; the servers are in separate modules.
"""

import asyncio
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from uvicorn.config import Config
from uvicorn.protocols.http.h11_impl import H11Protocol

from ..entra import keys
from ..network import hosts, impostors, latency, listeners, resolver
from ..network.listeners import Listeners
from ..smtp.exchange import ExchangeSmtp
from ..smtp.high_volume import HighVolumeSmtp
from ..world import certificates
from ..world.records import State
from ..world.world import World
from . import control
from .handle import Running

if TYPE_CHECKING:
    from ..hostile.peer import HostilePeer
    from ..hostile.placing import Placed

_START_SECONDS = 20.0


@contextmanager
def serve(
    world: World,
    *,
    folder: Path,
    latency_ms: int = 0,
    pace: str = "off",
    ports: dict[str, int] | None = None,
    lookups: bool = False,
    look_ups: bool = False,
    hostile: str | None = None,
) -> Iterator[Running]:
    """Serve a world on 127.0.0.1 until the block ends.

    `settings.toml` and `root.pem` are written to `folder`. `latency_ms` is the simulated round-trip time. `pace="real"` delays
    refusals by five seconds. With `lookups`, the settings name the auditor and the administrator's client, and
    `tenant-export.json` is written to the same folder; `look_ups` is the former name of `lookups`. `hostile` is the name of a hostile
    peer that takes the place of one of the servers. Raises OSError if a fixed port is in use, CannotStage if this platform cannot
    simulate the world, and UnknownPeer if there is no such peer.
    """
    folder.mkdir(parents=True, exist_ok=True)
    peer = _peer(hostile)
    opened = listeners.open_listeners(ports)
    try:
        state = State(world, pace=pace)
        with ExitStack() as stack:
            placed = _placed(peer, state, opened, stack) if peer is not None else None
            running = Running(state, opened, folder, lookups=lookups or look_ups, hostile=placed)
            thread = _LoopThread(state, opened, running, latency_ms)
            thread.start()
            try:
                thread.wait_until_ready()
                yield running
            finally:
                thread.stop()
    finally:
        opened.close()


def _peer(name: str | None) -> "HostilePeer | None":
    if name is None:
        return None
    from ..hostile.catalogue import find  # loaded on demand, because an ordinary tenant has no hostile peer

    return find(name)


def _placed(peer: "HostilePeer", state: State, opened: Listeners, stack: ExitStack) -> "Placed":
    from ..hostile import placing

    found = placing.taken_over(peer, opened)
    stack.enter_context(placing.placed(found, state, opened))
    return found


class _LoopThread(threading.Thread):
    """The thread that runs the event loop. All connections are closed when the thread stops."""

    def __init__(self, state: State, opened: Listeners, running: Running, latency_ms: int) -> None:
        super().__init__(name="fakes", daemon=True)
        self._state = state
        self._listeners = opened
        self._running = running
        self._latency = latency_ms / 1000
        self._ready = threading.Event()
        self._error: BaseException | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._end: asyncio.Event | None = None

    def wait_until_ready(self) -> None:
        """Wait until all listeners are serving. Raises an error if the fakes fail to start or take too long to do so."""
        if not self._ready.wait(_START_SECONDS):
            raise TimeoutError(f"the fakes did not start within {_START_SECONDS:.0f} s")
        if self._error is not None:
            raise RuntimeError("the fakes did not start") from self._error

    def stop(self) -> None:
        """Stop the loop and wait for the thread to end."""
        if self._loop is not None and self._end is not None:
            with suppress(RuntimeError):  # the loop has already been closed
                self._loop.call_soon_threadsafe(self._end.set)
        self.join(_START_SECONDS)

    def run(self) -> None:
        """Run the event loop until `stop` is called."""
        try:
            asyncio.run(self._main())
        except BaseException as error:  # noqa: BLE001 - raised again in the thread that waits
            self._error = error
        finally:
            self._ready.set()

    async def _main(self) -> None:
        self._loop, self._end = asyncio.get_running_loop(), asyncio.Event()
        self._state.loop = self._loop
        self._loop.set_exception_handler(self._note)
        servers = await self._start(self._loop)
        self._ready.set()
        self._loop.run_in_executor(
            None, keys.entra_key
        )  # generate the slowest key while the client still resolves names
        await self._end.wait()
        await self._stop_accepting(servers)
        for transport in [*self._state.transports, *(one.transport for one in self._state.http.connections)]:
            if isinstance(transport, asyncio.Transport):
                transport.abort()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        await _run_due_callbacks()  # so that closed transports finish

    async def _stop_accepting(self, servers: list[asyncio.AbstractServer | asyncio.BaseTransport]) -> None:
        """Stop listening, then close the servers. In the opposite order, asyncio leaks connections that are being accepted."""
        assert self._loop is not None  # noqa: S101 - set before serving starts
        with suppress(NotImplementedError):  # on Windows, the event loop does not use readers
            for server in servers:
                for bound in server.sockets if isinstance(server, asyncio.Server) else ():
                    self._loop.remove_reader(bound.fileno())
        await _run_due_callbacks()
        for server in servers:
            server.close()

    def _note(self, _loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """Record an internal error of the fakes. Disconnections, timeouts and failed handshakes are not errors."""
        if not isinstance(context.get("exception"), (ConnectionError, ssl.SSLError, TimeoutError)):
            self._running.failures.append(context)

    async def _start(self, loop: asyncio.AbstractEventLoop) -> list[asyncio.AbstractServer | asyncio.BaseTransport]:
        state, opened, responder = self._state, self._listeners, resolver.Responder(self._state)
        config = Config(
            hosts.application(state),
            log_config=None,
            access_log=False,
            lifespan="off",
            ws="none",
            http=H11Protocol,
            server_header=False,
            date_header=False,
        )
        config.load()
        control_config = Config(
            control.application(self._running),
            log_config=None,
            access_log=False,
            lifespan="off",
            ws="none",
            http=H11Protocol,
        )
        control_config.load()

        def https() -> asyncio.Protocol:
            return H11Protocol(config=config, server_state=state.http, app_state={}, _loop=loop)

        def controls() -> asyncio.Protocol:
            return H11Protocol(config=control_config, server_state=state.http, app_state={}, _loop=loop)

        udp, _ = await loop.create_datagram_endpoint(
            lambda: resolver.UdpProtocol(responder, self._latency), sock=opened.dns_udp
        )
        served: list[asyncio.AbstractServer | asyncio.BaseTransport] = [
            udp,
            await loop.create_server(lambda: impostors.ResetPeer(state), sock=opened.reset),
            await loop.create_server(controls, sock=opened.control),
        ]
        login_tls = certificates.login_context_at(lambda: state.world.network.login_tls)
        # An MX host runs Exchange too, but offers no sign-in.
        kinds: tuple[tuple[socket.socket, Callable[[], asyncio.BaseProtocol], ssl.SSLContext | None], ...] = (
            (opened.submission, lambda: impostors.at_submission_port(state, loop), None),
            (opened.high_volume, lambda: HighVolumeSmtp(state, loop=loop), None),
            (opened.relay, lambda: ExchangeSmtp(state, loop=loop), None),
            (opened.mx, lambda: ExchangeSmtp(state, offers_auth=False, loop=loop), None),
            (opened.provider, lambda: impostors.ProviderSmtp(state, loop), None),
            (opened.https, https, login_tls),
            (opened.dns_tcp, lambda: resolver.TcpProtocol(state, responder), None),
        )
        for bound, protocol, tls in kinds:
            inner, public = latency.public_socket(bound, self._latency)
            served.append(await loop.create_server(protocol, sock=inner, ssl=tls))
            if public is not None:
                served.append(await latency.relay(inner, public, self._latency))
        return served


async def _run_due_callbacks() -> None:
    """Yield to the event loop, so that it runs the callbacks that are due."""
    for _ in range(4):
        await asyncio.sleep(0)
