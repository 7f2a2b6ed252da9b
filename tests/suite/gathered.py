"""Evidence for faults, gathered once and assessed as often as needed.

Workers of pytest-xdist share the evidence through files.
"""

from __future__ import annotations

import functools
import json
import os
import tempfile
from pathlib import Path

from evidence.wire import SenderEvidence
from fakes import apply, healthy
from fakes.world.set_ups import SET_UPS
from fakes.world.world import in_cloud
from settings.model import SenderSettings
from tests.probe_run import probe_run

Gathered = dict[str, tuple[SenderEvidence, SenderSettings]]
shared: list[Path] = []  # the folder for the workers of this run, if there are several


@functools.cache
def gathered(fault: str | None, set_up: str | None = None, cloud: str = "worldwide") -> Gathered:
    """Return each sender's evidence and settings under a fault, or in the healthy world if `fault` is None.

    `set_up` selects a variant of the tenant, and `cloud` selects its cloud.
    """
    kept = shared[0] / f"{cloud}-{fault or 'healthy'}{f'.{set_up}' if set_up else ''}.json" if shared else None
    if kept is not None and kept.is_file():
        return _read(kept)
    plain = healthy() if cloud == "worldwide" else in_cloud(healthy(), cloud)
    base = plain if set_up is None else SET_UPS[set_up](plain)
    world = base if fault is None else apply(base, [fault])
    with tempfile.TemporaryDirectory() as folder, probe_run(world, folder=Path(folder)) as seen:
        found = {
            name: (evidence, seen.settings.for_sender(seen.settings.sender[name]))
            for name, evidence in seen.evidence.items()
        }
    if kept is not None:
        _write(kept, found)
    return found


def _read(file: Path) -> Gathered:
    data = json.loads(file.read_text(encoding="utf-8"))
    return {
        name: (SenderEvidence.model_validate_json(evidence), SenderSettings.model_validate_json(settings))
        for name, (evidence, settings) in data.items()
    }


def _write(file: Path, found: Gathered) -> None:
    data = {
        name: (evidence.model_dump_json(), settings.model_dump_json(by_alias=True))
        for name, (evidence, settings) in found.items()
    }
    file.parent.mkdir(exist_ok=True)
    temporary = file.with_suffix(f".{os.getpid()}")
    temporary.write_text(json.dumps(data), encoding="utf-8")
    temporary.replace(file)
