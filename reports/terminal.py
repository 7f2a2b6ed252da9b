"""The answer on a terminal: at most eight lines at the end of a run, the last of which is the report's path, if there is a report."""

from __future__ import annotations

from pathlib import PurePath

from checks.assessment import Assessment
from reports import attempts
from reports.answer import Answer, answer, headline
from reports.escaping import one_line
from reports.labels import ANSWERS, GATES
from reports.origin import traffic
from reports.run import Run

_WIDTH = 230
_MOST_LINES = 8


def summary(run: Run, report_path: PurePath | None, encoding: str = "cp1252") -> list[str]:
    r"""Return the answer in at most eight lines without colour. Characters that `encoding` lacks are written as `\u2192`."""
    answers = tuple(answer(run, assessment) for assessment in run.senders)
    tried = _cut(attempts.of_run(one.evidence for one in run.senders)) if run.replayed_from is None else ""
    lines = _few(run, answers) if len(answers) <= 2 else _many(run, answers, _MOST_LINES - (4 if tried else 3))
    lines += [tried] if tried else []
    if report_path is not None:
        lines.append(f"Report: {one_line(report_path, 4000)}")
    return [line.encode(encoding, "backslashreplace").decode(encoding) for line in lines]


def _few(run: Run, answers: tuple[Answer, ...]) -> list[str]:
    lines = []
    for one, assessment in zip(answers, run.senders, strict=True):
        lines.append(_first(one))
        if one.causes:
            who = f"  Who acts: {one.owner}."
            lines.append(_cut(f"{who}{_step(one, _WIDTH - len(who))}"))
        lines.append(_cut(f"  {counts(one)}{_traffic(run, (assessment,))}"))
    return lines


def _many(run: Run, answers: tuple[Answer, ...], room: int) -> list[str]:
    """Return the headline, one line for each sender with a problem (as far as there is room), and the traffic."""
    wrong = [one for one in answers if not one.healthy]
    shown = wrong if len(wrong) <= room else wrong[: room - 1]
    lines = [headline(answers), *(_first(one) for one in shown)]
    if len(shown) < len(wrong):
        lines.append(f"... and {len(wrong) - len(shown)} more senders (see the report).")
    return [*lines, _traffic(run, run.senders)]


def _first(one: Answer) -> str:
    gate = f" It stops at {GATES[one.gate]}." if one.gate is not None else ""
    others = (
        ""
        if one.sure or len(one.causes) < 2
        else f" Other possible causes: {'; '.join(cause.title for cause in one.causes[1:3])}."
    )
    return _cut(f"{ANSWERS[one.verdict].upper()}: {one.sentence}{gate}{others}")


def _step(one: Answer, room: int) -> str:
    """Return the first step of the answer. A command that is too long for the line is omitted, never truncated."""
    step = one.first_step
    if step is None:
        return ""
    label = "To find the cause" if step in one.deciders else "First step"
    text = f" {label}: {step.replace('`$ ', '').replace('`', '')}"
    prose, code, _ = step.partition("`")
    if len(text) <= room or not code:
        return text
    return f" {label}: {prose.rstrip(' :,')} (the command is in the report)." if prose.strip() else ""


def counts(one: Answer) -> str:
    """Return how many other checks failed, are at risk or are unknown, for example `1 more check failed, 2 at risk. `."""
    more = "more " if one.decisive is not None else ""
    failed = f"{more}{'check' if len(one.failed) == 1 else 'checks'} failed"
    parts = [
        f"{len(found)} {word}"
        for found, word in ((one.failed, failed), (one.risks, "at risk"), (one.unknown, "unknown"))
        if found
    ]
    return f"{', '.join(parts)}. " if parts else ""


def _traffic(run: Run, senders: tuple[Assessment, ...]) -> str:
    label, counts = traffic(run, senders)
    return f"{label}: {counts}."


def _cut(text: str) -> str:
    return one_line(text) if len(text) <= _WIDTH else f"{one_line(text[:_WIDTH].rpartition(' ')[0])} ..."
