"""Starts and stops the fakes: one asyncio loop in a daemon thread, on sockets that were bound before it.

``serve`` is the public door; what the servers do is in their own modules.
"""

import asyncio
import json
import secrets as randomness
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from uvicorn.config import Config
from uvicorn.protocols.http.h11_impl import H11Protocol

from fakes import certificates, control, doors, elsewhere, hosts, keys, line, resolver, settings_file
from fakes.device_code import DeviceCodes
from fakes.doors import Doors
from fakes.exchange import ExchangeSmtp
from fakes.network import Certificate
from fakes.records import Load, Message, Session, SignIn, State, TokenAnswer
from fakes.settings_file import Places
from fakes.world import World

_START_SECONDS = 20.0


class Running:
    """The fakes while they run; everything it tells is a snapshot."""

    def __init__(self, state: State, opened: Doors, folder: Path, *, look_ups: bool = False) -> None:
        self._state = state
        self._doors = opened
        self._look_ups = look_ups
        self.tenant_export = folder / "tenant-export.json"
        self._ca_file = folder / "root.pem"
        self._lock = threading.Lock()
        self.settings_file = folder / "settings.toml"
        self.control_token = randomness.token_urlsafe(24)
        self.failures: list[dict[str, Any]] = []
        self.change(state.world)

    @property
    def world(self) -> World:
        """The state that is shown now."""
        return self._state.world

    @property
    def messages(self) -> tuple[Message, ...]:
        """Messages accepted so far."""
        return self._state.records.messages

    @property
    def sign_ins(self) -> tuple[SignIn, ...]:
        """SMTP sign-in attempts so far."""
        return self._state.records.sign_ins

    @property
    def token_requests(self) -> tuple[TokenAnswer, ...]:
        """Requests to the token endpoint so far."""
        return self._state.records.token_requests

    @property
    def sessions(self) -> tuple[Session, ...]:
        """SMTP connections so far."""
        return self._state.records.sessions

    @property
    def requests(self) -> dict[str, int]:
        """How often discovery documents, keys and DNS names were asked for."""
        return self._state.records.requests

    @property
    def device_codes(self) -> DeviceCodes:
        """The device codes under way, to be approved or declined."""
        return self._state.device_codes

    @property
    def secrets(self) -> dict[str, str]:
        """Environment variables with the invented secrets of the senders, and of the auditor when look-ups are on."""
        return settings_file.secrets(self.world, look_ups=self._look_ups)

    @property
    def description(self) -> dict[str, Any]:
        """What another program needs to know, as ``python -m fakes --json`` prints it."""
        return settings_file.description(self.world, self._places(), self._addresses(), self.settings_file)

    @property
    def load(self) -> Load:
        """How much is under way in the fakes; it returns to what it was when every client has gone."""
        return self._state.load()

    def change(self, world: World) -> None:
        """Show another state from now on; the settings file, the CA file and the export are written anew.

        Raises CannotStage when this platform cannot show it; then nothing has changed.
        """
        with self._lock:
            connect = doors.connect_map(world.network, self._doors)
            roots = certificates.trusted_roots()
            if world.network.smtp_tls.certificate is Certificate.TRUSTED_MAIL_SHIELD:
                roots += certificates.trusted_shield()
            self._ca_file.write_bytes(roots)
            self._state.world = world
            self._connect = connect
            self.settings_file.write_text(settings_file.toml(world, self._places()), encoding="utf-8")
            if self._look_ups:
                self.export()

    def export(self) -> dict[str, Any]:
        """Write the tenant's export as it is now, log and trace included; what was written."""
        from fakes import export  # the views behind it are loaded for look-ups only

        found = export.document(self.world, self._state.records)
        self.tenant_export.write_text(json.dumps(found, indent=1), encoding="utf-8")
        return found

    def forget(self) -> None:
        """Drop messages and records seen so far."""
        self._state.records.forget()

    def _places(self) -> Places:
        return Places(
            connect=self._connect,
            written=doors.without_login_names(self.world.network, self._connect),
            resolver=doors.text(self._doors.dns_tcp),
            ca_file=self._ca_file,
            tenant_export=self.tenant_export,
            patient=self._state.real_pace,
            look_ups=self._look_ups,
        )

    def _addresses(self) -> dict[str, dict[str, Any]]:
        opened = self._doors
        found = {"smtp": opened.submission, "https": opened.https, "dns": opened.dns_tcp}
        addresses: dict[str, dict[str, Any]] = {
            name: {"host": doors.LOOPBACK, "port": bound.getsockname()[1]} for name, bound in found.items()
        }
        return addresses | {"control": {"url": f"http://{doors.text(opened.control)}", "token": self.control_token}}


@contextmanager
def serve(
    world: World,
    *,
    folder: Path,
    latency_ms: int = 0,
    pace: str = "off",
    ports: dict[str, int] | None = None,
    look_ups: bool = False,
) -> Iterator[Running]:
    """Serve a world on 127.0.0.1 until the block ends.

    ``folder`` receives ``settings.toml`` and ``root.pem``; ``latency_ms`` is the round trip that every connection is
    given; ``pace="real"`` makes refusals take five seconds; with ``look_ups`` the settings name the auditor and the
    administrator's client, and ``tenant-export.json`` is written beside them. Raises OSError when a fixed port is taken and CannotStage
    when this platform cannot show the world.
    """
    folder.mkdir(parents=True, exist_ok=True)
    opened = doors.open_doors(ports)
    try:
        state = State(world, pace=pace)
        running = Running(state, opened, folder, look_ups=look_ups)
        thread = _LoopThread(state, opened, running, latency_ms)
        thread.start()
        try:
            thread.wait_until_ready()
            yield running
        finally:
            thread.stop()
    finally:
        opened.close()


class _LoopThread(threading.Thread):
    """The loop's own thread; it ends when asked, closing every connection."""

    def __init__(self, state: State, opened: Doors, running: Running, latency_ms: int) -> None:
        super().__init__(name="fakes", daemon=True)
        self._state = state
        self._doors = opened
        self._running = running
        self._latency = latency_ms / 1000
        self._ready = threading.Event()
        self._error: BaseException | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._end: asyncio.Event | None = None

    def wait_until_ready(self) -> None:
        """Return when all listeners serve; raise what kept them from it."""
        if not self._ready.wait(_START_SECONDS):
            raise TimeoutError(f"the fakes did not start within {_START_SECONDS:.0f} s")
        if self._error is not None:
            raise RuntimeError("the fakes did not start") from self._error

    def stop(self) -> None:
        """Ask the loop to end and wait until it has."""
        if self._loop is not None and self._end is not None:
            with suppress(RuntimeError):  # the loop is closed already
                self._loop.call_soon_threadsafe(self._end.set)
        self.join(_START_SECONDS)

    def run(self) -> None:
        """Thread body."""
        try:
            asyncio.run(self._main())
        except BaseException as error:  # noqa: BLE001 - handed to the thread that waits
            self._error = error
        finally:
            self._ready.set()

    async def _main(self) -> None:
        self._loop, self._end = asyncio.get_running_loop(), asyncio.Event()
        self._state.loop = self._loop
        self._loop.set_exception_handler(self._note)
        servers = await self._start(self._loop)
        self._ready.set()
        self._loop.run_in_executor(None, keys.entra_key)  # the dearest key, while the client still looks up names
        await self._end.wait()
        await self._stop_accepting(servers)
        for transport in [*self._state.transports, *(one.transport for one in self._state.http.connections)]:
            if isinstance(transport, asyncio.Transport):
                transport.abort()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        await _turns()  # closed transports say goodbye

    async def _stop_accepting(self, servers: list[asyncio.AbstractServer | asyncio.BaseTransport]) -> None:
        """Stop listening before closing: asyncio loses a connection whose server closes while it is being accepted."""
        assert self._loop is not None  # noqa: S101 - set before anything is served
        with suppress(NotImplementedError):  # Windows' loop accepts by other means
            for server in servers:
                for bound in server.sockets if isinstance(server, asyncio.Server) else ():
                    self._loop.remove_reader(bound.fileno())
        await _turns()
        for server in servers:
            server.close()

    def _note(self, _loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """Keep what went wrong inside the fakes; a peer that hangs up or fails its handshake is no fault of theirs."""
        if not isinstance(context.get("exception"), (ConnectionError, ssl.SSLError, TimeoutError)):
            self._running.failures.append(context)

    async def _start(self, loop: asyncio.AbstractEventLoop) -> list[asyncio.AbstractServer | asyncio.BaseTransport]:
        state, opened, answers = self._state, self._doors, resolver.Answers(self._state)
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
            lambda: resolver.OverUdp(answers, self._latency), sock=opened.dns_udp
        )
        served: list[asyncio.AbstractServer | asyncio.BaseTransport] = [
            udp,
            await loop.create_server(lambda: elsewhere.Resets(state), sock=opened.reset),
            await loop.create_server(controls, sock=opened.control),
        ]
        login_tls = certificates.login_context_at(lambda: state.world.network.login_tls)
        # An MX host is Exchange as well, without sign-in.
        kinds: tuple[tuple[socket.socket, Callable[[], asyncio.BaseProtocol], ssl.SSLContext | None], ...] = (
            (opened.submission, lambda: elsewhere.at_submission_port(state, loop), None),
            (opened.relay, lambda: ExchangeSmtp(state, loop=loop), None),
            (opened.mx, lambda: ExchangeSmtp(state, offers_auth=False, loop=loop), None),
            (opened.provider, lambda: elsewhere.ProviderSmtp(state, loop), None),
            (opened.https, https, login_tls),
            (opened.dns_tcp, lambda: resolver.OverTcp(state, answers), None),
        )
        for bound, protocol, tls in kinds:
            inner, public = line.public_socket(bound, self._latency)
            served.append(await loop.create_server(protocol, sock=inner, ssl=tls))
            if public is not None:
                served.append(await line.in_front_of(inner, public, self._latency))
        return served


async def _turns() -> None:
    """Let the loop do what is due already."""
    for _ in range(4):
        await asyncio.sleep(0)
