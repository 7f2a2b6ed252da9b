"""What holds for the suite's own tests alone."""

from __future__ import annotations

import pytest


def pytest_configure(config: pytest.Config) -> None:
    """A warning fails a test of ours; on a user's machine a library's deprecation must not break the checklist."""
    config.addinivalue_line("filterwarnings", "error")
