"""Test that a check with a missing record is unknown, and that its finding contains the reason."""

from __future__ import annotations

import pytest

from checks.assessment import Assessment
from checks.model import Verdict
from evidence.missing import MissingReason
from tests.suite.gathered import gathered


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        (MissingReason.NOT_REACHED, "the run ended before the greeting"),
        (MissingReason.TIMED_OUT, "the time limit for this sender expired before the greeting"),
        (MissingReason.INTERRUPTED, "the run was interrupted before the greeting"),
        (MissingReason.CRASHED, "an internal error in this suite ended the run before the greeting"),
        (MissingReason.NOT_APPLICABLE, "the run did not include the greeting"),
    ],
)
def test_the_reason_for_a_missing_record_is_shown(reason: MissingReason, words: str) -> None:
    """The finding says why the record is missing, and its verdict is unknown in every case."""
    evidence, settings = gathered(None)["basic"]
    cut = evidence.model_copy(update={"greeting": None, "missing": {"greeting": reason}})

    finding = Assessment(cut, settings).finding("SMTP-01")

    assert (finding.verdict, finding.why) == (Verdict.UNKNOWN, f"{words}; run it again")
