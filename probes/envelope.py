"""Sends the envelope and the message: MAIL, RCPT and DATA, up to the reply after the message (RFC 5321, section 3.3)."""

from __future__ import annotations

from email.errors import MessageError

from evidence.gates import Gate
from evidence.wire import CommandEvidence, EnvelopeEvidence
from probes import message
from probes.sender_run import SenderRun
from probes.smtp import Session
from settings.version import tool_version


def send(run: SenderRun, session: Session) -> None:
    """Send MAIL, RCPT and the message, and stop at the first refusal.

    With `--no-send`, or for a sender without authentication, send RSET in place of the message.
    """
    sender, context = run.sender, run.context
    run.at = Gate.SENDER
    record = EnvelopeEvidence(mail_from=sender.envelope_from, recipient=sender.envelope_to)
    mail = session.ask(f"MAIL FROM:<{sender.envelope_from}>{_utf8(session, sender.envelope_from, sender.envelope_to)}")
    record = _kept(run, record.model_copy(update={"mail": mail}))
    if not _positive(mail):
        return
    run.at = Gate.RECIPIENT
    rcpt = session.ask(f"RCPT TO:<{sender.envelope_to}>")
    record = _kept(run, record.model_copy(update={"rcpt": rcpt}))
    if not _positive(rcpt):
        return
    run.at = Gate.ACCEPTED
    if context.no_send or not sender.enable_authentication:
        session.ask("RSET")
        _kept(run, record.model_copy(update={"stopped_before_data": True}))
        return
    _data(run, session, record)


def _data(run: SenderRun, session: Session, record: EnvelopeEvidence) -> None:
    sender = run.sender
    try:
        composed = message.compose(
            mail_from=sender.envelope_from,
            recipient=sender.envelope_to,
            host=run.context.machine.host,
            moment=run.started,
            tool=f"smtp365 {tool_version()}",
        )
    except (MessageError, ValueError):
        _kept(run, record.model_copy(update={"stopped_before_data": True}))
        return
    data = session.ask("DATA")
    record = record.model_copy(
        update={"data": data, "message_id": str(composed["Message-ID"]), "subject": str(composed["Subject"])}
    )
    _kept(run, record)
    if data.reply is None or data.reply.code != 354:
        return
    run.traffic.messages_sent += 1
    _kept(run, record.model_copy(update={"final": session.message(composed)}))


def _kept(run: SenderRun, record: EnvelopeEvidence) -> EnvelopeEvidence:
    run.records.envelope = record
    return record


def _utf8(session: Session, *addresses: str) -> str:
    """Return the MAIL parameter SMTPUTF8 if an address needs it and the server offers it (RFC 6531), otherwise an empty string."""
    needed = not all(address.isascii() for address in addresses)
    if needed and "smtputf8" in session.esmtp_features:
        session.command_encoding = "utf-8"
        return " SMTPUTF8"
    return ""


def _positive(command: CommandEvidence) -> bool:
    return command.reply is not None and 200 <= command.reply.code < 300
