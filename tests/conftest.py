"""What holds for the suite's own tests alone."""

from __future__ import annotations

import os

import pytest


def pytest_configure(config: pytest.Config) -> None:
    """A warning fails a test of ours; on a user's machine a library's deprecation must not break the checklist."""
    config.addinivalue_line("filterwarnings", "error")


@pytest.fixture(scope="session", autouse=True)
def shared_visits(tmp_path_factory: pytest.TempPathFactory) -> None:
    """What one worker of pytest-xdist gathered is there for the others."""
    if "PYTEST_XDIST_WORKER" in os.environ:
        from tests.suite.gathered import shared

        shared[:] = [tmp_path_factory.getbasetemp().parent / "gathered"]
