"""Hostile login hosts: responses that begin correctly and never end, are incomplete, or lead elsewhere (RFC 9110 and RFC 9112)."""

import itertools
import socket
import time
import zlib
from collections.abc import Callable

from .listener import PAUSE, drip, flood, hold
from .login_host import JSON, OK, Applies, every_request, login_host, token_requests
from .peer import HostilePeer, Place

_CHUNKED = JSON + b"Transfer-Encoding: chunked\r\n\r\n"
_FOREIGN = b"https://login.token-thief.example"
_BOMB_PIECE, _BOMB_PIECES = 1_000_000, 2000


def _header_drip(sock: socket.socket) -> None:
    sock.sendall(OK + b"X-Padding: ")
    drip(sock, b"x")


def _status_drip(sock: socket.socket) -> None:
    sock.sendall(b"HTTP/1.1 200 ")
    drip(sock, b"O")


def _endless_100(sock: socket.socket) -> None:
    while True:
        sock.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        time.sleep(PAUSE)


def _flood_100(sock: socket.socket) -> None:
    flood(sock, b"HTTP/1.1 100 Continue\r\nX-Padding: x\r\n\r\n")


def _chunk_extension_drip(sock: socket.socket) -> None:
    sock.sendall(_CHUNKED + b"2;")
    drip(sock, b"x")


def _chunk_drip(sock: socket.socket) -> None:
    sock.sendall(_CHUNKED)
    while True:
        sock.sendall(b"1\r\n \r\n")
        time.sleep(PAUSE)


def _trailer_drip(sock: socket.socket) -> None:
    sock.sendall(_CHUNKED + b"2\r\n{}\r\n0\r\n")
    while True:
        sock.sendall(b"X-Trailer: x\r\n")
        time.sleep(PAUSE)


def _body_drip(sock: socket.socket) -> None:
    sock.sendall(JSON + b"\r\n{")
    drip(sock, b" ")


def _endless_body(sock: socket.socket) -> None:
    sock.sendall(JSON + b"\r\n{")
    flood(sock, b" ")


def _many_fields(sock: socket.socket) -> None:
    sock.sendall(OK)
    flood(sock, b"X-Padding: x\r\n")


def _short_body(sock: socket.socket) -> None:
    sock.sendall(JSON + b"Content-Length: 4000\r\n\r\n{")


def _gzip_bomb(sock: socket.socket) -> None:
    """Send two gigabytes of spaces, compressed to about two megabytes."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    packed = packer.compress(b" " * _BOMB_PIECE) + packer.flush()  # a gzip file can have many members
    sock.sendall(JSON + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % (len(packed) * _BOMB_PIECES))
    for _ in range(_BOMB_PIECES):
        sock.sendall(packed)
    hold(sock)


def _moved(where: Callable[[int], bytes], status: bytes = b"302 Found") -> Callable[[socket.socket], None]:
    """Return a function that responds with a redirect to `where(number)`. The number is different in each response."""
    numbers = itertools.count(1)

    def respond(sock: socket.socket) -> None:
        location = where(next(numbers))
        sock.sendall(b"HTTP/1.1 " + status + b"\r\nLocation: " + location + b"\r\nContent-Length: 0\r\n\r\n")

    return respond


def _peer(
    name: str,
    response: Callable[[socket.socket], None],
    *,
    does: str,
    rule: str,
    client: str,
    gate: str = "issuer",
    applies: Applies = every_request,
) -> HostilePeer:
    return HostilePeer(
        name=name,
        place=Place.HTTPS,
        protocol="HTTP",
        does=does,
        rule=rule,
        client=client,
        gate=gate,
        serve=login_host(response, applies),
        over_tls=True,
    )


_TIME = "limits the time for the complete response, not only for one read"
_SIZE = "limits the size of the response, including its framing"
_SAME = "follows no redirects from login hosts, or only a few"
HTTP = (
    _peer(
        "https-silence",
        hold,
        does="reads the request and sends nothing",
        rule="RFC 9110, section 3.4: a server responds to a request",
        client="limits the time for the response",
    ),
    _peer(
        "header-drip",
        _header_drip,
        does="sends a header field that never ends, one octet at a time",
        rule="RFC 9110, section 5.4: a client may limit the length of fields",
        client=_TIME,
    ),
    _peer(
        "many-fields",
        _many_fields,
        does="sends header fields for ever, as fast as the client reads them",
        rule="RFC 9110, section 5.4: a client may limit the length of fields",
        client=_SIZE,
    ),
    _peer(
        "status-drip",
        _status_drip,
        does="sends a status line that never ends, one octet at a time",
        rule="RFC 9112, section 4: the status line ends with CRLF",
        client=_TIME,
    ),
    _peer(
        "endless-100",
        _endless_100,
        does="sends 100 Continue for ever, and never a final response",
        rule="RFC 9110, section 15.2: a final response follows interim responses",
        client=_TIME,
    ),
    _peer(
        "flood-100",
        _flood_100,
        does="sends 100 Continue for ever, as fast as the client reads it",
        rule="RFC 9110, section 15.2: a final response follows interim responses",
        client=_TIME,
    ),
    _peer(
        "chunk-drip",
        _chunk_drip,
        does="sends chunks of one octet for ever",
        rule="RFC 9112, section 7.1: the last chunk has the size 0",
        client=_TIME,
    ),
    _peer(
        "chunk-extension-drip",
        _chunk_extension_drip,
        does="sends a chunk extension that never ends, one octet at a time",
        rule="RFC 9112, section 7.1.1: an extension ends with the line",
        client=_TIME,
    ),
    _peer(
        "trailer-drip",
        _trailer_drip,
        does="sends a complete document and then trailer fields for ever",
        rule="RFC 9112, section 7.1.2: an empty line ends the trailers",
        client=_TIME,
    ),
    _peer(
        "body-drip",
        _body_drip,
        does="sends an endless body without a stated length, one octet at a time",
        rule="RFC 9112, section 6.3: such a body ends when the connection is closed",
        client=_TIME,
    ),
    _peer(
        "endless-body",
        _endless_body,
        does="sends an endless body without a stated length, as fast as the client reads it",
        rule="RFC 9112, section 6.3: such a body ends when the connection is closed",
        client=_SIZE,
    ),
    _peer(
        "short-body",
        _short_body,
        does="closes the connection before it has sent the announced length",
        rule="RFC 9112, section 8: such a response is incomplete",
        client="does not use an incomplete response",
    ),
    _peer(
        "gzip-bomb",
        _gzip_bomb,
        does="answers with a compressed document of 2 MB that unpacks to 2 GB",
        rule="RFC 9110, section 8.4.1.3: a recipient unpacks gzip",
        client="limits the size after unpacking, or accepts no compression",
    ),
    _peer(
        "redirects",
        _moved(lambda number: b"/%d" % number),
        does="redirects every request to a new path",
        rule="RFC 9110, section 15.4: a client detects endless redirects",
        client=_SAME,
    ),
    _peer(
        "redirect-loop",
        _moved(lambda _number: b"/"),
        does="redirects every request to the same path",
        rule="RFC 9110, section 15.4: a client detects endless redirects",
        client=_SAME,
    ),
    _peer(
        "token-header-drip",
        _header_drip,
        does="answers the token request with a header field that never ends, one octet at a time",
        rule="RFC 9110, section 5.4: a client may limit the length of fields",
        client=_TIME,
        gate="token",
        applies=token_requests,
    ),
    _peer(
        "token-redirect",
        _moved(lambda _number: _FOREIGN + b"/token", b"307 Temporary Redirect"),
        does="redirects the token request to a different host with 307, which keeps the body",
        rule="RFC 9110, section 15.4.8: the client repeats the body, which contains the secret",
        client="does not send the client secret to a different host",
        gate="token",
        applies=token_requests,
    ),
)
