"""TLS handshakes: one that must verify as the operating system would, and a second look that carries no credential.

The same roots serve SMTP and HTTPS: the operating system's (truststore) and the optional CA file. Verification is never switched off
for a connection that goes on; the second look ends with the handshake.
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

from evidence.wire import Failure, FailureKind, TlsEvidence
from probes.certificate import chain_of
from probes.deadline import Deadline
from probes.failures import translate
from settings.mistakes import SettingsError


class Trust:
    """The roots that both legs trust; it makes the one context that verifies, and the one that only looks."""

    def __init__(self, ca_file: str | None) -> None:
        """Trust the operating system's roots and those in `ca_file`.

        Raises:
            SettingsError: the file holds no certificate that can be read.

        """
        self._verifying = _system_context()
        if ca_file:
            try:
                self._verifying.load_verify_locations(cafile=ca_file)
            except (OSError, ssl.SSLError):
                raise SettingsError(
                    [f'[network] ca_file = "{ca_file}": holds no certificate in PEM form that can be read']
                ) from None

    def handshake(
        self, sock: socket.socket, server_name: str, bound: Deadline
    ) -> tuple[ssl.SSLSocket | None, TlsEvidence]:
        """Negotiate TLS for `server_name` and verify; the socket is None when that failed, and must then not be used."""
        started = bound.elapsed()
        wrapped: ssl.SSLSocket | None = None
        failure: Failure | None = None
        try:
            sock.settimeout(max(0.001, bound.remaining()))
            wrapped = self._verifying.wrap_socket(sock, server_hostname=server_name)
        except (OSError, ValueError) as problem:
            failure = translate(problem)
        seconds = round(bound.elapsed() - started, 4)
        if wrapped is None:
            return None, TlsEvidence(server_name=server_name, verified=False, failure=failure, seconds=seconds)
        return wrapped, describe(wrapped, server_name, verified=True, seconds=seconds)


def _system_context() -> ssl.SSLContext:
    """A verifying context with the operating system's roots.

    On Windows and macOS truststore asks the system itself. Elsewhere OpenSSL's own default places are the system's; truststore
    reads them anew for each handshake, a tenth of a second every time, so here they are read once, and from the hashed folder,
    which costs nothing until a certificate is looked for.
    """
    if sys.platform in {"win32", "darwin"}:
        return truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    defaults = ssl.get_default_verify_paths()
    folder = Path(defaults.capath or "/")  # both are None where OpenSSL was built for places that do not exist
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
    """See which certificate and version a peer shows, verifying nothing, sending nothing; the connection is closed afterwards."""
    started = bound.elapsed()
    context = unverified_context()
    asked = _told_of_requests(context)
    try:
        sock.settimeout(max(0.001, bound.remaining()))
        with contextlib.closing(context.wrap_socket(sock, server_hostname=server_name)) as wrapped:
            seconds = round(bound.elapsed() - started, 4)
            shown = describe(wrapped, server_name, verified=False, seconds=seconds, second_look=True)
            # Up to TLS 1.2 a server that must have a certificate does not end the handshake well without one.
            return shown.model_copy(update={"asks_client_certificate": bool(asked) and shown.version == "TLSv1.3"})
    except (OSError, ValueError) as problem:
        return TlsEvidence(
            server_name=server_name,
            verified=False,
            failure=translate(problem),
            second_look=True,
            asks_client_certificate=bool(asked),
            seconds=round(bound.elapsed() - started, 4),
        )


_CERTIFICATE_REQUEST = 13  # RFC 8446, 4.3.2; RFC 5246, 7.4.4


def _told_of_requests(context: ssl.SSLContext) -> list[int]:
    """A list that grows when a peer of this context asks for a client certificate; where Python does not tell, it stays empty."""
    seen: list[int] = []

    def heard(
        _connection: object, direction: str, _version: object, _kind: object, message: object, _data: bytes
    ) -> None:
        if direction == "read" and message == _CERTIFICATE_REQUEST:
            seen.append(_CERTIFICATE_REQUEST)

    with contextlib.suppress(AttributeError, TypeError):  # CPython has it since 3.8, for debugging
        setattr(context, "_msg_callback", heard)  # noqa: B010 - typeshed does not know it
    return seen


def unverified_context() -> ssl.SSLContext:
    """A context that verifies nothing and takes old versions, for connections that end with the handshake."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE  # only looks: the handshake is all that is sent
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = ssl.TLSVersion.TLSv1  # to be able to name an old server's version
    with contextlib.suppress(ssl.SSLError):
        context.set_ciphers("ALL:@SECLEVEL=0")
    return context


def with_inspection(verified: TlsEvidence, shown: TlsEvidence) -> TlsEvidence:
    """The failed handshake, completed with what a second look saw: the certificate, and the version the peer would have used."""
    return verified.model_copy(
        update={
            "chain": shown.chain,
            "version": shown.version,
            "cipher": shown.cipher,
            "asks_client_certificate": shown.asks_client_certificate,
            "second_look": True,
        }
    )


def wants_inspection(evidence: TlsEvidence) -> bool:
    """Whether another handshake can tell more: the certificate did not verify, or the versions did not meet.

    Some servers that only know old versions close the connection instead of sending an alert.
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
    """What a finished handshake agreed on, and the chain that was shown."""
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
