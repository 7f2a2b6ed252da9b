"""The documentation pages about causes: one per cause, the groups of indistinguishable causes, and the index table."""

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

    def told(text: str) -> str:
        return prose(sentence(fill(text, {})), place)

    steps = [f"{number}. {told(step)}" for number, step in enumerate(cause.steps, 1)]
    lines = [MADE, "", f"# {prose(_title(cause), place)}", "", f"{code(cause.id)}. Who acts: {_owner(cause)}.", ""]
    lines += section("What it means", told(cause.meaning))
    lines += section("How it shows", told(cause.shows), *_shown_by(cause, place))
    lines += section("What to do", *steps, *_legend(cause))
    lines += section("How to see that it worked", told(shown.verify))
    lines += section("How long it takes", told(cause.propagation))
    lines += section("Risk of the remedy", told(cause.risk))
    lines += section("What decides whether it is this", *bullets(told(line) for line in cause.decide))
    lines += section("Answers that it shares with other causes", *_groups(cause, place))
    if cause.id in declared():
        words = link("its words there", DECLARED_PAGE, place)
        lines += section("At a service that the settings declare", f"Title, meaning and steps are others: {words}.")
    lines += section("Sources", *bullets(prose(source, place) for source in cause.source))
    lines += [f"Checked on {cause.checked}. {link('All checks and causes', 'docs/README.md', place)}."]
    return "\n".join(lines) + "\n"


def groups_page() -> str:
    """Return the page about groups: one reply, its possible causes by likelihood, and what would decide."""
    lines = [MADE, "", "# Answers with several possible causes", ""]
    lines += [
        (
            "Some answers are the same for several causes. Then the causes are listed, likeliest first, with what would "
            "decide between them. Further evidence (the state of earlier gates, the claims of a token) can shorten a list."
        ),
        *_legend(*GROUPS.values()),
        "",
    ]
    for group in GROUPS.values():
        lines += [f"## {group.id}", "", f"What is seen: {prose(sentence(group.answer), GROUPS_PAGE)}", ""]
        lines += [f"{place}. {cause_line(cause, GROUPS_PAGE)}" for place, cause in enumerate(group.causes, 1)]
        decide = bullets(prose(sentence(fill(line, {})), GROUPS_PAGE) for line in group.decide)
        lines += ["", "What would decide:", "", *decide, ""]
    return "\n".join(lines[:-1]) + "\n"


def _title(cause: Cause) -> str:
    """Return the title as a heading: capitalised, without a full stop."""
    return sentence(fill(cause.title, {})).rstrip(".")


def _owner(cause: Cause) -> str:
    words = OWNERS[cause.who]
    return words if words.startswith("Microsoft") else f"{words[0].lower()}{words[1:]}"


def _shown_by(cause: Cause, place: str) -> list[str]:
    checks = ", ".join(link(check.id, check_page(check.id), place) for check in ordered() if cause.id in check.causes)
    if checks:
        return ["", f"Checks that look for it: {checks}."]
    if cause.id == UNRECOGNISED:
        return []
    return ["", "No check looks for it by itself: it is named when the words of a server or a program tell it."]


def _legend(*subjects: Cause | Group) -> list[str]:
    """Return how to read the commands on the page: their shell, and the placeholders to replace."""
    texts = [text for subject in subjects for text in _commanding(subject)]
    commands = [command for text in texts for command in _COMMAND.findall(text)]
    used = {name for text in texts for name in _SLOT.findall(text)}
    lines = []
    if commands:
        posix = sum(1 for command in commands if _SHELL.match(command))
        shells = "PowerShell" if not posix else "PowerShell; one that begins with `$` is for a POSIX shell"
        lines.append(
            "Commands are for a POSIX shell, which the `$` stands for."
            if posix == len(commands)
            else f"Commands are for {shells}."
        )
    slots = [f"{code(f'<{name}>')} ({escape(slot.words)})" for name, slot in PLACEHOLDERS.items() if name in used]
    if slots:
        lines.append(f"Put your own values in the place of {', '.join(slots)}; a report has them filled in.")
    return ["", " ".join(lines)] if lines else []


def _commanding(subject: Cause | Group) -> tuple[str, ...]:
    if isinstance(subject, Group):
        return subject.decide
    return (subject.title, subject.meaning, subject.shows, *subject.steps, subject.verify, *subject.decide)


def _groups(cause: Cause, place: str) -> list[str]:
    within = [group for group in GROUPS.values() if cause.id in group.causes]
    if not within:
        return [f"It is in none of the {link('groups of causes with one and the same answer', GROUPS_PAGE, place)}."]
    lines = [f"Each of these can mean it, among others; see {link('the groups', GROUPS_PAGE, place)}:", ""]
    for group in within:
        rank = f"number {group.causes.index(cause.id) + 1} of {len(group.causes)} by likelihood"
        lines.append(f"- {link(escape(group.answer), f'{GROUPS_PAGE}#{group.id}', place)}: {rank}")
    return lines
