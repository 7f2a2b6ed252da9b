"""Configuration for smtp365's own tests only."""

from __future__ import annotations

import os

import pytest


def pytest_configure(config: pytest.Config) -> None:
    """Turn warnings into errors in our own tests; in a user's run a library's deprecation warning must not fail a check."""
    config.addinivalue_line("filterwarnings", "error")


@pytest.fixture(scope="session", autouse=True)
def shared_evidence(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Share gathered evidence between the workers of pytest-xdist."""
    if "PYTEST_XDIST_WORKER" in os.environ:
        from tests.suite.gathered import shared

        shared[:] = [tmp_path_factory.getbasetemp().parent / "gathered"]
