"""Finds the reason for each record that a run of the probes did not write."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from evidence.missing import MissingReason, RecordName
from evidence.wire import SenderEvidence
from settings.model import Sender

TOKEN_RECORDS: Final[tuple[RecordName, ...]] = ("issuer", "token")
TLS_RECORDS: Final[tuple[RecordName, ...]] = ("starttls", "tls", "auth_offered", "sign_in", "envelope")
SMTP_RECORDS: Final[tuple[RecordName, ...]] = ("name", "port", "greeting", "plain_mail", *TLS_RECORDS, "quit")


@dataclass(frozen=True, slots=True, kw_only=True)
class RunEnd:
    """How a run ended: which legs finished, whether lookups were requested, and whether the run was interrupted."""

    smtp_leg_ended: bool
    token_leg_ended: bool
    with_lookups: bool
    interrupted: bool


def missing_reasons(sender: Sender, evidence: SenderEvidence, end: RunEnd) -> dict[RecordName, MissingReason]:
    """Return the reason for each record that is missing from `evidence`."""
    reasons: dict[RecordName, MissingReason] = {
        **dict.fromkeys(SMTP_RECORDS, _reason(evidence, leg_ended=end.smtp_leg_ended)),
        **dict.fromkeys(TOKEN_RECORDS, _reason(evidence, leg_ended=end.token_leg_ended)),
        "tenant": _unfinished(evidence, interrupted=end.interrupted),
    }
    for record in _not_applicable(sender, with_lookups=end.with_lookups):
        reasons[record] = MissingReason.NOT_APPLICABLE
    return {record: reason for record, reason in reasons.items() if getattr(evidence, record) is None}


def _reason(evidence: SenderEvidence, *, leg_ended: bool) -> MissingReason:
    if leg_ended:
        return MissingReason.TIMED_OUT if evidence.deadline_hit else MissingReason.NOT_REACHED
    return _unfinished(evidence, interrupted=evidence.interrupted)


def _unfinished(evidence: SenderEvidence, *, interrupted: bool) -> MissingReason:
    """Return why a leg or the lookups did not end. Without an interrupt or a crash, the time ran out."""
    if interrupted:
        return MissingReason.INTERRUPTED
    return MissingReason.CRASHED if evidence.broke else MissingReason.TIMED_OUT


def _not_applicable(sender: Sender, *, with_lookups: bool) -> tuple[RecordName, ...]:
    """Return the records that do not apply to this sender's method and settings, or to a run without lookups."""
    return (
        *(TOKEN_RECORDS if sender.method == "basic" else ()),
        *(("plain_mail",) if sender.use_ssl else TLS_RECORDS),
        *(() if with_lookups else ("tenant",)),
    )
