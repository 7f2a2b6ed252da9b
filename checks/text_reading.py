"""Derives causes from server replies. The rules are imported only after a refusal, because a run without one does not need them.

The sender's service selects the rules: Microsoft's replies are matched by text, and a declared service's replies by code.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from checks.model import Context
from checks.placeholders import values
from evidence.wire import IssuerEvidence, TokenEvidence
from knowledge.outcome import Reading
from knowledge.placeholders import chosen

if TYPE_CHECKING:
    from knowledge.declared.replies import Command


def read_text(text: str) -> Reading:
    """Return the causes of a reply from Microsoft's service, likeliest first, and whether its text identifies a single cause."""
    from knowledge.reading import read

    return read(text)


def read_reply(case: Context, text: str, command: Command) -> Reading:
    """Return the causes of a server's reply to a command. `text` begins with the reply code."""
    if case.settings.service.microsoft:
        return read_text(text)
    from knowledge.declared import replies

    return replies.read(text, command)


def read_answer(case: Context, evidence: IssuerEvidence | TokenEvidence) -> Reading:
    """Return the causes of a token service's refusal."""
    if case.settings.service.microsoft:
        return read_text(error_text(evidence))
    from knowledge.declared import token_errors

    return token_errors.read(evidence.error or "", evidence.error_description or "", evidence.status)


def error_text(evidence: IssuerEvidence | TokenEvidence) -> str:
    """Return the token service's description of the error, its error code or, without either, the HTTP status."""
    return evidence.error_description or evidence.error or f"HTTP {evidence.status}"


def deciding(case: Context, reading: Reading) -> str:
    """Return what would decide between the causes of an ambiguous reply, with unfilled placeholders; empty if the cause is certain."""
    return "" if reading.sure else " ".join(chosen(reading.decide, values(case.evidence, case.settings)))
