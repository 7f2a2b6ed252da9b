"""How a run begins: from what the command line asks for to a suite; wishes and settings that cannot be end here.

Only conftest.py imports this file, after it has started the built-in tenant, so that both load at the same time.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from plugin.report_reader import load_folder, load_report, load_results
from plugin.session import Suite, readable
from probes.deadline import utc_now
from reports.replay import origins
from settings.combinations import mistakes
from settings.examples import left_in
from settings.load import load
from settings.mistakes import SettingsError
from settings.options import Wishes
from settings.selection import OF_A_REPORT, OF_THE_BUILT_IN_TENANT, OF_THE_SETTINGS, chosen
from settings.target import Target, earlier_report, settings_file, target_of, unread_settings

if TYPE_CHECKING:
    from settings.clouds import Cloud
    from settings.model import Settings


def begin(wishes: Wishes, environ: Mapping[str, str] | None = None, built_in: Path | None = None) -> Suite:
    """A suite for what is wished. `built_in` is the settings file that the built-in tenant wrote.

    Raises:
        SettingsError: a wish or the settings cannot be; one line per mistake.

    """
    target = _target(wishes)
    suite = Suite(target=target, started=utc_now(), strict=wishes.strict, wishes=wishes, environ=environ or os.environ)
    if wishes.baseline is not None:
        suite.before = readable(load_results, wishes.folder / wishes.baseline)
    if target.kind in {"report", "folder"}:
        _take_reports(suite, wishes)
        return suite
    file = built_in or settings_file(wishes.settings, wishes.folder, wishes.root)
    suite.settings = _loaded(file)
    if target.kind == "fake":
        suite.unread = unread_settings(wishes.folder, wishes.root)
    of_whom = OF_THE_BUILT_IN_TENANT if target.kind == "fake" else OF_THE_SETTINGS
    suite.senders = chosen(suite.settings.sender, wishes.senders, of_whom)
    if built_in is None:  # what is entered wrong there is a fault, made on purpose
        _refuse_placeholders(file, (sender.name for sender in suite.senders))
    suite.judged = {sender.name: suite.settings.for_sender(sender, strict=wishes.strict) for sender in suite.senders}
    if wishes.mask:
        suite.mask()
    _prepare_look_ups(suite, wishes, suite.settings.service)
    return suite


def _target(wishes: Wishes) -> Target:
    """What is visited or read. Raises SettingsError for options that go with another target; one line each."""
    if wishes.lookups_for is not None:
        target = earlier_report(wishes.lookups_for, wishes.folder, wishes.target)
    else:
        target = target_of(wishes.target, wishes.folder)
    lines = mistakes(wishes, "lookups" if wishes.lookups_for is not None else target.kind)
    if lines:
        raise SettingsError(lines)
    return target


def _loaded(file: Path) -> Settings:
    """The settings in a file. Raises SettingsError with all mistakes and all placeholders in it."""
    try:
        return load(file)
    except SettingsError as problem:
        raise SettingsError([*problem.lines, *left_in(file, but=problem.lines)]) from None


def _refuse_placeholders(file: Path, names: Iterable[str]) -> None:
    """Contact nobody with a value that the example shows; senders that this run leaves out may keep theirs."""
    lines = left_in(file, names)
    if lines:
        raise SettingsError(lines)


def _take_reports(suite: Suite, wishes: Wishes) -> None:
    """Take in what earlier runs saw, to be judged again or, with --lookups-for, to be looked up again."""
    reader = load_report if suite.target.kind == "report" else load_folder
    data, visits = readable(reader, suite.target.path or wishes.folder)
    suite.masked = bool(data.get("masked"))
    suite.notes = tuple(data.get("notes", ())) if suite.target.kind == "folder" else ()
    suite.origins = data["origins"] if suite.target.kind == "folder" else origins(data)
    suite.senders = chosen({judged.sender.name: judged.sender for _, judged in visits}, wishes.senders, OF_A_REPORT)
    suite.judged = {judged.sender.name: judged for _, judged in visits}
    if wishes.mask and not suite.masked:
        suite.mask()
    if wishes.lookups_for is None:
        suite.keep({evidence.sender: evidence for evidence, _ in visits})
        return
    suite.earlier = tuple(visits)
    if suite.masked:
        line = f"--lookups-for={wishes.lookups_for}: its identities are masked; nobody can be asked about them"
        raise SettingsError([line])
    if wishes.tenant_export is None:
        file = settings_file(wishes.settings, wishes.folder, wishes.root, "--lookups-for")
        suite.settings = _loaded(file)
        _refuse_placeholders(file, ())
    _prepare_look_ups(suite, wishes, visits[0][1].service if visits else None)


def _prepare_look_ups(suite: Suite, wishes: Wishes, cloud: Cloud | None) -> None:
    """See to it that what the look-ups need is there. Raises SettingsError; one line."""
    asked = "--tenant-export" if wishes.tenant_export is not None else "--admin-sign-in" if wishes.admin_sign_in else ""
    if cloud is None or not cloud.microsoft:
        if asked or wishes.lookups_for is not None:
            line = f"{asked or '--lookups-for'}: only a Microsoft cloud can be asked, and the settings name another service"
            raise SettingsError([line])
        return
    if wishes.tenant_export is not None:
        from probes.lookups import sources

        suite.export = sources.by_export(wishes.folder / wishes.tenant_export, cloud)
        return
    settings = suite.settings
    if wishes.admin_sign_in and (settings is None or settings.admin_client_id is None):
        line = "--admin-sign-in: the settings name no admin_client_id; see settings.example.toml"
        raise SettingsError([line])
    if wishes.lookups_for is not None and not asked and (settings is None or settings.directory is None):
        line = "--lookups-for: nobody to ask; give the settings a table [directory], or write --admin-sign-in or --tenant-export=FILE"
        raise SettingsError([line])
