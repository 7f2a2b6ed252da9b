"""The records and counters for one sender while the probes fill them in. `SenderRun.freeze` turns them into evidence."""

from __future__ import annotations

from dataclasses import dataclass

from evidence.tenant import TenantEvidence
from evidence.wire import (
    CommandEvidence,
    EnvelopeEvidence,
    HelloEvidence,
    IssuerEvidence,
    NameEvidence,
    PortEvidence,
    SignInEvidence,
    TlsEvidence,
    TokenEvidence,
)


@dataclass(slots=True)
class Records:
    """The records of `SenderEvidence`, under the same names. A record is None until its probe has run."""

    name: NameEvidence | None = None
    port: PortEvidence | None = None
    greeting: HelloEvidence | None = None
    starttls: CommandEvidence | None = None
    plain_mail: CommandEvidence | None = None
    tls: TlsEvidence | None = None
    auth_offered: HelloEvidence | None = None
    issuer: IssuerEvidence | None = None
    token: TokenEvidence | None = None
    sign_in: SignInEvidence | None = None
    envelope: EnvelopeEvidence | None = None
    quit: CommandEvidence | None = None
    tenant: TenantEvidence | None = None


@dataclass(slots=True)
class TrafficCounts:
    """The counters of `Traffic`, under the same names. Each counter is written by only one leg, so no lock is needed."""

    smtp_sessions: int = 0
    diagnostic_connections: int = 0
    sign_in_attempts: int = 0
    token_requests: int = 0
    messages_sent: int = 0
