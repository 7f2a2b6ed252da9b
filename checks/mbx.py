"""MBX: the envelope, the message, the application's rights and the message trace."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from checks import reconcile
from checks.basic import is_full_address
from checks.model import Context, Finding, Verdict, check
from checks.text_reading import deciding, read_reply
from evidence.gates import Gate
from evidence.tenant import LookupState
from evidence.wire import CommandEvidence
from knowledge.cause_ids import CauseId
from knowledge.causes import is_for_good
from settings.clouds import WORLDWIDE, is_high_volume
from settings.model import Method

if TYPE_CHECKING:
    from knowledge.declared.replies import Command

OAUTH: frozenset[Method] = frozenset({"oauth"})
NO_SERVICE_PRINCIPAL = (
    "service principal-less authentication failed"  # Graph, if the tenant cannot serve the message trace
)
ENVELOPE_CAUSES: tuple[CauseId, ...] = (
    "connection_cut",
    "service_side_fault",
    "temporarily_deferred",
    "address_malformed",
    "recipient_rejected",
)


def _judge(
    case: Context, command: CommandEvidence | None, of: Command, expected: str, ok: str, address: str | None = None
) -> Finding:
    """Return the finding for MAIL, RCPT, DATA or the end of the message, based on the reply or its absence."""
    if command is None:
        return case.not_recorded("envelope", "this command")
    if command.reply is None:
        text = command.failure.text or command.failure.kind.value if command.failure is not None else "no reply"
        why = "the connection ended without a reply; either the server or a device on the way closed it"
        return case.fail("service_side_fault", "connection_cut", expected=expected, observed=text, sure=False, why=why)
    if 200 <= command.reply.code < 400:
        return case.ok(observed=f"{ok}: {command.reply.text}")
    if command.reply.code == 501 and address is not None and not is_full_address(address):
        return case.fail("address_malformed", expected=expected, observed=f"<{address}>: {command.reply.text}")
    reading = read_reply(case, command.reply.text, of)
    why = deciding(case, reading)
    causes, sure = reading.causes, reading.sure
    if 400 <= command.reply.code < 500 and is_for_good(causes[0]):
        others = tuple(cause for cause in causes if cause not in {"unrecognised", "temporarily_deferred"})
        causes, sure = ("temporarily_deferred", *others), False
        why = "a reply code that begins with 4 means a temporary refusal"
    if causes == ("unrecognised",) and case.check.gate is Gate.RECIPIENT:
        causes, why = ("recipient_rejected",), "the server refused RCPT, so the reply concerns the recipient"
    return case.fail(*causes, expected=expected, observed=command.reply.text, sure=sure, why=why)


@check(
    "MBX-01",
    "The sender address is accepted",
    needs=("AUTH-01",),
    gate=Gate.SENDER,
    causes=ENVELOPE_CAUSES,
    reads_reply=True,
)
def sender(case: Context) -> Finding:
    """The server accepts the sender's address in the MAIL command (RFC 5321, 4.1.1.2)."""
    envelope = case.evidence.envelope
    if envelope is None:
        return case.not_recorded("envelope", "MAIL")
    return _judge(case, envelope.mail, "mail", "250 to MAIL", f"MAIL FROM:<{envelope.mail_from}>", envelope.mail_from)


@check(
    "MBX-02",
    "The recipient is accepted",
    needs=("MBX-01",),
    gate=Gate.RECIPIENT,
    causes=ENVELOPE_CAUSES,
    reads_reply=True,
)
def recipient(case: Context) -> Finding:
    """The server accepts RCPT (RFC 5321, 4.1.1.3). Exchange Online accepts most recipients and reports unknown ones later by mail."""
    envelope = case.evidence.envelope
    if envelope is None:
        return case.not_recorded("envelope", "MAIL")
    return _judge(case, envelope.rcpt, "rcpt", "250 to RCPT", f"RCPT TO:<{envelope.recipient}>", envelope.recipient)


@check(
    "MBX-03", "The message is accepted", needs=("MBX-02",), gate=Gate.ACCEPTED, causes=ENVELOPE_CAUSES, reads_reply=True
)
def accepted(case: Context) -> Finding:
    """The server accepts the message after DATA (RFC 5321, 4.1.1.4). Only then does it check the right to use the mailbox."""
    envelope = case.evidence.envelope
    if envelope is None:
        return case.not_recorded("envelope", "MAIL")
    if envelope.stopped_before_data:
        if not case.settings.sender.enable_authentication:
            return case.unknown("the run sends no message without a sign-in")
        return case.unknown(
            "the run stopped after RCPT (--no-send); only an accepted message shows that the sender may use the mailbox"
        )
    if envelope.final is None:
        begun = envelope.data is not None and envelope.data.reply is not None and envelope.data.reply.code == 354
        if begun:
            return case.unknown(
                "the run ended during the message; check whether the recipient received it before you run again"
            )
        return _judge(case, envelope.data, "data", "354 to DATA", "DATA")
    return _judge(case, envelope.final, "data", "250 to the end of the message", f"message {envelope.message_id}")


@check(
    "MBX-04",
    "The application's service principal is registered in Exchange",
    reads=("AUTH-01",),
    methods=OAUTH,
    microsoft_only=True,
    causes=("sp_not_registered_in_exchange",),
)
def service_principal(case: Context) -> Finding:
    """Exchange has a service principal with the enterprise application's object id (Microsoft, "Authenticate … using OAuth")."""
    if is_high_volume(case.settings.sender.smtp_server):
        return case.not_applicable(
            "High Volume Email uses a list of allowed applications instead of a service principal in Exchange"
        )
    return reconcile.item_with_tenant_facts(case, _registered_by_wire(case), ("sp_not_registered_in_exchange",))


def _registered_by_wire(case: Context) -> Finding:
    auth = case.finding("AUTH-01")
    cause = "sp_not_registered_in_exchange"
    match auth.verdict:
        case Verdict.PASS:
            return case.ok(observed="the app-only sign-in was accepted")
        case Verdict.FAIL if auth.causes[0] == cause:
            return case.fail(
                cause, expected="235 to AUTH XOAUTH2", observed=auth.observed, sure=auth.sure, why=auth.why
            )
        case Verdict.FAIL if cause in auth.causes:
            return case.unknown(auth.why, cause, observed=auth.observed)
        case Verdict.NOT_APPLICABLE:
            return case.unknown(auth.why)
        case _:
            return case.stopped("AUTH-01") or case.blocked("AUTH-01")


@check(
    "MBX-05",
    "The application may use the mailbox",
    reads=("MBX-03",),
    methods=OAUTH,
    microsoft_only=True,
    causes=("sp_mailbox_permission_missing",),
)
def mailbox_right(case: Context) -> Finding:
    """The application needs FullAccess or RBAC for Applications (not in the FAQ). SMTP shows a missing right only after the message."""
    if is_high_volume(case.settings.sender.smtp_server):
        return case.not_applicable("a High Volume Email account has no mailbox")
    return reconcile.item_with_tenant_facts(case, _right_by_wire(case), ("sp_mailbox_permission_missing",))


def _right_by_wire(case: Context) -> Finding:
    last = case.finding("MBX-03")
    cause = "sp_mailbox_permission_missing"
    match last.verdict:
        case Verdict.PASS:
            return case.ok(observed="the message was accepted")
        case Verdict.FAIL if last.causes[0] == cause:
            return case.fail(
                cause, expected="250 after the message", observed=last.observed, sure=last.sure, why=last.why
            )
        case _:
            return case.stopped("MBX-03") or case.blocked("MBX-03")


@check(
    "MBX-06",
    "The message trace shows the message as delivered",
    reads=("MBX-03",),
    microsoft_only=True,
    causes=("recipient_rejected", "outbound_spam_block", "message_trace_not_provisioned"),
)
def traced(case: Context) -> Finding:
    """The message trace shows that the message was delivered (Microsoft Graph, "messageTraces"). An entry can take minutes to appear."""
    tenant, cloud = case.evidence.tenant, case.settings.service
    look = tenant.trace if tenant is not None else None
    if cloud.name != WORLDWIDE.name or (look is not None and look.state is LookupState.NOT_OFFERED):
        return case.not_applicable("this cloud does not offer a message trace")
    if (stopped := case.stopped("MBX-03")) is not None:
        return stopped
    if look is None:
        return case.unknown(
            "only the message trace shows whether the message was delivered; the run needs read access to the "
            "trace (docs/lookups.md)"
        )
    if look.state is LookupState.NOT_ASKED:
        return case.unknown(f"the message trace was not looked up: {look.detail or 'see docs/lookups.md'}")
    if not look.seen:
        missing: tuple[CauseId, ...] = (
            ("message_trace_not_provisioned",) if NO_SERVICE_PRINCIPAL in look.detail.casefold() else ()
        )
        words = "; ".join(part for part in (look.needs, look.detail) if part) or "run again"
        return case.unknown(f"the message trace could not be read: {words}", *missing)
    status = look.status.casefold()
    if not status or status in {"gettingstatus", "pending"}:
        later = case.evidence.started + timedelta(minutes=15)
        return case.unknown(
            f"the trace shows no result for the message yet; repeat the lookup after {later:%H:%M} UTC with --lookups-for=REPORT",
            observed=look.status,
        )
    if status in {"delivered", "expanded", "resolved"}:
        return case.ok(observed=look.status)
    if status in {"quarantined", "filteredasspam"}:
        return case.fail("outbound_spam_block", expected="delivered", observed=look.status)
    return case.fail(
        "recipient_rejected",
        "outbound_spam_block",
        expected="delivered",
        observed=look.status,
        sure=False,
        why="the message's details in the trace show the reason",
    )


@check(
    "MBX-07",
    "High Volume Email sends only to recipients in the organisation",
    reads=("MBX-02", "MBX-03"),
    microsoft_only=True,
    causes=("hve_external_recipient",),
)
def internal_recipient(case: Context) -> Finding:
    """High Volume Email delivers only to internal recipients (Microsoft, "Manage High Volume Email"). The check compares From and To."""
    sender = case.settings.sender
    if not is_high_volume(sender.smtp_server):
        return case.not_applicable("the server is not the endpoint of High Volume Email")
    ours, theirs = (address.rpartition("@")[2].lower() for address in (sender.envelope_from, sender.envelope_to))
    observed = f"From {sender.envelope_from}, To {sender.envelope_to} (as entered in the settings)"
    if ours == theirs:
        return case.ok(observed=observed)
    expected = "a recipient in the tenant"
    refused = next((one.observed for one in map(case.finding, ("MBX-02", "MBX-03")) if "5.5.105" in one.observed), "")
    if refused:
        return case.fail("hve_external_recipient", expected=expected, observed=refused)
    why = (
        "a recipient in another domain of the same tenant is allowed; the server refuses recipients outside the tenant"
    )
    return case.risk("hve_external_recipient", expected=expected, observed=observed, why=why)
