"""Tests whether a port that sent no SMTP greeting expects TLS from the first byte.

A second connection sends a ClientHello without credentials. The TLS engine works on memory buffers, so that an answer that is
not TLS can be kept. Source: RFC 8314, section 3.3.
"""

from __future__ import annotations

import socket
import ssl

from evidence.failure import Failure, FailureKind
from evidence.wire import HelloEvidence, TlsEvidence
from probes.deadline import Deadline
from probes.failures import translate
from probes.tls import describe, unverified_context

PATIENCE = 5.0  # seconds; a TLS server answers at once
_RECORDS = (b"\x15", b"\x16")  # alert and handshake (RFC 8446, 5.1)
_WAITED = 1.0  # a connection that closes sooner was not waiting for a client
_PIECE = 16384


def is_worth_trying(seen: HelloEvidence) -> bool:
    """Return whether a ClientHello can reveal more: the server waited in silence, or sent bytes that are not text."""
    if seen.greeting is not None or seen.failure is None:
        return False
    match seen.failure.kind:
        case FailureKind.TIMEOUT:
            return True
        case FailureKind.CLOSED | FailureKind.RESET:
            return seen.seconds >= _WAITED
        case FailureKind.NOT_SMTP:
            return "\\x" in seen.failure.text  # bytes that are not text, as the evidence shows them
        case _:
            return False


def handshake(sock: socket.socket, server_name: str, bound: Deadline) -> tuple[TlsEvidence, bytes]:
    """Start a handshake at once and send nothing after it. The returned bytes are what the server sent instead of TLS. Never raises."""
    started = bound.elapsed()
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    failure: Failure | None = None
    try:
        engine = unverified_context().wrap_bio(incoming, outgoing, server_hostname=server_name)
        other = _handshake(engine, sock, incoming, outgoing, bound)
    except (OSError, ValueError) as problem:
        other, failure = b"", translate(problem, bound)
    seconds = round(bound.elapsed() - started, 4)
    if failure is None and not other:
        return describe(engine, server_name, verified=False, seconds=seconds, second_look=True), b""
    if other:
        failure = Failure(kind=FailureKind.NOT_TLS, text="the answer to the TLS handshake is not TLS")
    return (
        TlsEvidence(server_name=server_name, verified=False, failure=failure, second_look=True, seconds=seconds),
        other,
    )


def _handshake(
    engine: ssl.SSLObject, sock: socket.socket, incoming: ssl.MemoryBIO, outgoing: ssl.MemoryBIO, bound: Deadline
) -> bytes:
    """Return no bytes after a successful handshake, otherwise the first bytes that are not TLS. Raises OSError for other failures."""
    first = True
    while True:
        wants_more = False
        try:
            engine.do_handshake()
        except ssl.SSLWantReadError:
            wants_more = True
        sock.settimeout(max(0.001, bound.remaining()))
        if outgoing.pending:
            sock.sendall(outgoing.read())
        if not wants_more:
            return b""
        if bound.passed:
            raise TimeoutError("the TLS handshake timed out")
        octets = sock.recv(_PIECE)
        if not octets:
            raise ConnectionResetError("the connection was closed during the handshake")
        if first and not octets.startswith(_RECORDS):
            return octets
        first = False
        incoming.write(octets)
