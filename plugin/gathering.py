"""Sources of evidence: the probes, new lookups for an earlier report, or none if the evidence already exists."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from evidence.wire import SenderEvidence
from plugin import folders
from plugin.outputs import Progress
from probes import gather
from probes.known_secrets import KnownSecrets
from probes.redaction import Redactor
from settings.model import Directory, Sender, Settings
from settings.printable import LONGEST_LINE, one_line
from settings.prompt import Prompt, on_terminal
from settings.secret import Found

if TYPE_CHECKING:
    from probes.lookups.pending import Lookups
    from probes.sender_run import RunContext
    from settings.options import Options

Terminal = Callable[[], AbstractContextManager[object]]


class LookupSource:
    """A source of lookups in the tenant. The base class is used for a run without lookups."""

    def secret(self, prompt: Prompt | None) -> Found | None:  # noqa: ARG002 - of the subclasses one asks
        """Return the secret that the lookups need, or None if they need none."""
        return None

    def open(self, senders: Sequence[Sender], context: Callable[[], RunContext], found: Found | None) -> Lookups | None:  # noqa: ARG002 - of the subclasses all ask
        """Return the lookups, ready to start, or None if the run has no lookups."""
        return None


@dataclass(frozen=True, slots=True)
class Export(LookupSource):
    """The source for `--tenant-export`, whose lookups read a file."""

    lookups: Lookups

    def open(self, senders: Sequence[Sender], context: Callable[[], RunContext], found: Found | None) -> Lookups | None:  # noqa: ARG002 - a file needs none of it
        """Return the lookups that read the export."""
        return self.lookups


@dataclass(frozen=True, slots=True)
class Administrator(LookupSource):
    """The source for `--admin-sign-in`: an administrator, who signs in with a code."""

    settings: Settings

    def open(self, senders: Sequence[Sender], context: Callable[[], RunContext], found: Found | None) -> Lookups | None:
        """Prompt the administrator to sign in, and return the lookups."""
        from probes.lookups import sources

        return sources.ready(self.settings, senders, context(), found, print_line)


@dataclass(frozen=True, slots=True)
class Auditor(LookupSource):
    """The source for `[directory]` in the settings: an auditor application that signs in unattended."""

    settings: Settings
    directory: Directory
    environ: Mapping[str, str]

    def secret(self, prompt: Prompt | None) -> Found | None:
        """Return the auditor application's client secret, which is None if the settings name a certificate."""
        return gather.directory_secret(self.directory, self.environ, prompt, self.settings.network.sender_timeout)

    def open(self, senders: Sequence[Sender], context: Callable[[], RunContext], found: Found | None) -> Lookups | None:
        """Return the lookups of the auditor application."""
        from probes.lookups import sources

        return sources.ready(self.settings, senders, context(), found, None)


class EvidenceSource(Protocol):
    """A source of evidence for the senders of a run."""

    @property
    def variables(self) -> Sequence[str]:
        """The environment variables that can hold secrets."""

    @property
    def secrets(self) -> KnownSecrets:
        """The secrets that were read or received so far."""

    @property
    def senders(self) -> Sequence[Sender]:
        """The senders for which this source has evidence, under the names that the settings use."""

    def gather(self, senders: AbstractSet[str], progress: Progress, terminal: Terminal) -> Mapping[str, SenderEvidence]:
        """Return the evidence for these senders. `terminal` makes the terminal available for prompts.

        Raises:
            InterruptedGatheringError: the user interrupted the run. The exception holds the evidence gathered so far.

        """


class AlreadyGathered:
    """The source when the evidence comes from reports or from the controller of pytest-xdist."""

    senders: Sequence[Sender] = ()
    variables: Sequence[str] = ()
    secrets = KnownSecrets()

    def gather(self, senders: AbstractSet[str], progress: Progress, terminal: Terminal) -> Mapping[str, SenderEvidence]:  # noqa: ARG002 - the protocol's signature
        """Return no evidence, because all of it has already been gathered."""
        return {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Probes:
    """The probes, and the lookups that run at the same time."""

    settings: Settings
    senders: Sequence[Sender]
    options: Options
    environ: Mapping[str, str]
    lookups: LookupSource
    secrets: KnownSecrets = field(default_factory=KnownSecrets)
    redactor: Callable[[KnownSecrets], Redactor] = Redactor

    @property
    def variables(self) -> Sequence[str]:
        """The variables of all senders, including those that are not in this run, and of the auditor application."""
        return gather.secret_variables(self.settings)

    def gather(self, senders: AbstractSet[str], progress: Progress, terminal: Terminal) -> Mapping[str, SenderEvidence]:
        """Run the probes for these senders."""
        chosen = [sender for sender in self.senders if sender.name in senders]
        if not chosen:
            return {}
        built_in = self.options.target == "fake"
        folder = None if built_in else folders.state_folder()
        context = gather.create_context(
            self.settings,
            state=folder,
            no_send=self.options.no_send,
            try_again=self.options.try_again,
            secrets=self.secrets,
            redactor=self.redactor,
        )
        with terminal():
            prompt = None if built_in else prompt_on_terminal()
            found = gather.secrets_of(chosen, self.environ, prompt, self.settings.network.sender_timeout)
            auditor = self.lookups.secret(prompt)
        lookups = self.lookups.open(chosen, lambda: context, auditor)
        try:
            with progress:
                return gather.gather(chosen, context, found, progress, lookups)
        finally:
            for note in context.ledger.notes:
                print_line(f"smtp365: {note}")


@dataclass(frozen=True, slots=True, kw_only=True)
class RepeatedLookups:
    """The source for `--lookups-for`: the evidence of an earlier report, with new lookups."""

    earlier: Sequence[tuple[SenderEvidence, Sender]]
    context: Callable[[KnownSecrets], RunContext]
    lookups: LookupSource
    variables: Sequence[str] = ()
    secrets: KnownSecrets = field(default_factory=KnownSecrets)

    @property
    def senders(self) -> Sequence[Sender]:
        """The senders of the earlier report."""
        return [sender for _, sender in self.earlier]

    def gather(self, senders: AbstractSet[str], progress: Progress, terminal: Terminal) -> Mapping[str, SenderEvidence]:
        """Repeat the lookups for these senders."""
        chosen = [(evidence, sender) for evidence, sender in self.earlier if sender.name in senders]
        if not chosen:
            return {}
        with terminal():
            found = self.lookups.secret(prompt_on_terminal())
        lookups = self.lookups.open([sender for _, sender in chosen], lambda: self.context(self.secrets), found)
        if lookups is None:
            return {}
        with progress:
            return gather.repeat_lookups(chosen, lookups, progress)


def prompt_on_terminal() -> Prompt | None:
    """Return a prompt for secrets if standard input is a terminal, or None otherwise."""
    return Prompt() if on_terminal() else None


def print_line(line: str) -> None:
    """Print text as one legible line to standard error, because pytest's own output goes to standard output."""
    if sys.stderr is not None:
        sys.stderr.write(f"{one_line(line, LONGEST_LINE)}\n")
        sys.stderr.flush()
