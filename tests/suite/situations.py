"""Situations that no fault in the tenant causes, such as a run that ended early, a step that was not tried or a declared service.

Each situation is the evidence from the healthy world or a fault, with some records or settings removed or replaced.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from evidence.failure import Failure, FailureKind
from evidence.machine import RegistryValue
from evidence.wire import (
    CommandEvidence,
    HelloEvidence,
    Reply,
    SenderEvidence,
    SignInEvidence,
    SkipReason,
    TokenEvidence,
)
from settings.model import Attestation, SenderSettings
from tests.suite.gathered import Gathered, gathered
from tests.suite.situations_service import SERVICE_SITUATIONS, declared

Recorded = tuple[SenderEvidence, SenderSettings]
Change = Callable[[SenderEvidence, SenderSettings], Recorded]
MEMBERS = ("name", "port", "greeting", "starttls", "tls", "auth_offered", "issuer", "token", "sign_in", "envelope")
FAILED = CommandEvidence(failure=Failure(kind=FailureKind.TIMEOUT, text="no complete reply within 5 s"))


def without(member: str) -> Change:
    """Return a change that removes this record and all later ones, as if the run had ended before it."""
    gone = dict.fromkeys(MEMBERS[MEMBERS.index(member) :])
    return lambda evidence, settings: (evidence.model_copy(update=gone), settings)


def record(**members: Any) -> Change:  # noqa: ANN401 - any record
    """Return a change that replaces whole records."""
    return lambda evidence, settings: (evidence.model_copy(update=members), settings)


def part(member: str, **fields: Any) -> Change:  # noqa: ANN401 - any field
    """Return a change that replaces some fields of one record, if the record is present."""

    def change(evidence: SenderEvidence, settings: SenderSettings) -> Recorded:
        held = getattr(evidence, member)
        return evidence.model_copy(update={member: held and held.model_copy(update=fields)}), settings

    return change


def entered(**fields: Any) -> Change:  # noqa: ANN401 - any field
    """Return a change that replaces some of the sender's settings."""
    return lambda evidence, settings: (
        evidence,
        settings.model_copy(update={"sender": settings.sender.model_copy(update=fields)}),
    )


def in_sequence(*changes: Change) -> Change:
    """Return a change that applies these changes in order."""

    def change(evidence: SenderEvidence, settings: SenderSettings) -> Recorded:
        for one in changes:
            evidence, settings = one(evidence, settings)
        return evidence, settings

    return change


def withheld(reason: SkipReason, detail: str = "") -> Change:
    """Return a change after which neither the sign-in nor any later step was tried."""
    return record(sign_in=SignInEvidence(user="a@fabrikam.example", withheld=reason, detail=detail), envelope=None)


def _early_235(lines: int) -> Change:
    """Return a change in which the server sends 235 after this many client lines, before it has the whole credential."""
    good = Reply(code=235, lines=("2.7.0 Authentication successful",), seconds=0.1)
    asks = Reply(code=334, lines=("VXNlcm5hbWU6",), seconds=0.1)

    def change(evidence: SenderEvidence, settings: SenderSettings) -> Recorded:
        early = min(lines, 1 if settings.sender.method == "oauth" else lines)
        steps = (*(asks for _ in range(early - 1)), good)
        return part("sign_in", steps=steps, reply=good)(evidence, settings)

    return change


def registry(**values: int | None) -> Change:
    """Return a change that records these values in the 64-bit and the 32-bit view of the Windows registry."""
    rows = tuple(
        RegistryValue(path="SOFTWARE", name=name, view=view, data=data)
        for name, data in values.items()
        for view in ("64", "32")
    )
    return part("machine", registry=rows)


def reply(code: int, text: str) -> Reply:
    """Return a one-line server reply."""
    return Reply(code=code, lines=(text,), seconds=0.1)


GOOD_REGISTRY: dict[str, int | None] = {
    "SchUseStrongCrypto": 1,
    "SystemDefaultTlsVersions": 1,
    "Enabled": None,
    "DisabledByDefault": None,
}
_OLD = Attestation(who="Ada", when=date(2020, 1, 1), what="seen")
_LATER = Attestation(who="Ada", when=date(2999, 1, 1), what="seen")
_NO_TOKEN = TokenEvidence(
    endpoint="https://login.microsoftonline.com/x", scope="s", withheld="the client secret was not found"
)

# name: (the fault that provides the evidence, or None for the healthy world; the change)
SITUATIONS: dict[str, tuple[str | None, Change]] = {
    **{f"ended before {member}": (None, without(member)) for member in MEMBERS},
    "ended during the sign-in": (
        None,
        record(sign_in=SignInEvidence(user="a@b.example", mechanism="LOGIN"), envelope=None),
    ),
    "ended before MAIL": (None, part("envelope", mail=None, rcpt=None, data=None, final=None)),
    "ended before RCPT": (None, part("envelope", rcpt=None, data=None, final=None)),
    "ended before DATA": (None, part("envelope", data=None, final=None)),
    "ended during the message": (None, part("envelope", final=None)),
    "no answer to MAIL": (None, part("envelope", mail=FAILED, rcpt=None, data=None, final=None)),
    "no answer to the message": (None, part("envelope", final=FAILED)),
    "MAIL refused temporarily": (
        None,
        part("envelope", mail=CommandEvidence(reply=reply(451, "4.9.9 Later")), final=None),
    ),
    "DATA refused": (None, part("envelope", data=CommandEvidence(reply=reply(554, "5.9.9 No")), final=None)),
    "no-send": (None, part("envelope", stopped_before_data=True, data=None, final=None)),
    "authentication off, and MAIL accepted": (
        None,
        in_sequence(
            entered(enable_authentication=False),
            record(sign_in=SignInEvidence(withheld=SkipReason.AUTHENTICATION_OFF)),
            part("envelope", stopped_before_data=True, data=None, final=None),
        ),
    ),
    "authentication off, and MAIL refused": (
        "authentication_off",
        entered(enable_authentication=False),
    ),
    "accepted before the credential": (
        None,
        in_sequence(_early_235(1), record(envelope=None)),
    ),
    "accepted before the password": (
        None,
        in_sequence(_early_235(2), record(envelope=None)),
    ),
    "accepted before the credential, message accepted": (None, _early_235(1)),
    "no secret": (None, in_sequence(record(token=None), withheld(SkipReason.NO_SECRET, "environment variable X"))),
    "no token": (None, in_sequence(record(token=_NO_TOKEN), withheld(SkipReason.NO_TOKEN))),
    "token withheld, secret missing": (
        None,
        in_sequence(record(token=_NO_TOKEN), part("secret", found=False), withheld(SkipReason.NO_TOKEN)),
    ),
    "token withheld, client id missing": (
        None,
        in_sequence(record(token=_NO_TOKEN), entered(client_id=""), withheld(SkipReason.NO_TOKEN)),
    ),
    "host not declared": (None, withheld(SkipReason.HOST_NOT_DECLARED, "credentials go only to smtp.office365.com")),
    "recently refused": (
        None,
        withheld(
            SkipReason.RECENTLY_REFUSED,
            "refused at 12:00:00 UTC: 535 5.7.139 Authentication unsuccessful, account locked.",
        ),
    ),
    "recently refused, without text": (
        None,
        withheld(SkipReason.RECENTLY_REFUSED, "refused at 12:00:00 UTC: 535 5.7.139"),
    ),
    "recently tried": (
        None,
        withheld(SkipReason.RECENTLY_TRIED, "the account was tried at 12:00:00 UTC, without a known result"),
    ),
    "refused for another sender": (
        None,
        withheld(SkipReason.SHARED_CREDENTIAL_REFUSED, "535 5.7.3 Authentication unsuccessful"),
    ),
    "mechanism not offered": (None, withheld(SkipReason.MECHANISM_NOT_OFFERED)),
    "no role, no message": (
        "consent_missing",
        in_sequence(record(sign_in=None, envelope=None)),
    ),
    "no role, message accepted (RBAC)": (
        None,
        part("token", claims={"aud": "https://outlook.office365.com", "roles": []}),
    ),
    "no role, not sent": (
        None,
        in_sequence(
            part("token", claims={"aud": "https://outlook.office365.com"}),
            part("envelope", stopped_before_data=True, data=None, final=None),
        ),
    ),
    "opaque token": (None, part("token", claims=None, opaque=True)),
    "token expired, no server date": ("token_expired", part("token", server_date=None)),
    "token answer without a token": (
        None,
        in_sequence(part("token", length=None, claims=None), record(sign_in=None, envelope=None)),
    ),
    "token endpoint timed out": (
        "secret_wrong",
        part("token", error=None, error_description=None, status=None, failure=Failure(kind=FailureKind.TIMEOUT)),
    ),
    "issuer answers 500 with JSON": (
        None,
        in_sequence(part("issuer", status=500), record(token=None, sign_in=None, envelope=None)),
    ),
    "issuer answers 404 with JSON": (
        None,
        in_sequence(part("issuer", status=404, error="not_found"), record(token=None, sign_in=None, envelope=None)),
    ),
    "issuer without issuer and token endpoint": (None, part("issuer", issuer=None, token_endpoint=None)),
    "issuer on a different host": (None, part("issuer", issuer="https://sts.example.com/x")),
    "endpoint without discovery path": (
        None,
        entered(
            openid_endpoint_configuration="https://login.microsoftonline.com/0f6a1c52-94d3-4e1b-8b7d-3c5e2a9d7f10/v2.0/"
        ),
    ),
    "old scope of the same resource": (None, entered(scope="https://outlook.office.com/.default")),
    "legacy host": (None, entered(smtp_server="smtp-legacy.office365.com")),
    "DOMAIN user": (None, entered(username="FABRIKAM\\alerts")),
    "attested long ago": (None, entered(attested={"BASIC-04": _OLD, "OAUTH-04": _OLD})),
    "attested in the future": (None, entered(attested={"BASIC-04": _LATER, "OAUTH-04": _LATER})),
    "no attestation": (None, entered(attested={}, client_secret_expires=None, password_expires=None)),
    "declared dates have passed": (
        None,
        entered(password_expires=date(2020, 1, 1), client_secret_expires=date(2020, 1, 1), attested={}),
    ),
    "in the hosts file, and the resolver does not know it": (
        None,
        lambda evidence, settings: (_in_the_hosts_file(evidence, udp="no_such_name", tcp="malformed"), settings),
    ),
    "in the hosts file, and the resolver refuses": (
        None,
        lambda evidence, settings: (_in_the_hosts_file(evidence, udp="refused", tcp="malformed"), settings),
    ),
    "in the hosts file, and port 53 is closed": (
        None,
        lambda evidence, settings: (_in_the_hosts_file(evidence, udp="timeout", tcp="timeout"), settings),
    ),
    "in the hosts file, and the resolver answers with an error": (
        None,
        lambda evidence, settings: (_in_the_hosts_file(evidence, udp="refused", tcp="server_failure"), settings),
    ),
    "resolvers unknown": (None, part("name", answers=())),
    "one resolver is silent": ("dns_udp_blocked", lambda evidence, settings: (_second_resolver(evidence), settings)),
    "aliases end in a foreign domain": (None, lambda evidence, settings: (_foreign_alias(evidence), settings)),
    "aliases and connection end in a foreign domain": (
        "hosting_provider",
        lambda evidence, settings: (_foreign_alias(evidence), settings),
    ),
    "one address does not answer": (None, lambda evidence, settings: (_dead_address(evidence), settings)),
    "port 26, all refused": ("port_refused", in_sequence(entered(port=26), part("port", port=26, to_587=()))),
    "no route": ("port_refused", lambda evidence, settings: (_unreachable(evidence), settings)),
    "ports 25 and 587 refused": ("port_refused", lambda evidence, settings: (_beside_25(evidence), settings)),
    "greeting refused": (None, part("greeting", greeting=reply(554, "5.7.1 go away"), ehlo=None)),
    "EHLO refused with 421": (None, part("greeting", ehlo=reply(421, "4.3.2 Service not active"))),
    "connection closed before the greeting": (
        None,
        part("greeting", greeting=None, ehlo=None, failure=Failure(kind=FailureKind.CLOSED)),
    ),
    "implicit TLS on another port": ("tls_at_once", entered(port=4465)),
    "silence on port 465": ("silence_after_connect", entered(port=465)),
    "STARTTLS works without being offered": (None, lambda evidence, settings: (_not_offered(evidence), settings)),
    "extra data after the reply to STARTTLS": (None, in_sequence(without("tls"), part("starttls", surplus=True))),
    "handshake cut off": (
        "certificate_unknown_root",
        part("tls", failure=Failure(kind=FailureKind.CLOSED, text="EOF"), chain=(), version=None),
    ),
    "no TLS after STARTTLS": (
        "certificate_unknown_root",
        part("tls", failure=Failure(kind=FailureKind.NOT_TLS, text="wrong version number"), chain=()),
    ),
    "trailing dot in the host name": (
        "certificate_unknown_root",
        in_sequence(
            entered(smtp_server="smtp.office365.com."),
            part(
                "tls",
                server_name="smtp.office365.com.",
                failure=Failure(kind=FailureKind.TLS_CERTIFICATE, text="certificate verify failed: Hostname mismatch"),
            ),
        ),
    ),
    "certificate not seen": ("certificate_unknown_root", part("tls", chain=())),
    "chain not recorded": (None, part("tls", chain=())),
    "second EHLO refused": (None, part("auth_offered", ehlo=reply(451, "4.3.0 no"))),
    "second EHLO unanswered": (
        None,
        record(auth_offered=HelloEvidence(failure=Failure(kind=FailureKind.TIMEOUT)), sign_in=None, envelope=None),
    ),
    "authentication off, none offered": ("auth_stripped", entered(enable_authentication=False)),
    "unknown clock": (
        None,
        in_sequence(
            part("issuer", clock_offset=None),
            part("token", clock_offset=None),
            part("greeting", greeting=reply(220, "Microsoft ESMTP MAIL Service")),
        ),
    ),
    "clock slightly wrong": (None, lambda evidence, settings: (_late(evidence), settings)),
    "windows, healthy": (None, registry(**GOOD_REGISTRY)),
    "windows, not set": (
        None,
        registry(**{**GOOD_REGISTRY, "SchUseStrongCrypto": None, "SystemDefaultTlsVersions": None}),
    ),
    "windows, turned off": (
        None,
        registry(SchUseStrongCrypto=0, SystemDefaultTlsVersions=0, Enabled=0, DisabledByDefault=1),
    ),
    "windows, registry unreadable": (None, part("machine", registry=None, registry_failure="access denied")),
    "declared service": (None, declared),
    "declared service, bare user name": (None, in_sequence(declared, entered(username="alerts"))),
    "declared service, no role": (
        None,
        in_sequence(declared, part("token", claims={"aud": "https://outlook.office365.com"})),
    ),
    "error without a number": (
        "secret_wrong",
        part("token", error="invalid_client", error_description=None, error_codes=()),
    ),
    "no AUTH at a different host": (
        "auth_stripped",
        entered(smtp_server="fabrikam-example.mail.protection.outlook.com"),
    ),
    **{
        f"declared service, {fault}": (fault, declared)
        for fault in (
            "port_refused",
            "starttls_stripped",
            "auth_stripped",
            "wrong_password",
            "client_unknown",
            "graph_scope",
        )
    },
    "declared service, other issuer": (
        "issuer_foreign",
        in_sequence(declared, part("issuer", issuer="https://other.example")),
    ),
    **SERVICE_SITUATIONS,
}


def situation(name: str) -> Gathered:
    """Return each sender's evidence and settings in a situation."""
    fault, change = SITUATIONS[name]
    return {sender: change(*recorded) for sender, recorded in gathered(fault).items()}


def _second_resolver(evidence: SenderEvidence) -> SenderEvidence:
    if evidence.name is None:
        return evidence
    more = tuple(a.model_copy(update={"resolver": "192.0.2.7", "status": "answered"}) for a in evidence.name.answers)
    return evidence.model_copy(
        update={"name": evidence.name.model_copy(update={"answers": (*evidence.name.answers, *more)})}
    )


def _foreign_alias(evidence: SenderEvidence) -> SenderEvidence:
    if evidence.name is None:
        return evidence
    answers = tuple(a.model_copy(update={"chain": ("mail.portal.example",)}) for a in evidence.name.answers)
    return evidence.model_copy(update={"name": evidence.name.model_copy(update={"answers": answers})})


def _in_the_hosts_file(evidence: SenderEvidence, *, udp: str, tcp: str) -> SenderEvidence:
    """Return evidence in which the operating system resolves the name but none of its name servers does."""
    if evidence.name is None:
        return evidence
    statuses = {"udp": udp, "tcp": tcp}
    answers = tuple(
        answer.model_copy(update={"status": statuses[answer.transport], "addresses": (), "chain": ()})
        for answer in evidence.name.answers
    )
    name = evidence.name.model_copy(update={"answers": answers, "system": evidence.name.addresses})
    return evidence.model_copy(update={"name": name})


def _dead_address(evidence: SenderEvidence) -> SenderEvidence:
    if evidence.port is None:
        return evidence
    first, *rest = evidence.port.dials
    dead = first.model_copy(update={"opened": False, "failure": Failure(kind=FailureKind.TIMEOUT)})
    return evidence.model_copy(update={"port": evidence.port.model_copy(update={"dials": (dead, *rest)})})


def _unreachable(evidence: SenderEvidence) -> SenderEvidence:
    if evidence.port is None:
        return evidence
    dials = tuple(d.model_copy(update={"failure": Failure(kind=FailureKind.UNREACHABLE)}) for d in evidence.port.dials)
    return evidence.model_copy(update={"port": evidence.port.model_copy(update={"dials": dials})})


def _beside_25(evidence: SenderEvidence) -> SenderEvidence:
    if evidence.port is None:
        return evidence
    refused = evidence.port.dials
    return evidence.model_copy(update={"port": evidence.port.model_copy(update={"port": 25, "to_587": refused})})


def _late(evidence: SenderEvidence) -> SenderEvidence:
    """Return evidence in which this machine's clock is 90 seconds ahead."""
    token = evidence.token and evidence.token.model_copy(update={"clock_offset": 90.0})
    return evidence.model_copy(update={"token": token, "started": evidence.started + timedelta(seconds=90)})


def _not_offered(evidence: SenderEvidence) -> SenderEvidence:
    if evidence.greeting is None or evidence.greeting.ehlo is None:
        return evidence
    lines = tuple(line for line in evidence.greeting.ehlo.lines if line != "STARTTLS")
    hello = evidence.greeting.model_copy(update={"ehlo": evidence.greeting.ehlo.model_copy(update={"lines": lines})})
    return evidence.model_copy(update={"greeting": hello})
