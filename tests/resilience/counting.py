"""A counting proxy on loopback, which records AUTH commands with their credentials and replies, token requests and messages.

The proxy listens in front of every server of the built-in tenant, terminates TLS with that server's own certificate and opens a new
TLS session to the server. It sees plain text in both directions, so its counts depend on neither the product nor the tenant.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import contextlib
import ssl
import threading
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

_CHUNK = 65536
_LOOPBACK = "127.0.0.1"
_GRACE = 0.02


@dataclass(slots=True, kw_only=True)
class Attempt:
    """An AUTH command, with its credential, the code of the last reply (0 if there was none), and whether it was sent over TLS."""

    mechanism: str
    encrypted: bool
    credential: tuple[str, ...] = ()
    code: int = 0


@dataclass(slots=True)
class Counted:
    """The attempts and the client secrets of token requests, in order of arrival, and the numbers of messages and connections."""

    attempts: list[Attempt] = field(default_factory=list)
    secrets: list[str] = field(default_factory=list)
    messages: int = 0
    connections: int = 0

    def repeated(self) -> list[tuple[str, ...]]:
        """Return the credentials that were sent again after a permanent (5xx) refusal."""
        refused: set[tuple[str, ...]] = set()
        again = []
        for one in self.attempts:
            if one.credential in refused:
                again.append(one.credential)
            if 500 <= one.code < 600:
                refused.add(one.credential)
        return again


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """A server behind the proxy. `tls` creates the proxy's TLS context for clients, and `at_once` means implicit TLS."""

    port: int
    tls: Callable[[], ssl.SSLContext]
    at_once: bool


@contextmanager
def counting(endpoints: list[Endpoint]) -> Iterator[tuple[Counted, dict[int, int]]]:
    """Run the proxy until the block ends; yield the counts and a mapping from each server's port to the proxy's port."""
    counted, ports = Counted(), dict[int, int]()
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    def run_in_loop(coroutine: Coroutine[Any, Any, Any]) -> Any:  # noqa: ANN401 - any result
        return asyncio.run_coroutine_threadsafe(coroutine, loop).result(20)

    servers: list[asyncio.Server] = []

    async def end() -> None:
        for server in servers:
            server.close()
        await asyncio.sleep(_GRACE)  # for connections that are just being accepted
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.sleep(_GRACE)  # transports close in the next iteration of the loop

    for endpoint in endpoints:
        server = run_in_loop(_start_proxy(endpoint, counted))
        servers.append(server)
        ports[endpoint.port] = server.sockets[0].getsockname()[1]
    try:
        yield counted, ports
    finally:
        run_in_loop(end())
        loop.call_soon_threadsafe(loop.stop)
        thread.join(20)
        loop.close()


async def _start_proxy(endpoint: Endpoint, counted: Counted) -> asyncio.Server:
    tasks: set[asyncio.Task[None] | None] = set()  # asyncio keeps only weak references to tasks

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        tasks.add(asyncio.current_task())
        counted.connections += 1
        try:
            upstream = await asyncio.open_connection(
                _LOOPBACK, endpoint.port, ssl=_unverified_tls() if endpoint.at_once else None
            )
        except (OSError, asyncio.CancelledError):
            writer.transport.abort()
            return
        observer = _Https(counted) if endpoint.at_once else _Smtp(counted, endpoint, writer, upstream[1])
        try:
            await asyncio.gather(
                _carry(reader, upstream[1], observer.client), _carry(upstream[0], writer, observer.server)
            )
            for one in (writer, upstream[1]):
                one.close()
        except asyncio.CancelledError:  # the block is ending; otherwise asyncio's streams would log an error
            for one in (writer, upstream[1]):
                one.transport.abort()

    tls = endpoint.tls() if endpoint.at_once else None
    return await asyncio.start_server(connected, _LOOPBACK, 0, ssl=tls)


async def _carry(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    observe: Callable[[bytes], Awaitable[None] | asyncio.Event | None],
) -> None:
    with contextlib.suppress(OSError, ssl.SSLError):
        while data := await reader.read(_CHUNK):
            then = observe(data)
            if isinstance(then, asyncio.Event):
                await then.wait()
                then = None
            writer.write(data)
            if then is not None:
                await then
            await writer.drain()
    if not writer.is_closing():
        with contextlib.suppress(OSError, NotImplementedError, RuntimeError):
            writer.write_eof() if writer.can_write_eof() else writer.close()


def _unverified_tls() -> ssl.SSLContext:
    """Return a context for the connection to the built-in tenant that accepts any certificate and TLS version."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    return context


class _Https:
    """An observer that counts token requests once their bodies have arrived in full."""

    def __init__(self, counted: Counted) -> None:
        self._counted = counted
        self._left = b""

    def client(self, data: bytes) -> None:
        """Count each complete POST request."""
        self._left += data
        while b"\r\n\r\n" in self._left:
            head, _, rest = self._left.partition(b"\r\n\r\n")
            fields = [line.partition(b":") for line in head.lower().split(b"\r\n")[1:]]
            length = next((int(value) for name, _, value in fields if name == b"content-length"), 0)
            if len(rest) < length:
                return
            if head.startswith(b"POST "):
                self._counted.secrets.append(parse_qs(rest[:length].decode()).get("client_secret", [""])[0])
            self._left = rest[length:]

    def server(self, _data: bytes) -> None:
        """Ignore responses, which are not counted."""


class _Smtp:
    """An observer that counts SMTP commands and replies, and upgrades both connections to TLS after STARTTLS."""

    def __init__(
        self, counted: Counted, endpoint: Endpoint, client_side: asyncio.StreamWriter, upstream: asyncio.StreamWriter
    ) -> None:
        self._counted = counted
        self._endpoint = endpoint
        self._client_side = client_side
        self._server_side = upstream
        self._encrypted = False
        self._ready = asyncio.Event()
        self._ready.set()
        self._pending = ""
        self._attempt: Attempt | None = None

    def client(self, data: bytes) -> asyncio.Event:
        """Record the command, and return an event that is set unless a TLS handshake is in progress."""
        self._record(data)
        return self._ready

    def _record(self, data: bytes) -> None:
        if self._pending == "end of data":
            return
        line = data.decode("latin-1").strip()
        word = line.upper().partition(" ")[0]
        if self._attempt is not None and self._attempt.code == 0:
            self._attempt.credential = (*self._attempt.credential, _plain(line))
        elif word == "AUTH":
            mechanism, _, initial = line[5:].partition(" ")
            self._attempt = Attempt(mechanism=mechanism.upper(), encrypted=self._encrypted)
            self._attempt.credential = (_plain(initial),) if initial else ()
            self._counted.attempts.append(self._attempt)
        else:
            self._pending = word

    def server(self, data: bytes) -> Awaitable[None] | None:
        """Record the reply. After a 220 reply to STARTTLS, return the coroutine that performs both handshakes."""
        code = int(data[:3]) if data[:3].isdigit() else 0
        if self._attempt is not None and self._attempt.code == 0:
            self._attempt.code = 0 if code == 334 else code
        elif self._pending == "DATA" and code == 354:
            self._counted.messages += 1
            self._pending = "end of data"
        elif self._pending == "end of data":
            self._pending = ""
        elif self._pending == "STARTTLS" and code == 220 and data.count(b"\n") == 1:
            self._pending = ""
            self._ready.clear()
            return self._handshakes()
        return None

    async def _handshakes(self) -> None:
        try:
            await self._client_side.start_tls(self._endpoint.tls())
            await self._server_side.start_tls(_unverified_tls(), server_hostname="")
            self._encrypted = True
        finally:
            self._ready.set()


def _plain(line: str) -> str:
    try:
        return base64.b64decode(line, validate=True).decode("utf-8", "replace").lower()
    except binascii.Error:
        return line
