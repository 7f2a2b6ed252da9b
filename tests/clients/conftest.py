"""One built-in tenant for the tests of this folder; what it shows is changed from test to test."""

from collections.abc import Iterator

import pytest

from fakes import Running, healthy, serve


@pytest.fixture(scope="session")
def tenant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A running tenant; what went wrong inside it fails the session."""
    with serve(healthy(), folder=tmp_path_factory.mktemp("tenant")) as running:
        yield running
    assert running.failures == []
