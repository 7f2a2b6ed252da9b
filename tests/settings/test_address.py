"""URLs from settings and servers are parsed as in the standard library, and invalid ones raise no exception."""

from __future__ import annotations

import contextlib
from urllib.parse import urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from settings.address import Address, address_of, user_of

BROKEN = [
    "https://[x]/t",
    "https://[::1",
    "https://a:99999/",
    "https://a:b/",
    "https://[redacted]/t/v2.0",
    "//[",
    "http://a]b/",
]


@given(st.text() | st.text(alphabet="htps:/[]@.%1a?#\\ ").map(lambda text: f"https://{text}"))
@example("https://[v1.x]/")
def test_addresses_are_parsed_as_urlsplit_does(text: str) -> None:
    """A URL that `urlsplit` can parse has the same parts, and any other URL has no host."""
    parsed = address_of(text)

    with contextlib.suppress(ValueError):
        parts = urlsplit(text)
        assert parsed == Address(
            parts.scheme, parts.hostname or "", parts.port, parts.netloc.rpartition("@")[2], parts.path, parts.query
        )
        return
    assert parsed.host == ""
    assert user_of(text) is None or urlsplit(text)


@pytest.mark.parametrize("text", BROKEN)
def test_broken_address_keeps_only_its_scheme(text: str) -> None:
    """Only the scheme of a broken URL is kept, so the report can say that its host is invalid."""
    assert address_of(text) == Address(text.partition("://")[0] if "://" in text else "", "", None, "", "", "")


def test_user_and_password_are_separated() -> None:
    """The user and password of a URL are percent-decoded, and the printed form of the URL contains no password."""
    assert user_of("http://a%40b:p%3Aw@proxy:3128") == ("a@b", "p:w")
    assert user_of("http://only@proxy") == ("only", "")
    assert user_of("http://proxy") is None
    assert "p%3Aw" not in str(address_of("http://a%40b:p%3Aw@proxy:3128"))
