"""Run the probes in this process against the built-in tenant, with the same settings, probes and checks as a real run."""

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
class ProbeRun:
    """The built-in tenant, the settings and the evidence from one run of the probes."""

    running: Running
    settings: Settings
    evidence: dict[str, SenderEvidence]

    @property
    def assessments(self) -> dict[str, Assessment]:
        """The assessment of each sender, keyed by the sender's name."""
        return {
            name: Assessment(evidence, self.settings.for_sender(self.settings.sender[name]))
            for name, evidence in self.evidence.items()
        }


def gather_without_errors(
    senders: Iterable[Sender], outside: Outside, found: dict[str, Found], lookups: Lookups | None = None
) -> dict[str, SenderEvidence]:
    """Return the evidence for these senders, keyed by name, and fail the test if the probes had an internal error."""
    kept = gather.gather(senders, outside, found, lookups=lookups)
    assert {name: evidence.broke for name, evidence in kept.items() if evidence.broke} == {}
    return kept


@contextmanager
def probe_run(
    world: World | None = None,
    *,
    folder: Path,
    edit: Callable[[str], str] = str,
    no_send: bool = False,
    state: Path | None = None,
    try_again: bool = False,
    look: Look | None = None,
) -> Iterator[ProbeRun]:
    """Serve `world`, apply `edit` to the text of its settings file, and run the probes once with those settings.

    If `look` is given, the run uses the lookups that it returns.
    """
    with serve(world or healthy(), folder=folder) as running:
        text = edit(running.settings_file.read_text(encoding="utf-8"))
        settings = parse(text, running.settings_file)
        found = gather.secrets_of(settings.sender.values(), running.secrets)
        outside = gather.create_context(settings, state=state, no_send=no_send, try_again=try_again)
        lookups = look(running, settings, outside) if look is not None else None
        yield ProbeRun(running, settings, gather_without_errors(settings.sender.values(), outside, found, lookups))
