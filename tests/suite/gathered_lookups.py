"""Assess worlds with lookups from each source (application, administrator or export), once per test process."""

from __future__ import annotations

import functools
import tempfile
from pathlib import Path

from checks.assessment import Assessment
from checks.model import Finding, Verdict
from fakes import Running, apply
from fakes.world.set_ups import SET_UPS
from probes.lookups import sources
from probes.lookups.pending import Lookups
from probes.sender_run import RunContext
from settings.model import Settings
from tests.probe_run import probe_run
from tests.probes.test_lookup_sources import LOOKUP_SOURCES, with_lookup_settings, world
from tests.suite.gathered import Gathered


def by_export(running: Running, _: Settings, outside: RunContext) -> Lookups:
    """Return the lookups in the export written by the built-in administrator's script (`--tenant-export`)."""
    running.export()
    return sources.by_export(running.tenant_export, outside.cloud)


ALL_LOOKUP_SOURCES = LOOKUP_SOURCES | {"export": by_export}
Row = tuple[str, str, tuple[str, ...]]


@functools.cache
def assess_with_lookups(
    *faults: str, source: str = "application", no_send: bool = False, set_up: str | None = None
) -> dict[str, Assessment]:
    """Return each sender's assessment, made with lookups, in a world with these faults.

    `source` selects the source of the lookups, and `set_up` selects a variant of the tenant.
    """
    base = world() if set_up is None else SET_UPS[set_up](world())
    with (
        tempfile.TemporaryDirectory() as folder,
        probe_run(
            apply(base, faults),
            folder=Path(folder),
            edit=with_lookup_settings,
            no_send=no_send,
            look=ALL_LOOKUP_SOURCES[source],
        ) as seen,
    ):
        return seen.assessments


def rows(assessments: dict[str, Assessment], healthy_world: dict[str, Assessment]) -> set[Row]:
    """Return the findings that differ from those of the healthy world with lookups, except blocked ones."""
    found: set[Row] = set()
    for name, assessment in assessments.items():
        for finding in assessment.all_findings():
            healthy: Finding = healthy_world[name].finding(finding.check)
            same = (finding.verdict, finding.causes) == (healthy.verdict, healthy.causes)
            if not same and finding.verdict is not Verdict.BLOCKED:
                found.add((finding.check, finding.verdict.value, finding.causes))
    return found


def gathered_with_lookups(*faults: str) -> Gathered:
    """Return each sender's evidence and settings with lookups, in the same form as `gathered`."""
    return {name: (one.evidence, one.settings) for name, one in assess_with_lookups(*faults).items()}
