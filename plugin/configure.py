"""Prepares a run: starts the built-in tenant, reads options and settings, and chooses the report's path.

Most modules are imported only where they are needed, so that the built-in tenant's process starts while they load.
"""

from __future__ import annotations

import gc
import os
import sys
import threading
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from plugin import printing, sigint
from plugin.command_line import ROOT, options_of
from plugin.stash import SESSION, TENANT

if TYPE_CHECKING:
    from fakes.serving.subprocess import Process


def configure(config: pytest.Config) -> None:
    """Implement `pytest_configure`: choose the folders and, if pytest runs the checklist, prepare the run.

    Raises UsageError if an option or a setting is wrong.
    """
    from plugin import folders

    folders.choose_folders(config, ROOT)
    if not _runs_checklist(config):
        return
    if hasattr(config, "workerinput"):
        from plugin.xdist import in_worker

        config.stash[SESSION] = in_worker(config.workerinput["smtp365"])
        return
    if threading.current_thread() is threading.main_thread():
        sigint.interrupt_on_signals(ctrl_c=False)  # pytest itself handles Ctrl-C
    sys.excepthook = printing.print_exception
    gc.disable()  # what is loaded now stays until the exit: collecting it costs a tenth of the run
    stack = ExitStack()
    config.add_cleanup(stack.close)
    if config.getoption("--target") == "fake" and config.getoption("--lookups-for") is None:
        config.stash[TENANT] = _start_built_in_tenant(stack, config)
    _prepare(config)
    gc.freeze()
    gc.enable()


def _prepare(config: pytest.Config) -> None:
    """Create the plan and the session, and choose the report's path."""
    from plugin import report_file  # from here on both processes load
    from plugin.session import Session
    from plugin.setup import make_plan
    from settings.mistakes import SettingsError

    try:
        if TENANT in config.stash:
            file, secrets = _wait_for(config.stash[TENANT])
            plan = make_plan(options_of(config), {**os.environ, **secrets}, file)
        else:
            plan = make_plan(options_of(config), os.environ)
    except SettingsError as problem:
        raise pytest.UsageError("\n".join(problem.lines)) from None
    config.stash[SESSION] = Session(plan)
    report_file.choose_path(config, ROOT, plan.started, plan.target)


def _runs_checklist(config: pytest.Config) -> bool:
    """Return whether the paths on the command line include the checklist. The suite's own tests need no preparation."""
    checks = ROOT / "checks"
    folder = Path(config.invocation_params.dir)
    paths = [(folder / str(argument).partition("::")[0]).resolve() for argument in config.args]
    return any(checks.is_relative_to(path) or path.is_relative_to(checks) for path in paths)


def _start_built_in_tenant(stack: ExitStack, config: pytest.Config) -> Process:
    """Start the built-in tenant in a separate process. The run learns about the tenant only from its settings file.

    Lookups take a fifth of a run, so the settings file has a [directory] table only if an option needs it.
    """
    from fakes.serving.subprocess import serve_in_subprocess

    lookups = any(config.getoption(name) for name in ("--lookups", "--admin-sign-in", "--tenant-export"))
    admin = config.getoption("--admin-sign-in")  # the tenant approves the administrator's code at once
    return stack.enter_context(
        serve_in_subprocess(config.getoption("--fault"), lookups=lookups, approve_device_codes=admin)
    )


def _wait_for(tenant: Process) -> tuple[Path, dict[str, str]]:
    """Wait until the built-in tenant is ready, and return its settings file and its secrets.

    Raises:
        SettingsError: the tenant did not start, for example because a fault is unknown.

    """
    from fakes.serving.subprocess import DidNotStart
    from settings.mistakes import SettingsError

    try:
        return tenant.settings_file, tenant.secrets
    except DidNotStart as problem:
        raise SettingsError([str(problem)]) from None


def header(config: pytest.Config) -> list[str]:
    """Implement `pytest_report_header`: state what a live run sends, from whom and to whom, or show the banner of any other run."""
    if SESSION not in config.stash or config.stash[SESSION].plan.is_worker:
        return []
    from plugin import folders
    from settings.printable import LONGEST_LINE, one_line

    plan = config.stash[SESSION].plan
    notes = folders.notes(config, live=plan.target.kind == "live")
    if plan.target.kind != "live":
        return [one_line(line, LONGEST_LINE) for line in [*([plan.banner] if plan.banner else []), *notes]]
    what = "no message (--no-send)" if plan.options.no_send else "one test message"
    lines = [
        f"{sender.name}: {what} from {sender.envelope_from} to {sender.envelope_to} "
        f"through {sender.smtp_server}:{sender.port}, signed in as {sender.sign_in_user} ({sender.authentication_type})"
        for sender in plan.senders
    ]
    return [one_line(line, LONGEST_LINE) for line in [*notes, *lines]]
