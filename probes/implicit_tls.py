"""Where no greeting came: does the port speak TLS from the first byte? A second connection says a ClientHello, and no credential.

RFC 8314, 3.3 (implicit TLS). The handshake is spoken by hand, so that an answer that is no TLS can be kept.
"""

from __future__ import annotations

import socket
import ssl

from evidence.wire import Failure, FailureKind, HelloEvidence, TlsEvidence
from probes.deadline import Deadline
from probes.failures import translate
from probes.tls import describe, unverified_context

PATIENCE = 5.0  # seconds; a server that speaks TLS answers at once
_RECORDS = (b"\x15", b"\x16")  # alert and handshake (RFC 8446, 5.1)
_WAITED = 1.0  # a connection that is cut sooner was not waiting for us
_PIECE = 16384


def wanted(seen: HelloEvidence) -> bool:
    """Whether a ClientHello can tell more: nobody spoke, or what came is no text."""
    if seen.greeting is not None or seen.failure is None:
        return False
    match seen.failure.kind:
        case FailureKind.TIMEOUT:
            return True
        case FailureKind.CLOSED | FailureKind.RESET:
            return seen.seconds >= _WAITED
        case FailureKind.NOT_SMTP:
            return "\\x" in seen.failure.text  # octets that are no text, as evidence shows them
        case _:
            return False


def handshake(sock: socket.socket, server_name: str, bound: Deadline) -> tuple[TlsEvidence, bytes]:
    """A handshake at once; the octets are what came instead of TLS. Nothing is raised, and nothing follows the handshake."""
    started = bound.elapsed()
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    failure: Failure | None = None
    try:
        engine = unverified_context().wrap_bio(incoming, outgoing, server_hostname=server_name)
        other = _handshake(engine, sock, incoming, outgoing, bound)
    except (OSError, ValueError) as problem:
        other, failure = b"", translate(problem)
    seconds = round(bound.elapsed() - started, 4)
    if failure is None and not other:
        return describe(engine, server_name, verified=False, seconds=seconds, second_look=True), b""
    if other:
        failure = Failure(kind=FailureKind.NOT_TLS, text="the answer to a TLS handshake is no TLS")
    return (
        TlsEvidence(server_name=server_name, verified=False, failure=failure, second_look=True, seconds=seconds),
        other,
    )


def _handshake(
    engine: ssl.SSLObject, sock: socket.socket, incoming: ssl.MemoryBIO, outgoing: ssl.MemoryBIO, bound: Deadline
) -> bytes:
    """Empty after a handshake, else the first octets that are no TLS. Raises OSError for all else."""
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
            raise TimeoutError("no TLS in time")
        octets = sock.recv(_PIECE)
        if not octets:
            raise ConnectionResetError("closed within the handshake")
        if first and not octets.startswith(_RECORDS):
            return octets
        first = False
        incoming.write(octets)
