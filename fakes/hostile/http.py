"""Hostile HTTPS servers: responses that begin correctly and never end (RFC 9112)."""

import socket
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from ..world import certificates
from ..world.network import Certificate
from .listener import Peer, drip, hold, serving

PAUSE = 0.1  # seconds between two octets: much shorter than any client's timeout for one read
_OK = b"HTTP/1.1 200 OK\r\n"
_CHUNKED = _OK + b"Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
_LARGEST_REQUEST = 65536


def _header_drip(sock: socket.socket) -> None:
    """Send a header field that never ends, one octet at a time."""
    sock.sendall(_OK + b"X-Padding: ")
    drip(sock, b"x", pause=PAUSE)


def _status_drip(sock: socket.socket) -> None:
    """Send a status line that never ends, one octet at a time."""
    sock.sendall(b"HTTP/1.1 200 ")
    drip(sock, b"O", pause=PAUSE)


def _endless_100(sock: socket.socket) -> None:
    """Send interim responses for ever, and never a final one (RFC 9110, section 15.2)."""
    while True:
        sock.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        time.sleep(PAUSE)


def _flood_100(sock: socket.socket) -> None:
    """Send interim responses for ever, as fast as the client reads them."""
    while True:
        sock.sendall(b"HTTP/1.1 100 Continue\r\nX-Padding: x\r\n\r\n" * 1000)


def _chunk_extension_drip(sock: socket.socket) -> None:
    """Send the extension of a chunk, one octet at a time (RFC 9112, section 7.1.1)."""
    sock.sendall(_CHUNKED + b"2;")
    drip(sock, b"x", pause=PAUSE)


def _chunk_drip(sock: socket.socket) -> None:
    """Send chunks of one octet for ever."""
    sock.sendall(_CHUNKED)
    while True:
        sock.sendall(b"1\r\n \r\n")
        time.sleep(PAUSE)


def _trailer_drip(sock: socket.socket) -> None:
    """Send the last chunk and then trailer fields for ever (RFC 9112, section 7.1.2)."""
    sock.sendall(_CHUNKED + b"2\r\n{}\r\n0\r\n")
    while True:
        sock.sendall(b"X-Trailer: x\r\n")
        time.sleep(PAUSE)


def _body_drip(sock: socket.socket) -> None:
    """Send a body without a length, one octet at a time."""
    sock.sendall(_OK + b"Content-Type: application/json\r\n\r\n{")
    drip(sock, b" ", pause=PAUSE)


HTTP_PEERS: dict[str, Peer] = {
    "header-drip": _header_drip,
    "status-drip": _status_drip,
    "endless-100": _endless_100,
    "flood-100": _flood_100,
    "chunk-extension-drip": _chunk_extension_drip,
    "chunk-drip": _chunk_drip,
    "trailer-drip": _trailer_drip,
    "body-drip": _body_drip,
    "silence": hold,
}
Responder = Callable[[bytes], bytes | None]


@contextmanager
def serve_http(name: str, *hosts: str, answer: Responder = lambda _request: None) -> Iterator[int]:
    """Serve the peer `name` over TLS, with a trusted certificate for `hosts`, and yield the port.

    Requests for which `answer` returns a JSON body are answered correctly; all others get the peer's response.
    """
    hostile = HTTP_PEERS[name]

    def peer(sock: socket.socket) -> None:
        while request := _request(sock):
            body = answer(request)
            if body is None:
                hostile(sock)
                return
            head = f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
            sock.sendall(_OK + head.encode("ascii") + body)

    with serving(peer, tls_for(*hosts)) as port:
        yield port


def tls_for(*hosts: str) -> ssl.SSLContext:
    """Return a server context with a certificate for `hosts` that the built-in tenant's root has issued."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificates.issue(Certificate.MICROSOFT, hosts, common_name=hosts[0]).configure_cert(context)
    return context


def _request(sock: socket.socket) -> bytes:
    """Return one request with its body, or the part that arrived before the client closed the connection."""
    request = b""
    while len(request) < _LARGEST_REQUEST:
        head, end, body = request.partition(b"\r\n\r\n")
        if end and len(body) >= _length(head):
            return request
        octets = sock.recv(_LARGEST_REQUEST)
        if not octets:
            return b""
        request += octets
    return request


def _length(head: bytes) -> int:
    for line in head.lower().split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name == b"content-length":
            return int(value)
    return 0
