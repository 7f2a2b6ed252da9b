"""A small checkout that the tests in this folder share, with an environment made by run.py."""

import pytest

from tests.cli.checkout import Checkout, furnish


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    """A checkout in a folder with a space and umlauts in its name, set up by its first run."""
    checkout = furnish(tmp_path_factory.mktemp("Büro Süd") / "smtp 365")
    first = checkout.run("fake", "0")
    assert first.returncode == 0, first.stderr
    return checkout
