"""Sockets on loopback, bound before anything runs, and which of them each of Microsoft's addresses leads to.

A door that is refused is bound and never listens; a dropped one has its backlog full; a reset one answers with RST.
"""

import socket
import sys
from contextlib import ExitStack
from dataclasses import dataclass, field

from ..world.network import Network, Port, Zone

LOOPBACK = "127.0.0.1"
SUBMISSION, RELAY, IMPLICIT_TLS, IMAPS, HTTPS = 587, 25, 465, 993, 443
_FILLERS = 4


class CannotStage(Exception):  # noqa: N818 - names the situation, as pytest's Skipped does
    """This platform has no way to show that fault; the text says why."""


def listening(port: int = 0, *, backlog: int = 512) -> socket.socket:
    """A TCP socket on loopback that accepts; port 0 takes any free one. OSError when a fixed port is taken."""
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)  # named, or asyncio leaves Nagle on
    try:
        if sys.platform != "win32":
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((LOOPBACK, port))
        bound.listen(backlog)
    except OSError:
        bound.close()
        raise
    bound.settimeout(0)
    return bound


def dns_sockets(port: int = 0) -> tuple[socket.socket, socket.socket]:
    """A TCP and a UDP socket with the same number, as a resolver needs them."""
    for _ in range(50):
        stream = listening(port)
        datagram = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            datagram.bind(stream.getsockname())
        except OSError:
            stream.close()
            datagram.close()
            if port:
                raise
            continue
        datagram.settimeout(0)
        return stream, datagram
    raise OSError("no port number on loopback was free for both TCP and UDP")


def address(bound: socket.socket) -> str:
    """``address:port`` of a socket."""
    host, port = bound.getsockname()[:2]
    return f"{host}:{port}"


@dataclass(kw_only=True)
class Listeners:
    """Every listener of one built-in tenant."""

    submission: socket.socket
    relay: socket.socket
    provider: socket.socket
    mx: socket.socket
    reset: socket.socket
    https: socket.socket
    control: socket.socket
    dns_tcp: socket.socket
    dns_udp: socket.socket
    refused: socket.socket
    _dropped: list[socket.socket] = field(default_factory=list)

    def dropped(self) -> str:
        """A port whose SYN packets vanish: nobody accepts and the backlog is full. CannotStage where that is not so."""
        if not sys.platform.startswith("linux"):
            raise CannotStage("a silently dropped port can be staged on Linux only: elsewhere a full backlog refuses")
        if not self._dropped:
            full = listening(backlog=0)
            self._dropped.append(full)
            for _ in range(_FILLERS):
                filler = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
                filler.settimeout(0)
                filler.connect_ex(full.getsockname())
                self._dropped.append(filler)
        return address(self._dropped[0])

    def target(self, port: Port, opens: socket.socket) -> str:
        """Where a port in this state leads, ``opens`` when it is open."""
        match port:
            case Port.OPEN:
                return address(opens)
            case Port.REFUSED:
                return address(self.refused)
            case Port.DROPPED:
                return self.dropped()
            case Port.RESET:
                return address(self.reset)

    def close(self) -> None:
        """Close all of them; those that a server owns are closed already, which does no harm."""
        everything = (
            self.submission, self.relay, self.provider, self.mx, self.reset, self.https, self.control,
            self.dns_tcp, self.dns_udp, self.refused, *self._dropped,
        )  # fmt: skip
        for bound in everything:
            bound.close()


def open_listeners(ports: dict[str, int] | None = None) -> Listeners:
    """Bind everything; ``ports`` may fix ``smtp``, ``https``, ``dns`` and ``control``. OSError when one is taken."""
    fixed = ports or {}
    with ExitStack() as until_all_are_open:
        hold = until_all_are_open.enter_context
        stream, datagram = map(hold, dns_sockets(fixed.get("dns", 0)))
        refused = hold(socket.socket(socket.AF_INET, socket.SOCK_STREAM))
        refused.bind((LOOPBACK, 0))
        opened = Listeners(
            submission=hold(listening(fixed.get("smtp", 0))),
            relay=hold(listening()),
            provider=hold(listening()),
            mx=hold(listening()),
            reset=hold(listening()),
            https=hold(listening(fixed.get("https", 0))),
            control=hold(listening(fixed.get("control", 0))),
            dns_tcp=stream,
            dns_udp=datagram,
            refused=refused,
        )
        until_all_are_open.pop_all()
    return opened


def _keys(zone: Zone, port: int) -> tuple[list[str], list[str]]:
    over_ipv4 = [f"{host}:{port}" for host in (zone.name, *zone.ipv4)]
    return over_ipv4, [f"[{address}]:{port}" for address in zone.ipv6]


def connect_map(network: Network, opened: Listeners) -> dict[str, str]:
    """``name-or-address:port`` → ``address:port`` for all that the resolver can answer; IPv6 stands in brackets."""
    found: dict[str, str] = {}
    for zone in network.zones:
        for port, over_ipv4, over_ipv6 in _leads(zone, network, opened):
            names, sixes = _keys(zone, port)
            found |= dict.fromkeys(names, over_ipv4) | dict.fromkeys(sixes, over_ipv6)
    for port in (SUBMISSION, HTTPS):
        found[f"{network.resolver.hijacked_address}:{port}"] = address(opened.refused)
    found[f"{network.resolver.private_address}:{SUBMISSION}"] = opened.target(
        network.submission_port, opened.submission
    )
    return found


def without_https_names(network: Network, connect: dict[str, str]) -> dict[str, str]:
    """The map without the names of the login and look-up hosts, so that they are looked up; their addresses still lead to loopback.

    A name that a map leads elsewhere needs no look-up, as with curl's ``--connect-to``; SMTP is looked up in any case.
    """
    names = {f"{zone.name}:{HTTPS}" for zone in network.zones}
    return {place: target for place, target in connect.items() if place not in names}


def _leads(zone: Zone, network: Network, opened: Listeners) -> list[tuple[int, str, str]]:
    """Port, target over IPv4, target over IPv6."""
    closed = address(opened.refused)
    match zone.service:
        case "exchange":
            direct = opened.target(network.submission_port, opened.submission)
            over_ipv6 = network.submission_over_ipv6
            sixth = direct if over_ipv6 is Port.OPEN else opened.target(over_ipv6, opened.submission)
            relay = opened.target(network.relay_port, opened.relay)
            shut = [(port, closed, closed) for port in (IMPLICIT_TLS, IMAPS)]
            admin = address(opened.https)
            return [(SUBMISSION, direct, sixth), (RELAY, relay, relay), (HTTPS, admin, admin), *shut]
        case "login":
            target = opened.target(network.login_port, opened.https)
            return [(HTTPS, target, target)]
        case "graph":
            target = opened.target(network.graph_port, opened.https)
            return [(HTTPS, target, target)]
        case "mx":
            return [(RELAY, address(opened.mx), address(opened.mx)), (SUBMISSION, closed, closed)]
        case _:
            return [(port, address(opened.provider), address(opened.provider)) for port in (RELAY, SUBMISSION)]
