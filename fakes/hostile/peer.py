"""Hostile peers: the definition of a row of the catalogue, and the interface through which a peer uses the tenant."""

import socket
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from ..world.world import World


class Place(StrEnum):
    """The server whose place a peer takes. A hostile proxy takes no server's place, because the built-in tenant has no proxy."""

    SMTP = "smtp"
    HTTPS = "https"
    PROXY = "proxy"
    DNS = "dns"


class UnknownPeer(LookupError):  # noqa: N818 - the name states the problem
    """Raised if no hostile peer has the given name. The message suggests similar names, if there are any."""


class Scene(Protocol):
    """The tenant around a peer. The peer uses it for everything that it does not attack."""

    @property
    def world(self) -> World:
        """The current state of the world."""

    def ask(self, request: bytes) -> bytes:
        """Return the body of the healthy login host's response to an HTTP request."""

    def resolve(self, question: bytes, *, over_udp: bool) -> bytes | None:
        """Return the healthy resolver's response to a query in wire format."""


Serve = Callable[[socket.socket, Scene], None]
Datagram = Callable[[bytes, Scene], bytes | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class HostilePeer:
    """One peer. `rule` names the specification that it breaks or stretches, and `client` states what a client should do.

    `gate` is the first step of a submission that fails because of the peer, or empty if a client can succeed. `serve` handles one
    connection. `datagram` answers one UDP query (only for DNS). `over_tls` is true if the TLS handshake precedes `serve`. `scheme` is
    the scheme of the proxy's URL (only for a proxy).
    """

    name: str
    place: Place
    protocol: str
    does: str
    rule: str
    client: str
    gate: str
    serve: Serve
    datagram: Datagram | None = None
    over_tls: bool = False
    scheme: str = "http"

    @property
    def row(self) -> dict[str, str]:
        """The row as it is listed for other programs."""
        return {
            "name": self.name,
            "place": self.place.value,
            "protocol": self.protocol,
            "does": self.does,
            "rule": self.rule,
            "client": self.client,
            "gate": self.gate,
        }
