"""A login host that answers most requests like Entra, and the others in a hostile way.

The responses that it does not replace come from the healthy tenant.
"""

import json
import socket
from collections.abc import Callable
from typing import Any

from .listener import LARGEST_READ
from .peer import Scene, Serve

OK = b"HTTP/1.1 200 OK\r\n"
JSON = OK + b"Content-Type: application/json\r\n"
_LARGEST_REQUEST = 65536
Applies = Callable[[bytes], bool]


def every_request(_request: bytes) -> bool:
    """Return True: the peer answers all requests."""
    return True


def token_requests(request: bytes) -> bool:
    """Return whether this is a request to the token endpoint."""
    return request.startswith(b"POST ")


def login_host(response: Callable[[socket.socket], None], applies: Applies = every_request) -> Serve:
    """Return a login host that gives this response to the requests to which it applies."""

    def serve(sock: socket.socket, scene: Scene) -> None:
        while request := read_request(sock):
            if applies(request):
                response(sock)
                return
            sock.sendall(with_length(JSON, scene.ask(request)))

    return serve


def altering(change: Callable[[dict[str, Any]], bytes], applies: Applies = every_request) -> Serve:
    """Return a login host that changes the healthy JSON documents to which it applies. `change` returns the changed text."""

    def serve(sock: socket.socket, scene: Scene) -> None:
        while request := read_request(sock):
            body = scene.ask(request)
            sock.sendall(with_length(JSON, change(json.loads(body)) if applies(request) else body))

    return serve


def with_length(head: bytes, body: bytes) -> bytes:
    """Return a complete response with this beginning of a header."""
    return head + b"Content-Length: %d\r\n\r\n" % len(body) + body


def read_request(sock: socket.socket) -> bytes:
    """Return one request with its body, or nothing if the client closed the connection before its end."""
    request = b""
    while len(request) < _LARGEST_REQUEST:
        head, end, body = request.partition(b"\r\n\r\n")
        if end and len(body) >= _length(head):
            return request
        octets = sock.recv(LARGEST_READ)
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
