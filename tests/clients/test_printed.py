"""Tests that the cause of a fault is found in the output of real clients.

The cause must come first in the reading if the protocol reveals it, and otherwise must be one of the causes in the reading. The
protocol reveals a cause if no fault with a different cause makes the same client print the same text. Exemptions are listed below.
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
from tests.clients.staging import BEFORE_THE_TOKEN, UNNOTICED, Printed, run_mail_client, run_token_client, stageable
from tests.clients.token_clients import TOKEN_CLIENTS, TokenRequest

DEEP = bool(os.environ.get("SMTP365_DEEP"))
EVERY_FAULT = {"smtplib", "curl --verbose"}  # fast clients, or all clients with SMTP365_DEEP
SAMPLE = {
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
class Exemption:
    """Faults whose cause need not come first in a reading, and the reason. If `listed` is true, the cause must still be in the reading."""

    faults: tuple[str, ...]
    why: str
    clients: tuple[str, ...] = ()
    listed: bool = True
    phrase: str = ""

    def applies_to(self, printed: Printed) -> bool:
        """Return whether this exemption applies to the printed text."""
        by = not self.clients or printed.label in self.clients or printed.client in self.clients
        return by and self.phrase in printed.text and (not self.faults or printed.fault.id in self.faults)


EXEMPTIONS = (
    Exemption(
        faults=(),
        clients=("curl",),
        phrase="Login denied",
        listed=False,
        why="without --verbose, curl prints these two words for every refused sign-in, so the list of causes would be too long",
    ),
    Exemption(
        faults=("service_not_ready",),
        clients=("curl",),
        why="without --verbose, curl prints the code 421 without its text, and 421 is also the reply to too many connections",
    ),
    Exemption(
        faults=("silence_after_connect", "tls_at_once", "http_answer", "dropped_after_auth", "long_commands_dropped"),
        why="clients report that the peer is silent, disconnects or does not reply in SMTP, but not what kind of peer it is",
    ),
    Exemption(
        faults=("starttls_masked", "starttls_stripped", "starttls_hidden", "starttls_refused", "auth_stripped"),
        why="clients report what is not offered, and only a complete dialogue shows that the server is Microsoft's",
    ),
    Exemption(
        faults=("certificate_not_yet_valid",),
        why="the usual cause of a certificate that is not yet valid is this machine's clock, which no client prints",
    ),
    Exemption(
        faults=("certificate_other_name",),
        why="Microsoft's certificate has Microsoft's names, so a different name more likely means interception",
    ),
    Exemption(
        faults=("host_by_address", "other_host"),
        why="clients do not print the name of the configured server",
    ),
    Exemption(
        faults=("ssl_off",), why="AUTH before TLS gets the same 504 as a mechanism that the server does not offer"
    ),
    Exemption(
        faults=("sign_in_refused_bare",),
        clients=tuple(f"{name} (XOAUTH2)" for name in SMTP_CLIENTS),
        listed=False,
        why="the cause in the catalogue is that of a password; the same refusal of a token has other causes",
    ),
    Exemption(
        faults=("login_reset", "login_wrong_content", "accepted_early", "hosting_host", "hve_ordinary_mailbox"),
        listed=False,
        why="after a reset, requests prints no host; curl does not treat a page without JSON as an error; and a client that "
        "accepts an early 235 prints the server's next refusal. Postfix's refusal, or the same 535 of both of Microsoft's endpoints, "
        "does not show which server is meant",
    ),
)


def _mismatches(texts: Iterable[Printed]) -> list[str]:
    """Return one description for each text in whose reading the cause is not at the required position."""
    texts = list(texts)
    causes: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    for printed in texts:
        causes[printed.sender, printed.peer_text].add(printed.fault.cause)
    found = []
    for printed in texts:
        cause = printed.fault.cause
        reading, without_client = read(printed.text, printed.label), read(printed.text)
        exemption = next((row for row in EXEMPTIONS if row.applies_to(printed)), None)
        distinguishable = len(causes[printed.sender, printed.peer_text]) == 1 and exemption is None
        wrong = [one for one in (reading, without_client) if one.sure and one.causes != (cause,)]
        missing = cause not in reading.causes and (exemption is None or exemption.listed)
        if wrong or missing or (distinguishable and reading.causes[0] != cause):
            required = (
                "first"
                if distinguishable
                else "in the list"
                if exemption is None or exemption.listed
                else "not replaced by a different single cause"
            )
            found.append(
                f"{printed.fault.id}, {printed.label}: {cause} {required}, read {reading} from {printed.text!r}"
            )
    return found


def _faults(client: str, gates: tuple[str, ...] | None = None) -> list[Fault]:
    everything = DEEP or client in EVERY_FAULT or gates is not None
    return [fault for fault in stageable(gates) if everything or fault.id in SAMPLE]


@pytest.mark.parametrize("client", [pytest.param(client, id=name) for name, client in SMTP_CLIENTS.items()])
def test_output_of_a_mail_client_leads_to_the_cause(client: Client[Attempt], tenant: Running, tmp_path: Path) -> None:
    """The cause comes first in the reading if the protocol reveals it, and otherwise is one of the causes in the reading.

    A reading with a single certain cause is never wrong, whether or not the name of the client is given.
    """
    if reason := client.missing():
        pytest.skip(reason)
    texts, unaffected = [], set()
    for fault in _faults(client.name):
        for sender, result in run_mail_client(tenant, fault, client, tmp_path):
            if result.succeeded:
                unaffected.add(fault.id)
            else:
                texts.append(Printed(fault=fault, sender=sender, client=client.name, text=result.printed))

    mismatches = _mismatches(texts)

    assert len(texts) >= 12
    assert unaffected - UNNOTICED <= (
        {"certificate_other_name", "host_by_address"} if client.name == "swaks" else set()
    )
    assert mismatches == [], "\n".join(mismatches)


@pytest.mark.parametrize("name", READ_TOKEN_CLIENTS)
def test_output_of_a_token_client_leads_to_the_cause(name: str, tenant: Running, tmp_path: Path) -> None:
    """The reading of what msal or curl prints for a token request has the cause at the required position."""
    client = TOKEN_CLIENTS[name]
    if reason := client.missing():
        pytest.skip(reason)
    every = [_printed_by(tenant, client, fault, tmp_path) for fault in _faults(name, BEFORE_THE_TOKEN)]
    texts = [printed for printed in every if printed is not None]

    mismatches = _mismatches(texts)

    assert len(texts) >= 20
    assert mismatches == [], "\n".join(mismatches)


def _printed_by(running: Running, client: Client[TokenRequest], fault: Fault, folder: Path) -> Printed | None:
    """Return the text that the client printed, or None if it got a token."""
    result = run_token_client(running, fault, client, folder)
    if result.succeeded:
        assert fault.gate == "claims" or fault.id in UNNOTICED, f"{client.name} got a token despite {fault.id}"
        return None
    return Printed(fault=fault, sender="token", client=client.name, text=result.printed)


def test_every_exemption_names_known_faults() -> None:
    """Every fault in the table of exemptions exists, and the table is short."""
    known = {fault.id for fault in stageable()}

    assert {fault for row in EXEMPTIONS for fault in row.faults} <= known
    assert len(EXEMPTIONS) <= 10
