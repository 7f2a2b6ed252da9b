"""Records which checks ran. At the end of the session, writes the outputs and sets the exit code."""

from __future__ import annotations

import sys
from collections.abc import Generator, Iterator

import pytest

from plugin import printing
from plugin.command_line import ROOT
from plugin.session import Session
from plugin.stash import SESSION


class RunRecorder:
    """A plugin for the controller, which records the checks that ran and finishes the report file."""

    def __init__(self, session: Session) -> None:
        self._session = session

    @pytest.hookimpl(tryfirst=True)  # before the terminal, JUnit XML and pytest-html read the report
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Record that a check ran, in this process or in a worker of pytest-xdist, and make the report's texts legible."""
        properties = dict(report.user_properties)
        if report.when == "call" and "check" in properties:
            self._session.record(str(properties["sender"]), str(properties["check"]))
        printing.make_legible(report)

    @pytest.hookimpl(optionalhook=True)
    def pytest_html_results_table_row(self, report: pytest.TestReport, cells: list[str]) -> None:
        """Insert our cells into the row. With many senders, omit the rows of checks that passed or do not apply."""
        from plugin import html_table
        from reports import overview

        html_table.set_row(report, cells, many=len(self._session.plan.senders) > overview.OVERVIEW_ABOVE)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtestloop(self, session: pytest.Session) -> Generator[None, object, object]:
        """Leave the start folder if it has been removed. Otherwise, pytest would try to return to it at the end and fail."""
        from plugin import report_file

        try:
            return (yield)
        finally:
            report_file.leave_removed_folder(session.config, ROOT)

    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> Iterator[None]:
        """Rename the report to its final name after pytest-html has written it and before the terminal shows its path."""
        from plugin import report_file

        try:
            yield
        except OSError as problem:
            report_file.record_failure(session.config, problem)
        report_file.finish(session.config)


def start(session: pytest.Session) -> None:
    """Register the recorder and keep what pytest prints, except in a worker."""
    ours = session.config.stash[SESSION]
    if not ours.plan.is_worker:
        session.config.pluginmanager.register(RunRecorder(ours), "smtp365-recorder")
        from plugin import printed

        printed.keep(session.config)


def finish(session: pytest.Session, exitstatus: int) -> Iterator[None]:
    """Write our outputs before and after pytest-html writes its file, search all of them for secrets, and set the exit code.

    In a worker, or with `--collect-only`, nothing is written.
    """
    ours = session.config.stash[SESSION]
    if ours.plan.is_worker or session.config.option.collectonly:
        yield
        return
    from plugin import exit_status, outputs, searched_outputs

    run = ours.run(interrupted=exitstatus == pytest.ExitCode.INTERRUPTED)
    outputs.prepare(session.config, run, ours.plan.baseline)
    yield
    outputs.finish(session.config, run)
    leaked = searched_outputs.test_for_secrets(session.config, ours, run)
    session.exitstatus = exit_status.of(run, int(exitstatus), missing=outputs.any_missing(session.config) or leaked)


def print_last_lines(config: pytest.Config) -> None:
    """Print the closing lines, except in a worker."""
    if not config.stash[SESSION].plan.is_worker:
        from plugin import outputs

        outputs.print_closing_lines(config, sys.stdout)


def report_interrupt() -> None:
    """Print one line at once, because pytest itself prints nothing if it is interrupted before it has collected a test."""
    if sys.stderr is not None:
        sys.stderr.write("smtp365: interrupted\n")
