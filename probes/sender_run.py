"""One sender's run of the probes: what both legs share, and the evidence collected so far.

The evidence can be frozen at any time, so that none of it is lost after an interrupt or at the deadline.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import datetime

from evidence.gates import Gate
from evidence.machine import MachineEvidence
from evidence.wire import AccountAttempts, SecretSource, SenderEvidence, Traffic
from probes.account_ledger import AccountLedger
from probes.crash import crash_site
from probes.deadline import Deadline
from probes.dialler import Dialler
from probes.https import HttpsClient
from probes.issuer import Issuer
from probes.known_secrets import KnownSecrets
from probes.missing import RunEnd, missing_reasons
from probes.records import Records, TrafficCounts
from probes.redaction import Redactor
from probes.scrubbing import scrubbed
from probes.single_flight import SingleFlight
from probes.tls import Trust
from probes.token import Token
from probes.transcript import Transcript
from settings.client_id import may_be_secret
from settings.clouds import Cloud
from settings.model import Network, Sender
from settings.secret import Found


@dataclass(frozen=True, slots=True, kw_only=True)
class RunContext:
    """What all senders in a run share: the network, the trusted roots, the caches and the description of this machine."""

    cloud: Cloud
    network: Network
    dialler: Dialler
    trust: Trust
    ledger: AccountLedger
    service: str
    machine: MachineEvidence
    no_send: bool = False
    try_again: bool = False
    secrets: KnownSecrets = field(default_factory=KnownSecrets)
    redactor: Callable[[KnownSecrets], Redactor] = Redactor
    documents: SingleFlight[Issuer] = field(default_factory=SingleFlight)
    tokens: SingleFlight[Token] = field(default_factory=SingleFlight)

    @property
    def https_client(self) -> HttpsClient:
        """An HTTPS client with the same dialler, roots and resolvers as the SMTP leg."""
        return HttpsClient(
            dialler=self.dialler,
            trust=self.trust,
            resolvers=self.network.resolvers,
            dns_timeout=self.network.dns_timeout,
            patience=min(30.0, self.network.reply_timeout),
        )


@dataclass(slots=True)
class SenderRun:
    """The state of one sender's run. The probes fill in `records`; `freeze` returns them as evidence."""

    sender: Sender
    context: RunContext
    found: Found
    started: datetime
    deadline: Deadline
    with_lookups: bool = False
    redactor: Redactor = field(init=False)
    transcript: Transcript = field(init=False)
    records: Records = field(default_factory=Records)
    traffic: TrafficCounts = field(default_factory=TrafficCounts)
    account_attempts: AccountAttempts | None = None
    at: Gate = Gate.NAME
    smtp_leg_ended: bool = False
    token_leg_ended: bool = False
    _crash: str = ""
    _finished: tuple[float, bool] | None = None

    def __post_init__(self) -> None:
        """Add the secret, and the client id if it may be a secret, to the redactor before the first line is recorded."""
        self.redactor = self.context.redactor(self.context.secrets)
        if self.found.secret is not None:
            self.redactor.learn(self.found.secret.reveal())
        if may_be_secret(self.sender.client_id, microsoft=self.context.cloud.microsoft):
            self.redactor.learn(self.sender.client_id)
        self.transcript = Transcript(self.deadline, self.redactor)

    def finish(self) -> None:
        """Stop the clock, once. Lookups that are still pending do not count towards the duration."""
        if self._finished is None:
            self._finished = (self.deadline.elapsed(), self.deadline.passed)

    def fail(self, problem: Exception) -> None:
        """Record that the suite itself failed. The evidence collected until then is kept."""
        self._crash = crash_site(problem)

    def freeze(self, *, interrupted: bool = False) -> SenderEvidence:
        """Return the evidence collected so far, without secrets."""
        elapsed, passed = self._finished or (self.deadline.elapsed(), self.deadline.passed)
        unfinished = interrupted and self._finished is None
        records = self.records
        evidence = SenderEvidence(
            sender=self.sender.name,
            started=self.started,
            today=self.started.date(),
            machine=self.context.machine,
            secret=self._secret_source(),
            name=records.name,
            port=records.port,
            greeting=records.greeting,
            starttls=records.starttls,
            plain_mail=records.plain_mail,
            tls=records.tls,
            auth_offered=records.auth_offered,
            issuer=records.issuer,
            token=records.token,
            sign_in=records.sign_in,
            account_attempts=self.account_attempts,
            envelope=records.envelope,
            quit=records.quit,
            tenant=records.tenant,
            transcript=self.transcript.freeze(),
            traffic=Traffic(**asdict(self.traffic)),
            no_send=self.context.no_send,
            interrupted=unfinished,
            broke=self._crash,
            deadline_hit=passed,
            stopped_at=self.at if unfinished or passed or self._crash else None,
            seconds=round(elapsed, 4),
        )
        end = RunEnd(
            smtp_leg_ended=self.smtp_leg_ended,
            token_leg_ended=self.token_leg_ended,
            with_lookups=self.with_lookups,
            interrupted=interrupted,
        )
        reasons = missing_reasons(self.sender, evidence, end)
        return scrubbed(evidence.model_copy(update={"missing": reasons}), self.redactor)

    def _secret_source(self) -> SecretSource:
        return SecretSource(
            key="password" if self.sender.method == "basic" else "client_secret",
            source=self.found.source,
            found=self.found.secret is not None,
        )
