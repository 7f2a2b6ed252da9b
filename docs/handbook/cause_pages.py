"""The documentation pages about causes: one page per cause, one about replies with several possible causes, and the index table."""

from __future__ import annotations

import re
from typing import Final

from docs.handbook.check_pages import cause_line, ordered
from docs.handbook.markdown import (
    DECLARED_PAGE,
    GROUPS_PAGE,
    MADE,
    bullets,
    cause_page,
    check_page,
    code,
    escape,
    link,
    prose,
    table,
)
from knowledge.cause import PLACEHOLDERS, Cause
from knowledge.causes import CATALOGUE as CAUSES
from knowledge.causes import UNRECOGNISED, declared
from knowledge.groups import GROUPS, Group
from knowledge.placeholders import fill
from reports.labels import OWNERS, sentence

_SHELL: Final = re.compile(r"`\$ ")
_COMMAND: Final = re.compile(r"`[^`]+`")
_SLOT: Final = re.compile(r"\{([a-z_]+)\}")


def causes_table(place: str) -> list[str]:
    """Return the table of causes for the page `place`, in the order of the route."""
    rows = [
        (link(code(cause.id), cause_page(cause.id), place), prose(_title(cause), place), OWNERS[cause.who])
        for cause in CAUSES.values()
    ]
    return table(("cause", "what it is", "who acts"), rows)


def page(cause: Cause) -> str:
    """Return the page about one cause as Markdown, without any sender's values."""
    place = cause_page(cause.id)
    shown = fill(cause, {})

    def section(title: str, *lines: str) -> list[str]:
        return [f"## {title}", "", *lines, ""]

    def filled(text: str) -> str:
        return prose(sentence(fill(text, {})), place)

    steps = [f"{number}. {filled(step)}" for number, step in enumerate(cause.steps, 1)]
    lines = [MADE, "", f"# {prose(_title(cause), place)}", "", f"{code(cause.id)}. Who acts: {_owner(cause)}.", ""]
    lines += section("What it means", filled(cause.meaning))
    lines += section("Symptoms", filled(cause.shows), *_shown_by(cause, place))
    lines += section("What to do", *steps, *_legend(cause))
    lines += section("How to verify", filled(shown.verify))
    lines += section("When it takes effect", filled(cause.propagation))
    lines += section("Risk", filled(cause.risk))
    lines += section("How to confirm this cause", *bullets(filled(line) for line in cause.decide))
    lines += section("Replies with several possible causes", *_groups(cause, place))
    if cause.id in declared():
        words = link("the text for declared services", DECLARED_PAGE, place)
        lines += section("At a declared service", f"The title, meaning and steps are different; see {words}.")
    lines += section("Sources", *bullets(prose(source, place) for source in cause.source))
    lines += [f"Checked on {cause.checked}. {link('All checks and causes', 'docs/README.md', place)}."]
    return "\n".join(lines) + "\n"


def groups_page() -> str:
    """Return the page about groups. Each group has a reply, its possible causes (most likely first), and the deciding steps."""
    lines = [MADE, "", "# Replies with several possible causes", ""]
    lines += [
        (
            "Several causes can produce the same reply. A report then lists the causes, most likely first, with the steps that "
            "decide between them. Other evidence (the state of earlier gates, the claims of a token) can rule some of them out."
        ),
        *_legend(*GROUPS.values()),
        "",
    ]
    for group in GROUPS.values():
        lines += [f"## {group.id}", "", f"Observed: {prose(sentence(group.answer), GROUPS_PAGE)}", ""]
        lines += [f"{place}. {cause_line(cause, GROUPS_PAGE)}" for place, cause in enumerate(group.causes, 1)]
        decide = bullets(prose(sentence(fill(line, {})), GROUPS_PAGE) for line in group.decide)
        lines += ["", "How to find the cause:", "", *decide, ""]
    return "\n".join(lines[:-1]) + "\n"


def _title(cause: Cause) -> str:
    """Return a cause's title as a heading, capitalised and without a full stop."""
    return sentence(fill(cause.title, {})).rstrip(".")


def _owner(cause: Cause) -> str:
    words = OWNERS[cause.who]
    return words if words.startswith("Microsoft") else f"{words[0].lower()}{words[1:]}"


def _shown_by(cause: Cause, place: str) -> list[str]:
    checks = ", ".join(link(check.id, check_page(check.id), place) for check in ordered() if cause.id in check.causes)
    if checks:
        return ["", f"Checks that can report this cause: {checks}."]
    if cause.id == UNRECOGNISED:
        return []
    return ["", "No check reports this cause on its own. It is recognised in the text of a reply or an error message."]


def _legend(*subjects: Cause | Group) -> list[str]:
    """Return an explanation of the commands on the page: their shell, and the placeholders to replace."""
    texts = [text for subject in subjects for text in _texts_of(subject)]
    commands = [command for text in texts for command in _COMMAND.findall(text)]
    used = {name for text in texts for name in _SLOT.findall(text)}
    lines = []
    if commands:
        posix = sum(1 for command in commands if _SHELL.match(command))
        shells = "PowerShell" if not posix else "PowerShell; a command that begins with `$` is for a POSIX shell"
        lines.append(
            "Commands are for a POSIX shell, as the `$` indicates."
            if posix == len(commands)
            else f"Commands are for {shells}."
        )
    slots = [f"{code(f'<{name}>')} ({escape(slot.words)})" for name, slot in PLACEHOLDERS.items() if name in used]
    if slots:
        lines.append(f"Replace {', '.join(slots)} with your own values. Reports already contain them.")
    return ["", " ".join(lines)] if lines else []


def _texts_of(subject: Cause | Group) -> tuple[str, ...]:
    if isinstance(subject, Group):
        return subject.decide
    return (subject.title, subject.meaning, subject.shows, *subject.steps, subject.verify, *subject.decide)


def _groups(cause: Cause, place: str) -> list[str]:
    within = [group for group in GROUPS.values() if cause.id in group.causes]
    if not within:
        return [f"This cause is in none of the {link('groups of causes with the same reply', GROUPS_PAGE, place)}."]
    lines = [f"These replies can have this or a different cause (see {link('the groups', GROUPS_PAGE, place)}):", ""]
    for group in within:
        rank = f"number {group.causes.index(cause.id) + 1} of {len(group.causes)}, most likely first"
        lines.append(f"- {link(escape(group.answer), f'{GROUPS_PAGE}#{group.id}', place)}: {rank}")
    return lines
