"""A built-in tenant that the tests in this folder share. Each test sets its state."""

from collections.abc import Iterator

import pytest

from fakes import Running, healthy, serve


@pytest.fixture(scope="session")
def tenant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Run a tenant. An internal error in the tenant is reported as an error at the end of the session."""
    with serve(healthy(), folder=tmp_path_factory.mktemp("tenant")) as running:
        yield running
    assert running.failures == []
