"""pytest wiring: options, fixtures and hooks, which call `plugin`.

With pytest-xdist only the controller gathers; workers get frozen evidence, hold no secret and open no socket.
The rooms are imported where they are needed, so that the built-in tenant's process starts while they load.
"""

from __future__ import annotations

import gc
import os
import shutil
import sys
import tempfile
from collections.abc import Generator, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from checks.model import Finding
    from fakes.serving.subprocess import Process
    from plugin.session import Suite
    from settings.options import Wishes

ROOT = Path(__file__).resolve().parent
KEY = pytest.StashKey["Suite"]()
TENANT = pytest.StashKey["Process"]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """The suite's own options, in a group of their own; --strict is pytest's."""
    group = parser.getgroup("smtp365", "can this application, from this machine, send mail through Microsoft 365?")
    add = group.addoption
    add(
        "--target",
        default="fake",
        metavar="fake|live|REPORT|FOLDER",
        help="built-in tenant, real service, a report to judge again, or a folder of reports to see together",
    )
    add("--settings", metavar="FILE", help="the settings file for --target=live (default: settings.toml)")
    add(
        "--sender",
        action="append",
        default=[],
        metavar="NAME",
        help="only this sender; also a pattern (mail-*) or a tag (tag:nightly); repeatable",
    )
    add("--fault", action="append", default=[], metavar="ID", help="break the built-in tenant (repeatable)")
    add("--no-send", action="store_true", help="stop after RCPT: mails nobody, and proves less")
    add("--try-again", action="store_true", help="sign in although the same user was refused less than 15 minutes ago")
    add(
        "--look-ups",
        action="store_true",
        help="look settings up in the built-in tenant (a live run does when its settings have a table [directory])",
    )
    add(
        "--admin-sign-in",
        action="store_true",
        help="look settings up in the tenant: an administrator signs in by a code",
    )
    add("--tenant-export", metavar="FILE", help="look settings up in a file that the PowerShell script in docs/ wrote")
    add("--lookups-for", metavar="REPORT", help="ask the look-ups of an earlier report again, without any SMTP")
    add("--json", metavar="FILE", help="write the results as JSON")
    add(
        "--mask-identities",
        action="store_true",
        help="mask what identifies people, tenants and machines, in every output",
    )
    add("--baseline", metavar="REPORT", help="tell what changed since an earlier report")


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Read options and settings, and start the built-in tenant, when the checklist is what runs."""
    from plugin import folders

    folders.choose_folders(config, ROOT)
    if not _runs_checklist(config):
        return
    if hasattr(config, "workerinput"):
        from plugin.xdist import in_worker

        config.stash[KEY] = in_worker(config.workerinput["smtp365"])
        return
    target = config.getoption("--target")
    gc.disable()  # what is loaded now stays to the end: collecting among it, and again at the exit, costs a tenth of the run
    stack = ExitStack()
    config.add_cleanup(stack.close)
    built_in = target == "fake" and config.getoption("--lookups-for") is None
    tenant = _built_in_tenant(stack, config) if built_in else None
    if tenant is not None:
        config.stash[TENANT] = tenant
    from plugin import report_file  # from here on both processes load
    from plugin.setup import begin
    from settings.mistakes import SettingsError

    try:
        if tenant is None:
            config.stash[KEY] = begin(_wishes(config))
        else:
            file, secrets = _ready(tenant)
            config.stash[KEY] = begin(_wishes(config), {**os.environ, **secrets}, file)
    except SettingsError as problem:
        raise pytest.UsageError("\n".join(problem.lines)) from None
    gc.freeze()
    gc.enable()
    report_file.choose_path(config, ROOT, config.stash[KEY].started, config.stash[KEY].target)


def _runs_checklist(config: pytest.Config) -> bool:
    """Whether the files that were asked for hold the checklist; the suite's own tests are pytest as everywhere."""
    checks = ROOT / "checks"
    folder = Path(config.invocation_params.dir)
    paths = [(folder / str(argument).partition("::")[0]).resolve() for argument in config.args]
    return any(checks.is_relative_to(path) or path.is_relative_to(checks) for path in paths)


def _wishes(config: pytest.Config) -> Wishes:
    from settings.options import Wishes

    return Wishes(
        target=config.getoption("--target"),
        settings=config.getoption("--settings"),
        senders=tuple(config.getoption("--sender")),
        folder=Path(config.invocation_params.dir),
        root=ROOT,
        strict=bool(getattr(config.option, "strict", False)),
        no_send=config.getoption("--no-send"),
        try_again=config.getoption("--try-again"),
        faults=tuple(config.getoption("--fault")),
        baseline=config.getoption("--baseline"),
        mask=config.getoption("--mask-identities"),
        look_ups=config.getoption("--look-ups"),
        admin_sign_in=config.getoption("--admin-sign-in"),
        tenant_export=config.getoption("--tenant-export"),
        lookups_for=config.getoption("--lookups-for"),
    )


def _built_in_tenant(stack: ExitStack, config: pytest.Config) -> Process:
    """The built-in tenant in a process of its own; from here on it is only other settings.

    Look-ups cost a fifth of a run, so its settings name who may look things up only when an option asks for them.
    """
    from fakes.serving.subprocess import serve_in_subprocess

    folder = Path(tempfile.mkdtemp(prefix="smtp365-"))
    stack.callback(shutil.rmtree, folder, ignore_errors=True)
    looks = any(config.getoption(name) for name in ("--look-ups", "--admin-sign-in", "--tenant-export"))
    admin = config.getoption("--admin-sign-in")  # its administrator types the code in at once
    return stack.enter_context(
        serve_in_subprocess(config.getoption("--fault"), folder=folder, look_ups=looks, approve_device_codes=admin)
    )


def _ready(tenant: Process) -> tuple[Path, dict[str, str]]:
    """Wait until it serves. Raises SettingsError when it did not start (an unknown fault, or one not to be staged here)."""
    from fakes.serving.subprocess import DidNotStart
    from settings.mistakes import SettingsError

    try:
        return tenant.settings_file, tenant.secrets
    except DidNotStart as problem:
        raise SettingsError([str(problem)]) from None


def pytest_report_header(config: pytest.Config) -> list[str]:
    """That the tenant is the built-in one; or what a live run is about to send, and to whom, before it does."""
    suite = config.stash.get(KEY, None)
    if suite is None or suite.worker:
        return []
    from plugin import folders

    where = folders.notes(config, live=suite.target.kind == "live")
    if suite.target.kind != "live":
        return [*([suite.banner] if suite.banner else []), *where]
    what = "no message (--no-send)" if config.getoption("--no-send") else "one test message"
    return where + [
        f"{sender.name}: {what} from {sender.envelope_from} to {sender.envelope_to} "
        f"through {sender.smtp_server}:{sender.port}, signed in as {sender.sign_in_user} ({sender.authentication_type})"
        for sender in suite.senders
    ]


# -- collection and gathering -----------------------------------------------------------------------------------------


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One test for each check of each sender."""
    suite = metafunc.config.stash.get(KEY, None)
    if suite is None or "finding" not in metafunc.fixturenames:
        return
    ids = [f"{sender}-{check}" for sender, check in suite.pairs]
    metafunc.parametrize(("sender", "check_id"), suite.pairs, ids=ids)


@pytest.hookimpl(trylast=True)  # when pytest has ended its own line, so that a question begins one
def pytest_collection_finish(session: pytest.Session) -> None:
    """Gather once the selection is known, for the senders that are in it; --co contacts nothing."""
    suite = session.config.stash.get(KEY, None)
    if suite is None or suite.worker or session.config.option.collectonly or _distributed(session.config):
        return
    chosen = (item.callspec.params.get("sender") for item in session.items if hasattr(item, "callspec"))
    names = {sender for sender in chosen if isinstance(sender, str)}
    _gather(session.config, suite, names)


def _gather(config: pytest.Config, suite: Suite, names: set[str]) -> None:
    """Visit the route; afterwards nobody needs the built-in tenant, which may end while the rest goes on."""
    from plugin import outputs

    suite.gather(names, outputs.progress(config), lambda: _terminal(config))
    if TENANT in config.stash:
        config.stash[TENANT].end()


@contextmanager
def _terminal(config: pytest.Config) -> Iterator[None]:
    """Standard input is the user's own meanwhile: pytest's capture holds it from its start to its end."""
    capture: Any = config.pluginmanager.getplugin("capturemanager")
    if capture is None:
        yield
        return
    capture.suspend_global_capture(in_=True)
    try:
        yield
    finally:
        capture.resume_global_capture()
        capture.suspend_global_capture()  # between collection and tests only standard input is captured


def _distributed(config: pytest.Config) -> bool:
    return bool(getattr(config.option, "dist", "no") != "no" and getattr(config.option, "tx", None))


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:  # noqa: ANN401 - xdist's WorkerController is not public
    """Gather before the first worker starts, and hand each the frozen evidence."""
    suite = node.config.stash.get(KEY, None)
    if suite is None:
        return
    from plugin.xdist import for_workers

    _gather(node.config, suite, {sender.name for sender in suite.senders})
    node.workerinput["smtp365"] = for_workers(suite)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:  # noqa: ANN401 - xdist's types are its own
    """With plain `-n` a sender's checks stay together; a distribution that was asked for by name is the user's."""
    if KEY not in config.stash or config.getvalue("dist") != "load":
        return None
    from plugin.xdist import BySender

    return BySender(config, log)


@pytest.fixture
def finding(request: pytest.FixtureRequest, sender: str, check_id: str) -> Finding:
    """The judgement under test."""
    return request.config.stash[KEY].finding(sender, check_id)


@pytest.fixture
def strict(request: pytest.FixtureRequest) -> bool:
    """Whether what nobody could look at counts as failed."""
    return request.config.stash[KEY].strict


# -- results ----------------------------------------------------------------------------------------------------------


class Heard:
    """Notes which checks were run; under pytest-xdist this is heard in the controller."""

    def __init__(self, suite: Suite) -> None:
        self._suite = suite

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note the check of a test that was called."""
        properties = dict(report.user_properties)
        if report.when == "call" and "check" in properties:
            self._suite.seen.setdefault(str(properties["sender"]), set()).add(str(properties["check"]))

    @pytest.hookimpl(optionalhook=True)
    def pytest_html_results_table_row(self, report: pytest.TestReport, cells: list[str]) -> None:
        """Our cells; with many senders only what is not a pass."""
        from plugin import html_table
        from reports import overview

        html_table.set_row(report, cells, many=len(self._suite.senders) > overview.MANY)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtestloop(self, session: pytest.Session) -> Generator[None, object, object]:
        """Pytest goes back to the folder where it was started, and would break where somebody has removed it."""
        from plugin import report_file

        try:
            return (yield)
        finally:
            report_file.leave_removed_folder(session.config, ROOT)

    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> Iterator[None]:
        """Right after pytest-html wrote its file, and before the terminal names it: give it its final name."""
        from plugin import report_file

        try:
            yield
        except OSError as problem:
            report_file.record_failure(session.config, problem)
        report_file.finish(session.config)


def pytest_sessionstart(session: pytest.Session) -> None:
    """Begin to listen."""
    suite = session.config.stash.get(KEY, None)
    if suite is not None and not suite.worker:
        session.config.pluginmanager.register(Heard(suite), "smtp365-heard")


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> Iterator[None]:
    """Set the exit code, and write what was asked for, before and after pytest-html writes its part."""
    suite = session.config.stash.get(KEY, None)
    if suite is None or suite.worker or session.config.option.collectonly:
        yield
        return
    from plugin import exit_status, outputs

    suite.interrupted = suite.interrupted or exitstatus == pytest.ExitCode.INTERRUPTED
    run = suite.run()
    outputs.before(session.config, run, suite.before)
    yield
    outputs.after(session.config, run)
    session.exitstatus = exit_status.of(run, int(exitstatus), missing=outputs.missing(session.config))


def pytest_keyboard_interrupt() -> None:
    """One line at once; before the first test is collected pytest itself says nothing."""
    if sys.stderr is not None:
        sys.stderr.write("smtp365: interrupted\n")


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config: pytest.Config) -> None:
    """The last lines on the terminal: the verdict, and where the report is."""
    if KEY in config.stash and not config.stash[KEY].worker:
        from plugin import outputs

        outputs.last_words(config, sys.stdout)


@pytest.hookimpl(optionalhook=True)
def pytest_metadata(metadata: dict[str, Any]) -> None:
    """What pytest-html shows as its environment."""
    from plugin import html_table

    html_table.set_metadata(metadata)


# -- pytest-html ------------------------------------------------------------------------------------------------------


@pytest.hookimpl(optionalhook=True)
def pytest_html_report_title(report: Any) -> None:  # noqa: ANN401 - pytest-html's report is not typed
    """The title until the answer replaces it."""
    if KEY in report._config.stash:  # noqa: SLF001 - the hook is given no config
        from plugin import html_table

        report.title = html_table.title(report._config.stash[KEY].target.label)  # noqa: SLF001


@pytest.hookimpl(optionalhook=True)
def pytest_html_results_table_header(cells: list[str]) -> None:
    """Our columns."""
    from plugin import html_table

    html_table.set_header(cells)


@pytest.hookimpl(optionalhook=True)
def pytest_html_duration_format(duration: float) -> str:
    """Milliseconds, which sort."""
    from plugin import html_table

    return html_table.format_duration(duration)


@pytest.hookimpl(optionalhook=True)
def pytest_html_results_summary(prefix: list[str], session: pytest.Session) -> None:
    """Our part, on top."""
    from plugin import outputs

    if KEY in session.config.stash:
        prefix.append(session.config.stash[outputs.TOP])
