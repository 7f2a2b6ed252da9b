"""Translates exceptions from sockets, TLS and HTTP into a `Failure`.

Messages are reduced to one printable line here. The caller, which has the redactor, redacts them.
"""

from __future__ import annotations

import errno
import http.client
import socket
import ssl

from evidence.failure import Failure, FailureKind
from probes.deadline import Deadline

_LONGEST = 300
_UNREACHABLE = {errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN, errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT}
_WINDOWS = {
    10060: FailureKind.TIMEOUT,
    10061: FailureKind.REFUSED,
    10054: FailureKind.RESET,
    10053: FailureKind.RESET,
    10051: FailureKind.UNREACHABLE,
    10065: FailureKind.UNREACHABLE,
}
_VERSION_WORDS = ("unsupported protocol", "protocol version", "no protocols available", "version too low")
_NOT_TLS_WORDS = (
    "wrong version number",
    "record layer failure",
    "packet length too long",
    "http request",
    "unknown protocol",
)


class BrokenError(Exception):
    """Raised inside the probes when a step ends without a reply; `failure` holds the reason. It is always caught within the probes."""

    def __init__(self, failure: Failure) -> None:
        """Store the translated failure."""
        self.failure = failure
        super().__init__(failure.kind.value)


def translate(problem: BaseException, bound: Deadline | None = None) -> Failure:
    """Return the failure for a library's exception. Its kind is `other` if no more specific one applies.

    An exception after `bound` counts as a timeout, because the connection is shut down at that moment. A certificate error never does.
    """
    if isinstance(problem, BrokenError):
        return problem.failure
    if bound is not None and bound.passed and not isinstance(problem, (TimeoutError, ssl.SSLCertVerificationError)):
        return Failure(kind=FailureKind.TIMEOUT, text="timed out")
    return Failure(kind=_kind(problem), text=printable(str(problem) or type(problem).__name__))


def _kind(problem: BaseException) -> FailureKind:  # noqa: PLR0911 - one row per kind
    if isinstance(problem, ssl.SSLCertVerificationError):
        return FailureKind.TLS_CERTIFICATE
    if isinstance(problem, (ssl.SSLEOFError, ssl.SSLZeroReturnError)):
        return FailureKind.CLOSED
    if isinstance(problem, ssl.SSLError):
        words = str(problem).lower().replace("_", " ")
        if any(word in words for word in _VERSION_WORDS):
            return FailureKind.TLS_VERSION
        return FailureKind.NOT_TLS if any(word in words for word in _NOT_TLS_WORDS) else FailureKind.TLS_ALERT
    if isinstance(problem, TimeoutError):
        return FailureKind.TIMEOUT
    if isinstance(problem, socket.gaierror):
        return FailureKind.NO_ADDRESS
    if isinstance(problem, ConnectionRefusedError):
        return FailureKind.REFUSED
    if isinstance(problem, (http.client.RemoteDisconnected, EOFError)):
        return FailureKind.CLOSED
    if isinstance(problem, (ConnectionResetError, ConnectionAbortedError, BrokenPipeError)):
        return FailureKind.RESET
    if isinstance(problem, http.client.HTTPException):
        return FailureKind.OTHER
    if isinstance(problem, OSError):
        if str(problem).startswith("Tunnel connection failed"):
            return FailureKind.PROXY
        if problem.errno in _UNREACHABLE:
            return FailureKind.UNREACHABLE
        return _WINDOWS.get(problem.errno or 0, FailureKind.OTHER)
    return FailureKind.OTHER


def printable(text: str, longest: int = _LONGEST) -> str:
    """Return the text on one line, with line breaks and tabs as spaces and other unprintable characters escaped.

    Only the first `longest` characters of the text are kept.
    """
    cut = text[: longest + 1]
    shown = "".join(character if character.isprintable() else _escaped(character) for character in cut)
    return shown if len(text) <= longest else f"{shown[:longest]}…"


def _escaped(character: str) -> str:
    if character in "\r\n\t":
        return " "
    return character.encode("unicode_escape").decode("ascii")
