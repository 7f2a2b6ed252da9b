"""Opens TCP connections. The `[connect]` map applies to all of them, like curl's --connect-to.

No other module opens a socket for SMTP or HTTPS. The evidence records each address and whether the map replaced it. When the deadline
of a connection expires, the connection is shut down.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from typing import Literal

from evidence.failure import Failure, FailureKind
from evidence.wire import Dial
from probes.deadline import Deadline
from probes.failures import translate
from probes.unresponsive import SKIPPED, UnresponsiveHosts
from probes.watchdog import Watchdog
from settings.strict_values import port_number

_MOST_PER_FAMILY = 4


class Dialler:
    """Opens TCP connections, each within the connect timeout. A connection is shut down at its deadline or after an interrupt."""

    def __init__(self, connect: Mapping[str, str], *, only_mapped: bool, timeout: float) -> None:
        """Store the timeout in seconds and the map, whose keys are `name-or-address:port` and whose values are `address:port`."""
        self._map = {_plain(key): value for key, value in connect.items()}
        self._only_mapped = only_mapped
        self._timeout = timeout
        self._watchdog = Watchdog()
        self._stopped = False
        self.unresponsive = UnresponsiveHosts()

    def mapped(self, name: str, address: str, port: int) -> str | None:
        """Return the target that the map has for this address or, failing that, for this name. Return None if it has neither."""
        return self._map.get(_plain(f"{address}:{port}")) or self._map.get(_plain(f"{name}:{port}"))

    def leads(self, name: str, port: int) -> bool:
        """Return whether the `[connect]` map has a target for this name, or only mapped addresses are allowed. No proxy is then used."""
        return self._only_mapped or self.mapped(name, name, port) is not None

    @property
    def has_map(self) -> bool:
        """Whether the `[connect]` map has entries, or only mapped addresses are allowed."""
        return bool(self._map) or self._only_mapped

    @property
    def stopped(self) -> bool:
        """Whether the run was interrupted, so that no more connections may be opened."""
        return self._stopped

    def dial(self, name: str, address: str, port: int, deadline: Deadline) -> tuple[socket.socket | None, Dial]:
        """Connect to one address. If that fails, the socket is None and the record contains the failure."""
        family: Literal["ipv4", "ipv6"] = "ipv6" if ":" in address else "ipv4"
        mapped = self.mapped(name, address, port)
        started = deadline.elapsed()
        sock: socket.socket | None = None
        failure: Failure | None = None
        if mapped is None and self._only_mapped:
            failure = Failure(
                kind=FailureKind.NOT_MAPPED,
                text=f"{address}:{port} is not in the [connect] map, and other addresses are not allowed",
            )
        elif self._stopped:
            failure = Failure(kind=FailureKind.DEADLINE, text="the run stopped before this connection attempt")
        elif deadline.passed:
            failure = Failure(kind=FailureKind.DEADLINE, text="the deadline expired before this connection attempt")
        elif self.unresponsive.known(_plain(f"{address}:{port}")):
            failure = Failure(kind=FailureKind.TIMEOUT, text=SKIPPED)
        else:
            sock, failure = self._connect(mapped, address, port, deadline)
        dial = Dial(
            address=address,
            port=port,
            family=family,
            mapped_to=mapped,
            opened=sock is not None,
            failure=failure,
            seconds=round(deadline.elapsed() - started, 4),
            local_address=_local(sock) if sock is not None else None,
        )
        return sock, dial

    def _connect(
        self, mapped: str | None, address: str, port: int, deadline: Deadline
    ) -> tuple[socket.socket | None, Failure | None]:
        target = (address, port)
        if mapped is not None:
            host, _, mapped_port = mapped.rpartition(":")
            target = (host.strip("[]"), port_number(mapped_port) or 0)
        place, whole = _plain(f"{address}:{port}"), deadline.remaining() >= self._timeout
        try:
            sock = socket.create_connection(target, timeout=max(0.001, deadline.within(self._timeout).remaining()))
        except OSError as problem:
            failure = translate(problem)
            self.unresponsive.note(place, timed_out=whole and failure.kind is FailureKind.TIMEOUT)
            return None, failure
        self.unresponsive.note(place, timed_out=False)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._watchdog.watch(sock, deadline)
        return sock, None

    def close(self, sock: socket.socket) -> None:
        """Close a connection that this dialler opened. A socket that is already closed is ignored."""
        self._watchdog.release(sock)
        sock.close()

    def replaced(self, old: socket.socket, new: socket.socket) -> None:
        """Record that TLS wrapped the socket `old` and that `new` replaces it."""
        self._watchdog.replaced(old, new)

    def postpone(self, sock: socket.socket, deadline: Deadline | None) -> None:
        """Set the deadline for the next request on an open connection, or None while the connection is idle."""
        self._watchdog.postpone(sock, deadline)

    def stop(self) -> None:
        """Shut down all connections and open no more. Threads that are waiting on a socket stop waiting."""
        self._stopped = True
        self._watchdog.shut_all()


class Race:
    """Connects to the addresses of a host concurrently. The first connection to open carries the session.

    The other connections are made only for the evidence, and are closed.
    """

    def __init__(self, dialler: Dialler, name: str, addresses: tuple[str, ...], port: int, deadline: Deadline) -> None:
        """Start connecting to at most four addresses of each family."""
        self._dialler = dialler
        chosen = _few(addresses)
        self._pool = ThreadPoolExecutor(max_workers=max(1, len(chosen)), thread_name_prefix="dial")
        self._futures: list[Future[tuple[socket.socket | None, Dial]]] = [
            self._pool.submit(dialler.dial, name, address, port, deadline) for address in chosen
        ]

    def first(self) -> tuple[socket.socket | None, Dial | None]:
        """Return the connection that opened first, or (None, None) if all failed."""
        for future in as_completed(self._futures):
            sock, dial = future.result()
            if sock is not None:
                return sock, dial
        return None, None

    def finish(self, used: Dial | None) -> tuple[Dial, ...]:
        """Return all attempts in the order of the addresses, and close every connection except `used`."""
        results = [future.result() for future in self._futures]
        self._pool.shutdown(wait=False)
        for sock, dial in results:
            if sock is not None and dial is not used:
                self._dialler.close(sock)
        return tuple(dial for _, dial in results)


def _few(addresses: tuple[str, ...]) -> tuple[str, ...]:
    four = [address for address in addresses if ":" not in address][:_MOST_PER_FAMILY]
    six = [address for address in addresses if ":" in address][:_MOST_PER_FAMILY]
    return (*four, *six)


def is_address(host: str) -> bool:
    """Return whether the host is an IP address rather than a name."""
    try:
        ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return False
    return True


def _plain(endpoint: str) -> str:
    """Return the host and port in canonical form: lower case, without IPv6 brackets or a trailing dot."""
    host, _, port = endpoint.rpartition(":")
    return f"{host.strip('[]').rstrip('.').lower()}:{port}"


def _local(sock: socket.socket) -> str | None:
    try:
        return str(sock.getsockname()[0])
    except OSError:
        return None
