"""Masks that keep the form of a value. Equal values get equal masks.

Masks are numbered in the order in which values occur, so a value cannot be derived from its mask. `masking` decides which text
contains which kind of value.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass, field
from functools import cache

from knowledge.reading import RULES
from settings.microsoft import is_public_name, tenant_domain_of

GUID = re.compile(r"(?<![0-9a-z-])[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f-]{2,18}(?![0-9a-z-])", re.IGNORECASE)
_MICROSOFT_GUIDS = re.compile(  # first-party applications; the tenants of consumers, of Microsoft and of its services
    r"0000000[0-9a-f]-0000-|9188040d-6c67-4c5b-b112-36a304b66dad|72f988bf-86f1-41af-91ab-2d7cd011db47|f8cdef31-a31e-4b4a-93e4-5f571e91255a"
)
_PUBLIC_RESOLVERS = frozenset(
    {"8.8.8.8", "8.8.4.4", "1.1.1.1", "1.0.0.1", "9.9.9.9", "168.63.129.16", "208.67.222.222"}
)
_GENERIC = frozenset(
    {"localhost", "localdomain", "local", "www", "mail", "smtp", "login", "autodiscover", "example", "invalid", "test"}
)
WELL_KNOWN_ACCOUNTS = frozenset(
    {
        "root",
        "system",
        "local service",
        "network service",
        "administrator",
        "unknown",
        "localsystem",
        "nobody",
        "daemon",
    }
)


@cache
def reading_words() -> frozenset[str]:
    """Return the words that the reading rules use. Masking one of them on its own would change which causes are found in a text."""
    return frozenset(
        word for rule in RULES for phrase in (*rule.says, *rule.along, *rule.unless) for word in _words(phrase)
    )


def _words(text: str) -> list[str]:
    return re.findall(r"[a-z]{3,}", text.lower())


@dataclass(slots=True)
class Masks:
    """One table per kind of value, which maps each value to its mask."""

    kept: set[str] = field(default_factory=set)
    _tables: dict[str, dict[str, str]] = field(default_factory=dict)

    def guid(self, value: str) -> str:
        """Mask a GUID with one of the same length, even if the original is too short. Microsoft's own GUIDs are not masked."""
        if _MICROSOFT_GUIDS.match(value.lower()):
            return value
        number = self._number("guid", value)
        return f"{0xA0000000 + number:08x}-0000-4000-8000-{number:012x}{'0' * 20}"[: len(value)]

    def domain(self, value: str) -> str:
        """Mask a domain with a name of as many labels. Of a Microsoft name, only the tenant's own labels are masked."""
        lowered = value.lower().rstrip(".")
        own = tenant_domain_of(lowered)
        if own is not None:
            labels = value.split(".")
            at = len(labels) - len(own.split(".")) - value.endswith(".")
            return ".".join([*map(self._label, labels[:at]), *labels[at:]])
        if is_public_name(lowered) or self._is_address(value):
            return self.address(value)
        *labels, last = value.split(".")
        if not labels:
            return self._label(last)
        if not last:  # a full stop at the end
            return f"{self.domain(value[:-1])}."
        return ".".join([*map(self._label, labels), "example" if last.isalpha() else last])

    def mailbox(self, value: str) -> str:
        """Mask an address with an address and a bare name with a bare name. Errors in the form of the value are kept."""
        if "\\" in value and "@" not in value:
            before, _, after = value.rpartition("\\")
            return f"{self._label(before)}\\{self.user(after)}"
        local, at, domain = value.rpartition("@")
        if not at:
            return self.user(value)
        spaced = re.split(r"([\s,;<>\"']+)", domain)
        return f"{self.user(local)}@{''.join(part if index % 2 or not part else self.domain(part) for index, part in enumerate(spaced))}"

    def user(self, value: str) -> str:
        """Mask the part before the @ sign, or a bare user name. Spaces and brackets are kept."""
        parts = re.split(r"([\s,;:<>\"'@]+)", value)
        return "".join(part if index % 2 or not part else self._user(part) for index, part in enumerate(parts))

    def person(self, value: str) -> str:
        """Mask a display name."""
        return f"Name {self._number('person', value)}" if value.strip() else value

    def account(self, value: str) -> str:
        """Mask the operating system's account. Well-known accounts, such as `root`, are not masked."""
        if value.lower() in WELL_KNOWN_ACCOUNTS:
            return value
        return self.mailbox(value) if "\\" in value or "@" in value else self.user(value)

    def host(self, value: str) -> str:
        """Mask this machine's name with a name of as many labels."""
        return self.domain(value) if "." in value else self._label(value)

    def address(self, value: str) -> str:
        """Mask an IP address with one of the same family and scope. Loopback addresses, public resolvers and the server's own stay."""
        try:
            address = ipaddress.ip_address(value)
        except ValueError:
            return value
        if address.is_loopback or address.is_unspecified or value in self.kept or value in _PUBLIC_RESOLVERS:
            return value
        number = self._number("address", str(address))
        if address.version == 6:
            prefix = "fe80" if address.is_link_local else "fd00" if address.is_private else "2001:db8"
            return f"{prefix}::{number:x}"
        first = "169.254" if address.is_link_local else "10.200" if address.is_private else "198.18"
        return f"{first}.{number // 250}.{number % 250 + 1}"

    def opaque(self, value: str) -> str:
        """Mask an id of unknown form with one of the same length and a similar form."""
        number = f"{self._number('opaque', value):x}"
        shape = "".join(
            "0" if character.isdigit() else "x" if character.isalpha() else character for character in value
        )
        return f"{shape[: -len(number)]}{number}" if len(shape) > len(number) else shape

    def _label(self, value: str) -> str:
        if value.lower() in _GENERIC or not value or value.isdigit():
            return value
        name = f"d{self._number('label', value)}"
        return name if value.isascii() else f"ü{name}"

    def _user(self, value: str) -> str:
        name = f"user{self._number('user', value)}"
        return (name if value.isascii() else f"ü{name}").ljust(min(len(value), 300) if len(value) > 64 else 0, "x")

    def _number(self, kind: str, value: str) -> int:
        table = self._tables.setdefault(kind, {})
        return int(table.setdefault(value.lower(), str(len(table) + 1)))

    def known(self, kind: str) -> list[str]:
        """Return the values of a kind (`label`, `user`, `person`, …) that have been masked so far, in lower case."""
        return list(self._tables.get(kind, ()))

    @staticmethod
    def _is_address(value: str) -> bool:
        return re.fullmatch(r"[0-9.]+|[0-9a-fA-F:]*:[0-9a-fA-F:.]*", value) is not None
