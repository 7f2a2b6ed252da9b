"""Visiting the built-in tenant from a test, in this process, by the same code as a run: settings file, probes, judges."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from checks.assessment import Assessment
from evidence.wire import SenderEvidence
from fakes import Running, World, healthy, serve
from probes import gather
from probes.lookups.pending import Lookups
from probes.sender_run import RunContext as Outside
from settings.load import parse
from settings.model import Sender, Settings
from settings.secret import Found

Look = Callable[[Running, Settings, Outside], Lookups]


@dataclass(frozen=True)
class Visited:
    """What one visit brought home, and the tenant that was visited."""

    running: Running
    settings: Settings
    evidence: dict[str, SenderEvidence]

    @property
    def judged(self) -> dict[str, Assessment]:
        """The assessments by sender."""
        return {
            name: Assessment(evidence, self.settings.for_sender(self.settings.sender[name]))
            for name, evidence in self.evidence.items()
        }


def gather_whole(
    senders: Iterable[Sender], outside: Outside, found: dict[str, Found], lookups: Lookups | None = None
) -> dict[str, SenderEvidence]:
    """The evidence of these senders; a visit that a defect of ours broke fails the test, whatever it is about."""
    kept = gather.gather(senders, outside, found, lookups=lookups)
    assert {name: evidence.broke for name, evidence in kept.items() if evidence.broke} == {}
    return kept


@contextmanager
def visited(
    world: World | None = None,
    *,
    folder: Path,
    edit: Callable[[str], str] = str,
    no_send: bool = False,
    refusals: Path | None = None,
    try_again: bool = False,
    look: Look | None = None,
) -> Iterator[Visited]:
    """Serve `world`, read the settings file it wrote (after `edit`), and gather once, with the look-ups that `look` makes ready."""
    with serve(world or healthy(), folder=folder) as running:
        text = edit(running.settings_file.read_text(encoding="utf-8"))
        settings = parse(text, running.settings_file)
        found = gather.secrets_of(settings.sender.values(), running.secrets)
        outside = gather.create_context(settings, refusals=refusals, no_send=no_send, try_again=try_again)
        lookups = look(running, settings, outside) if look is not None else None
        yield Visited(running, settings, gather_whole(settings.sender.values(), outside, found, lookups))
