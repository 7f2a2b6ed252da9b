"""One run, told once: settings → evidence → assessments → the run as reports see it.

Only conftest.py imports this file, after it has started the built-in tenant, so that both load at the same time.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from checks.assessment import Assessment
from checks.catalogue import CATALOGUE
from checks.model import Finding
from evidence.wire import SenderEvidence
from plugin import folders, outputs
from plugin.report_reader import load_report
from probes import gather
from probes.deadline import utc_now
from reports.origin import words
from reports.replay import NotAReport
from reports.run import Run
from settings.mistakes import SettingsError
from settings.model import Sender, SenderSettings, Settings
from settings.prompt import Prompt, on_terminal
from settings.secret import Found
from settings.target import Target
from settings.version import tool_version

if TYPE_CHECKING:
    from probes.lookups.pending import Lookups
    from probes.sender_run import RunContext
    from reports.masking import Masking
    from settings.options import Wishes


Terminal = Callable[[], AbstractContextManager[object]]


@dataclass(slots=True)
class Suite:
    """What was asked for, and what came of it."""

    target: Target
    started: datetime
    strict: bool
    senders: tuple[Sender, ...] = ()
    judged: dict[str, SenderSettings] = field(default_factory=dict)
    evidence: dict[str, SenderEvidence] = field(default_factory=dict)
    settings: Settings | None = None
    environ: Mapping[str, str] = field(default_factory=dict)
    wishes: Wishes | None = None
    before: dict[str, Any] | None = None
    earlier: tuple[tuple[SenderEvidence, SenderSettings], ...] = ()
    export: Lookups | None = None
    masking: Masking | None = None
    masked: bool = False
    worker: bool = False
    interrupted: bool = False
    notes: tuple[str, ...] = ()
    origins: dict[str, str] = field(default_factory=dict)
    unread: str = ""
    seen: dict[str, set[str]] = field(default_factory=dict)
    _assessments: dict[str, Assessment] = field(default_factory=dict)

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """Sender and check of every test: each sender has the checks of its own method and service."""
        return [
            (sender.name, check.id)
            for sender in self.senders
            for check in CATALOGUE.checks.values()
            if check.concerns(self.judged[sender.name])
        ]

    def assessment(self, sender: str) -> Assessment:
        """The judgement of one sender, begun when it is first asked for."""
        if sender not in self._assessments:
            self._assessments[sender] = Assessment(self.evidence[sender], self.judged[sender])
        return self._assessments[sender]

    def finding(self, sender: str, check: str) -> Finding:
        """The judgement of one check of one sender."""
        return self.assessment(sender).finding(check)

    def gather(self, names: set[str], progress: outputs.Progress, terminal: Terminal = nullcontext) -> None:
        """Visit the route for these senders, once; `terminal` frees it for questions. Raises KeyboardInterrupt, what was seen kept."""
        names = names - set(self.evidence)
        if self.earlier:
            self._look_again(names, progress, terminal)
            return
        senders = [sender for sender in self._to_visit() if self._label(sender.name) in names]
        if self.settings is None or self.wishes is None or not senders:
            return
        folder = None if self.target.kind == "fake" else folders.state_folder()
        memory = None if folder is None else folder / "refused.json"
        wishes = self.wishes
        world = gather.create_context(
            self.settings, refusals=memory, no_send=wishes.no_send, try_again=wishes.try_again
        )
        with terminal():
            prompt = self._prompt()
            found = gather.secrets_of(senders, self.environ, prompt)
            auditor = self._auditor(prompt)
        lookups = self._lookups(senders, world, auditor)
        with progress:
            try:
                self.keep(gather.gather(senders, world, found, progress, lookups))
                self._tell_of_defects()
            except gather.InterruptedGatheringError as stopped:
                self.keep(stopped.evidence)
                self.interrupted = True
                raise KeyboardInterrupt from None

    def _tell_of_defects(self) -> None:
        for name, evidence in self.evidence.items():
            if evidence.broke:
                _tell(
                    f"smtp365: {name}: smtp365 itself broke ({evidence.broke}); what was seen until then is in the report"
                )

    def _look_again(self, names: set[str], progress: outputs.Progress, terminal: Terminal) -> None:
        """`--lookups-for`: the evidence of an earlier run with the look-ups made anew."""
        visits = [(seen, judged.sender) for seen, judged in self.earlier if self._label(seen.sender) in names]
        lookups = self.export
        if lookups is None and self.settings is not None and visits:
            world = gather.create_context(self.settings, refusals=None)
            with terminal():
                auditor = self._auditor(self._prompt())
            lookups = self._lookups([sender for _, sender in visits], world, auditor)
        if lookups is not None and visits:
            with progress:
                self.keep(gather.repeat_lookups(visits, lookups, progress))

    def _prompt(self) -> Prompt | None:
        """Who can be asked for a secret: on a terminal the user, but never for the built-in tenant's invented ones."""
        return Prompt() if self.target.kind != "fake" and on_terminal() else None

    def _auditor(self, prompt: Prompt | None) -> Found | None:
        """The secret of the table [directory], where look-ups will use it."""
        directory = self.settings.directory if self.settings is not None else None
        if self.export is not None or self.wishes is None or self.wishes.admin_sign_in or directory is None:
            return None
        return gather.directory_secret(directory, self.environ, prompt)

    def _lookups(self, senders: list[Sender], world: RunContext, auditor: Found | None) -> Lookups | None:
        """The look-ups that options and settings ask for; loaded only then."""
        if self.export is not None or self.settings is None or self.wishes is None:
            return self.export
        if not self.wishes.admin_sign_in and self.settings.directory is None:
            return None
        from probes.lookups import sources

        return sources.ready(self.settings, senders, world, auditor, _tell if self.wishes.admin_sign_in else None)

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
            _, visits = readable(load_report, self.wishes.folder / self.wishes.baseline)
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
            tool_version=tool_version(),
            target=self.target.label,
            started=self.started,
            finished=utc_now(),
            host=judged[0].evidence.machine.host if judged else "",
            senders=judged,
            selected=None if self.seen == everything else {name: frozenset(ids) for name, ids in self.seen.items()},
            interrupted=self.interrupted,
            faults=self.wishes.faults if self.wishes is not None else (),
            replayed_from=self._replayed_from(),
            notes=tuple(self.masking.text(note) for note in self.notes) if self.masking is not None else self.notes,
            origins=self.targets(),
            looked_up_again=bool(self.earlier),
            unread=self.unread,
            masked=self.masked or self.masking is not None,
        )

    def targets(self) -> dict[str, str]:
        """The target of the run that gathers, or gathered, each sender's evidence; reports judged again say it of theirs."""
        if self.target.kind in {"report", "folder"}:
            return {self._label(name): target for name, target in self.origins.items()}
        return {sender.name: self.target.kind for sender in self.senders}

    @property
    def banner(self) -> str:
        """What is said before anything else when any sender is of the built-in tenant."""
        known = self.targets()
        shown = {sender.name: known.get(sender.name, "") for sender in self.senders}
        return words(shown, replayed=self.target.path is not None, unread=self.unread)

    def _replayed_from(self) -> str | None:
        name = self.target.path.name if self.target.path is not None else None
        return self.masking.text(name) if name is not None and self.masking is not None else name


def readable(load_it: Any, path: Path) -> Any:  # noqa: ANN401 - whatever the reader gives
    """What a reader of reports makes of a file. Raises SettingsError where it is none; one line."""
    try:
        return load_it(path)
    except NotAReport as problem:
        raise SettingsError([str(problem)]) from None


def _tell(line: str) -> None:
    """Show the administrator what is asked for; on standard error, where pytest's own output is not."""
    if sys.stderr is not None:
        sys.stderr.write(f"{line}\n")
        sys.stderr.flush()
