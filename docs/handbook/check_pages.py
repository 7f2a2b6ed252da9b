"""The documentation pages about checks: one per check, and the index table. `handbook` writes the files."""

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
_NEEDS: Final = "These come first. When one of them fails or is blocked, this check is blocked; when one is unknown, so is this one:"
_READS: Final = "The findings of these are read, whatever they are, and the check itself says what follows:"


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
    return table(("check", "what must be true", "gate", "for"), rows)


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
        "## What is required, and why",
        "",
    ]
    lines += [prose(sentence(" ".join((check.judge.__doc__ or "").split())), place), ""]
    lines += ["## Gate", "", _gate(check), ""]
    lines += ["## What it builds on", ""]
    if check.needs:
        lines += [_NEEDS, "", *bullets(_named(need, place) for need in check.needs), ""]
    if check.reads:
        lines += [_READS, "", *bullets(_named(read, place) for read in check.reads), ""]
    if not check.needs and not check.reads:
        lines += ["Nothing: it is judged by itself.", ""]
    users = [other.id for other in ordered() if check.id in (*other.needs, *other.reads)]
    if users:
        lines += ["These build on it:", "", *bullets(_named(user, place) for user in users), ""]
    lines += ["## Causes that it can name", "", *_causes(check, place), ""]
    source = f"checks/{check.judge.__module__.rpartition('.')[2]}.py"
    lines += [
        f"Judged in {link(code(source), source, place)}. {link('All checks and causes', 'docs/README.md', place)}."
    ]
    return "\n".join(lines) + "\n"


def _about(check: Check) -> str:
    methods = " and ".join(METHODS[method] for method in METHODS if method in check.methods)
    if check.family in _CHECKLISTS:
        item = int(check.id.partition("-")[2])
        return f"Item {item} of the FAQ's {_CHECKLISTS[check.family]}. For {methods}.{_elsewhere(check)}"
    return f"{FAMILIES.get(check.family, check.family)}. For {methods}.{_elsewhere(check)}"


def _elsewhere(check: Check) -> str:
    if check.microsoft_only:
        return " Left out for a service that the settings declare."
    title = check.declared_title
    return f' For a service that the settings declare: "{escape(title)}".' if title else ""


def _gate_name(gate: Gate | None) -> str:
    return GATES[gate] if gate is not None else ""


def _gate(check: Check) -> str:
    if check.gate is None:
        return f"None: the verdict on the sender does not hang on it.{_on_the_path(check)}"
    route = [gate for gate in Gate if check.methods != BOTH or gate not in OAUTH_ONLY]
    words = f"It decides the gate *{GATES[check.gate]}*"
    before = route[: route.index(check.gate)]
    shut = "While it is shut, no gate behind it is reached."
    open_all_the_same = "Where a later gate was seen open, this one is not shut, whatever the check finds."
    if not before:
        return f"{words}, the first on the way. {shut} {open_all_the_same}{_on_the_path(check)}"
    if check.gate is route[-1]:
        return f"{words}, the last on the way."
    return f"{words}, behind *{GATES[before[-1]]}*. {shut} {open_all_the_same}{_on_the_path(check)}"


def _on_the_path(check: Check) -> str:
    if check.path_of is None:
        return ""
    return (
        " It asks whether the path is Microsoft's own: where a later gate was seen open, a failure is shown as a risk."
    )


def _named(check_id: str, place: str) -> str:
    return f"{link(check_id, check_page(check_id), place)}: {escape(CHECKS.checks[check_id].title)}"


def _causes(check: Check, place: str) -> list[str]:
    lines = bullets(cause_line(cause, place) for cause in CAUSES if cause in check.causes)
    if not check.reads_reply:
        return lines or ["None."]
    reading = "It also reads the words of the server's answer, and then names what they tell"
    return [*lines, "", f"{reading}: any of {link('the causes', 'docs/README.md#causes', place)}."]


def cause_line(cause_id: str, place: str) -> str:
    """Return a cause's linked id with its title."""
    return f"{link(code(cause_id), cause_page(cause_id), place)}: {escape(CAUSES[cause_id].title)}"


def _for(check: Check) -> str:
    return (
        "both" if check.methods == BOTH else ", ".join(METHODS[method].split()[0] for method in sorted(check.methods))
    )
