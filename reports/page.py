"""The page: a run as one HTML fragment that answers first and carries its evidence, put on top of pytest-html's own file.

What is shown is collected here and laid out by the templates; every value passes `outside.legible` and is then escaped, in one place.
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
from reports import baseline, commands, evidence_blocks, explained, origin, overview, template_files
from reports import environment as surroundings
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
    """One gate of the route as it is drawn: its share of the time decides the length of its bar."""

    gate: Gate
    state: GateState
    seconds: float | None
    begins: float
    share: float


@dataclass(frozen=True, slots=True)
class Sheet:
    """A list of findings of one sender under one heading, in the catalogue's order."""

    title: str
    findings: tuple[Finding, ...]
    assessment: Assessment

    def named(self, finding: Finding) -> str:
        """The titles of a finding's causes, as they are worded for this sender's service."""
        return _named(finding, self.assessment)


@dataclass(frozen=True, slots=True)
class Shown:
    """Everything that the page says of one sender."""

    anchor: str
    answer: Answer
    assessment: Assessment
    route: tuple[Step, ...]
    checklists: tuple[Sheet, ...]
    families: tuple[Sheet, ...]
    evidence: tuple[Section, ...]
    transcript: str

    def named(self, finding: Finding) -> str:
        """The titles of a finding's causes, as they are worded for this sender's service."""
        return _named(finding, self.assessment)

    def owner(self, cause: Cause) -> str:
        """Who acts on a cause, for this sender's service."""
        return owner(cause.who, explained.values(self.assessment))


def _named(finding: Finding, assessment: Assessment) -> str:
    return "; ".join(explained.title(cause, assessment) for cause in finding.causes)


def render_top(run: Run, data: dict[str, Any] | None, before: dict[str, Any] | None = None) -> str:
    """The HTML fragment for a run.

    In: the run, its results as `results.results` gives them (embedded whole; None: they are made here, sender by sender), and the
    results of an earlier run to compare with.
    Out: HTML that stands alone in a page's body: no script is needed, nothing is fetched.
    """
    answers = {id(assessment): answer(run, assessment) for assessment in run.senders}
    worst_first = sorted(
        run.senders, key=lambda one: (_WORST_FIRST.index(answers[id(one)].verdict), answers[id(one)].calm)
    )
    rows = tuple(answers[id(assessment)] for assessment in worst_first)
    at_length = overview.detailed(rows)
    senders = tuple(
        _shown(run, assessment, answers[id(assessment)], place)
        for place, assessment in enumerate(run.senders, start=1)
        if assessment.settings.sender.name in at_length
    )
    senders = tuple(sorted(senders, key=lambda one: (_WORST_FIRST.index(one.answer.verdict), one.answer.calm)))
    hosts = {assessment.evidence.machine.host for assessment in run.senders}
    many = len(rows) > overview.MANY
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
            endings=overview.endings(run.senders) if many else (),
            anchors={shown.answer.name: shown.anchor for shown in senders},
            senders=senders,
            account=run.senders[0].evidence.machine.account if run.senders else "",
            surroundings=surroundings.block(run) if len(hosts) == 1 else None,
            changes=None if before is None or data is None else baseline.changes(before, data),
            selected=run.selected is not None,
            results=Markup(element(run, data)),  # noqa: S704 - escaped for a script element by `embedding`
        )
    )


def _service(run: Run) -> str:
    """Through what mail is to be sent, for the line on top: Microsoft's service, unless every sender has a declared one."""
    if any(assessment.settings.service.microsoft for assessment in run.senders) or not run.senders:
        return "Microsoft 365"
    servers = {assessment.settings.service.smtp_host for assessment in run.senders}
    return servers.pop() if len(servers) == 1 else "its mail server"


def _shown(run: Run, assessment: Assessment, first: Answer, index: int) -> Shown:
    findings = tuple(_unrepeated(finding, first.decisive) for finding in run.findings(assessment))
    by_family: dict[str, list[Finding]] = {}
    for finding in findings:
        by_family.setdefault(finding.check.partition("-")[0], []).append(finding)
    return Shown(
        anchor=f"sender-{index}",
        answer=first,
        assessment=assessment,
        route=_route(assessment),
        checklists=tuple(
            Sheet(title, tuple(by_family[key]), assessment) for key, title in _SHEETS.items() if key in by_family
        ),
        families=tuple(Sheet(FAMILIES.get(key, key), tuple(by_family[key]), assessment) for key in _ordered(by_family)),
        evidence=evidence_blocks.sections(assessment.evidence),
        transcript=evidence_blocks.transcript(assessment.evidence),
    )


def _ordered(families: dict[str, list[Finding]]) -> list[str]:
    """The families beyond the checklists, in the order of the route; one that this room does not know comes last."""
    known = [key for key in FAMILIES if key in families]
    return known + [key for key in families if key not in FAMILIES and key not in _SHEETS]


def _unrepeated(finding: Finding, decisive: Finding | None) -> Finding:
    """One reply can concern five items: those that it leaves open point to it instead of quoting it again."""
    if decisive is None or finding.verdict is not Verdict.UNKNOWN or finding.observed != decisive.observed:
        return finding
    why = "What would decide stands above." if finding.why == decisive.why else finding.why
    return replace(
        finding, observed=f"The answer that {decisive.check} saw leaves it open." if decisive.observed else "", why=why
    )


def _route(assessment: Assessment) -> tuple[Step, ...]:
    times = {gate: seconds_of(assessment.evidence, gate) for gate in assessment.gates()}
    whole = sum(seconds or 0.0 for seconds in times.values()) or 1.0
    steps, gone = [], 0.0
    for gate, state in assessment.gates().items():
        share = (times[gate] or 0.0) / whole
        steps.append(Step(gate, state, None if state == "not_reached" else times[gate], gone, share))
        gone += share
    return tuple(steps)


def _finalize(value: object) -> object:
    """What every expression of a template passes before it is escaped."""
    return value if isinstance(value, Markup | int | float) else legible("" if value is None else value)


def _long(text: str) -> Markup:
    """A text that may be longer than a field: a transcript, a message to send; made legible and escaped as everything else."""
    return Markup(escaped(text, 60_000))  # noqa: S704 - escaped in this line


def _whole_words(command: str) -> Markup:
    """A command whose cmdlets and options are not broken at their hyphens: on paper a lone hyphen would be typed as one."""
    pieces = _HYPHENED.split(legible(command))
    return Markup("").join(
        Markup('<span class="w">{}</span>').format(piece) if place % 2 else escape(piece)
        for place, piece in enumerate(pieces)
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
        of_sender=surroundings.of_sender,
        verdict_word=lambda word: VERDICTS.get(word, word),
        style=Markup(template_files.style()),  # noqa: S704 - our own file
    )
    return templates
