"""Sends HTTPS requests and reads the responses, without redirects or decompression and up to a maximum size.

Connections use the dialler and the trusted roots of the SMTP leg. The proxy configured in the environment or the operating
system applies unless the `[connect]` map applies to the host.
"""

from __future__ import annotations

import base64
import contextlib
import http.client
import socket
import ssl
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from evidence.failure import Failure, FailureKind
from evidence.wire import TlsEvidence
from probes.deadline import Deadline
from probes.dialler import Dialler, Race
from probes.dns import NameLookup
from probes.failures import BrokenError, printable, translate
from probes.timed_input import LATE, timed_response
from probes.tls import Trust, inspect, needs_inspection, with_inspection
from settings.address import address_of, user_of
from settings.strict_json import parse_object
from settings.strict_values import message_time, whole

LARGEST = 1024 * 1024
LARGEST_TOKEN_ANSWER = 64 * 1024  # a token of more than 12 KB does not fit into AUTH (RFC 4954, section 4)
_LARGEST_WITH_FRAMING = (
    4 * LARGEST
)  # header fields, chunk sizes and trailers included; ordinary framing adds less than a tenth
_LARGEST_PIECE = 65536
_LARGEST_PROXY_ANSWER = 16384


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpsResponse:
    """The response to one request. `failure` is set if no complete response arrived, or if the response is a redirect."""

    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    text: str = ""
    tls: TlsEvidence | None = None
    proxy: str | None = None
    failure: Failure | None = None
    server_date: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpsClient:
    """Sends HTTPS requests with the same dialler, roots and resolvers as the SMTP leg."""

    dialler: Dialler
    trust: Trust
    resolvers: tuple[str, ...]
    dns_timeout: float
    patience: float

    def request(
        self,
        method: str,
        url: str,
        deadline: Deadline,
        *,
        body: str | None = None,
        headers: Mapping[str, str] | None = None,
        largest: int = LARGEST,
    ) -> HttpsResponse:
        """Send one request and read the complete response within `patience` seconds. Never raises."""
        bound = deadline.within(self.patience)
        connection = self.connection(url, bound)
        if connection is None:
            return HttpsResponse(failure=Failure(kind=FailureKind.OTHER, text="not an https URL"))
        try:
            return connection.exchange(method, url, bound, body=body, headers=headers, largest=largest)
        finally:
            connection.disconnect()

    def connection(self, url: str, bound: Deadline) -> Connection | None:
        """Return an unopened connection to the host in this URL, or None if it is not an https URL with a host."""
        parts = address_of(url)
        if parts.scheme != "https" or not parts.host:
            return None
        proxy = None if self.dialler.leads(parts.host, parts.port or 443) else proxy_for(parts.host)
        return Connection(self, parts.host, parts.port or 443, bound, proxy)


class Connection(http.client.HTTPSConnection):
    """An HTTPS connection that performs its own TCP and TLS steps, so that each step can be recorded as evidence."""

    def __init__(self, https_client: HttpsClient, host: str, port: int, bound: Deadline, proxy: str | None) -> None:
        super().__init__(
            host, port, timeout=max(0.001, bound.remaining()), context=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        )
        self._https_client = https_client
        self._name = host
        self._target_port = port
        self._bound = bound
        self._proxy = address_of(proxy) if proxy else None
        self._proxy_user = user_of(proxy) if proxy else None
        self._shown_proxy = _without_user(proxy)
        self._opened: socket.socket | None = None
        self.tls: TlsEvidence | None = None
        self.reusable = False

    def exchange(
        self,
        method: str,
        url: str,
        bound: Deadline,
        *,
        body: str | None,
        headers: Mapping[str, str] | None,
        largest: int = LARGEST,
    ) -> HttpsResponse:
        """Send one request and read its response. Afterwards, `reusable` is set if the connection can carry another request."""
        parts = address_of(url)
        target = f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}"
        self._bound, self.timeout, self.reusable = bound, max(0.001, bound.remaining()), False
        self.response_class = timed_response(bound, _LARGEST_WITH_FRAMING)  # type: ignore[assignment]  # a class in typeshed
        if self.sock is not None:
            self.sock.settimeout(self.timeout)
            self._https_client.dialler.postpone(self.sock, bound)
        try:
            self.request(method, target, body=body, headers={"Accept-Encoding": "identity", **(headers or {})})
            response = self.getresponse()
            text = _bounded(response, bound, largest)
        except (OSError, http.client.HTTPException, BrokenError, ValueError) as problem:
            return HttpsResponse(tls=self.tls, proxy=self._shown_proxy, failure=translate(problem, bound))
        finally:
            if self._opened is not None:
                self._https_client.dialler.postpone(self._opened, None)
        self.reusable = self.sock is not None and not response.will_close and not response.length
        response.close()
        fields = {name.lower(): printable(value, 500) for name, value in response.getheaders()}
        failure = None
        if 300 <= response.status < 400:
            where = printable(fields.get("location", "nowhere"), 200)
            failure = Failure(kind=FailureKind.REDIRECT, text=f"redirected to {where}; redirects are not followed")
        return HttpsResponse(
            status=response.status,
            headers=fields,
            text=text,
            tls=self.tls,
            proxy=self._shown_proxy,
            failure=failure,
            server_date=message_time(fields.get("date") or ""),
        )

    def connect(self) -> None:
        """Connect, through the proxy if there is one, then perform the handshake and verify the certificate."""
        direct = self._proxy is None
        sock = self._dialled(self._name, self._target_port) if direct else self._through_proxy()
        self.sock = self._opened = sock  # close() closes it, whatever happens next
        wrapped, self.tls = self._https_client.trust.handshake(sock, self._name, self._bound)
        if wrapped is None:
            failure = self.tls.failure or Failure(kind=FailureKind.OTHER)
            self._https_client.dialler.close(sock)
            self._inspect_certificate(needed=needs_inspection(self.tls) and self._proxy is None)
            raise BrokenError(failure)
        self._https_client.dialler.replaced(sock, wrapped)
        wrapped.settimeout(max(0.001, self._bound.remaining()))
        self.sock = self._opened = wrapped

    def disconnect(self) -> None:
        """Close the connection even if its response has not been read completely. `close` alone would then leave the socket open."""
        if self._opened is not None:
            self._https_client.dialler.close(self._opened)
        self.close()

    def _inspect_certificate(self, *, needed: bool) -> None:
        if not needed or self.tls is None:
            return
        with contextlib.suppress(BrokenError):
            again = self._dialled(self._name, self._target_port)
            self.tls = with_inspection(self.tls, inspect(again, self._name, self._bound))
            self._https_client.dialler.close(again)

    def _dialled(self, name: str, port: int) -> socket.socket:
        race = Race(self._https_client.dialler, name, self._addresses(name, port), port, self._bound)
        sock, used = race.first()
        dials = race.finish(used)
        if sock is None:
            failures = [dial.failure for dial in dials if dial.failure is not None]
            raise BrokenError(
                failures[0] if failures else Failure(kind=FailureKind.NO_ADDRESS, text=f"{name} has no address")
            )
        return sock

    def _addresses(self, name: str, port: int) -> tuple[str, ...]:
        if self._https_client.dialler.mapped(name, name, port) is not None:
            return (name,)
        lookup = NameLookup(
            name,
            resolvers=self._https_client.resolvers,
            comparison=None,
            timeout=self._https_client.dns_timeout,
            deadline=self._bound,
            unresponsive=self._https_client.dialler.unresponsive,
        )
        found = lookup.soon()
        if not found:
            raise BrokenError(Failure(kind=FailureKind.NO_ADDRESS, text=f"the name {name} does not resolve"))
        return found

    def _through_proxy(self) -> socket.socket:
        proxy = self._proxy
        if proxy is None or not proxy.host:
            raise BrokenError(Failure(kind=FailureKind.PROXY, text="the proxy's address has no host"))
        if (unusable := self._why_unusable(proxy.scheme)) is not None:
            advice = "set an http:// proxy in HTTPS_PROXY, or use NO_PROXY"
            raise BrokenError(
                Failure(kind=FailureKind.PROXY, text=f"the proxy {self._shown_proxy} {unusable}; {advice}")
            )
        sock = self._dialled(proxy.host, proxy.port or 8080)
        lines = [f"CONNECT {self._name}:{self._target_port} HTTP/1.1", f"Host: {self._name}:{self._target_port}"]
        if self._proxy_user is not None:
            user = ":".join(self._proxy_user).encode()
            lines.append(f"Proxy-Authorization: Basic {base64.b64encode(user).decode('ascii')}")
        try:
            sock.settimeout(max(0.001, self._bound.remaining()))
            sock.sendall("\r\n".join([*lines, "", ""]).encode("ascii", "replace"))
            status = _proxy_status(sock, self._bound)
        except OSError as problem:
            self._https_client.dialler.close(sock)
            text = f"the proxy did not answer: {translate(problem).kind}"
            raise BrokenError(Failure(kind=FailureKind.PROXY, text=text)) from None
        if status != 200:
            self._https_client.dialler.close(sock)
            text = f"the proxy answered CONNECT with {status or 'something other than HTTP'}"
            raise BrokenError(Failure(kind=FailureKind.PROXY, text=text))
        return sock

    def _why_unusable(self, scheme: str) -> str | None:
        """Return why nothing is sent to a proxy with this URL scheme, or None if it can be used.

        A SOCKS proxy would receive an HTTP request. Both it and an `https://` proxy would receive the user's password without TLS.
        """
        if scheme == "https" and self._proxy_user is not None:
            return "needs TLS for its password, which smtp365 does not support, so nothing was sent"
        return None if scheme in {"http", "https"} else "is not an HTTP proxy, so nothing was sent"


def _proxy_status(sock: socket.socket, bound: Deadline) -> int:
    """Read the proxy's response one byte at a time, so that nothing after the response is consumed."""
    head = b""
    while not head.endswith(b"\r\n\r\n") and len(head) < _LARGEST_PROXY_ANSWER:
        sock.settimeout(max(0.001, bound.remaining()))
        octet = sock.recv(1)
        if bound.passed:
            raise TimeoutError(LATE)
        if not octet:
            break
        head += octet
    words = head.partition(b"\r\n")[0].split()
    if len(words) < 2 or not words[0].startswith(b"HTTP/"):
        return 0
    return whole(words[1].decode("ascii", "replace"), 999) or 0


def _bounded(response: http.client.HTTPResponse, bound: Deadline, largest: int) -> str:
    pieces: list[bytes] = []
    size = 0
    while True:
        if bound.passed:
            raise TimeoutError(LATE)
        piece = response.read1(_LARGEST_PIECE)
        if not piece:
            return b"".join(pieces).decode("utf-8", "replace")
        pieces.append(piece)
        size += len(piece)
        if size > largest:
            raise BrokenError(Failure(kind=FailureKind.TOO_LONG, text=f"the answer is longer than {largest} octets"))


def proxy_for(host: str) -> str | None:
    """Return the HTTPS proxy for this host from the environment or the operating system (as urllib finds it), or None."""
    proxies = urllib.request.getproxies()
    proxy = proxies.get("https") or proxies.get("all")
    if not proxy or urllib.request.proxy_bypass(host):
        return None
    return proxy if "://" in proxy else f"http://{proxy}"


def _without_user(proxy: str | None) -> str | None:
    if not proxy:
        return None
    parts = address_of(proxy)
    return printable(f"{parts.scheme}://{parts.host}{':' + str(parts.port) if parts.port else ''}")


def json_object(text: str) -> dict[str, object] | None:
    """Return the JSON object in `text`, or None if the text is not a JSON object. Deeply nested JSON is rejected."""
    members = parse_object(text)
    return None if members is None else {printable(key, 100): item for key, item in members.items()}
