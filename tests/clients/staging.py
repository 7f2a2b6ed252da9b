"""One client against one fault of the catalogue: what it printed, as it would read outside; who can be staged, and why not.

What is to be read from the texts is `test_printed`'s.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from fakes import FAULTS, Fault, Running, apply, healthy
from tests.clients.attempt import Attempt, Client, Seen, attempt_of
from tests.clients.token_clients import Asking
from tests.fakes.clients import request_token

BEFORE_THE_TOKEN = ("issuer", "token", "claims")
BEFORE_THE_SIGN_IN = ("port", "greeting", "starttls", "tls")

# Faults that no client of ours can be shown, each with the reason.
OUT_OF_REACH = {
    "dns_login_no_such_name": "a client would ask the system's resolver",
    "host_misspelt": "a client would ask the system's resolver for that name",
    "token_endpoint_foreign": "a client would ask the system's resolver for a name that is not Microsoft's",
    "token_redirect": "the same: the redirect leads to a name that is not Microsoft's",
    "wrong_type": "which type is chosen is the plugin's own setting; a client has the one that its caller chose",
}
# Faults that a client does not notice: the message goes through, or the token is issued, and nothing is printed.
UNNOTICED = {
    "certificate_expiring",
    "clock_ahead",
    "clock_behind",
    "greeting_masked",
    "ipv6_dropped",
    "ipv6_refused",
    "issuer_foreign",
    "mail_shield_trusted",
    "password_expiring",
    "port_25",
    "secret_expiring",
    "starttls_hidden",
    "v1_authority",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Printed:
    """A text that a client printed because of a fault."""

    fault: Fault
    sender: str
    client: str
    text: str

    @property
    def label(self) -> str:
        """The client as its user would name it."""
        return f"{self.client} (XOAUTH2)" if self.sender == "oauth" else self.client

    @property
    def told(self) -> str:
        """What the text tells of the peer and not of this attempt: without lines sent, names, numbers, dates and ids."""
        heard = [line for line in self.text.splitlines() if not _SENT.match(line)]
        return _OWN.sub("#", "\n".join(heard))


_SENT = re.compile(r"\s*(?:>|->|~>|\}|\{|\*   Trying|\* (?:Added|Hostname|Connected|TLSv|\s*CA))")
_OWN = re.compile(
    r"[\w.+-]+@[\w.-]+|\[[^\]\n]*\]|[\w.-]*(?:PROD\.OUTLOOK|office365|outlook|microsoftonline)[\w.-]*|/\S+"
    r"|(?i:[0-9a-f]{8}-[0-9a-f-]{27})|[A-Za-z0-9+/=_.-]{24,}|\d+(?!\d*[ .-]\d)"
)


def stageable(gates: tuple[str, ...] | None = None) -> list[Fault]:
    """The faults that a client can be shown here, from the port on; only of these gates if any are given."""
    return [
        fault
        for fault in FAULTS.values()
        if fault.gate != "name"
        and fault.id not in OUT_OF_REACH
        and fault.skipped_here() is None
        and (gates is None or fault.gate in gates)
    ]


def shown(running: Running, fault: Fault | None) -> None:
    """Make the running tenant show the fault and no other."""
    running.change(apply(healthy(), [fault.id] if fault else []))


def submissions(running: Running, fault: Fault, client: Client[Attempt], folder: Path) -> Iterator[tuple[str, Seen]]:
    """Let the client send for each sender that the fault concerns; the sender's name and what came of it.

    Up to TLS both senders go the same way, so one of them goes it. A sender without token does not get to SMTP.
    """
    shown(running, fault)
    names = fault.senders[:1] if fault.gate in BEFORE_THE_SIGN_IN else fault.senders
    for name in names:
        token = None
        if name == "oauth":
            token = _token(running, fault) if client.by_token else None
            if token is None:
                continue
        attempt = attempt_of(running, getattr(running.world, name), folder, token)
        if attempt is not None:
            yield name, client.run(attempt)


def _token(running: Running, fault: Fault) -> str | None:
    if fault.gate in {"issuer", "token"}:
        return None
    status, body = request_token(running)
    return str(body["access_token"]) if status == 200 else None


def asked(running: Running, fault: Fault, client: Client[Asking], folder: Path) -> Seen:
    """Let the client ask for a token while the tenant shows the fault."""
    shown(running, fault)
    return client.run(Asking(running=running, folder=folder))
