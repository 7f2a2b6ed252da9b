"""The account that signs in, in the form in which attempts on it are counted.

A lockout counts per account, so neither the host, the port nor the spelling of the user name makes it a different one.
"""

from __future__ import annotations

import hashlib
import unicodedata
from dataclasses import dataclass
from pathlib import Path

from settings.clouds import Cloud, cloud_of_smtp_host
from settings.model import Network


@dataclass(frozen=True, slots=True)
class Account:
    """An account of a service. `client` is the application whose token signs in for it; empty for a password."""

    service: str
    name: str
    client: str = ""

    @property
    def by_password(self) -> bool:
        """Whether the sign-in sends a password. Only these attempts can lock an account (Microsoft, "Smart lockout")."""
        return not self.client

    @property
    def file_name(self) -> str:
        """A name for a file of this account: it is valid on every system and does not show the address."""
        return hashlib.sha256(f"{self.service} {self.name}".encode("utf-8", "surrogatepass")).hexdigest()[:32]


def account_name(user: str) -> str:
    """Return a user name in canonical form: without case, blanks, invisible characters, trailing dots and Unicode variants.

    The domain has its ASCII form (RFC 5890), because a server accepts both forms for the same account.
    """
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", user).casefold())
    kept = "".join(character for character in folded if not _is_invisible(character)).rstrip(".")
    local, at, domain = kept.rpartition("@")
    return f"{local}{at}{_ascii(domain)}" if at else kept


def service_name(cloud: Cloud, network: Network) -> str:
    """Return the name of the service that holds the accounts: the cloud or, for a declared service, its host.

    A network in which only mapped addresses exist, with its own root certificate, is a laboratory: the accounts in it are those
    of that laboratory, and a new one has a new root certificate.
    """
    host = cloud.smtp_host.rstrip(".").lower()
    known = cloud if cloud.microsoft else cloud_of_smtp_host(host)
    service = known.name if known is not None else host
    return f"{service} {_root(network.ca_file)}" if network.only_mapped and network.ca_file else service


def _root(ca_file: str) -> str:
    try:
        return hashlib.sha256(Path(ca_file).read_bytes()).hexdigest()[:16]
    except OSError:
        return ca_file


def _is_invisible(character: str) -> bool:
    return character.isspace() or unicodedata.category(character) in {"Cc", "Cf"}


def _ascii(domain: str) -> str:
    try:
        return domain.encode("idna").decode("ascii").lower()
    except UnicodeError:
        return domain
