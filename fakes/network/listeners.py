"""Listening sockets on loopback, and the map from Microsoft's addresses to these sockets.

The servers' sockets are bound before the event loop starts. A refused port is bound but does not listen. A dropped port has a full
backlog. A reset port accepts a connection and then sends RST.
"""

import socket
import sys
from contextlib import ExitStack
from dataclasses import dataclass, field

from ..world.network import Network, Port, Zone

LOOPBACK = "127.0.0.1"
SUBMISSION, RELAY, IMPLICIT_TLS, IMAPS, HTTPS = 587, 25, 465, 993, 443
_FILLERS = 4


class CannotStage(Exception):  # noqa: N818 - the name states the problem
    """Raised when this platform cannot simulate a fault; the message gives the reason."""


def listening(port: int = 0, *, backlog: int = 512) -> socket.socket:
    """Return a listening TCP socket on loopback; port 0 selects a free port. Raises OSError if the port is in use."""
    bound = socket.socket(
        socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP
    )  # asyncio disables Nagle's algorithm only if the protocol is given explicitly
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
    """Return a TCP socket and a UDP socket with the same port number, as a resolver needs."""
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
    raise OSError("no port number on loopback is free for both TCP and UDP")


def address(bound: socket.socket) -> str:
    """Return the address of a socket as `host:port`."""
    host, port = bound.getsockname()[:2]
    return f"{host}:{port}"


@dataclass(kw_only=True)
class Listeners:
    """The sockets of one built-in tenant."""

    submission: socket.socket
    high_volume: socket.socket
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
        """Return the address of a port that drops SYN packets because its backlog is full and nothing accepts connections.

        Raises CannotStage on platforms other than Linux, where a full backlog refuses or resets connections.
        """
        if not sys.platform.startswith("linux"):
            raise CannotStage(
                "silently dropped packets can be simulated only on Linux; elsewhere, a full backlog refuses or resets connections"
            )
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
        """Return the address to which connections to a port in this state are sent; `opens` is the socket for an open port."""
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
        """Close all sockets. A socket that a server has already closed is not affected."""
        every = (
            self.submission, self.high_volume, self.relay, self.provider, self.mx, self.reset, self.https, self.control,
            self.dns_tcp, self.dns_udp, self.refused, *self._dropped,
        )  # fmt: skip
        for bound in every:
            bound.close()


def open_listeners(ports: dict[str, int] | None = None) -> Listeners:
    """Bind all sockets. `ports` can fix the ports of `smtp`, `https`, `dns` and `control`. Raises OSError if one of them is in use."""
    fixed = ports or {}
    with ExitStack() as on_error:
        hold = on_error.enter_context
        stream, datagram = map(hold, dns_sockets(fixed.get("dns", 0)))
        refused = hold(socket.socket(socket.AF_INET, socket.SOCK_STREAM))
        refused.bind((LOOPBACK, 0))
        opened = Listeners(
            submission=hold(listening(fixed.get("smtp", 0))),
            high_volume=hold(listening()),
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
        on_error.pop_all()
    return opened


def _keys(zone: Zone, port: int) -> tuple[list[str], list[str]]:
    over_ipv4 = [f"{host}:{port}" for host in (zone.name, *zone.ipv4)]
    return over_ipv4, [f"[{address}]:{port}" for address in zone.ipv6]


def connect_map(network: Network, opened: Listeners) -> dict[str, str]:
    """Return the map from `name:port` and `address:port` in every zone to loopback. IPv6 addresses are in brackets.

    The map includes the false addresses that a faulty resolver returns.
    """
    found: dict[str, str] = {}
    for zone in network.zones:
        for port, over_ipv4, over_ipv6 in _targets(zone, network, opened):
            names, sixes = _keys(zone, port)
            found |= dict.fromkeys(names, over_ipv4) | dict.fromkeys(sixes, over_ipv6)
    for port in (SUBMISSION, HTTPS):
        found[f"{network.resolver.hijacked_address}:{port}"] = address(opened.refused)
    found[f"{network.resolver.private_address}:{SUBMISSION}"] = opened.target(
        network.submission_port, opened.submission
    )
    return found


def without_https_names(network: Network, connect: dict[str, str]) -> dict[str, str]:
    """Return the map without the names of the HTTPS hosts, so that clients resolve these names. The hosts' addresses remain in the map.

    As with curl's `--connect-to`, a client does not resolve a mapped name. The SMTP name is an exception: it is mapped and still resolved.
    """
    names = {f"{zone.name}:{HTTPS}" for zone in network.zones}
    return {place: target for place, target in connect.items() if place not in names}


def _targets(zone: Zone, network: Network, opened: Listeners) -> list[tuple[int, str, str]]:
    """Return a tuple for each port of a zone: the port number, the target over IPv4 and the target over IPv6."""
    closed = address(opened.refused)
    match zone.service:
        case "exchange":
            direct = opened.target(network.submission_port, opened.submission)
            over_ipv6 = network.submission_over_ipv6
            over_six = direct if over_ipv6 is Port.OPEN else opened.target(over_ipv6, opened.submission)
            relay = opened.target(network.relay_port, opened.relay)
            closed_ports = [(port, closed, closed) for port in (IMPLICIT_TLS, IMAPS)]
            admin = address(opened.https)
            return [(SUBMISSION, direct, over_six), (RELAY, relay, relay), (HTTPS, admin, admin), *closed_ports]
        case "high_volume":
            target = opened.target(network.submission_port, opened.high_volume)
            return [(SUBMISSION, target, target), *((port, closed, closed) for port in (RELAY, IMPLICIT_TLS))]
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
