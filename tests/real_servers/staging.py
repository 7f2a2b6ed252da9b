"""Functions that return the situation for each row of the table."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from tests.real_servers.dovecot_submission import Submission
from tests.real_servers.exim import Exim
from tests.real_servers.mail_server import MailServer
from tests.real_servers.names import (
    ANOTHER_AUDIENCE,
    AUDIENCE,
    CLIENT_ID,
    CLIENT_SECRET,
    COLLEAGUE,
    DOMAIN,
    SCOPE,
    STALE_CLIENT_ID,
    WRONG_CLIENT_SECRET,
    WRONG_PASSWORD,
)
from tests.real_servers.oidc_provider import TokenService
from tests.real_servers.running import Client, Situation

# Each server's fixture, keyed by the first word of a row of the table.
FIXTURES: Final = {"exim": "exim_server", "postfix": "postfix", "dovecot": "dovecot",
                   "stunnel": "implicit_tls", "sshd": "ssh", "slapd": "ldap"}  # fmt: skip
QUICK: Final = 5  # seconds; the reply timeout for a silent server, which always expires


def at_exim(at: str, server: Exim) -> Situation:
    """Return the situation for a row in Exim's part of the table."""
    right = Situation(port=server.port, ca_file=server.ca_file)
    differs: dict[str, dict[str, Any]] = {
        "healthy": {},
        "wrong password": {"password": WRONG_PASSWORD},
        "greylisting": {"port": server.greylisting},
        "unroutable recipient": {"mail_to": f"missing@{DOMAIN}"},
        "untrusted authority": {"ca_file": None},
        "authentication is off": {"port": server.unauthenticated, "signing_in": False},
        "Use SSL is off": {"use_ssl": False},
    }
    return replace(right, **differs[at])


def at_postfix(at: str, server: MailServer) -> Situation:
    """Return the situation for a row in Postfix's part of the table."""
    right = Situation(port=server.port, ca_file=server.ca_file)
    differs: dict[str, dict[str, Any]] = {
        "healthy": {},
        "PLAIN only": {"port": server.plain},
        "greylisting": {"port": server.greylisting},
        "client certificate": {"port": server.certified},
        "colleague's address in From": {"mail_from": COLLEAGUE},
        "port not declared": {"declared_port": server.relay},
    }
    return replace(right, **differs[at])


def at_dovecot(at: str, server: Submission, tokens: TokenService) -> Situation:
    """Return the situation for a row in Dovecot's part of the table. All but two of these rows use OAuth."""
    right = Situation(port=server.port, ca_file=server.ca_file)
    client = Client(
        issuer=tokens.issuer, audience=AUDIENCE, client_id=CLIENT_ID, client_secret=CLIENT_SECRET, scope=SCOPE
    )
    differs: dict[str, dict[str, Any]] = {
        "LOGIN": {},
        "XOAUTH2": {"client": client},
        "wrong password": {"password": WRONG_PASSWORD},
        "wrong client secret": {"client": replace(client, client_secret=WRONG_CLIENT_SECRET)},
        "wrong audience": {"client": replace(client, audience=ANOTHER_AUDIENCE)},
        "token of another user": {"client": client, "user": COLLEAGUE},
        "expired token": {"client": replace(client, client_id=STALE_CLIENT_ID)},
        "issuer on another path": {"client": replace(client, issuer=tokens.issuer.replace("/realms/", "/realm/"))},
    }
    return replace(right, **differs[at])


def at_another_service(port: int, ca_file: Path, *, silent: bool) -> Situation:
    """Return the situation for a server that does not offer submission on its port. A silent server gets a short reply timeout."""
    right = Situation(port=port, ca_file=ca_file)
    return replace(right, seconds=QUICK) if silent else right
