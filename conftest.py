"""Wiring only: options, the order of settings → evidence → findings → reports, and pytest's hooks handed to the rooms.

Nothing imports this file. With pytest-xdist only the controller gathers; workers get frozen evidence, hold no secret, open no socket.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from checks.assessment import Assessment
from checks.catalogue import CATALOGUE
from checks.model import Finding
from probes import gather
from probes.deadline import utc_now
from probes.evidence import SenderEvidence
from probes.machine import TOOL_VERSION
from reports import exit_status, outputs
from reports.run import Run
from settings.load import load
from settings.mistakes import SettingsError
from settings.model import Judged, Sender, Settings
from settings.target import Target, chosen, settings_file, target_of

ROOT = Path(__file__).resolve().parent
KEY = pytest.StashKey["Suite"]()


@dataclass(slots=True)
class Suite:
    """One run: what was asked for, and what came of it."""

    target: Target
    senders: tuple[Sender, ...]
    judged: dict[str, Judged]
    started: datetime
    strict: bool
    worker: bool = False
    settings: Settings | None = None
    environ: Mapping[str, str] = field(default_factory=dict)
    evidence: dict[str, SenderEvidence] = field(default_factory=dict)
    assessments: dict[str, Assessment] = field(default_factory=dict)
    seen: dict[str, set[str]] = field(default_factory=dict)
    interrupted: bool = False
    faults: tuple[str, ...] = ()
    no_send: bool = False
    try_again: bool = False
    open: ExitStack = field(default_factory=ExitStack)

    def finding(self, sender: str, check: str) -> Finding:
        """The judgement of one check of one sender."""
        if sender not in self.assessments:
            self.assessments[sender] = Assessment(self.evidence[sender], self.judged[sender])
        return self.assessments[sender].finding(check)

    def gather(self, names: set[str], progress: outputs.Progress) -> None:
        """Visit the route for these senders, once; keep what was seen when the user interrupts."""
        if self.settings is None:
            return
        senders = [sender for sender in self.senders if sender.name in names and sender.name not in self.evidence]
        state = None if self.target.kind == "fake" else outputs.state_folder() / "refused.json"
        world = gather.world_of(self.settings, refusals=state, no_send=self.no_send, try_again=self.try_again)
        found = gather.secrets_of(senders, self.environ)
        with progress:
            try:
                self.evidence |= gather.gather(senders, world, found, progress)
            except gather.InterruptedGatheringError as stopped:
                self.evidence |= stopped.evidence
                self.interrupted = True
                raise KeyboardInterrupt from None

    def run(self, *, complete: bool) -> Run:
        """The run as the reports see it."""
        judged = [
            Assessment(self.evidence[s.name], self.judged[s.name]) for s in self.senders if s.name in self.evidence
        ]
        host = judged[0].evidence.machine.host if judged else ""
        return Run(
            tool_version=TOOL_VERSION,
            target=self.target.label,
            started=self.started,
            finished=utc_now(),
            host=host,
            senders=tuple(judged),
            selected=None if complete else {name: frozenset(checks) for name, checks in self.seen.items()},
            interrupted=self.interrupted,
            faults=self.faults,
            replayed_from=self.target.path.name if self.target.path is not None else None,
        )


# -- options and settings ---------------------------------------------------------------------------------------------


def pytest_addoption(parser: pytest.Parser) -> None:
    """The suite's own options, in a group of their own; --strict is pytest's."""
    group = parser.getgroup("smtp365", "can this application, from this machine, send mail through Microsoft 365?")
    group.addoption(
        "--target",
        default="fake",
        metavar="fake|live|REPORT",
        help="built-in tenant, real service, or a report to judge again",
    )
    group.addoption("--settings", default=None, metavar="FILE", help="the settings file (default: settings.toml)")
    group.addoption("--sender", action="append", default=[], metavar="NAME", help="only this sender (repeatable)")
    group.addoption("--fault", action="append", default=[], metavar="ID", help="break the built-in tenant (repeatable)")
    group.addoption("--no-send", action="store_true", help="stop after RCPT: mails nobody, and proves less")
    group.addoption(
        "--try-again", action="store_true", help="sign in although the same user was refused less than 15 minutes ago"
    )
    group.addoption("--json", default=None, metavar="FILE", help="write the results as JSON")


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Read options and settings, and start the built-in tenant, when the checklist is what runs."""
    if not _runs_checklist(config):
        return
    try:
        suite = _worker_suite(config) if hasattr(config, "workerinput") else _suite(config)
    except SettingsError as problem:
        raise pytest.UsageError(*problem.lines) from None
    config.stash[KEY] = suite
    if not suite.worker:
        outputs.choose_report(config, ROOT, suite.started, suite.target)


def _runs_checklist(config: pytest.Config) -> bool:
    """Whether the files that were asked for hold the checklist; the suite's own tests are pytest as everywhere."""
    folder = Path(config.invocation_params.dir)
    paths = [folder / str(argument).partition("::")[0] for argument in config.args]
    return any(
        (ROOT / "checks").is_relative_to(path.resolve()) or path.resolve().is_relative_to(ROOT / "checks")
        for path in paths
    )


def _suite(config: pytest.Config) -> Suite:
    folder = Path(config.invocation_params.dir)
    target = target_of(config.getoption("--target"), folder)
    faults = tuple(config.getoption("--fault"))
    if faults and target.kind != "fake":
        raise SettingsError(
            ["--fault: only the built-in tenant can be broken; leave out --target or write --target=fake"]
        )
    suite = Suite(
        target=target,
        senders=(),
        judged={},
        started=utc_now(),
        strict=bool(getattr(config.option, "strict", False)),
        faults=faults,
        no_send=config.getoption("--no-send"),
        try_again=config.getoption("--try-again"),
        environ=os.environ,
    )
    config.add_cleanup(suite.open.close)
    if target.kind == "report":
        _replay(suite, config)
        return suite
    suite.settings = (
        _fake(suite) if target.kind == "fake" else load(settings_file(config.getoption("--settings"), folder, ROOT))
    )
    suite.senders = chosen(suite.settings.sender, config.getoption("--sender"))
    suite.judged = {sender.name: suite.settings.judged(sender, strict=suite.strict) for sender in suite.senders}
    return suite


def _fake(suite: Suite) -> Settings:
    """Start the built-in tenant in a process of its own; from here on it is only other settings."""
    from fakes import UnknownFault, serve_apart
    from fakes.apart import DidNotStart

    folder = Path(tempfile.mkdtemp(prefix="smtp365-"))
    suite.open.callback(shutil.rmtree, folder, ignore_errors=True)
    try:
        apart = suite.open.enter_context(serve_apart(suite.faults, folder=folder))
        settings = load(apart.settings_file)
    except (UnknownFault, DidNotStart) as problem:
        raise SettingsError([str(problem)]) from None
    suite.environ = {**os.environ, **apart.secrets}
    return settings


def _replay(suite: Suite, config: pytest.Config) -> None:
    from reports.replay import NotAReport, load_report

    try:
        _, visits = load_report(suite.target.path or Path())
    except NotAReport as problem:
        raise SettingsError([str(problem)]) from None
    everyone = {judged.sender.name: judged.sender for _, judged in visits}
    suite.senders = chosen(everyone, config.getoption("--sender"))
    suite.judged = {judged.sender.name: judged for _, judged in visits}
    suite.evidence = {evidence.sender: evidence for evidence, _ in visits}


# -- collection -------------------------------------------------------------------------------------------------------


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One test for each check of each sender's own method."""
    suite = metafunc.config.stash.get(KEY, None)
    if suite is None or "finding" not in metafunc.fixturenames:
        return
    pairs = [
        (sender.name, check.id)
        for sender in suite.senders
        for check in CATALOGUE.checks.values()
        if sender.method in check.methods
    ]
    ids = [f"{sender}-{check}" for sender, check in pairs]
    metafunc.parametrize(("sender", "check_id"), pairs, ids=ids, scope="session")


def pytest_collection_finish(session: pytest.Session) -> None:
    """Gather once the selection is known, for the senders that are in it; --co contacts nothing."""
    suite = session.config.stash.get(KEY, None)
    if suite is None or suite.worker or session.config.option.collectonly or _distributed(session.config):
        return
    names = {item.callspec.params["sender"] for item in session.items if hasattr(item, "callspec")}
    suite.gather(names, outputs.progress(session.config))


@pytest.fixture
def finding(request: pytest.FixtureRequest, sender: str, check_id: str) -> Finding:
    """The judgement under test."""
    return request.config.stash[KEY].finding(sender, check_id)


@pytest.fixture
def strict(request: pytest.FixtureRequest) -> bool:
    """Whether what nobody could look at counts as failed."""
    return request.config.stash[KEY].strict


# -- pytest-xdist -----------------------------------------------------------------------------------------------------


def _distributed(config: pytest.Config) -> bool:
    return bool(getattr(config.option, "dist", "no") != "no" and getattr(config.option, "tx", None))


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:  # noqa: ANN401 - xdist's WorkerController is not public
    """Gather before the first worker starts, and hand it the frozen evidence."""
    suite = node.config.stash.get(KEY, None)
    if suite is None:
        return
    suite.gather({sender.name for sender in suite.senders}, outputs.progress(node.config))
    node.workerinput["smtp365"] = json.dumps(
        {
            "target": suite.target.kind,
            "strict": suite.strict,
            "judged": [judged.model_dump(mode="json", by_alias=True) for judged in suite.judged.values()],
            "evidence": [evidence.model_dump(mode="json") for evidence in suite.evidence.values()],
        }
    )


def _worker_suite(config: pytest.Config) -> Suite:
    given = json.loads(config.workerinput["smtp365"])  # type: ignore[attr-defined]  # xdist sets it
    judged = [Judged.model_validate_json(json.dumps(one)) for one in given["judged"]]
    evidence = [SenderEvidence.model_validate(one) for one in given["evidence"]]
    return Suite(
        target=Target(given["target"]),
        senders=tuple(one.sender for one in judged),
        judged={one.sender.name: one for one in judged},
        started=utc_now(),
        strict=given["strict"],
        worker=True,
        evidence={one.sender: one for one in evidence},
    )


# -- results ----------------------------------------------------------------------------------------------------------


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Note which checks were run; under xdist this is heard in the controller."""
    if report.when == "call" and _current is not None:
        properties = dict(report.user_properties)
        if "check" in properties:
            _current.seen.setdefault(str(properties["sender"]), set()).add(str(properties["check"]))


_current: Suite | None = None


@pytest.hookimpl(tryfirst=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    """Remember the suite for the hooks that are given no config."""
    global _current  # noqa: PLW0603 - pytest_runtest_logreport is given no config
    _current = session.config.stash.get(KEY, None)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> Iterator[None]:
    """Set the exit code, and write what was asked for, before and after pytest-html writes its part."""
    suite = session.config.stash.get(KEY, None)
    if suite is None or suite.worker or session.config.option.collectonly:
        yield
        return
    suite.interrupted = suite.interrupted or exitstatus == pytest.ExitCode.INTERRUPTED
    run = suite.run(complete=_complete(suite))
    outputs.before(session.config, run)
    yield
    session.exitstatus = exit_status.of(run, int(exitstatus))
    outputs.after(session.config, run)


def _complete(suite: Suite) -> bool:
    everything = {
        sender.name: {check.id for check in CATALOGUE.checks.values() if sender.method in check.methods}
        for sender in suite.senders
    }
    return everything == suite.seen


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config: pytest.Config) -> None:
    """The last lines on the terminal: the verdict, and where the report is."""
    outputs.last_words(config, sys.stdout)
