"""What real clients print because of a fault is read as the fault's cause: first where the wire can tell, in the list where not.

The wire can tell a cause if no fault with another cause made the same client say the same.
"""

import os
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pytest

from fakes import Fault, Running
from knowledge.reading import read
from tests.clients.attempt import Attempt, Client
from tests.clients.smtp_clients import SMTP_CLIENTS
from tests.clients.staging import BEFORE_THE_TOKEN, UNNOTICED, Printed, asked, stageable, submissions
from tests.clients.token_clients import TOKEN_CLIENTS, Asking

DEEP = bool(os.environ.get("SMTP365_DEEP"))
EVERY_FAULT = {"smtplib", "curl --verbose"}  # quick ones; with SMTP365_DEEP all of them
A_DOZEN = {
    "port_refused",
    "other_host",
    "starttls_stripped",
    "certificate_unknown_root",
    "ehlo_name_invalid",
    "authentication_off",
    "smtp_auth_off_tenant",
    "smtp_auth_off_mailbox",
    "wrong_password",
    "mfa_required",
    "legacy_clients_blocked",
    "sp_not_registered",
    "consent_missing",
    "mailbox_right_missing",
    "recipient_unknown",
    "three_connections",
    "mailbox_full",
}
READ_TOKEN_CLIENTS = ("msal", "curl --verbose")


@dataclass(frozen=True, slots=True, kw_only=True)
class Hidden:
    """Faults whose cause need not be first: `listed` if it must still be in the list, and why."""

    faults: tuple[str, ...]
    why: str
    clients: tuple[str, ...] = ()
    listed: bool = True
    says: str = ""

    def holds(self, printed: Printed) -> bool:
        """Whether this row speaks of the text."""
        by = not self.clients or printed.label in self.clients or printed.client in self.clients
        return by and self.says in printed.text and (not self.faults or printed.fault.id in self.faults)


HIDDEN = (
    Hidden(
        faults=(),
        clients=("curl",),
        says="Login denied",
        listed=False,
        why="without --verbose curl has these two words for every refused sign-in, and more causes than a list should have",
    ),
    Hidden(
        faults=("service_not_ready",),
        clients=("curl",),
        why="without --verbose curl shows the code 421 and not the sentence; 421 is also how a server turns away a crowd",
    ),
    Hidden(
        faults=("silence_after_connect", "tls_at_once", "http_answer", "dropped_after_auth", "long_commands_dropped"),
        why="a peer that is silent, hangs up or answers what is no SMTP: clients show that it was so, and not who it was",
    ),
    Hidden(
        faults=("starttls_masked", "starttls_stripped", "starttls_refused", "auth_stripped"),
        why="clients say what was not offered, and only a whole dialogue shows that it was Microsoft's server",
    ),
    Hidden(
        faults=("certificate_not_yet_valid",),
        why="a certificate that is not valid yet is far more often this machine's clock, which no text shows",
    ),
    Hidden(
        faults=("certificate_other_name",),
        why="Microsoft's certificate has Microsoft's names, so another name is likelier somebody in between",
    ),
    Hidden(
        faults=("hosting_host", "host_by_address", "other_host"),
        why="clients do not repeat which server they were told to use",
    ),
    Hidden(faults=("ssl_off",), why="AUTH before TLS earns the same 504 as a mechanism that is not offered"),
    Hidden(
        faults=("sign_in_refused_bare",),
        clients=tuple(f"{name} (XOAUTH2)" for name in SMTP_CLIENTS),
        listed=False,
        why="the catalogue names what the bare refusal means to a password; to a token it means other things",
    ),
    Hidden(
        faults=("login_reset", "login_wrong_content"),
        listed=False,
        why="requests names no host when a connection is reset, and to curl a page that is no JSON is no error",
    ),
)


def _mismatches(texts: Iterable[Printed]) -> list[str]:
    """Each text whose reading does not have the cause where it must be, with what was read."""
    texts = list(texts)
    causes: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    for printed in texts:
        causes[printed.sender, printed.told].add(printed.fault.cause)
    found = []
    for printed in texts:
        cause = printed.fault.cause
        reading, blind = read(printed.text, printed.label), read(printed.text)
        hidden = next((row for row in HIDDEN if row.holds(printed)), None)
        tellable = len(causes[printed.sender, printed.told]) == 1 and hidden is None
        wrong = [one for one in (reading, blind) if one.sure and one.causes != (cause,)]
        missing = cause not in reading.causes and (hidden is None or hidden.listed)
        if wrong or missing or (tellable and reading.causes[0] != cause):
            asked_for = (
                "first" if tellable else "in the list" if hidden is None or hidden.listed else "not surely another"
            )
            found.append(
                f"{printed.fault.id}, {printed.label}: {cause} {asked_for}, read {reading} from {printed.text!r}"
            )
    return found


def _faults(client: str, gates: tuple[str, ...] | None = None) -> list[Fault]:
    everything = DEEP or client in EVERY_FAULT or gates is not None
    return [fault for fault in stageable(gates) if everything or fault.id in A_DOZEN]


@pytest.mark.parametrize("client", [pytest.param(client, id=name) for name, client in SMTP_CLIENTS.items()])
def test_what_a_mail_client_prints_is_understood(client: Client[Attempt], tenant: Running, tmp_path: Path) -> None:
    """The cause is first where the wire can tell, else in the list and not sure; no reading is surely wrong, client known or not."""
    if reason := client.missing():
        pytest.skip(reason)
    texts, through = [], set()
    for fault in _faults(client.name):
        for sender, seen in submissions(tenant, fault, client, tmp_path):
            if seen.worked:
                through.add(fault.id)
            else:
                texts.append(Printed(fault=fault, sender=sender, client=client.name, text=seen.printed))

    mismatches = _mismatches(texts)

    assert len(texts) >= 12
    assert through - UNNOTICED <= ({"certificate_other_name", "host_by_address"} if client.name == "swaks" else set())
    assert mismatches == [], "\n".join(mismatches)


@pytest.mark.parametrize("name", READ_TOKEN_CLIENTS)
def test_what_a_token_client_prints_is_understood(name: str, tenant: Running, tmp_path: Path) -> None:
    """The same for the way to the token: what msal returns or raises, and what curl shows of the token endpoint."""
    client = TOKEN_CLIENTS[name]
    if reason := client.missing():
        pytest.skip(reason)
    every = [_asked(tenant, client, fault, tmp_path) for fault in _faults(name, BEFORE_THE_TOKEN)]
    texts = [printed for printed in every if printed is not None]

    mismatches = _mismatches(texts)

    assert len(texts) >= 20
    assert mismatches == [], "\n".join(mismatches)


def _asked(running: Running, client: Client[Asking], fault: Fault, folder: Path) -> Printed | None:
    """What the client printed instead of a token."""
    seen = asked(running, fault, client, folder)
    if seen.worked:
        assert fault.gate == "claims" or fault.id in UNNOTICED, f"{client.name} got a token in spite of {fault.id}"
        return None
    return Printed(fault=fault, sender="token", client=client.name, text=seen.printed)


def test_every_exception_is_of_the_catalogue() -> None:
    """A row that speaks of no fault would only hide, and the table stays short."""
    known = {fault.id for fault in stageable()}

    assert {fault for row in HIDDEN for fault in row.faults} <= known
    assert len(HIDDEN) <= 10
