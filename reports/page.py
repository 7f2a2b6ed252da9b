"""The page, which is an HTML fragment with the answer first and the evidence below. It precedes pytest-html's own part of the file.

This module collects the content, and the templates lay it out. Every value passes through `escaping.legible` and is then escaped.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup, escape

from checks.assessment import Assessment, GateState
from checks.model import Finding, Verdict
from evidence.gates import Gate
from knowledge.cause import Cause
from knowledge.step import open_steps, seen_steps
from reports import (
    attempts,
    baseline,
    commands,
    environment,
    evidence_blocks,
    explained,
    origin,
    overview,
    template_files,
)
from reports.answer import Answer, answer, headline
from reports.blocks import Section
from reports.embedding import element
from reports.escaping import escaped, legible, one_line
from reports.labels import ANSWERS, FAMILIES, GATES, STATES, VERDICTS, duration, owner, sentence
from reports.results import seconds_of
from reports.run import Run

START, END = "<!-- smtp365: begin -->", "<!-- smtp365: end -->"
_WORST_FIRST = ("cannot_send", "not_proven", "can_send")
_SHEETS = {"BASIC": "Checklist: Basic authentication", "OAUTH": "Checklist: OAuth 2.0"}

_HYPHENED = re.compile(r"(?<!\S)((?:-{1,2}[A-Za-z]|[A-Z][a-z]{1,10}-[A-Z])[A-Za-z]{0,40})(?!\S)")


@dataclass(frozen=True, slots=True)
class Step:
    """A gate on the route. `begins` and `share` are the position and length of its bar."""

    gate: Gate
    state: GateState
    seconds: float | None
    begins: float
    share: float


@dataclass(frozen=True, slots=True)
class FindingList:
    """A sender's findings under one heading, in catalogue order."""

    title: str
    findings: tuple[Finding, ...]
    assessment: Assessment

    def cause_titles(self, finding: Finding) -> str:
        """Return the titles of a finding's causes for this sender's service."""
        return _cause_titles(finding, self.assessment)


@dataclass(frozen=True, slots=True)
class SenderView:
    """The part of the page about one sender."""

    anchor: str
    answer: Answer
    assessment: Assessment
    route: tuple[Step, ...]
    checklists: tuple[FindingList, ...]
    families: tuple[FindingList, ...]
    evidence: tuple[Section, ...]
    transcript: str

    def cause_titles(self, finding: Finding) -> str:
        """Return the titles of a finding's causes for this sender's service."""
        return _cause_titles(finding, self.assessment)

    def owner(self, cause: Cause) -> str:
        """Return who acts on a cause for this sender's service."""
        return owner(cause.who, explained.values(self.assessment))


def _cause_titles(finding: Finding, assessment: Assessment) -> str:
    return "; ".join(explained.title(cause, assessment) for cause in finding.causes)


def render_top(run: Run, data: dict[str, Any] | None, before: dict[str, Any] | None = None) -> str:
    """Return the HTML fragment for a run. It needs no script and loads nothing.

    Args:
        run: the run to show.
        data: the run's results from `results.results`, which are embedded. With None, they are built here, sender by sender.
        before: the results of an earlier run to compare with.

    """
    answers = {id(assessment): answer(run, assessment) for assessment in run.senders}
    worst_first = sorted(
        run.senders, key=lambda one: (_WORST_FIRST.index(answers[id(one)].verdict), answers[id(one)].healthy)
    )
    rows = tuple(answers[id(assessment)] for assessment in worst_first)
    in_detail = overview.detailed(rows)
    senders = tuple(
        _view(run, assessment, answers[id(assessment)], index)
        for index, assessment in enumerate(run.senders, start=1)
        if assessment.settings.sender.name in in_detail
    )
    senders = tuple(sorted(senders, key=lambda one: (_WORST_FIRST.index(one.answer.verdict), one.answer.healthy)))
    hosts = {assessment.evidence.machine.host for assessment in run.senders}
    many = len(rows) > overview.OVERVIEW_ABOVE
    return (
        _templates()
        .get_template("page.html")
        .render(
            begin=Markup(START),  # noqa: S704 - a constant
            end=Markup(END),  # noqa: S704 - a constant
            run=run,
            headline=headline(rows),
            service=_service(run),
            banner=origin.banner(run).partition(":"),
            rows=rows,
            many=many,
            counts={word: sum(one.verdict == word for one in rows) for word in _WORST_FIRST},
            groups=overview.groups((answers[id(one)], one.settings.sender) for one in worst_first) if many else (),
            expiries=overview.expiries(run.senders) if many else (),
            anchors={shown.answer.name: shown.anchor for shown in senders},
            senders=senders,
            account=run.senders[0].evidence.machine.account if run.senders else "",
            environment=environment.block(run) if len(hosts) == 1 else None,
            changes=None if before is None or data is None else baseline.changes(before, data),
            selected=run.selected is not None,
            results=Markup(element(run, data)),  # noqa: S704 - escaped for a script element by `embedding`
        )
    )


def _service(run: Run) -> str:
    """Return the service that the top of the page names: Microsoft 365, unless every sender uses a declared service."""
    if any(assessment.settings.service.microsoft for assessment in run.senders) or not run.senders:
        return "Microsoft 365"
    servers = {assessment.settings.service.smtp_host for assessment in run.senders}
    return servers.pop() if len(servers) == 1 else "its mail server"


def _view(run: Run, assessment: Assessment, first: Answer, index: int) -> SenderView:
    findings = tuple(_without_repetition(finding, first.decisive) for finding in run.findings(assessment))
    by_family: dict[str, list[Finding]] = {}
    for finding in findings:
        by_family.setdefault(finding.check.partition("-")[0], []).append(finding)
    return SenderView(
        anchor=f"sender-{index}",
        answer=first,
        assessment=assessment,
        route=_route(assessment),
        checklists=tuple(
            FindingList(title, tuple(by_family[key]), assessment) for key, title in _SHEETS.items() if key in by_family
        ),
        families=tuple(
            FindingList(FAMILIES.get(key, key), tuple(by_family[key]), assessment) for key in _ordered(by_family)
        ),
        evidence=evidence_blocks.sections(assessment.evidence),
        transcript=evidence_blocks.transcript(assessment.evidence),
    )


def _ordered(families: dict[str, list[Finding]]) -> list[str]:
    """Return the check families that are not in the checklists, in the order of the route. Families without a label come last."""
    known = [key for key in FAMILIES if key in families]
    return known + [key for key in families if key not in FAMILIES and key not in _SHEETS]


def _without_repetition(finding: Finding, decisive: Finding | None) -> Finding:
    """Replace an observation that has already been shown with a reference, because one reply can leave five items unknown."""
    if decisive is None or finding.verdict is not Verdict.UNKNOWN or finding.observed != decisive.observed:
        return finding
    why = "The steps above decide between the causes." if finding.why == decisive.why else finding.why
    return replace(
        finding, observed=f"The reply in {decisive.check} leaves this open." if decisive.observed else "", why=why
    )


def _route(assessment: Assessment) -> tuple[Step, ...]:
    times = {gate: seconds_of(assessment.evidence, gate) for gate in assessment.gates()}
    total = sum(seconds or 0.0 for seconds in times.values()) or 1.0
    steps, elapsed = [], 0.0
    for gate, state in assessment.gates().items():
        share = (times[gate] or 0.0) / total
        steps.append(Step(gate, state, None if state == "not_reached" else times[gate], elapsed, share))
        elapsed += share
    return tuple(steps)


def _finalize(value: object) -> object:
    """Make the value of a template expression legible. The template engine escapes it afterwards."""
    return value if isinstance(value, Markup | int | float) else legible("" if value is None else value)


def _long(text: str) -> Markup:
    """Return long text, such as a transcript or a message, made legible and escaped."""
    return Markup(escaped(text, 30_000))  # noqa: S704 - escaped in this line


def _whole_words(command: str) -> Markup:
    """Return a command whose cmdlets and options do not break at hyphens, so that no hyphen looks like hyphenation in print."""
    pieces = _HYPHENED.split(legible(command))
    return Markup("").join(
        Markup('<span class="w">{}</span>').format(piece) if index % 2 else escape(piece)
        for index, piece in enumerate(pieces)
    )


def _templates() -> Environment:
    templates = Environment(
        loader=template_files.loader(),
        bytecode_cache=template_files.bytecode_cache(),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_finalize,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.filters.update(
        duration=duration,
        sentence=sentence,
        pieces=commands.pieces,
        open_steps=open_steps,
        seen_steps=seen_steps,
        source_name=explained.source_name,
        long=_long,
        whole_words=_whole_words,
        short=one_line,
    )
    templates.globals.update(
        GATES=GATES,
        STATES=STATES,
        VERDICTS=VERDICTS,
        ANSWERS=ANSWERS,
        of_sender=environment.of_sender,
        tried=attempts.of_account,
        verdict_word=lambda word: VERDICTS.get(word, word),
        style=Markup(template_files.style()),  # noqa: S704 - a file of this package
    )
    return templates
