"""Handwritten runs for the tests of the reports: a healthy sender for each method, and variants with one difference."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any, Literal

from checks.assessment import Assessment
from evidence.failure import Failure, FailureKind
from evidence.gates import Gate
from evidence.machine import MachineEvidence
from evidence.wire import (
    Certificate,
    CommandEvidence,
    Dial,
    DnsAnswer,
    EnvelopeEvidence,
    HelloEvidence,
    IssuerEvidence,
    Line,
    NameEvidence,
    PortEvidence,
    Reply,
    SecretSource,
    SenderEvidence,
    SignInEvidence,
    TlsEvidence,
    TokenEvidence,
    Traffic,
)
from reports.run import Run
from settings.model import Sender, SenderSettings

TENANT = "0f3c7c2e-6a1b-4c0e-9a56-3f0d6d1e2b11"
CLIENT = "6d6c1f6a-52bb-4b0e-8f2e-5f7b7c3d9e01"
HOST = "smtp.office365.com"
ADDRESSES = ("52.98.152.162", "40.99.217.50", "2603:1026:c0a:8a0::2")
NOON = datetime(2026, 11, 23, 12, 40, tzinfo=UTC)
ISSUER = f"https://login.microsoftonline.com/{TENANT}/v2.0"
LEAF = Certificate(
    subject="CN=outlook.com,O=Microsoft Corporation,L=Redmond,ST=Washington,C=US",
    issuer="CN=DigiCert Cloud Services CA-1,O=DigiCert Inc,C=US",
    organisation="Microsoft Corporation",
    issuer_organisation="DigiCert Inc",
    issuer_name="DigiCert Cloud Services CA-1",
    names=("outlook.com", "*.office365.com", "*.outlook.com", HOST),
    not_before=NOON - timedelta(days=60),
    not_after=NOON + timedelta(days=300),
    serial="0a11",
    sha256="5f" * 32,
)
GREETING = "AM0PR08CA0012.outlook.office365.com Microsoft ESMTP MAIL Service ready at Mon, 23 Nov 2026 12:40:00 +0000"


def basic_settings(**changes: object) -> SenderSettings:
    """Return the settings of a Basic sender. The keys of `changes` are those of the settings file."""
    table: dict[str, object] = {
        "name": "alerts",
        "authentication_type": "Basic",
        "username": "noreply@contoso.example",
        "password_from": "env:ALERTS",
        "from": "noreply@contoso.example",
        "password_expires": "never",
    }
    return SenderSettings(sender=Sender.model_validate(table | changes), cloud="worldwide")


def oauth_settings(**changes: object) -> SenderSettings:
    """Return the settings of an OAuth sender. The keys of `changes` are those of the settings file."""
    table: dict[str, object] = {
        "name": "reports",
        "authentication_type": "OpenID",
        "username": "reports@contoso.example",
        "client_id": CLIENT,
        "client_secret_from": "keyring",
        "openid_endpoint_configuration": f"{ISSUER}/.well-known/openid-configuration",
        "scope": "https://outlook.office365.com/.default",
        "from": "reports@contoso.example",
        "client_secret_expires": date(2027, 6, 1),
    }
    return SenderSettings(sender=Sender.model_validate(table | changes), cloud="worldwide")


def machine(**changes: object) -> MachineEvidence:
    """Return the evidence about the machine that ran the suite."""
    usual: dict[str, object] = {
        "host": "APP-SRV-07",
        "system": "Windows-2022Server-10.0.20348",
        "python": "3.12.7",
        "openssl": "OpenSSL 3.0.15",
        "account": "svc-alerts",
        "tool_version": "0.1.0",
        "proxies": {"https": "proxy.contoso.example:8080"},
        "resolvers": ("10.1.0.53",),
    }
    return MachineEvidence.model_validate(usual | changes)


def basic(**changes: object) -> SenderEvidence:
    """Return the evidence of a healthy Basic sender."""
    return _evidence(
        "alerts",
        "LOGIN",
        "noreply@contoso.example",
        SecretSource(key="password", source="env:ALERTS", found=True),
        changes,
    )


def oauth(**changes: object) -> SenderEvidence:
    """Return the evidence of a healthy OAuth sender."""
    secret = SecretSource(key="client_secret", source="keyring", found=True)
    tokens = {
        "issuer": IssuerEvidence(
            url=f"{ISSUER}/.well-known/openid-configuration",
            status=200,
            content_type="application/json",
            issuer=ISSUER,
            token_endpoint=f"https://login.microsoftonline.com/{TENANT}/oauth2/v2.0/token",
            members={"issuer": ISSUER, "tenant_region_scope": "EU", "cloud_instance_name": "microsoftonline.com"},
            server_date=NOON,
            clock_offset=0.3,
            seconds=0.142,
        ),
        "token": TokenEvidence(
            endpoint=f"https://login.microsoftonline.com/{TENANT}/oauth2/v2.0/token",
            scope="https://outlook.office365.com/.default",
            status=200,
            token_type="Bearer",
            expires_in=3599,
            length=1684,
            server_date=NOON,
            clock_offset=0.3,
            seconds=0.371,
            claims={
                "aud": "https://outlook.office365.com",
                "iss": f"https://sts.windows.net/{TENANT}/",
                "tid": TENANT,
                "appid": CLIENT,
                "oid": "a1c6b0de-0c53-4f0f-a1b2-77cc12345678",
                "roles": ["SMTP.SendAsApp"],
                "ver": "1.0",
                "exp": int(NOON.timestamp()) + 3599,
                "iat": int(NOON.timestamp()),
                "nbf": int(NOON.timestamp()),
            },
        ),
    }
    return _evidence("reports", "XOAUTH2", "reports@contoso.example", secret, tokens | changes)


def until(evidence: SenderEvidence, gate: Gate, **changes: object) -> SenderEvidence:
    """Return the evidence of a run that stopped at `gate`, without the later steps and with `changes` applied."""
    order = ["name", "port", "greeting", "starttls", "tls", "auth_offered", "sign_in", "envelope"]
    place = {"sender": "envelope", "recipient": "envelope", "accepted": "envelope"}.get(gate.value, gate.value)
    at = order.index(place) if place in order else order.index("auth_offered")
    gone: dict[str, object] = dict.fromkeys(order[at + 1 :])
    return evidence.model_copy(update=gone | changes | {"stopped_at": gate})


def refused(evidence: SenderEvidence, reply: str) -> SenderEvidence:
    """Return the evidence of a sign-in refused with this reply, which begins with its code."""
    sign_in = evidence.sign_in
    assert sign_in is not None
    answer = Reply(code=int(reply[:3]), lines=(reply[4:],), seconds=5.2)
    lines = (*evidence.transcript[:-4], Line(at=6.1, speaker="S", text=reply))
    return until(
        evidence, Gate.SIGN_IN, sign_in=sign_in.model_copy(update={"reply": answer, "seconds": 5.21}), transcript=lines
    )


def port_closed(evidence: SenderEvidence) -> SenderEvidence:
    """Return the evidence of a run in which the connection to every address timed out, as it does behind a firewall."""
    failure = Failure(kind=FailureKind.TIMEOUT, text="timed out")
    dials = tuple(
        Dial(address=a, port=587, family=_family(a), opened=False, failure=failure, seconds=10.0) for a in ADDRESSES
    )
    return until(evidence, Gate.PORT, port=PortEvidence(port=587, dials=dials, seconds=10.0))


def run(*assessments: Assessment, **changes: Any) -> Run:  # noqa: ANN401 - any field of the run
    """Return a run with these senders."""
    usual: dict[str, Any] = {
        "tool_version": "0.1.0",
        "target": "live",
        "started": NOON,
        "finished": NOON + timedelta(seconds=4),
        "host": "APP-SRV-07",
        "senders": assessments,
    }
    return Run(**(usual | changes))


def healthy() -> Run:
    """Return a run with two senders that can both send."""
    return run(Assessment(basic(), basic_settings()), Assessment(oauth(), oauth_settings()))


def _family(address: str) -> Literal["ipv4", "ipv6"]:
    return "ipv6" if ":" in address else "ipv4"


def _answers() -> tuple[DnsAnswer, ...]:
    kinds = [(transport, record) for transport in ("udp", "tcp") for record in ("A", "AAAA")]
    return tuple(
        DnsAnswer.model_validate(
            {
                "resolver": "10.1.0.53:53",
                "transport": transport,
                "record": record,
                "status": "answered",
                "addresses": tuple(a for a in ADDRESSES if (":" in a) == (record == "AAAA")),
                "chain": ("outlook.ms-acdc.office.com", "ams-efz.ms-acdc.office.com"),
                "ttl": 8,
                "seconds": 0.021,
            }
        )
        for transport, record in kinds
    )


def _evidence(
    sender: str, mechanism: str, user: str, secret: SecretSource, changes: dict[str, object]
) -> SenderEvidence:
    ok = Reply(code=250, lines=("2.1.0 Sender OK",), seconds=0.05)
    accepted = Reply(code=235, lines=("2.7.0 Authentication successful",))
    asked = 2 if mechanism == "LOGIN" else 1  # user name and password, or one string
    dials = tuple(
        Dial(address=a, port=587, family=_family(a), opened=True, seconds=0.031, local_address="10.1.4.20:53112")
        for a in ADDRESSES
    )
    before = (
        "AM0PR08CA0012.outlook.office365.com Hello [10.1.4.20]",
        "SIZE 157286400",
        "PIPELINING",
        "DSN",
        "STARTTLS",
        "8BITMIME",
    )
    after = (*before[:4], "AUTH LOGIN XOAUTH2", "8BITMIME", "CHUNKING")
    final = Reply(
        code=250,
        lines=("2.0.0 OK <176.9@contoso.example> [Hostname=AM0PR08MB1234.eurprd08.prod.outlook.com]",),
        seconds=1.4,
    )
    said = [
        ("*", f"connected to {ADDRESSES[0]}:587"),
        ("S", f"220 {GREETING}"),
        ("C", "EHLO [10.1.4.20]"),
        ("S", "250 " + " / ".join(before)),
        ("C", "STARTTLS"),
        ("S", "220 2.0.0 SMTP server ready"),
        ("*", "TLSv1.3 TLS_AES_256_GCM_SHA384"),
        ("C", "EHLO [10.1.4.20]"),
        ("S", "250 " + " / ".join(after)),
        ("C", f"AUTH {mechanism}"),
        ("S", "334"),
        ("C", "<secret>"),
        ("S", "235 2.7.0 Authentication successful"),
        ("C", f"MAIL FROM:<{user}>"),
        ("S", "250 2.1.0 Sender OK"),
        ("C", "DATA"),
        ("S", final.text),
    ]
    usual: dict[str, object] = {
        "sender": sender,
        "started": NOON,
        "today": NOON.date(),
        "machine": machine(),
        "secret": secret,
        "name": NameEvidence(host=HOST, answers=_answers(), system=ADDRESSES, addresses=ADDRESSES, seconds=0.044),
        "port": PortEvidence(port=587, dials=dials, used=dials[0], seconds=0.033),
        "greeting": HelloEvidence(
            greeting=Reply(code=220, lines=(GREETING,), seconds=0.09),
            ehlo_name="[10.1.4.20]",
            ehlo=Reply(code=250, lines=before),
            seconds=0.12,
        ),
        "starttls": CommandEvidence(reply=Reply(code=220, lines=("2.0.0 SMTP server ready",)), seconds=0.03),
        "tls": TlsEvidence(
            server_name=HOST,
            verified=True,
            version="TLSv1.3",
            cipher="TLS_AES_256_GCM_SHA384",
            chain=(LEAF,),
            seconds=0.088,
        ),
        "auth_offered": HelloEvidence(ehlo_name="[10.1.4.20]", ehlo=Reply(code=250, lines=after), seconds=0.031),
        "sign_in": SignInEvidence.model_validate(
            {
                "mechanism": mechanism,
                "user": user,
                "steps": (*(Reply(code=334, lines=("",)) for _ in range(asked)), accepted),
                "reply": accepted,
                "seconds": 0.61,
            }
        ),
        "envelope": EnvelopeEvidence(
            mail_from=user,
            recipient=user,
            mail=CommandEvidence(reply=ok, seconds=0.05),
            rcpt=CommandEvidence(reply=Reply(code=250, lines=("2.1.5 Recipient OK",)), seconds=0.04),
            data=CommandEvidence(
                reply=Reply(code=354, lines=("Start mail input; end with <CRLF>.<CRLF>",)), seconds=0.04
            ),
            final=CommandEvidence(reply=final, seconds=1.4),
            message_id="<176.9@contoso.example>",
            subject="smtp365 test message",
        ),
        "quit": CommandEvidence(
            reply=Reply(code=221, lines=("2.0.0 Service closing transmission channel",)), seconds=0.03
        ),
        "transcript": tuple(
            Line.model_validate({"at": i * 0.14, "speaker": s, "text": t}) for i, (s, t) in enumerate(said)
        ),
        "traffic": Traffic(
            smtp_sessions=1,
            diagnostic_connections=2,
            sign_in_attempts=1,
            token_requests=int(mechanism == "XOAUTH2"),
            messages_sent=1,
        ),
        "seconds": 2.9,
    }
    return SenderEvidence.model_validate(usual | changes)
