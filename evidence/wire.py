"""The frozen records that the probes return: what they sent, what they received and how long each step took.

The records contain no verdicts and no secrets. Each can be written to JSON and read again, so a saved run can be evaluated again.
"""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from evidence import limits
from evidence.failure import Failure
from evidence.gates import Gate
from evidence.limits import Code, Count, Finite, Listed, Members, Moment, Number, Offset, PortNumber, Seconds
from evidence.machine import MachineEvidence
from evidence.missing import MissingReason, RecordName
from evidence.record import Record
from evidence.tenant import TenantEvidence
from settings.identity import (
    DistinguishedName,
    HostText,
    Identity,
    MailboxName,
    OpaqueId,
    PersonName,
    PublicText,
    SenderLabel,
    SpokenText,
    Words,
)

SCHEMA = "smtp365-results/1"


class Reply(Record):
    """An SMTP reply: its code, the text of each line without the code, and the seconds from the command to the last line.

    RFC 5321, section 4.2.
    """

    code: Code
    lines: Annotated[tuple[Words, ...], limits.ReplyLines]
    seconds: Seconds = 0.0

    @property
    def text(self) -> str:
        """The code and all lines, joined by spaces, such as `535 5.7.3 Authentication unsuccessful`."""
        return f"{self.code} {' '.join(self.lines)}".strip()


class Line(Record):
    """A line of the transcript: the seconds since the start, the speaker and the redacted text.

    The speaker is `C` for the client, `S` for the server or `*` for a remark from the suite.
    """

    at: Seconds
    speaker: Literal["C", "S", "*"]
    text: SpokenText


class DnsAnswer(Record):
    """A resolver's answer to a query for one record type over one transport (RFC 1035; RFC 7766 requires TCP)."""

    resolver: Words
    transport: Literal["udp", "tcp"]
    record: Literal["A", "AAAA"]
    status: Literal[
        "answered", "no_such_name", "no_data", "server_failure", "refused", "timeout", "unreachable", "malformed"
    ]
    addresses: Annotated[tuple[Words, ...], Listed] = ()
    chain: Annotated[tuple[Words, ...], Listed] = ()
    ttl: Count | None = None
    truncated: bool = False
    attempts: Count = 1
    seconds: Seconds = 0.0
    text: SpokenText = ""


class NameEvidence(Record):
    """The resolvers' answers to queries for the server's name.

    `system` contains the operating system's own answer, if the run asked for it.
    """

    host: HostText
    literal: bool = False
    answers: Annotated[tuple[DnsAnswer, ...], Listed] = ()
    comparison: Annotated[tuple[DnsAnswer, ...], Listed] = ()
    system: Annotated[tuple[Words, ...], Listed] | None = None
    system_failure: Failure | None = None
    addresses: Annotated[tuple[Words, ...], Listed] = ()
    seconds: Seconds = 0.0


class Dial(Record):
    """An attempt to open a TCP connection to an address and a port.

    `mapped_to` is the address to which the `[connect]` map redirected the attempt.
    """

    address: Words
    port: PortNumber
    family: Literal["ipv4", "ipv6"]
    mapped_to: Words | None = None
    opened: bool
    failure: Failure | None = None
    seconds: Seconds = 0.0
    local_address: Words | None = None


class PortEvidence(Record):
    """The attempts to connect to the server's addresses. `used` is the connection that carried the session.

    `to_587` contains the attempts on the service's submission port if the settings name a different port.
    """

    port: PortNumber
    dials: Annotated[tuple[Dial, ...], Listed] = ()
    used: Dial | None = None
    to_587: Annotated[tuple[Dial, ...], Listed] = ()
    seconds: Seconds = 0.0


class Certificate(Record):
    """The contents of an X.509 certificate (RFC 5280). They have not been verified."""

    subject: DistinguishedName
    issuer: DistinguishedName
    organisation: PersonName = ""
    issuer_organisation: PersonName = ""
    issuer_name: PersonName = ""
    names: Annotated[tuple[HostText, ...], Listed] = ()
    not_before: Moment
    not_after: Moment
    serial: OpaqueId = ""
    sha256: OpaqueId = ""
    self_signed: bool = False


class TlsEvidence(Record):
    """A TLS handshake: the negotiated parameters, whether the certificate was verified, and the peer's chain."""

    server_name: HostText
    verified: bool
    version: PublicText | None = None
    cipher: PublicText | None = None
    failure: Failure | None = None
    chain: Annotated[tuple[Certificate, ...], Listed] = ()
    second_look: bool = False
    asks_client_certificate: bool = False  # and ended the handshake without one, or can still end it in TLS 1.3
    seconds: Seconds = 0.0


class HelloEvidence(Record):
    """A greeting, an EHLO reply or both, with secrets removed (RFC 5321, sections 4.1.1.1 and 4.3.1).

    If no greeting arrives, the run can open a second connection that begins with a TLS handshake. `tls_at_once` is that handshake, and
    `answer_to_tls` is what the server sent instead of TLS.
    """

    greeting: Reply | None = None
    ehlo_name: Words = ""
    ehlo: Reply | None = None
    failure: Failure | None = None
    raw: Words = ""
    tls_at_once: TlsEvidence | None = None
    answer_to_tls: SpokenText = ""
    seconds: Seconds = 0.0

    @property
    def keywords(self) -> dict[str, str]:
        """The EHLO keywords in upper case, with their parameters. Empty if the server refused EHLO or did not reply."""
        if self.ehlo is None or self.ehlo.code != 250:
            return {}
        pairs = (line.partition(" ") for line in self.ehlo.lines[1:])
        return {keyword.upper(): rest.strip() for keyword, _, rest in pairs}


class CommandEvidence(Record):
    """A command and its outcome. `surplus` is set if data arrived after the reply, such as text sent before TLS (RFC 3207, section 6)."""

    reply: Reply | None = None
    failure: Failure | None = None
    surplus: bool = False
    seconds: Seconds = 0.0


class IssuerEvidence(Record):
    """The issuer document from the URL in the settings (OpenID Connect Discovery 1.0, section 4)."""

    url: Words
    tls: TlsEvidence | None = None
    status: Code | None = None
    content_type: Words = ""
    issuer: Words | None = None
    token_endpoint: Words | None = None
    members: Annotated[dict[str, Words], Members] = Field(default_factory=dict)
    error: Words | None = None
    error_description: SpokenText | None = None
    excerpt: Words = ""
    page: SpokenText = ""  # the visible text of a web page instead of JSON
    server_date: Moment | None = None
    clock_offset: Offset | None = None
    proxy: Words | None = None
    failure: Failure | None = None
    shared: bool = False  # another sender of the run had requested it
    seconds: Seconds = 0.0


class TokenEvidence(Record):
    """The response to the token request: the members of the error, or the unverified claims of the access token."""

    endpoint: Words
    scope: Words
    status: Code | None = None
    error: Words | None = None
    error_description: SpokenText | None = None
    error_codes: Annotated[tuple[Number, ...], Listed] = ()
    suberror: Words | None = None
    trace_id: Words | None = None
    correlation_id: Words | None = None
    token_type: Words | None = None
    expires_in: Number | None = None
    length: Count | None = None
    claims: Annotated[
        dict[str, str | int | Finite | bool | Annotated[list[str], Listed] | None] | None, Members, Identity.CLAIMS
    ] = None
    opaque: bool = False
    secret_looks_like_id: bool = False
    retry_after: Words | None = None
    page: SpokenText = ""  # the visible text of a web page instead of JSON
    proxy: Words | None = None
    server_date: Moment | None = None
    clock_offset: Offset | None = None
    failure: Failure | None = None
    withheld: Words | None = None
    shared: bool = False  # another sender of the run had requested it
    seconds: Seconds = 0.0


class SkipReason(StrEnum):
    """The reason why the run attempted no sign-in."""

    HOST_NOT_DECLARED = "host_not_declared"
    NO_SECRET = "no_secret"  # noqa: S105 - a reason, not a secret
    NO_TOKEN = "no_token"  # noqa: S105
    FOREIGN_TOKEN = "foreign_token"  # noqa: S105
    RECENTLY_REFUSED = "recently_refused"
    RECENTLY_TRIED = "recently_tried"
    SHARED_CREDENTIAL_REFUSED = "shared_credential_refused"
    AUTHENTICATION_OFF = "authentication_off"
    TYPE_MISMATCH = "type_mismatch"
    MECHANISM_NOT_OFFERED = "mechanism_not_offered"


class Challenge(Record):
    """The error that an XOAUTH2 server sends in a 334 reply before it refuses the sign-in (RFC 7628, 3.2.2).

    If the error has none of the known members, `text` contains it.
    """

    status: Words = ""
    schemes: Words = ""
    scope: Words = ""
    text: SpokenText = ""


class SignInEvidence(Record):
    """The one sign-in attempt: the mechanism, the user and the reply to each step, or the reason why there was no attempt."""

    mechanism: Literal["LOGIN", "XOAUTH2"] | None = None
    user: MailboxName = ""
    steps: Annotated[tuple[Reply, ...], Listed] = ()
    reply: Reply | None = None
    failure: Failure | None = None
    challenge: Challenge | None = None
    withheld: SkipReason | None = None
    detail: SpokenText = ""
    seconds: Seconds = 0.0

    @property
    def accepted(self) -> bool:
        """Whether the server replied 235 to the line with the credential. An earlier 235 does not count."""
        return self.reply is not None and self.reply.code == 235 and not self.out_of_turn

    @property
    def out_of_turn(self) -> bool:
        """Whether the server replied 235 although it had received no credential or had already refused it (RFC 4954, 4)."""
        return self.reply is not None and self.reply.code == 235 and (self.early or self.steps[-1].code != 235)

    @property
    def early(self) -> bool:
        """Whether the server did not reply to the line with the credential, which is the third line for LOGIN, the second for XOAUTH2."""
        return len(self.steps) < {"LOGIN": 3, "XOAUTH2": 2}.get(self.mechanism or "", 1)


class EnvelopeEvidence(Record):
    """The replies to MAIL, RCPT, DATA and the message itself. `message_id` identifies the message in a message trace."""

    mail_from: MailboxName
    recipient: MailboxName
    mail: CommandEvidence | None = None
    rcpt: CommandEvidence | None = None
    data: CommandEvidence | None = None
    final: CommandEvidence | None = None
    message_id: Words = ""
    subject: Words = ""
    stopped_before_data: bool = False


class Traffic(Record):
    """How much this run sent on behalf of one sender."""

    smtp_sessions: Count = 0
    diagnostic_connections: Count = 0
    sign_in_attempts: Count = 0
    token_requests: Count = 0
    messages_sent: Count = 0


class AccountAttempts(Record):
    """How often this user tried to sign in with the account from this machine in the last 24 hours.

    Attempts before an accepted one do not count. `lockout_after` is the number of failed attempts after which the service locks an
    account (Microsoft, "Smart lockout").
    """

    made: Count
    lockout_after: Count | None = None

    @property
    def left(self) -> int | None:
        """The maximum number of attempts left before a lockout, or None if unknown. Attempts from other machines are not counted."""
        return None if self.lockout_after is None else max(0, self.lockout_after - self.made)


class SecretSource(Record):
    """Where a secret was read from, without the secret itself."""

    key: Literal["password", "client_secret"]
    source: Words
    found: bool


class SenderEvidence(Record):
    """All evidence from one run for one sender. The record of a step that did not run is None."""

    sender: SenderLabel
    started: Moment
    today: date
    machine: MachineEvidence
    secret: SecretSource | None = None
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
    account_attempts: AccountAttempts | None = None
    envelope: EnvelopeEvidence | None = None
    quit: CommandEvidence | None = None
    tenant: TenantEvidence | None = None
    transcript: Annotated[tuple[Line, ...], limits.TranscriptLines] = ()
    traffic: Traffic = Traffic()
    no_send: bool = False
    interrupted: bool = False
    broke: Words = ""  # where the suite itself failed
    deadline_hit: bool = False
    stopped_at: Gate | None = None
    missing: dict[RecordName, MissingReason] = Field(default_factory=dict)  # reports of earlier versions have none
    seconds: Seconds = 0.0

    def why_missing(self, record: RecordName) -> MissingReason | None:
        """Return why a record is missing, or None if it is present.

        Reports from earlier versions contain no reasons. For such a report, the reason is derived from how the run ended.
        """
        if getattr(self, record) is not None:
            return None
        if record in self.missing:
            return self.missing[record]
        if self.interrupted:
            return MissingReason.INTERRUPTED
        if self.broke:
            return MissingReason.CRASHED
        return MissingReason.TIMED_OUT if self.deadline_hit else MissingReason.NOT_REACHED
