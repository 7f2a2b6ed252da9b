"""The parts of an address (RFC 3986) that somebody entered or a server sent: whatever it is, nothing is raised."""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import unquote, urlsplit


class Address(NamedTuple):
    """`host` in lower case and without brackets, `place` as `host:port` stands in the text; what is missing is empty, a port None."""

    scheme: str
    host: str
    port: int | None
    place: str
    path: str
    query: str

    @property
    def first(self) -> str:
        """The first segment of the path: where an authority or a discovery URL names its tenant."""
        return self.path.strip("/").partition("/")[0]


def address_of(text: str) -> Address:
    """Take an address apart. One that has no readable host or port (`https://[x]/`, `:99999`) is told as one without a host."""
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        return Address(text.partition("://")[0].lower() if "://" in text else "", "", None, "", "", "")
    return Address(parts.scheme, parts.hostname or "", port, parts.netloc.rpartition("@")[2], parts.path, parts.query)


def user_of(text: str) -> tuple[str, str] | None:
    """The user and the password in an address, percent signs decoded; None when it names no user. Not part of `Address`, which is shown."""
    try:
        parts = urlsplit(text)
    except ValueError:
        return None
    return None if parts.username is None else (unquote(parts.username), unquote(parts.password or ""))
