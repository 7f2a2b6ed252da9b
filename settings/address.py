"""Parses URLs (RFC 3986) from settings and servers. Malformed input never raises."""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import unquote, urlsplit


class Address(NamedTuple):
    """A parsed URL. `host` is in lower case without brackets, and `place` is `host:port` as written.

    A missing part is an empty string; a missing port is None.
    """

    scheme: str
    host: str
    port: int | None
    place: str
    path: str
    query: str

    @property
    def first(self) -> str:
        """The first segment of the path, which is the tenant in an authority or discovery URL."""
        return self.path.strip("/").partition("/")[0]


def address_of(text: str) -> Address:
    """Return the parsed URL. If its host or port cannot be read (`https://[x]/`, `:99999`), the result has no host."""
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        return Address(text.partition("://")[0].lower() if "://" in text else "", "", None, "", "", "")
    return Address(parts.scheme, parts.hostname or "", port, parts.netloc.rpartition("@")[2], parts.path, parts.query)


def user_of(text: str) -> tuple[str, str] | None:
    """Return the user and password in a URL, percent-decoded, or None if it has no user.

    `Address` omits them, because it is displayed.
    """
    try:
        parts = urlsplit(text)
    except ValueError:
        return None
    return None if parts.username is None else (unquote(parts.username), unquote(parts.password or ""))
