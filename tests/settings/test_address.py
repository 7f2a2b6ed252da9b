"""Addresses that people enter and servers send: read as the standard library reads them, and never a reason to break."""

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
def test_nothing_is_raised_and_nothing_is_read_otherwise(text: str) -> None:
    """Where the standard library can read it, its parts are ours; else there is no host."""
    read = address_of(text)

    with contextlib.suppress(ValueError):
        parts = urlsplit(text)
        assert read == Address(
            parts.scheme, parts.hostname or "", parts.port, parts.netloc.rpartition("@")[2], parts.path, parts.query
        )
        return
    assert read.host == ""
    assert user_of(text) is None or urlsplit(text)


@pytest.mark.parametrize("text", BROKEN)
def test_a_broken_address_keeps_its_scheme_alone(text: str) -> None:
    """So that what is wrong with it can be said: not the https, the host."""
    assert address_of(text) == Address(text.partition("://")[0] if "://" in text else "", "", None, "", "", "")


def test_the_user_is_told_apart() -> None:
    """Percent signs are decoded, and the password never stands in what is shown."""
    assert user_of("http://a%40b:p%3Aw@proxy:3128") == ("a@b", "p:w")
    assert user_of("http://only@proxy") == ("only", "")
    assert user_of("http://proxy") is None
    assert "p%3Aw" not in str(address_of("http://a%40b:p%3Aw@proxy:3128"))
