"""One run, told once: settings → evidence → assessments → the run as reports see it.

Only conftest.py imports this file, after it has started the built-in tenant, so that both load at the same time.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from checks.assessment import Assessment
from checks.catalogue import CATALOGUE
from checks.model import Finding
from probes import gather
from probes.deadline import utc_now
from probes.evidence import SenderEvidence
from probes.machine import TOOL_VERSION
from reports import outputs
from reports.many import load_folder
from reports.replay import NotAReport, load_report, load_results
from reports.run import Run
from settings.load import load
from settings.mistakes import SettingsError
from settings.model import Judged, Sender, Settings
from settings.target import Target, chosen, settings_file, target_of

if TYPE_CHECKING:
    from reports.masking import Masking


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What the command line asks for, read once."""

    target: str
    settings: str | None
    senders: tuple[str, ...]
    folder: Path
    root: Path
    strict: bool
    no_send: bool = False
    try_again: bool = False
    faults: tuple[str, ...] = ()
    baseline: str | None = None
    mask: bool = False


@dataclass(slots=True)
class Suite:
    """What was asked for, and what came of it."""

    target: Target
    started: datetime
    strict: bool
    senders: tuple[Sender, ...] = ()
    judged: dict[str, Judged] = field(default_factory=dict)
    evidence: dict[str, SenderEvidence] = field(default_factory=dict)
    settings: Settings | None = None
    environ: Mapping[str, str] = field(default_factory=dict)
    wishes: Wishes | None = None
    before: dict[str, Any] | None = None
    masking: Masking | None = None
    masked: bool = False
    worker: bool = False
    interrupted: bool = False
    notes: tuple[str, ...] = ()
    seen: dict[str, set[str]] = field(default_factory=dict)
    _assessments: dict[str, Assessment] = field(default_factory=dict)

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """Sender and check of every test: each sender has the checks of its own method."""
        return [
            (sender.name, check.id)
            for sender in self.senders
            for check in CATALOGUE.checks.values()
            if sender.method in check.methods
        ]

    def assessment(self, sender: str) -> Assessment:
        """The judgement of one sender, begun when it is first asked for."""
        if sender not in self._assessments:
            self._assessments[sender] = Assessment(self.evidence[sender], self.judged[sender])
        return self._assessments[sender]

    def finding(self, sender: str, check: str) -> Finding:
        """The judgement of one check of one sender."""
        return self.assessment(sender).finding(check)

    def gather(self, names: set[str], progress: outputs.Progress) -> None:
        """Visit the route for these senders, once. Raises KeyboardInterrupt with what was seen kept."""
        senders = [sender for sender in self._to_visit() if self._label(sender.name) in names - set(self.evidence)]
        if self.settings is None or self.wishes is None or not senders:
            return
        memory = None if self.target.kind == "fake" else outputs.state_folder() / "refused.json"
        wishes = self.wishes
        world = gather.world_of(self.settings, refusals=memory, no_send=wishes.no_send, try_again=wishes.try_again)
        found = gather.secrets_of(senders, self.environ)
        with progress:
            try:
                self.keep(gather.gather(senders, world, found, progress))
            except gather.InterruptedGatheringError as stopped:
                self.keep(stopped.evidence)
                self.interrupted = True
                raise KeyboardInterrupt from None

    def keep(self, evidence: Mapping[str, SenderEvidence]) -> None:
        """Take in what was brought home; with --mask-identities nothing else of it is kept."""
        masked = self.masking.evidence if self.masking is not None else lambda one: one
        self.evidence |= {self._label(name): masked(one) for name, one in evidence.items()}

    def mask(self) -> None:
        """From here on the settings are known by their masks only; what is contacted is still what the file says."""
        from reports.masking import Masking

        masking = self.masking = Masking(self.judged.values())
        self.judged = {masking.name(name): masking.settings(judged) for name, judged in self.judged.items()}
        self.senders = tuple(self.judged[masking.name(sender.name)].sender for sender in self.senders)
        if self.before is not None and self.wishes is not None and self.wishes.baseline is not None:
            _, visits = _readable(load_report, self.wishes.folder / self.wishes.baseline)
            self.before = masking.results(self.before, visits)

    def _label(self, name: str) -> str:
        return self.masking.name(name) if self.masking is not None else name

    def _to_visit(self) -> Iterable[Sender]:
        """The senders as the settings file has them, masked or not."""
        return self.senders if self.masking is None or self.settings is None else self.settings.sender.values()

    def run(self) -> Run:
        """The run as the reports see it; a selection of checks is told as one."""
        everything: dict[str, set[str]] = {}
        for sender, check in self.pairs:
            everything.setdefault(sender, set()).add(check)
        judged = tuple(self.assessment(sender.name) for sender in self.senders if sender.name in self.evidence)
        return Run(
            tool_version=TOOL_VERSION,
            target=self.target.label,
            started=self.started,
            finished=utc_now(),
            host=judged[0].evidence.machine.host if judged else "",
            senders=judged,
            selected=None if self.seen == everything else {name: frozenset(ids) for name, ids in self.seen.items()},
            interrupted=self.interrupted,
            faults=self.wishes.faults if self.wishes is not None else (),
            replayed_from=self._replayed_from(),
            notes=self.notes,
            masked=self.masked or self.masking is not None,
        )

    def _replayed_from(self) -> str | None:
        name = self.target.path.name if self.target.path is not None else None
        return self.masking.text(name) if name is not None and self.masking is not None else name


def begin(wishes: Wishes, environ: Mapping[str, str] | None = None, built_in: Path | None = None) -> Suite:
    """A suite for what is wished. `built_in` is the settings file that the built-in tenant wrote.

    Raises:
        SettingsError: a wish or the settings cannot be; one line per mistake.

    """
    target = target_of(wishes.target, wishes.folder)
    if wishes.faults and target.kind != "fake":
        line = "--fault: only the built-in tenant can be broken; leave out --target or write --target=fake"
        raise SettingsError([line])
    suite = Suite(target=target, started=utc_now(), strict=wishes.strict, wishes=wishes, environ=environ or os.environ)
    if wishes.baseline is not None:
        suite.before = _readable(load_results, wishes.folder / wishes.baseline)
    if target.kind in {"report", "folder"}:
        reader = load_report if target.kind == "report" else load_folder
        data, visits = _readable(reader, target.path or wishes.folder)
        suite.masked = bool(data.get("masked"))
        suite.notes = tuple(data.get("notes", ())) if target.kind == "folder" else ()
        suite.senders = chosen({judged.sender.name: judged.sender for _, judged in visits}, wishes.senders)
        suite.judged = {judged.sender.name: judged for _, judged in visits}
        if wishes.mask and not suite.masked:
            suite.mask()
        suite.keep({evidence.sender: evidence for evidence, _ in visits})
        return suite
    suite.settings = load(built_in or settings_file(wishes.settings, wishes.folder, wishes.root))
    suite.senders = chosen(suite.settings.sender, wishes.senders)
    suite.judged = {sender.name: suite.settings.judged(sender, strict=wishes.strict) for sender in suite.senders}
    if wishes.mask:
        suite.mask()
    return suite


def _readable(load_it: Any, path: Path) -> Any:  # noqa: ANN401 - either of the two readers
    try:
        return load_it(path)
    except NotAReport as problem:
        raise SettingsError([str(problem)]) from None


def for_workers(suite: Suite) -> str:
    """The frozen evidence and settings, without a secret, for the workers of pytest-xdist."""
    return json.dumps(
        {
            "target": suite.target.kind,
            "strict": suite.strict,
            "judged": [suite.judged[sender.name].model_dump(mode="json", by_alias=True) for sender in suite.senders],
            "evidence": [evidence.model_dump(mode="json") for evidence in suite.evidence.values()],
        }
    )


def in_worker(text: str) -> Suite:
    """A suite that only judges, from what the controller gathered."""
    given = json.loads(text)
    judged = [Judged.model_validate_json(json.dumps(one)) for one in given["judged"]]
    evidence = [SenderEvidence.model_validate_json(json.dumps(one)) for one in given["evidence"]]
    return Suite(
        target=Target(given["target"]),
        started=utc_now(),
        strict=given["strict"],
        worker=True,
        senders=tuple(one.sender for one in judged),
        judged={one.sender.name: one for one in judged},
        evidence={one.sender: one for one in evidence},
    )
