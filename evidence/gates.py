"""The gates that a message passes on its route from this machine to the recipient."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class Gate(StrEnum):
    """The gates in the order in which a message passes them."""

    NAME = "name"
    PORT = "port"
    GREETING = "greeting"
    STARTTLS = "starttls"
    TLS = "tls"
    AUTH_OFFERED = "auth_offered"
    ISSUER = "issuer"
    TOKEN = "token"  # noqa: S105 - the name of a gate
    CLAIMS = "claims"
    SIGN_IN = "sign_in"
    SENDER = "sender"
    RECIPIENT = "recipient"
    ACCEPTED = "accepted"


OAUTH_ONLY: Final = frozenset({Gate.ISSUER, Gate.TOKEN, Gate.CLAIMS})
