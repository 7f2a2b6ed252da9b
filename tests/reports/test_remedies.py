"""Tests of the remedies and the ruled-out checks in the answer for every fault."""

import re

import pytest

from checks.assessment import Assessment
from fakes import FAULTS
from knowledge.cause import PLACEHOLDERS
from reports.answer import answer
from tests.reports import samples
from tests.suite.gathered import gathered

PLACEHOLDER = re.compile("|".join(f"<{name}>|{{{name}}}" for name in PLACEHOLDERS))


@pytest.mark.parametrize("fault", [pytest.param(fault, id=fault) for fault in FAULTS])
def test_every_command_is_filled_from_this_sender(fault: str) -> None:
    """No step, verification or deciding lookup contains an unfilled placeholder."""
    assessments = [Assessment(evidence, settings) for evidence, settings in gathered(fault).values()]
    run = samples.run(*assessments)
    answers = [answer(run, assessment) for assessment in assessments]

    texts = [text for one in answers for cause in one.causes for text in (*cause.steps, cause.verify, *one.deciders)]
    assert [text for text in texts if PLACEHOLDER.search(text)] == []


# The check of the refused address, even if the server refuses the address only after a later command.
REFUSED_CHECK = {"send_as_denied": "MBX-01", "recipient_rejected": "MBX-02"}


@pytest.mark.parametrize("fault", [pytest.param(fault, id=fault) for fault in FAULTS])
def test_the_refused_address_is_not_ruled_out(fault: str) -> None:
    """A 250 reply to MAIL does not rule out a refused address, because a server may refuse the address later."""
    assessments = [Assessment(evidence, settings) for evidence, settings in gathered(fault).values()]
    answers = [answer(samples.run(assessment), assessment) for assessment in assessments]

    contested = [{REFUSED_CHECK[cause.id] for cause in one.causes if cause.id in REFUSED_CHECK} for one in answers]
    ruled_out = [{finding.check for finding in one.ruled_out} for one in answers]
    assert [a & b for a, b in zip(contested, ruled_out, strict=True)] == [set()] * len(assessments)
