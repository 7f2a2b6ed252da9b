"""Login hosts that answer some or all requests in a hostile way. Everything else comes from the healthy tenant's login host."""

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
    """Return whether this is a POST request, as token requests are."""
    return request.startswith(b"POST ")


def login_host(response: Callable[[socket.socket], None], applies: Applies = every_request) -> Serve:
    """Return a login host that answers a request with this response, and then closes the connection, if `applies` is true for the request.

    Other requests are answered by the healthy login host.
    """

    def serve(sock: socket.socket, scene: Scene) -> None:
        while request := read_request(sock):
            if applies(request):
                response(sock)
                return
            sock.sendall(with_length(JSON, scene.ask(request)))

    return serve


def altering(change: Callable[[dict[str, Any]], bytes], applies: Applies = every_request) -> Serve:
    """Return a login host that changes the healthy response to each request for which `applies` is true.

    `change` receives the JSON document and returns the body to send.
    """

    def serve(sock: socket.socket, scene: Scene) -> None:
        while request := read_request(sock):
            body = scene.ask(request)
            sock.sendall(with_length(JSON, change(json.loads(body)) if applies(request) else body))

    return serve


def with_length(head: bytes, body: bytes) -> bytes:
    """Return a complete HTTP response with this body. `head` is the start of its header."""
    return head + b"Content-Length: %d\r\n\r\n" % len(body) + body


def read_request(sock: socket.socket) -> bytes:
    """Return one request with its body, or an empty value if the client closed the connection before the end of the request."""
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
