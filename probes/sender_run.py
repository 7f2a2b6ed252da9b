"""One visit to the route for one sender: what both legs share, and the evidence as it grows.

It can be frozen at any moment, so that an interrupt or a deadline loses nothing that was already seen.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from evidence.gates import Gate
from evidence.machine import MachineEvidence
from evidence.wire import SecretSource, SenderEvidence, Traffic
from probes.crash import crash_site
from probes.deadline import Deadline
from probes.dialler import Dialler
from probes.https import HttpsClient
from probes.issuer import Issuer
from probes.redaction import Redactor
from probes.refusals import Refusals
from probes.scrubbing import scrubbed
from probes.single_flight import SingleFlight
from probes.tls import Trust
from probes.token import Token
from probes.transcript import Transcript
from settings.clouds import Cloud
from settings.model import Network, Sender
from settings.secret import Found


@dataclass(frozen=True, slots=True, kw_only=True)
class RunContext:
    """What all senders of a run share: how the outside is reached, and what this machine is."""

    cloud: Cloud
    network: Network
    dialler: Dialler
    trust: Trust
    refusals: Refusals
    machine: MachineEvidence
    no_send: bool = False
    try_again: bool = False
    documents: SingleFlight[Issuer] = field(default_factory=SingleFlight)
    tokens: SingleFlight[Token] = field(default_factory=SingleFlight)

    @property
    def https_client(self) -> HttpsClient:
        """The HTTPS side of the same world."""
        return HttpsClient(
            dialler=self.dialler,
            trust=self.trust,
            resolvers=self.network.resolvers,
            dns_timeout=self.network.dns_timeout,
            patience=min(30.0, self.network.reply_timeout),
        )


@dataclass(slots=True)
class SenderRun:
    """The state of one visit; `put` adds evidence, `freeze` gives all of it so far."""

    sender: Sender
    context: RunContext
    found: Found
    started: datetime
    deadline: Deadline
    redactor: Redactor = field(default_factory=Redactor)
    transcript: Transcript = field(init=False)
    _evidence: dict[str, Any] = field(default_factory=dict)
    _traffic: dict[str, int] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    at: Gate = Gate.NAME
    broke: str = ""
    _arrived: tuple[float, bool] | None = None

    def __post_init__(self) -> None:
        """Teach the redactor before the first line is written."""
        if self.found.secret is not None:
            self.redactor.learn(self.found.secret.reveal())
        self.transcript = Transcript(self.deadline, self.redactor)

    def put(self, **records: Any) -> None:  # noqa: ANN401 - any record of the evidence; the frozen model checks each
        """Add evidence by the name of its member in `SenderEvidence`."""
        with self._lock:
            self._evidence.update(records)

    def count(self, **numbers: int) -> None:
        """Add to the traffic counters by their names in `Traffic`."""
        with self._lock:
            for name, number in numbers.items():
                self._traffic[name] = self._traffic.get(name, 0) + number

    def seen(self, name: str) -> Any:  # noqa: ANN401 - the record of that name
        """A record that was put, or None."""
        with self._lock:
            return self._evidence.get(name)

    def arrive(self) -> None:
        """The route is done: what is looked up afterwards counts for neither its time nor its deadline."""
        self._arrived = (self.deadline.elapsed(), self.deadline.passed)

    def give_up(self, problem: Exception) -> None:
        """A defect of ours ended the visit: what was seen until then is kept."""
        self.broke = crash_site(problem)

    def freeze(self, *, interrupted: bool = False) -> SenderEvidence:
        """Everything seen so far, as the frozen record."""
        with self._lock:
            evidence = dict(self._evidence)
            traffic = Traffic(**self._traffic)
        key = "password" if self.sender.method == "basic" else "client_secret"
        source = SecretSource.model_validate(
            {"key": key, "source": self.found.source, "found": self.found.secret is not None}
        )
        elapsed, passed = self._arrived or (self.deadline.elapsed(), self.deadline.passed)
        seen = SenderEvidence(
            sender=self.sender.name,
            started=self.started,
            today=self.started.date(),
            machine=self.context.machine,
            secret=source,
            transcript=self.transcript.freeze(),
            traffic=traffic,
            no_send=self.context.no_send,
            interrupted=interrupted and self._arrived is None,
            broke=self.broke,
            deadline_hit=passed,
            stopped_at=self.at if (interrupted and self._arrived is None) or passed or self.broke else None,
            seconds=round(elapsed, 4),
            **evidence,
        )
        return scrubbed(seen, self.redactor)
