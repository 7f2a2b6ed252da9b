"""Run a client against one fault from the catalogue, and return its output as it would be with the real service.

`test_printed` compares the readings of these outputs with the causes of the faults.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from fakes import FAULTS, Fault, Running, apply, healthy
from tests.clients.attempt import Attempt, Client, ClientResult, attempt_of
from tests.clients.token_clients import TokenRequest
from tests.fakes.clients import request_token

BEFORE_THE_TOKEN = ("issuer", "token", "claims")
BEFORE_THE_SIGN_IN = ("port", "greeting", "starttls", "tls")

# Faults that cannot be staged for these clients, each with the reason.
NOT_STAGEABLE = {
    "dns_login_no_such_name": "the client would use the system's resolver",
    "host_misspelt": "the client would look the name up with the system's resolver",
    "token_endpoint_foreign": "the client would look up a name that is not Microsoft's with the system's resolver",
    "token_redirect": "the client would follow the redirect and look up a name that is not Microsoft's with the system's resolver",
    "wrong_type": "the type is a setting of the plugin; a client uses the type that its caller selects",
}
# Faults that a client does not notice. The message is sent or the token is issued, and nothing is printed.
UNNOTICED = {
    "certificate_expiring",
    "clock_ahead",
    "clock_behind",
    "from_onmicrosoft",
    "greeting_masked",
    "ipv6_dropped",
    "ipv6_refused",
    "issuer_foreign",
    "mail_shield_trusted",
    "password_expiring",
    "port_25",
    "secret_expiring",
    "v1_authority",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Printed:
    """Text that a client printed because of a fault."""

    fault: Fault
    sender: str
    client: str
    text: str

    @property
    def label(self) -> str:
        """The name of the client, followed by "(XOAUTH2)" for the OAuth sender."""
        return f"{self.client} (XOAUTH2)" if self.sender == "oauth" else self.client

    @property
    def peer_text(self) -> str:
        """The part of the text that comes from the peer.

        Lines sent by the client are left out, and names, numbers, dates and ids that belong to this attempt are replaced.
        """
        received = [line for line in self.text.splitlines() if not _SENT.match(line)]
        return _OWN.sub("#", "\n".join(received))


_SENT = re.compile(r"\s*(?:>|->|~>|\}|\{|\*   Trying|\* (?:Added|Hostname|Connected|TLSv|\s*CA))")
_OWN = re.compile(
    r"[\w.+-]+@[\w.-]+|\[[^\]\n]*\]|[\w.-]*(?:PROD\.OUTLOOK|office365|outlook|microsoftonline)[\w.-]*|/\S+"
    r"|(?i:[0-9a-f]{8}-[0-9a-f-]{27})|[A-Za-z0-9+/=_.-]{24,}|\d+(?!\d*[ .-]\d)"
)


def stageable(gates: tuple[str, ...] | None = None) -> list[Fault]:
    """Return the faults that can be staged for a client, other than faults in name resolution. `gates` can limit them further."""
    return [
        fault
        for fault in FAULTS.values()
        if fault.gate != "name"
        and fault.id not in NOT_STAGEABLE
        and fault.skipped_here() is None
        and (gates is None or fault.gate in gates)
    ]


def set_fault(running: Running, fault: Fault | None) -> None:
    """Reset the running tenant to the healthy world with this one fault, or with none."""
    running.change(apply(healthy(), [fault.id] if fault else []))


def run_mail_client(
    running: Running, fault: Fault, client: Client[Attempt], folder: Path
) -> Iterator[tuple[str, ClientResult]]:
    """Run the client for each sender affected by the fault, and yield the sender's name and the result.

    Up to TLS, only the first sender is used, because both take the same route. The OAuth sender is skipped if there is no token or the
    client cannot use one, and a sender is skipped if its host and port are not served.
    """
    set_fault(running, fault)
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


def run_token_client(running: Running, fault: Fault, client: Client[TokenRequest], folder: Path) -> ClientResult:
    """Request a token with the client while the tenant has the fault, and return the result."""
    set_fault(running, fault)
    return client.run(TokenRequest(running=running, folder=folder))
