"""Makes the plan of a run from the command-line options. Unusable options or settings end the run here.

`plugin.configure` imports this module after it has started the built-in tenant, so that both load at the same time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from plugin.gathering import (
    Administrator,
    AlreadyGathered,
    Auditor,
    EvidenceSource,
    Export,
    LookupSource,
    Probes,
    RepeatedLookups,
)
from plugin.plan import Masks, NoMasks, Plan
from plugin.report_reader import load_folder, load_report, load_results
from probes import gather
from probes.deadline import utc_now
from reports.replay import NotAReport, origins
from settings.client_id import with_shown_id
from settings.combinations import mistakes
from settings.examples import left_in
from settings.load import load
from settings.mistakes import SettingsError
from settings.model import Sender, SenderSettings
from settings.options import Options
from settings.selection import OF_A_REPORT, OF_THE_BUILT_IN_TENANT, OF_THE_SETTINGS, chosen
from settings.target import Target, earlier_report, settings_file, target_of, unread_settings

if TYPE_CHECKING:
    from settings.clouds import Cloud
    from settings.model import Settings

Content = TypeVar("Content")


def make_plan(options: Options, environ: Mapping[str, str], built_in: Path | None = None) -> Plan:
    """Return the plan for these options. `built_in` is the settings file that the built-in tenant wrote.

    Raises:
        SettingsError: an option or the settings cannot be used. The message has one line per mistake.

    """
    target = _target(options)
    if target.kind in {"report", "folder"}:
        return _plan_of_reports(options, environ, target)
    file = built_in or settings_file(options.settings, options.folder, options.root)
    settings = _load(file)
    holder = OF_THE_BUILT_IN_TENANT if target.kind == "fake" else OF_THE_SETTINGS
    senders = chosen(settings.sender, options.senders, holder)
    if built_in is None:  # in the built-in tenant, a wrong value is part of a fault
        _refuse_placeholders(file, (sender.name for sender in senders))
    judged = {sender.name: settings.for_sender(sender, strict=options.strict) for sender in senders}
    masks = _masks(judged.values(), wanted=options.mask)
    lookups = _lookup_source(options, environ, settings.service, settings)
    return Plan(
        target=target,
        started=utc_now(),
        options=options,
        settings={masks.name(name): masks.settings(with_shown_id(one)) for name, one in judged.items()},
        source=Probes(settings=settings, senders=senders, options=options, environ=environ, lookups=lookups),
        masks=masks,
        is_masked=options.mask,
        baseline=_baseline(options, masks),
        unread=unread_settings(options.folder, options.root) if target.kind == "fake" else "",
    )


def _target(options: Options) -> Target:
    """Return what the run contacts or reads. Raises SettingsError if there is no such target, or if an option would have no effect."""
    if options.lookups_for is not None:
        target = earlier_report(options.lookups_for, options.folder, options.target)
    else:
        target = target_of(options.target, options.folder)
    lines = mistakes(options, "lookups" if options.lookups_for is not None else target.kind)
    if lines:
        raise SettingsError(lines)
    return target


def _load(file: Path) -> Settings:
    """Return the settings in a file. Raises SettingsError with all mistakes and placeholders in the file."""
    try:
        return load(file)
    except SettingsError as problem:
        raise SettingsError([*problem.lines, *left_in(file, but=problem.lines)]) from None


def _refuse_placeholders(file: Path, names: Iterable[str]) -> None:
    """Raise SettingsError if the settings for this run contain a value from the example. Senders not in this run may keep theirs."""
    lines = left_in(file, names)
    if lines:
        raise SettingsError(lines)


def _masks(settings: Iterable[SenderSettings], *, wanted: bool) -> Masks:
    """Return the masks for the run. With `wanted=False`, they change nothing."""
    if not wanted:
        return NoMasks()
    from reports.masking import Masking

    return Masking(settings)


def _baseline(options: Options, masks: Masks) -> dict[str, Any] | None:
    """Return the results of the report that `--baseline` names, masked if the run is masked."""
    if options.baseline is None:
        return None
    path = options.folder / options.baseline
    results = _read(load_results, path)
    if not options.mask or isinstance(masks, NoMasks):
        return results
    return masks.results(results, _read(load_report, path)[1])


def _plan_of_reports(options: Options, environ: Mapping[str, str], target: Target) -> Plan:
    """Return the plan for earlier reports, whose evidence is evaluated again or, with `--lookups-for`, gets new lookups."""
    reader = load_report if target.kind == "report" else load_folder
    data, earlier = _read(reader, target.path or options.folder)
    was_masked = bool(data.get("masked"))
    judged = {settings.sender.name: settings for _, settings in earlier}
    senders = chosen({name: one.sender for name, one in judged.items()}, options.senders, OF_A_REPORT)
    masks = _masks(judged.values(), wanted=options.mask and not was_masked)
    baseline = _baseline(options, masks)
    source: EvidenceSource = AlreadyGathered()
    evidence = {one.sender: one for one, _ in earlier}
    if options.lookups_for is not None:
        kept = {sender.name for sender in senders}
        pairs = [(one, settings.sender) for one, settings in earlier if settings.sender.name in kept]
        source = _repeated_lookups(options, environ, pairs, earlier[0][1].service if earlier else None, was_masked)
        evidence = {}
    return Plan(
        target=target,
        started=utc_now(),
        options=options,
        settings={masks.name(sender.name): masks.settings(judged[sender.name]) for sender in senders},
        source=source,
        evidence=evidence,
        masks=masks,
        is_masked=was_masked or options.mask,
        baseline=baseline,
        notes=tuple(data.get("notes", ())) if target.kind == "folder" else (),
        origins=data["origins"] if target.kind == "folder" else origins(data),
    )


def _repeated_lookups(
    options: Options,
    environ: Mapping[str, str],
    earlier: list[tuple[Any, Sender]],
    cloud: Cloud | None,
    masked: bool,  # noqa: FBT001 - one call
) -> EvidenceSource:
    """Return the evidence source for `--lookups-for`. Raises SettingsError if the report is masked or nothing can be looked up."""
    if masked:
        line = f"--lookups-for={options.lookups_for}: the identities in this report are masked, so they cannot be looked up"
        raise SettingsError([line])
    if options.tenant_export is not None:
        return RepeatedLookups(
            earlier=earlier, context=_no_context, lookups=_lookup_source(options, environ, cloud, None)
        )
    file = settings_file(options.settings, options.folder, options.root, "--lookups-for")
    settings = _load(file)
    _refuse_placeholders(file, ())
    lookups = _lookup_source(options, environ, cloud, settings)
    return RepeatedLookups(
        earlier=earlier,
        context=lambda secrets: gather.create_context(settings, state=None, secrets=secrets),
        lookups=lookups,
        variables=gather.secret_variables(settings),
    )


def _no_context(_secrets: object) -> Any:  # noqa: ANN401 - never called
    raise AssertionError("an export contacts nothing")


def _lookup_source(
    options: Options, environ: Mapping[str, str], cloud: Cloud | None, settings: Settings | None
) -> LookupSource:
    """Return the source of lookups that the options and settings select. Raises SettingsError with a one-line message."""
    asked = (
        "--tenant-export" if options.tenant_export is not None else "--admin-sign-in" if options.admin_sign_in else ""
    )
    if cloud is None or not cloud.microsoft:
        if asked or options.lookups_for is not None:
            line = f"{asked or '--lookups-for'}: lookups work only with Microsoft clouds, and the settings use a different service"
            raise SettingsError([line])
        return LookupSource()
    if options.tenant_export is not None:
        from probes.lookups import sources

        return Export(sources.by_export(options.folder / options.tenant_export, cloud))
    if options.admin_sign_in:
        if settings is None or settings.admin_client_id is None:
            raise SettingsError(["--admin-sign-in: the settings have no admin_client_id; see settings.example.toml"])
        return Administrator(settings)
    if settings is None or settings.directory is None:
        if options.lookups_for is not None:
            line = (
                "--lookups-for also needs a [directory] table in the settings, --admin-sign-in or --tenant-export=FILE"
            )
            raise SettingsError([line])
        return LookupSource()
    return Auditor(settings, settings.directory, environ)


def _read(reader: Callable[[Path], Content], path: Path) -> Content:
    """Return the result of the report reader. Raises SettingsError with a one-line message if the file is not a report."""
    try:
        return reader(path)
    except NotAReport as problem:
        raise SettingsError([str(problem)]) from None
