"""Hostile proxies: endless, missing or misleading responses to CONNECT (RFC 9110, section 9.3.6) and to a SOCKS greeting."""

import socket
import time

from ..world import certificates
from ..world.network import Certificate, Tls
from .listener import LARGEST_READ, PAUSE, drip, hold, over_tls
from .login_host import read_request
from .peer import HostilePeer, Place, Scene, Serve

_CONNECTED = b"HTTP/1.1 200 Connection established\r\n"


def _connect_drip(sock: socket.socket, _scene: Scene) -> None:
    sock.recv(LARGEST_READ)
    sock.sendall(_CONNECTED + b"X-Padding: ")
    drip(sock, b"x")


def _silence(sock: socket.socket, _scene: Scene) -> None:
    hold(sock)


def _endless_407(sock: socket.socket, _scene: Scene) -> None:
    while read_request(sock):
        sock.sendall(
            b'HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm="x"\r\nContent-Length: 0\r\n\r\n'
        )


def _endless_100(sock: socket.socket, _scene: Scene) -> None:
    sock.recv(LARGEST_READ)
    while True:
        sock.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        time.sleep(PAUSE)


def _stall(sock: socket.socket, _scene: Scene) -> None:
    sock.recv(LARGEST_READ)
    sock.sendall(_CONNECTED + b"\r\n")
    hold(sock)


def _intercepting(sock: socket.socket, _scene: Scene) -> None:
    """Answer the TLS handshake with a certificate from a root that the client does not trust."""
    sock.recv(LARGEST_READ)
    sock.sendall(_CONNECTED + b"\r\n")
    context = certificates.login_context(Tls(certificate=Certificate.UNKNOWN_ROOT))
    with over_tls(sock, context) as secured:
        hold(secured)


def _http_on_socks(sock: socket.socket, _scene: Scene) -> None:
    sock.recv(LARGEST_READ)
    body = b"This proxy speaks HTTP.\n"
    sock.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
    hold(sock)


def _peer(
    name: str, serve: Serve, *, does: str, rule: str, client: str, protocol: str = "HTTP", scheme: str = "http"
) -> HostilePeer:
    return HostilePeer(
        name=name,
        place=Place.PROXY,
        protocol=protocol,
        does=does,
        rule=rule,
        client=client,
        gate="issuer",
        serve=serve,
        scheme=scheme,
    )


_TIME = "limits the time for the complete answer, not only for one read"
PROXY = (
    _peer(
        "proxy-silence",
        _silence,
        does="reads CONNECT and sends nothing",
        rule="RFC 9110, section 9.3.6: CONNECT gets a response",
        client=_TIME,
    ),
    _peer(
        "proxy-connect-drip",
        _connect_drip,
        does="answers CONNECT with a header field that never ends, one octet at a time",
        rule="RFC 9110, section 5.4: a client may limit the length of fields",
        client=_TIME,
    ),
    _peer(
        "proxy-endless-100",
        _endless_100,
        does="answers CONNECT with 100 Continue for ever",
        rule="RFC 9110, section 15.2: a final response follows interim responses",
        client=_TIME,
    ),
    _peer(
        "proxy-endless-407",
        _endless_407,
        does="requests a password for every CONNECT, whatever the client sends",
        rule="RFC 9110, section 15.5.8: the client may repeat the request with a new password",
        client="sends a proxy password at most once",
    ),
    _peer(
        "proxy-tls-stall",
        _stall,
        does="answers CONNECT with 200 and does not forward the TLS handshake",
        rule="RFC 9110, section 9.3.6: the proxy becomes a tunnel",
        client="limits the time for the handshake",
    ),
    _peer(
        "proxy-intercepting",
        _intercepting,
        does="answers CONNECT with 200, and the TLS handshake with a certificate from an unknown root",
        rule="RFC 9110, section 9.3.6: the proxy becomes a tunnel",
        client="verifies the login host's certificate, and sends no secret",
    ),
    _peer(
        "socks-proxy-that-speaks-http",
        _http_on_socks,
        does="answers a SOCKS greeting with HTTP; the URL of the proxy begins with socks5://",
        rule="RFC 1928, section 3: the answer begins with the octet 5",
        client="ends with an error; a client without SOCKS sends neither HTTP nor a password to such a proxy",
        protocol="SOCKS",
        scheme="socks5",
    ),
)
