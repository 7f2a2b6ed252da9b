"""Configuration for smtp365's own tests only."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

import pytest


def pytest_configure(config: pytest.Config) -> None:
    """Turn warnings into errors in smtp365's own tests only; a library's deprecation warning must not fail a check in a user's run."""
    config.addinivalue_line("filterwarnings", "error")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Append each reason for skipped tests and their number to the file named in `SMTP365_SKIPPED`, if that variable is set."""
    if "SMTP365_SKIPPED" not in os.environ:
        return
    skipped = terminalreporter.stats.get("skipped", [])
    reasons = Counter(one.longrepr[2] if isinstance(one.longrepr, tuple) else str(one.longrepr) for one in skipped)
    with Path(os.environ["SMTP365_SKIPPED"]).open("a", encoding="utf-8") as file:
        file.writelines(f"{number} tests: {reason}\n" for reason, number in reasons.most_common())


@pytest.fixture(scope="session", autouse=True)
def shared_evidence(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Let pytest-xdist workers share gathered evidence through a common folder."""
    if "PYTEST_XDIST_WORKER" in os.environ:
        from tests.suite.gathered import shared

        shared[:] = [tmp_path_factory.getbasetemp().parent / "gathered"]
