"""The record of a failure that left a step without a usable reply, such as a timeout or a reset connection."""

from __future__ import annotations

from enum import StrEnum

from evidence.record import Record
from settings.identity import SpokenText


class FailureKind(StrEnum):
    """The kinds of failure that leave a step without a usable reply. The probes translate library exceptions into them."""

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
    """The failure of a step: its kind and a redacted message."""

    kind: FailureKind
    text: SpokenText = ""
