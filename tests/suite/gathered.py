"""The evidence of every fault, gathered once per test run and judged as often as needed."""

from __future__ import annotations

import functools
import tempfile
from pathlib import Path

from fakes import apply, healthy
from probes.evidence import SenderEvidence
from settings.model import Judged
from tests.visiting import visited

Gathered = dict[str, tuple[SenderEvidence, Judged]]


@functools.cache
def gathered(fault: str | None) -> Gathered:
    """Evidence and settings by sender, of the world with this fault, or of the healthy one."""
    world = healthy() if fault is None else apply(healthy(), [fault])
    with tempfile.TemporaryDirectory() as folder, visited(world, folder=Path(folder)) as seen:
        return {
            name: (evidence, seen.settings.judged(seen.settings.sender[name]))
            for name, evidence in seen.evidence.items()
        }
