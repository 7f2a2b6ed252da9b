"""The knowledge room's reading of a text, loaded when the first refusal is read: a healthy run never needs its rules.

Who spoke decides how it is read: Microsoft's sentences are known; a service that the settings declare is read by the standards.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from checks.model import Case
from checks.placeholders import values
from knowledge.filling import chosen
from knowledge.outcome import Reading
from probes.evidence import IssuerEvidence, TokenEvidence

if TYPE_CHECKING:
    from knowledge.declared.replies import Command


def read_text(text: str) -> Reading:
    """What the words of Microsoft's service mean: causes likeliest first, and whether the text itself names the one."""
    from knowledge.reading import read

    return read(text)


def read_reply(case: Case, text: str, command: Command) -> Reading:
    """What the reply of this sender's server to a command means; `text` has the code first."""
    if case.settings.the_cloud.microsoft:
        return read_text(text)
    from knowledge.declared import replies

    return replies.read(text, command)


def read_answer(case: Case, evidence: IssuerEvidence | TokenEvidence) -> Reading:
    """What the refusal of this sender's token service means."""
    if case.settings.the_cloud.microsoft:
        return read_text(told_by(evidence))
    from knowledge.declared import token_errors

    return token_errors.read(evidence.error or "", evidence.error_description or "", evidence.status)


def told_by(evidence: IssuerEvidence | TokenEvidence) -> str:
    """The token service's own words for its refusal."""
    return evidence.error_description or evidence.error or f"HTTP {evidence.status}"


def deciding(case: Case, reading: Reading) -> str:
    """What would decide between the causes of an unsure reading, in the lines that are for this sender; not filled yet."""
    return "" if reading.sure else " ".join(chosen(reading.decide, values(case.evidence, case.settings)))
