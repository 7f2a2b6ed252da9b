"""Remedies in a report can be followed as they are: no command of any fault's report has an unfilled placeholder."""

import re

import pytest

from checks.assessment import Assessment
from fakes import FAULTS
from knowledge.cause import PLACEHOLDERS
from reports.answer import answer
from tests.reports import samples
from tests.suite.gathered import gathered

MARKER = re.compile("|".join(f"<{name}>|{{{name}}}" for name in PLACEHOLDERS))


@pytest.mark.parametrize("fault", [pytest.param(fault, id=fault) for fault in FAULTS])
def test_every_command_is_filled_from_this_sender(fault: str) -> None:
    """Steps, verification and deciding lookups hold no placeholder, also for senders without a tenant or an object id."""
    judged = [Assessment(evidence, settings) for evidence, settings in gathered(fault).values()]
    run = samples.run(*judged)
    answers = [answer(run, assessment) for assessment in judged]

    told = [text for one in answers for cause in one.causes for text in (*cause.steps, cause.verify, *one.deciders)]
    assert [text for text in told if MARKER.search(text)] == []


# What a refusal by these causes is about, at whichever later command it came.
ABOUT = {"send_as_denied": "MBX-01", "recipient_rejected": "MBX-02"}


@pytest.mark.parametrize("fault", [pytest.param(fault, id=fault) for fault in FAULTS])
def test_what_the_refusal_is_about_is_not_ruled_out(fault: str) -> None:
    """Postfix answers MAIL with 250 and refuses the sender at RCPT, Exchange after the message: that 250 rules nothing out."""
    judged = [Assessment(evidence, settings) for evidence, settings in gathered(fault).values()]
    answers = [answer(samples.run(assessment), assessment) for assessment in judged]

    contested = [{ABOUT[cause.id] for cause in one.causes if cause.id in ABOUT} for one in answers]
    ruled_out = [{finding.check for finding in one.ruled_out} for one in answers]
    assert [a & b for a, b in zip(contested, ruled_out, strict=True)] == [set()] * len(judged)
