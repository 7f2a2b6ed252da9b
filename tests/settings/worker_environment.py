"""A pytest plugin for tests: each worker of pytest-xdist writes the names of its environment variables to a file."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


def pytest_sessionstart(session: pytest.Session) -> None:
    """Write the names, if this process is a worker."""
    if hasattr(session.config, "workerinput"):
        Path(os.environ["WORKER_ENVIRONMENT"]).write_text("\n".join(os.environ), encoding="utf-8")
