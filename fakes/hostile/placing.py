"""Put a hostile peer in the place of one server of the built-in tenant, so that a client with the tenant's settings connects to it.

The peer takes over the server's public socket, with its port. The healthy server continues on a different port, where the peer can use
it; the tenant's other host names lead there too. A hostile proxy has a socket of its own.
"""

import contextlib
import http.client
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from ..network import listeners
from ..network.listeners import HTTPS, LOOPBACK, SUBMISSION, Listeners
from ..network.resolver import Responder
from ..world import certificates
from ..world.clouds import CLOUDS
from ..world.network import Network
from ..world.records import State
from ..world.world import World
from .listener import LARGEST_READ, close, serving_on
from .peer import Datagram, HostilePeer, Place

_PATIENCE = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """A hostile peer with its public sockets. `datagram` is the UDP socket of a name server."""

    peer: HostilePeer
    stream: socket.socket
    datagram: socket.socket | None = None

    @property
    def address(self) -> str:
        """The address of the peer as `host:port`."""
        return listeners.address(self.stream)

    @property
    def environment(self) -> dict[str, str]:
        """The environment variables that lead a client to a hostile proxy; empty for any other peer."""
        if self.peer.place is not Place.PROXY:
            return {}
        url = f"{self.peer.scheme}://{self.address}"
        return {"HTTPS_PROXY": url, "https_proxy": url, "NO_PROXY": "", "no_proxy": ""}

    def connect(self, world: World) -> dict[str, str]:
        """Return the entries of the connect map that lead to the peer. A name server or a proxy needs none."""
        cloud, network = CLOUDS[world.cloud], world.network
        match self.peer.place:
            case Place.SMTP:
                return self._places(network, cloud.smtp_host, SUBMISSION)
            case Place.HTTPS:
                return self._places(network, cloud.login_hosts[0], HTTPS)
            case _:
                return {}

    def _places(self, network: Network, host: str, port: int) -> dict[str, str]:
        zone = network.zone(host)
        names = (host, *zone.ipv4, *(f"[{one}]" for one in zone.ipv6)) if zone is not None else (host,)
        return {f"{name}:{port}": self.address for name in names}


def taken_over(peer: HostilePeer, opened: Listeners) -> Placed:
    """Return the peer with its public sockets. If the peer replaces a healthy server, that server gets new sockets."""
    match peer.place:
        case Place.SMTP:
            stream, opened.submission = opened.submission, listeners.listening()
        case Place.HTTPS:
            stream, opened.https = opened.https, listeners.listening()
        case Place.DNS:
            stream, datagram = opened.dns_tcp, opened.dns_udp
            opened.dns_tcp, opened.dns_udp = listeners.dns_sockets()
            return Placed(peer=peer, stream=stream, datagram=datagram)
        case Place.PROXY:
            stream = listeners.listening()
    return Placed(peer=peer, stream=stream)


class _Scene:
    def __init__(self, state: State, opened: Listeners) -> None:
        self._state = state
        self._opened = opened
        self._responder = Responder(state)
        self._lock = threading.Lock()

    @property
    def world(self) -> World:
        """The current state of the world."""
        return self._state.world

    def ask(self, request: bytes) -> bytes:
        """Return the body of the healthy login host's response to an HTTP request."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.load_verify_locations(cadata=certificates.trusted_roots().decode("ascii"))
        host = CLOUDS[self.world.cloud].login_hosts[0]
        port = self._opened.https.getsockname()[1]
        with (
            socket.create_connection((LOOPBACK, port), timeout=_PATIENCE) as plain,
            context.wrap_socket(plain, server_hostname=host) as sock,
        ):
            sock.sendall(request)
            response = http.client.HTTPResponse(sock)
            response.begin()
            return response.read()

    def resolve(self, question: bytes, *, over_udp: bool) -> bytes | None:
        """Return the healthy resolver's response to a query in wire format."""
        with self._lock:
            return self._responder.reply(question, over_udp=over_udp)


@contextmanager
def placed(found: Placed, state: State, opened: Listeners) -> Iterator[None]:
    """Serve the peer until the block ends."""
    scene = _Scene(state, opened)
    tls = certificates.login_context(state.world.network.login_tls) if found.peer.over_tls else None
    with contextlib.ExitStack() as stack:
        if found.datagram is not None and found.peer.datagram is not None:
            stack.enter_context(_answering(found.datagram, found.peer.datagram, scene))
        stack.enter_context(serving_on(found.stream, lambda sock: found.peer.serve(sock, scene), tls))
        yield


@contextmanager
def _answering(sock: socket.socket, answer: Datagram, scene: _Scene) -> Iterator[None]:
    """Answer UDP queries until the block ends."""
    sock.settimeout(None)

    def serve() -> None:
        while True:
            try:
                question, source = sock.recvfrom(LARGEST_READ)
            except ConnectionError:  # Windows reports a client that has closed its port
                continue
            except OSError:
                return
            if not question and ending.is_set():
                return
            with contextlib.suppress(OSError, ValueError):
                reply = answer(question, scene)
                if reply is not None:
                    sock.sendto(reply, source)

    ending = threading.Event()
    thread = threading.Thread(target=serve, name="hostile-dns", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ending.set()
        with contextlib.suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as waking:
            waking.sendto(b"", sock.getsockname())
        close(sock)
        thread.join(_PATIENCE)
