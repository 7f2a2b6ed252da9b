"""The plan of a run: its target, senders, options, earlier reports and masks. A plan never changes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from checks.catalogue import CATALOGUE
from evidence.wire import SenderEvidence
from plugin.gathering import AlreadyGathered, EvidenceSource
from reports.origin import banner_text
from settings.model import Sender, SenderSettings
from settings.options import Options
from settings.target import Target


class Masks(Protocol):
    """The interface for masking names of people, tenants and machines. `reports.masking.Masking` implements it."""

    def name(self, sender: str) -> str:
        """Mask a sender's name."""

    def settings(self, judged: SenderSettings) -> SenderSettings:
        """Mask the settings of a sender."""

    def evidence(self, seen: SenderEvidence) -> SenderEvidence:
        """Mask the evidence of a sender."""

    def results(self, data: dict[str, Any], visits: Iterable[tuple[SenderEvidence, SenderSettings]]) -> dict[str, Any]:
        """Mask the results of an earlier report."""

    def text(self, text: str) -> str:
        """Mask any other text."""


class NoMasks:
    """Masks that return every value unchanged."""

    def name(self, sender: str) -> str:
        """Return the name unchanged."""
        return sender

    def settings(self, judged: SenderSettings) -> SenderSettings:
        """Return the settings unchanged."""
        return judged

    def evidence(self, seen: SenderEvidence) -> SenderEvidence:
        """Return the evidence unchanged."""
        return seen

    def results(self, data: dict[str, Any], visits: Iterable[tuple[SenderEvidence, SenderSettings]]) -> dict[str, Any]:  # noqa: ARG002 - the protocol's signature
        """Return the results unchanged."""
        return data

    def text(self, text: str) -> str:
        """Return the text unchanged."""
        return text


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The senders of a run, their settings, and where their evidence comes from.

    Names and settings are masked with `--mask-identities`; the evidence source keeps the originals.
    """

    target: Target
    started: datetime
    options: Options
    settings: Mapping[str, SenderSettings]
    source: EvidenceSource = field(default_factory=AlreadyGathered)
    evidence: Mapping[str, SenderEvidence] = field(default_factory=dict)
    masks: Masks = field(default_factory=NoMasks)
    is_masked: bool = False
    is_worker: bool = False
    baseline: dict[str, Any] | None = None
    notes: tuple[str, ...] = ()
    origins: Mapping[str, str] = field(default_factory=dict)
    unread: str = ""

    @property
    def senders(self) -> tuple[Sender, ...]:
        """The senders in the run, in the order of their settings file or report."""
        return tuple(one.sender for one in self.settings.values())

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """The sender and the check of each test. A sender gets the checks for its method and service."""
        return [
            (name, check.id)
            for name, settings in self.settings.items()
            for check in CATALOGUE.checks.values()
            if check.concerns(settings)
        ]

    @property
    def targets(self) -> dict[str, str]:
        """For each sender, the target of the run that gathered its evidence."""
        if self.target.kind in {"report", "folder"}:
            return {self.masks.name(name): target for name, target in self.origins.items()}
        return dict.fromkeys(self.settings, self.target.kind)

    @property
    def banner(self) -> str:
        """The line that marks results from the built-in tenant, or an empty string if no sender belongs to it."""
        known = self.targets
        shown = {name: known.get(name, "") for name in self.settings}
        return banner_text(shown, replayed=self.target.path is not None, unread=self.unread)
