"""Gather evidence from a test's servers, and produce a run's outputs from the evidence."""

from __future__ import annotations

import json
from collections.abc import Mapping

from checks.assessment import Assessment
from evidence.wire import SenderEvidence
from plugin import exit_status
from probes import gather
from reports import reminder, terminal
from reports.page import render_top
from reports.results import as_text, results
from settings.model import SenderSettings, Settings
from settings.secret import Found, Secret
from tests.reports import samples

SECRET = "Sesame-4711-open-long-enough"


def gathered_from(settings: Settings) -> dict[str, SenderEvidence]:
    """Return the evidence from one run with these settings, and fail if the probes had an internal error."""
    found = {name: Found(Secret(SECRET), "a test") for name in settings.sender}
    evidence = gather.gather(settings.sender.values(), gather.create_context(settings, state=None), found)
    assert {name: one.broke for name, one in evidence.items() if one.broke} == {}
    return evidence


def written_about(evidence: Mapping[str, SenderEvidence], settings: Mapping[str, SenderSettings]) -> str:
    """Return the results JSON of a run with this evidence. The terminal summary, the page and the reminder are produced as well."""
    run = samples.run(*(Assessment(one, settings[name]) for name, one in evidence.items()))
    data = results(run)
    text = as_text(data)
    assert json.loads(text, parse_constant=_no_constant) is not None
    assert terminal.summary(run, None)
    assert render_top(run, data)
    reminder.calendar(run)
    assert exit_status.of(run, 0) != exit_status.INTERNAL_ERROR
    return text


def _no_constant(word: str) -> None:
    raise AssertionError(f"{word} is not JSON")
