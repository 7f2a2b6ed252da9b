"""The account that signs in, in a canonical form, so that attempts on it can be counted.

A lockout applies to the account, whatever host, port or spelling of the user name is used.
"""

from __future__ import annotations

import hashlib
import unicodedata
from dataclasses import dataclass

from settings.clouds import Cloud, cloud_of_smtp_host
from settings.model import Network


@dataclass(frozen=True, slots=True)
class Account:
    """An account at a service. `client` is the application whose token signs in for the account, or empty if a password is used."""

    service: str
    name: str
    client: str = ""

    @property
    def by_password(self) -> bool:
        """Whether the account signs in with a password. Only attempts with a password can lock an account (Microsoft, "Smart lockout")."""
        return not self.client

    @property
    def file_name(self) -> str:
        """A file name for this account. It is valid on every system and does not contain the address."""
        return hashlib.sha256(f"{self.service} {self.name}".encode("utf-8", "surrogatepass")).hexdigest()[:32]


def account_name(user: str) -> str:
    """Return a user name in canonical form: case-folded, in Unicode form NFKC, and without spaces, invisible characters or trailing dots.

    The domain is converted to ASCII form (RFC 5890) if possible, because a server accepts both forms for the same account.
    """
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", user).casefold())
    kept = "".join(character for character in folded if not _is_invisible(character)).rstrip(".")
    local, at, domain = kept.rpartition("@")
    return f"{local}{at}{_ascii(domain)}" if at else kept


def service_name(cloud: Cloud, network: Network) -> str:
    """Return the name of the service to which accounts belong: the Microsoft cloud or, for a host that belongs to none, the host itself.

    The `[connect]` map does not change the name. A test network in which only mapped addresses are contacted has its own accounts, so its
    name is added.
    """
    host = cloud.smtp_host.rstrip(".").lower()
    known = cloud if cloud.microsoft else cloud_of_smtp_host(host)
    service = known.name if known is not None else host
    return f"{service} in {network.test_network}" if network.only_mapped and network.test_network else service


def _is_invisible(character: str) -> bool:
    return character.isspace() or unicodedata.category(character) in {"Cc", "Cf"}


def _ascii(domain: str) -> str:
    try:
        return domain.encode("idna").decode("ascii").lower()
    except UnicodeError:
        return domain
