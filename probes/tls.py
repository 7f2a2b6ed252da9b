"""TLS handshakes that verify the certificate, and handshakes that only inspect it.

SMTP and HTTPS trust the same roots: those of the operating system (truststore) and the optional CA file. Verification is never
switched off for a connection that carries data; an inspection ends after the handshake.
"""

from __future__ import annotations

import contextlib
import os
import re
import socket
import ssl
import sys
import warnings
from pathlib import Path

import truststore

from evidence.failure import Failure, FailureKind
from evidence.wire import TlsEvidence
from probes.certificate import chain_of
from probes.deadline import Deadline
from probes.failures import translate
from settings.mistakes import SettingsError


class Trust:
    """The trusted roots for both legs, and the context that verifies certificates against them."""

    def __init__(self, ca_file: str | None) -> None:
        """Trust the operating system's roots and those in `ca_file`.

        Raises:
            SettingsError: the file contains no readable certificate.

        """
        self._verifying = _system_context()
        if ca_file:
            try:
                self._verifying.load_verify_locations(cafile=ca_file)
            except (OSError, ssl.SSLError):
                raise SettingsError(
                    [f'[network] ca_file = "{ca_file}": contains no readable certificate in PEM format']
                ) from None

    def handshake(
        self, sock: socket.socket, server_name: str, bound: Deadline
    ) -> tuple[ssl.SSLSocket | None, TlsEvidence]:
        """Negotiate TLS for `server_name` and verify the certificate.

        If that fails, the returned socket is None, and `sock` must no longer be used.
        """
        started = bound.elapsed()
        wrapped: ssl.SSLSocket | None = None
        failure: Failure | None = None
        try:
            sock.settimeout(max(0.001, bound.remaining()))
            wrapped = self._verifying.wrap_socket(sock, server_hostname=server_name)
        except (OSError, ValueError) as problem:
            failure = translate(problem, bound)
        seconds = round(bound.elapsed() - started, 4)
        if wrapped is None:
            return None, TlsEvidence(server_name=server_name, verified=False, failure=failure, seconds=seconds)
        return wrapped, describe(wrapped, server_name, verified=True, seconds=seconds)


def _system_context() -> ssl.SSLContext:
    """Return a verifying context with the operating system's roots.

    On Windows and macOS truststore asks the system. Elsewhere the roots are in OpenSSL's default paths. Truststore would load them
    again for each handshake, which takes a tenth of a second. Here they are loaded once or, if there is a hashed directory, OpenSSL
    reads a certificate from it only when needed.
    """
    if sys.platform in {"win32", "darwin"}:
        return truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    defaults = ssl.get_default_verify_paths()
    folder = Path(defaults.capath or "/")  # both are None if OpenSSL was built with paths that do not exist
    hashed = bool(defaults.capath) and any(_HASHED.match(place.name) for place in folder.iterdir())
    if not hashed and not defaults.cafile:
        return truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if hashed and "SSL_CERT_FILE" not in os.environ:
        context.load_verify_locations(capath=defaults.capath)
    else:
        context.set_default_verify_paths()
    return context


_HASHED = re.compile(r"[0-9a-f]{8}\.[0-9]+$")


def inspect(sock: socket.socket, server_name: str, bound: Deadline) -> TlsEvidence:
    """Read a peer's certificate and TLS version without verification and without sending data, then close the connection."""
    started = bound.elapsed()
    context = unverified_context()
    requests = _certificate_requests(context)
    try:
        sock.settimeout(max(0.001, bound.remaining()))
        with contextlib.closing(context.wrap_socket(sock, server_hostname=server_name)) as wrapped:
            seconds = round(bound.elapsed() - started, 4)
            shown = describe(wrapped, server_name, verified=False, seconds=seconds, second_look=True)
            # Up to TLS 1.2 a server that requires a client certificate fails the handshake without one.
            return shown.model_copy(update={"asks_client_certificate": bool(requests) and shown.version == "TLSv1.3"})
    except (OSError, ValueError) as problem:
        return TlsEvidence(
            server_name=server_name,
            verified=False,
            failure=translate(problem, bound),
            second_look=True,
            asks_client_certificate=bool(requests),
            seconds=round(bound.elapsed() - started, 4),
        )


_CERTIFICATE_REQUEST = 13  # RFC 8446, 4.3.2; RFC 5246, 7.4.4


def _certificate_requests(context: ssl.SSLContext) -> list[int]:
    """Return a list to which an item is added whenever a peer requests a client certificate.

    The list stays empty if Python does not report such requests.
    """
    seen: list[int] = []

    def record(
        _connection: object, direction: str, _version: object, _kind: object, message: object, _data: bytes
    ) -> None:
        if direction == "read" and message == _CERTIFICATE_REQUEST:
            seen.append(_CERTIFICATE_REQUEST)

    with contextlib.suppress(AttributeError, TypeError):  # a debugging hook of CPython since 3.8
        setattr(context, "_msg_callback", record)  # noqa: B010 - typeshed does not know it
    return seen


def unverified_context() -> ssl.SSLContext:
    """Return a context that verifies nothing and accepts old versions, for connections that end after the handshake."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE  # nothing but the handshake is sent
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = ssl.TLSVersion.TLSv1  # to find out the version of an old server
    with contextlib.suppress(ssl.SSLError):
        context.set_ciphers("ALL:@SECLEVEL=0")
    return context


def with_inspection(verified: TlsEvidence, shown: TlsEvidence) -> TlsEvidence:
    """Return the failed handshake with the results of an inspection: the certificate, and the version that the peer would use."""
    return verified.model_copy(
        update={
            "chain": shown.chain,
            "version": shown.version,
            "cipher": shown.cipher,
            "asks_client_certificate": shown.asks_client_certificate,
            "second_look": True,
        }
    )


def needs_inspection(evidence: TlsEvidence) -> bool:
    """Return whether another handshake can reveal more, because the certificate did not verify or there was no common TLS version.

    Some servers that support only old versions close the connection instead of sending an alert.
    """
    kinds = {
        FailureKind.TLS_CERTIFICATE,
        FailureKind.TLS_VERSION,
        FailureKind.TLS_ALERT,
        FailureKind.CLOSED,
        FailureKind.RESET,
    }
    return evidence.failure is not None and evidence.failure.kind in kinds


def describe(
    sock: ssl.SSLSocket | ssl.SSLObject, server_name: str, *, verified: bool, seconds: float, second_look: bool = False
) -> TlsEvidence:
    """Return the parameters that a completed handshake negotiated, and the chain that the peer sent."""
    cipher = sock.cipher()
    return TlsEvidence(
        server_name=server_name,
        verified=verified,
        version=sock.version(),
        cipher=cipher[0] if cipher else None,
        chain=chain_of(sock),
        second_look=second_look,
        seconds=seconds,
    )
