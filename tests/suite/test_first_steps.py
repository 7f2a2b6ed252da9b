"""Test that no report begins with a step that the run has already answered, or denies that Microsoft's server was reached."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from checks.assessment import Assessment
from checks.catalogue import CATALOGUE as CHECKS
from checks.model import Verdict
from fakes import FAULTS
from knowledge.causes import CATALOGUE, entry
from knowledge.causes import declared as declared_entries
from knowledge.groups import GROUPS
from knowledge.placeholders import fill
from knowledge.step import FACTS, TRAITS, Step, step_of
from reports import explained
from reports.answer import Answer, answer
from reports.page import render_top
from reports.terminal import summary
from tests.reports import samples
from tests.suite.gathered import Gathered, gathered
from tests.suite.situations import SITUATIONS, situation

CHECK_ID = re.compile(r"\b[A-Z]{3,6}-\d\d\b")
# The wordings with which a report could say that the server is not Microsoft's.
FOREIGN = re.compile(
    r"is not Microsoft\b|not Microsoft's|in Microsoft's place|in their place|instead of Microsoft|another server answers"
    r"|wrong server|answers here|sent to that server",
    re.IGNORECASE,
)
WORLDS = [
    *(pytest.param(fault, False, id=fault) for fault in FAULTS),
    *(pytest.param(name, True, id=name) for name in SITUATIONS),
]
each_world = pytest.mark.parametrize(("name", "is_situation"), WORLDS)


def world(name: str, is_situation: bool) -> Gathered:
    """Return the evidence and settings for a fault or a situation. Skip the test if the fault cannot be produced on this machine."""
    if not is_situation and FAULTS[name].skipped_here():
        pytest.skip(FAULTS[name].skipped_here() or "")
    return situation(name) if is_situation else gathered(name)


def answers(found: Gathered) -> Iterator[tuple[Assessment, Answer]]:
    """Yield the assessment and the answer for each sender."""
    for evidence, settings in found.values():
        assessment = Assessment(evidence, settings)
        yield assessment, answer(samples.run(assessment), assessment)


def every_line() -> Iterator[tuple[str, Step]]:
    """Yield every step and deciding line in the entries and groups, with the id of its entry or group."""
    for cause in (*CATALOGUE.values(), *declared_entries().values(), *declared_entries(at_login=True).values()):
        yield from ((cause.id, step_of(line)) for line in (*cause.steps, *cause.decide))
    for group in GROUPS.values():
        yield from ((group.id, step_of(line)) for line in group.decide)


def test_lines_that_mention_a_check_declare_it() -> None:
    """A line that mentions a check declares which checks answer it, unless the line is about an attestation."""
    undeclared = [
        (where, line)
        for where, line in every_line()
        if set(CHECK_ID.findall(line)) & set(CHECKS.checks) and not line.answered_by and "attest" not in line
    ]

    assert undeclared == []


def test_declared_checks_and_facts_exist() -> None:
    """Every check, fact and trait that a step declares exists."""
    unknown = {check for _, line in every_line() for check in line.answered_by} - set(CHECKS.checks)

    assert unknown == set()
    assert {line.when for _, line in every_line()} - {None} <= {*FACTS, *TRAITS}


def declared(causes: tuple[str, ...], assessment: Assessment) -> dict[str, tuple[str, ...]]:
    """Return every line about these causes, with its placeholders filled in, and the checks that answer the line."""
    values = explained.values(assessment)
    microsoft, gate = assessment.settings.service.microsoft, assessment.first_broken_gate
    at_login = gate is not None and gate.value in {"issuer", "token", "claims"}
    entries = [entry(cause, microsoft=microsoft, at_login=at_login) for cause in causes]
    lines = [line for one in entries if one is not None for line in (*one.steps, *one.decide)]
    lines += [line for group in GROUPS.values() for line in group.decide]
    return {str(fill(step_of(line), values)): step_of(line).answered_by for line in lines}


@each_world
def test_the_first_step_is_not_answered_by_the_run(name: str, is_situation: bool) -> None:
    """An answer with causes has a first step, and no passed check answers the first step or the first deciding line."""
    for assessment, one in answers(world(name, is_situation)):
        if not one.causes:
            continue
        passed = {finding.check for finding in assessment.all_findings() if finding.verdict is Verdict.PASS}
        answered_by = declared(tuple(cause.id for cause in one.causes), assessment)
        first = [steps[0] for steps in (one.deciders, *(cause.steps for cause in one.causes)) if steps]

        assert one.first_step is not None, "no first step"
        shown = [one.first_step, *(step for step in first if not step_of(step).seen)]
        assert [step for step in shown if set(answered_by[str(step)]) & passed] == []
        assert step_of(one.causes[0].steps[0]).seen is False


@each_world
def test_open_steps_come_before_answered_ones(name: str, is_situation: bool) -> None:
    """Steps that the run has answered come last and show the time of the run, and the letter does not ask for them."""
    for assessment, one in answers(world(name, is_situation)):
        for lines in (one.deciders, *(cause.steps for cause in one.causes)):
            marks = [step_of(line).seen for line in lines]
            assert marks == sorted(marks)
            seen = [line for line in lines if step_of(line).seen]
            assert all(re.fullmatch(r"Seen in this run: .*, at \d\d:\d\d UTC\.", line) for line in seen)
            assert all(f"{assessment.evidence.started:%H:%M} UTC" in line for line in seen)
        asked = one.request.partition("What we ask you to do")[2]
        assert asked or not one.request
        assert not re.search(r"^  \d+\. Seen in this run", asked, re.MULTILINE)


@each_world
def test_no_text_denies_a_server_that_was_reached(name: str, is_situation: bool) -> None:
    """No text says that the server is not Microsoft's if the certificate or the greeting was Microsoft's."""
    for assessment, one in answers(world(name, is_situation)):
        if not assessment.settings.service.microsoft:
            continue
        verdicts = {finding.check: finding.verdict for finding in assessment.all_findings()}
        if Verdict.PASS not in {verdicts["TLS-02"], verdicts["SMTP-01"]} or not assessment.settings.service.microsoft:
            continue
        run = samples.run(assessment)
        texts = [
            *(text for cause in one.causes for text in (cause.title, cause.headline, cause.meaning, *cause.steps)),
            *(
                text
                for finding in assessment.all_findings()
                for text in (finding.why, *(explained.title(cause, assessment) for cause in finding.causes))
            ),
            *one.deciders,
            one.sentence,
            one.request,
            *summary(run, None),
            re.sub(r"<[^>]+>", " ", render_top(run, None).partition("<script")[0]),
        ]

        assert [found.group() for text in texts if (found := FOREIGN.search(text))] == []


@each_world
def test_no_step_is_about_a_secret_that_was_not_sent(name: str, is_situation: bool) -> None:
    """Steps about a password or secret sent to the wrong server appear only if the run sent a password or a secret."""
    for assessment, one in answers(world(name, is_situation)):
        traffic = assessment.evidence.traffic
        texts = " ".join(step for cause in one.causes for step in cause.steps)
        if traffic.sign_in_attempts == 0:
            assert "password that was sent" not in texts
        if traffic.token_requests == 0 and (assessment.evidence.token is None or assessment.evidence.token.withheld):
            assert "secret was sent" not in texts
            assert "sent the client secret" not in texts
            assert "has received the client secret" not in texts
