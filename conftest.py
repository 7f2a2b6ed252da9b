"""pytest's hooks and fixtures for the checklist. Their code is in `plugin`.

Modules that need third-party libraries are imported inside the hooks, so that the built-in tenant's process starts first.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from plugin import collect, command_line, configure, printing
from plugin.stash import SESSION

if TYPE_CHECKING:
    from checks.model import Finding


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options of smtp365."""
    command_line.add_options(parser)


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Read the options and settings, and start the built-in tenant if it is the target.

    If pytest does not run the checklist, only choose the folders to write to.
    """
    with printing.legible_usage_errors():
        configure.configure(config)


def pytest_report_header(config: pytest.Config) -> list[str]:
    """Return header lines that name the built-in tenant or list what a live run is about to send."""
    return configure.header(config)


# -- collection and gathering -----------------------------------------------------------------------------------------


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Generate one test for each check of each sender."""
    collect.generate_tests(metafunc)


@pytest.hookimpl(trylast=True)  # after pytest has ended its own line, so that a question starts on a new one
def pytest_collection_finish(session: pytest.Session) -> None:
    """Gather the evidence for the selected senders."""
    collect.gather_selected(session)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_setupnodes(config: pytest.Config) -> None:
    """Gather the evidence before the first worker of pytest-xdist starts."""
    collect.gather_for_workers(config)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:  # noqa: ANN401 - xdist's WorkerController is not public
    """Send the evidence to a worker of pytest-xdist."""
    collect.gather_for_worker(node)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:  # noqa: ANN401 - xdist's types are its own
    """Return a scheduler that runs all checks of a sender in the same worker, or None to use pytest-xdist's own."""
    return collect.scheduler(config, log)


@pytest.fixture
def finding(request: pytest.FixtureRequest, sender: str, check_id: str) -> Finding:
    """Return the finding under test."""
    return collect.finding(request.config, sender, check_id)


@pytest.fixture
def strict(request: pytest.FixtureRequest) -> bool:
    """Return whether a check with an unknown result fails."""
    return request.config.stash[SESSION].plan.options.strict


# -- results ----------------------------------------------------------------------------------------------------------


def pytest_sessionstart(session: pytest.Session) -> None:
    """Record which checks this session runs."""
    if SESSION in session.config.stash:
        from plugin import record

        record.start(session)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> Iterator[None]:
    """Write the outputs and set the exit code."""
    if SESSION not in session.config.stash:
        return (yield)
    from plugin import record

    return (yield from record.finish(session, exitstatus))


def pytest_internalerror(excrepr: Any) -> bool | None:  # noqa: ANN401 - pytest's type is not public
    """Print an internal error without control characters. Its text can come from a server."""
    return printing.print_internal_error(excrepr)


def pytest_keyboard_interrupt() -> None:
    """Report the interruption in one line."""
    from plugin import record

    record.report_interrupt()


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config: pytest.Config) -> None:
    """Print the verdict and the path of the report as the last lines."""
    if SESSION in config.stash:
        from plugin import record

        record.print_last_lines(config)


# -- pytest-html ------------------------------------------------------------------------------------------------------


@pytest.hookimpl(optionalhook=True)
def pytest_metadata(metadata: dict[str, Any]) -> None:
    """Reduce pytest-html's environment table to versions."""
    from plugin import html_table

    html_table.set_metadata(metadata)


@pytest.hookimpl(optionalhook=True)
def pytest_html_report_title(report: Any) -> None:  # noqa: ANN401 - pytest-html's report is not typed
    """Set a provisional title for the report. The answer replaces it later."""
    if SESSION in report._config.stash:  # noqa: SLF001 - the hook is given no config
        from plugin import html_table

        report.title = html_table.title(report._config.stash[SESSION].plan.target.label)  # noqa: SLF001


@pytest.hookimpl(optionalhook=True)
def pytest_html_results_table_header(cells: list[str]) -> None:
    """Replace the columns of the results table with our own."""
    from plugin import html_table

    html_table.set_header(cells)


@pytest.hookimpl(optionalhook=True)
def pytest_html_duration_format(duration: float) -> str:
    """Return the duration in milliseconds, so that pytest-html can sort the column."""
    from plugin import html_table

    return html_table.format_duration(duration)


@pytest.hookimpl(optionalhook=True)
def pytest_html_results_summary(prefix: list[str], session: pytest.Session) -> None:
    """Insert our part of the report above the results table."""
    if SESSION in session.config.stash:
        from plugin import outputs

        prefix.append(session.config.stash[outputs.TOP])
