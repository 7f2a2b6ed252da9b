"""The real servers, started once for the tests of this folder and stopped after them; skipped with the reason."""

from collections.abc import Iterator

import pytest
import trustme

from tests.live.mail_server import MailServer, mail_server, why_not
from tests.live.name_server import name_server


@pytest.fixture(scope="session")
def postfix() -> Iterator[MailServer]:
    """A Postfix with Dovecot behind it, whose certificate a test authority signed."""
    if reason := why_not():
        pytest.skip(reason)
    with mail_server(trustme.CA()) as server:
        yield server


@pytest.fixture(scope="session")
def resolver() -> Iterator[str]:
    """A dnsmasq that knows the test zone, as `address:port`."""
    if reason := why_not():
        pytest.skip(reason)
    with name_server() as place:
        yield place
