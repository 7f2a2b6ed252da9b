"""How a step of a run fails below its protocol: the kinds of failure, and the record of one."""

from __future__ import annotations

from enum import StrEnum

from evidence.record import Record
from settings.identity import SpokenText


class FailureKind(StrEnum):
    """What went wrong below the protocol. Each probe translates exceptions from libraries into one of these kinds."""

    TIMEOUT = "timeout"
    REFUSED = "refused"
    RESET = "reset"
    UNREACHABLE = "unreachable"
    CLOSED = "closed"
    NO_ADDRESS = "no_address"
    NOT_MAPPED = "not_mapped"
    TLS_VERSION = "tls_version"
    TLS_CERTIFICATE = "tls_certificate"
    TLS_ALERT = "tls_alert"
    NOT_TLS = "not_tls"
    NOT_SMTP = "not_smtp"
    TOO_LONG = "too_long"
    REDIRECT = "redirect"
    NOT_JSON = "not_json"
    PROXY = "proxy"
    FOREIGN_ENDPOINT = "foreign_endpoint"
    DEADLINE = "deadline"
    OTHER = "other"


class Failure(Record):
    """The failure of a step that ended without an answer: its kind, and the message from the system or the library (redacted)."""

    kind: FailureKind
    text: SpokenText = ""
