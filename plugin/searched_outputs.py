"""Selects what the self-test of a run searches, and the texts of the run that are the same with any secret."""

from __future__ import annotations

import platform
from collections.abc import Iterator
from pathlib import Path

import pytest

from plugin import folders, outputs, printed, report_file, self_test
from plugin.session import Session
from probes.attempt_files import FOLDER
from reports.run import Run

_OPTIONS = ("json", "xmlpath", "log_file", "markdown", "csv", "prometheus", "report_log")


def test_for_secrets(config: pytest.Config, session: Session, run: Run) -> bool:
    """Search the files of the run, and what was printed, for the run's secrets. Return whether any was found.

    Ordinary words do not count. Secrets in the files and in the closing lines are masked.
    """
    secrets = session.plan.source.secrets.reveal()
    if not secrets:
        return False
    result, masked = self_test.search(
        secrets, _files(config), printed.kept(config), lambda: _known(config, session, run)
    )
    lines = config.stash[outputs.CLOSING_LINES]
    config.stash[outputs.CLOSING_LINES] = [masked(line) for line in lines[:-1]] + result.lines + lines[-1:]
    return result.failed


def _files(config: pytest.Config) -> Iterator[Path]:
    """Yield the paths of the files that this run may have written."""
    folder = Path(config.invocation_params.dir)
    report = report_file.written(config)
    if report is not None:
        yield from (report, report.with_suffix(".ics"))
    for name in _OPTIONS:
        if value := getattr(config.option, name, None):
            yield folder / str(value)
    if value := config.getini("log_file"):
        yield folder / str(value)
    state = folders.state_folder()
    if state is not None:
        yield from (state / FOLDER).glob("*.json")
    if config.pluginmanager.hasplugin("cacheprovider"):
        yield from (config.rootpath / str(config.getini("cache_dir"))).rglob("*")


def _known(config: pytest.Config, session: Session, run: Run) -> Iterator[str]:
    """Yield the texts of this run that are the same with any secret: settings, options, paths, names and dates."""
    yield from (one.model_dump_json(by_alias=True) for one in session.plan.settings.values())
    yield from (one.machine.model_dump_json() for one in session.evidence.values())
    yield from map(str, config.invocation_params.args)
    yield from map(str, _files(config))
    yield f"{config.rootpath} {config.invocation_params.dir} {run.host} {run.target} {run.tool_version}"
    yield f"{platform.platform()} {platform.python_version()} {platform.node()}"
    for moment in (run.started, run.finished):
        yield f"{moment.isoformat()} {moment:%Y%m%d} {moment:%d.%m.%Y} {moment:%d %B %Y} {moment:%H%M%S}"
