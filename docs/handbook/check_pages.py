"""The documentation pages about checks: one page per check, and the index table. `__main__` writes the files."""

from __future__ import annotations

from typing import Final

from checks.catalogue import CATALOGUE as CHECKS
from checks.model import BOTH, Check
from docs.handbook.markdown import MADE, bullets, cause_page, check_page, code, escape, link, prose, table
from evidence.gates import OAUTH_ONLY, Gate
from knowledge.causes import CATALOGUE as CAUSES
from reports.labels import FAMILIES, GATES, METHODS, sentence

_CHECKLISTS: Final = {"BASIC": "Basic Authentication Checklist", "OAUTH": "OAuth 2.0 (OpenID Connect) Checklist"}
_ROOMS: Final = (*_CHECKLISTS, *FAMILIES)
_NEEDS: Final = (
    "If one of these checks fails or is blocked, this check is blocked. If one is unknown, this check is unknown."
)
_READS: Final = "This check uses the findings of these checks, whatever their verdicts:"


def ordered() -> list[Check]:
    """Return all checks: the FAQ's two checklists first, then the families in the order of the route."""
    rank = {family: place for place, family in enumerate(_ROOMS)}
    return sorted(CHECKS.checks.values(), key=lambda check: (rank.get(check.family, len(rank)), check.id))


def checks_table(place: str) -> list[str]:
    """Return the table of checks for the page `place`: linked id, title, gate and methods."""
    rows = [
        (link(check.id, check_page(check.id), place), escape(check.title), _gate_name(check.gate), _for(check))
        for check in ordered()
    ]
    return table(("check", "requirement", "gate", "for"), rows)


def page(check: Check) -> str:
    """Return the page about one check as Markdown."""
    place = check_page(check.id)
    lines = [
        MADE,
        "",
        f"# {check.id}: {escape(check.title)}",
        "",
        _about(check),
        "",
        "## Requirement",
        "",
    ]
    lines += [prose(sentence(" ".join((check.judge.__doc__ or "").split())), place), ""]
    lines += ["## Gate", "", _gate(check), ""]
    lines += ["## Prerequisites", ""]
    if check.needs:
        lines += [_NEEDS, "", *bullets(_named(need, place) for need in check.needs), ""]
    if check.reads:
        lines += [_READS, "", *bullets(_named(read, place) for read in check.reads), ""]
    if not check.needs and not check.reads:
        lines += ["None.", ""]
    users = [other.id for other in ordered() if check.id in (*other.needs, *other.reads)]
    if users:
        lines += ["Checks that depend on this one:", "", *bullets(_named(user, place) for user in users), ""]
    lines += ["## Possible causes", "", *_causes(check, place), ""]
    source = f"checks/{check.judge.__module__.rpartition('.')[2]}.py"
    lines += [f"Source: {link(code(source), source, place)}. {link('All checks and causes', 'docs/README.md', place)}."]
    return "\n".join(lines) + "\n"


def _about(check: Check) -> str:
    methods = " and ".join(METHODS[method] for method in METHODS if method in check.methods)
    if check.family in _CHECKLISTS:
        item = int(check.id.partition("-")[2])
        return f"Item {item} of the FAQ's {_CHECKLISTS[check.family]}. For {methods}.{_elsewhere(check)}"
    return f"{FAMILIES.get(check.family, check.family)}. For {methods}.{_elsewhere(check)}"


def _elsewhere(check: Check) -> str:
    if check.microsoft_only:
        return " Not run for a declared service."
    title = check.declared_title
    return f' For a declared service, the title is "{escape(title)}".' if title else ""


def _gate_name(gate: Gate | None) -> str:
    return GATES[gate] if gate is not None else ""


def _gate(check: Check) -> str:
    if check.gate is None:
        return f"None. The check does not affect the sender's verdict.{_on_the_path(check)}"
    route = [gate for gate in Gate if check.methods != BOTH or gate not in OAUTH_ONLY]
    start = f"The check decides the gate *{GATES[check.gate]}*"
    before = route[: route.index(check.gate)]
    closed = "While this gate is closed, no later gate is reached."
    proven_open = "If a later gate is open, this gate counts as open, whatever the check finds."
    if not before:
        return f"{start}, the first gate of the route. {closed} {proven_open}{_on_the_path(check)}"
    if check.gate is route[-1]:
        return f"{start}, the last gate of the route."
    return f"{start}, which follows *{GATES[before[-1]]}*. {closed} {proven_open}{_on_the_path(check)}"


def _on_the_path(check: Check) -> str:
    if check.path_of is None:
        return ""
    return (
        " It checks whether the connection leads to Microsoft. If a later gate is open, a failure is shown as a risk."
    )


def _named(check_id: str, place: str) -> str:
    return f"{link(check_id, check_page(check_id), place)}: {escape(CHECKS.checks[check_id].title)}"


def _causes(check: Check, place: str) -> list[str]:
    lines = bullets(cause_line(cause, place) for cause in CAUSES if cause in check.causes)
    if not check.reads_reply:
        return lines or ["None."]
    reading = "The check also reads the text of the server's reply, which can indicate any of"
    return [*lines, "", f"{reading} {link('the causes', 'docs/README.md#causes', place)}."]


def cause_line(cause_id: str, place: str) -> str:
    """Return a line with a cause's id, linked to its page, and its title."""
    return f"{link(code(cause_id), cause_page(cause_id), place)}: {escape(CAUSES[cause_id].title)}"


def _for(check: Check) -> str:
    return (
        "both" if check.methods == BOTH else ", ".join(METHODS[method].split()[0] for method in sorted(check.methods))
    )
