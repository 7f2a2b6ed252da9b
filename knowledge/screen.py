"""Show an explanation as text for a terminal, either on one screen, with the most important parts first, or complete."""

from __future__ import annotations

import re
import textwrap
import unicodedata
from typing import TYPE_CHECKING, Final

from knowledge.cause import NOTHING
from knowledge.causes import CATALOGUE, UNRECOGNISED
from settings.printable import one_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from knowledge.explanation import Explained, Explanation

WHO: Final[Mapping[str | None, str]] = {
    "sender": "the owner of the application and its mail settings",
    "exchange": "an Exchange administrator",
    "entra": "an Entra administrator",
    "network": "the network or host team",
    "microsoft": "Microsoft (wait, or open a support case)",
    None: "the owner of the application",
}
_WRITTEN_BY: Final[Mapping[str, str]] = {
    "microsoft": "Microsoft 365's mail server wrote this.",
    "entra": "Microsoft Entra wrote this.",
    "provider": (
        "This reply comes from {name}, not from Microsoft 365: the administrator or the help pages of that service "
        "can explain it."
    ),
    "own_relay": "This reply comes from a different mail server, such as your own relay, not from Microsoft 365.",
    "client": "The mail client or the operating system wrote this, not a server.",
    "none": "As far as the text shows, this error does not concern the sending of mail.",
}
_OF_OTHERS: Final = frozenset({"provider", "own_relay", "none"})
ROWS: Final = 44  # of one screen, which has 45 with the prompt
WIDTH: Final = 80
_DECIDING: Final = 13  # rows for what decides between the causes, before the steps get theirs
_QUOTED: Final = 150
_COMMAND: Final = re.compile(r"`[^`]*`")
_NO_BREAK: Final = "\ue000"  # replaces a space in a command while the text is wrapped
_MORE: Final = "For everything, with sources, add --full. To narrow it down, add --basic, --oauth or --client=NAME."
_MORE_OF_ONE: Final = "For everything, with sources, add --full."


def rows(line: str) -> int:
    """Return the number of rows that a line takes on a terminal of 80 columns."""
    columns = sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in line)
    return max(1, -(-columns // WIDTH))


def render(explanation: Explanation, quoted: str = "", *, full: bool = False) -> str:
    """Return an explanation as text for a terminal of 80 columns: one screen of at most 44 rows or, with `full`, everything."""
    head = [*_quotation(quoted), *_speaker(explanation), *_verdict(explanation)]
    if explanation["causes"][0]["id"] == UNRECOGNISED:
        return "\n".join([*head, *_instead(explanation)])
    lines = [*head, *_everything(explanation)] if full else _one_screen(head, explanation)
    return "\n".join(lines)


def _quotation(quoted: str) -> list[str]:
    if not quoted:
        return []
    return [*_wrap(one_line(quoted, _QUOTED), "> ", "  "), ""]


def written_by(speaker: str, gate: str | None) -> str:
    """Return the sentences that state who wrote a text and at which gate the message stopped."""
    kind, _, name = speaker.partition(":")
    words = _WRITTEN_BY[kind].format(name=name)
    return f"{words} The message stopped at: {gate.replace('_', ' ')}." if gate and kind != "none" else words


def _speaker(explanation: Explanation) -> list[str]:
    known = explanation["causes"][0]["id"] != UNRECOGNISED or explanation["evidence"]
    return [*_wrap(written_by(explanation["speaker"], explanation["gate"]), "", ""), ""] if known else []


def _verdict(explanation: Explanation) -> list[str]:
    causes = explanation["causes"]
    if causes[0]["id"] == UNRECOGNISED:
        known = CATALOGUE[UNRECOGNISED].decide
        about = [line for line in causes[0]["decide"] if line not in known]
        if about:
            return [part for line in about for part in _wrap(line, "", "")] + [""]
        if _is_of_others(explanation):
            return []
        words = f"No rule matches this text [{UNRECOGNISED}]. The line above is the one that is most likely to matter."
        return [*_wrap(words, "", ""), ""]
    if explanation["sure"]:
        return ["The text identifies the cause:", ""]
    if len(causes) == 1:
        return ["The most likely cause:", ""]
    listed = [f"  {place}. {cause['title']}  [{cause['id']}]" for place, cause in enumerate(causes, 1)]
    return [
        f"{len(causes)} possible causes, the most likely first:",
        *(line for one in listed for line in _wrap(one, "", "     ")),
        "",
    ]


def _instead(explanation: Explanation) -> list[str]:
    """Return what to paste instead of a text without a cause, or nothing for the reply of another provider or server, which is complete."""
    if _is_of_others(explanation):
        return []
    steps = explanation["causes"][0]["steps"]
    lines = [line for place, step in enumerate(steps, 1) for line in _wrap(step, f"  {place}. ", "     ")]
    secrets = "Remove passwords and tokens from a log before you pass it on. In this answer, they are masked."
    return ["What to paste instead:", *lines, "", *_wrap(secrets, "", ""), ""]


def _is_of_others(explanation: Explanation) -> bool:
    return bool(explanation["evidence"]) and explanation["speaker"].partition(":")[0] in _OF_OTHERS


def _one_screen(head: list[str], explanation: Explanation) -> list[str]:
    causes = explanation["causes"]
    several = len(causes) > 1
    first = causes[0]
    end = ["", *_wrap(_MORE if several else _MORE_OF_ONE, "", "")]
    room = ROWS - _height(head) - _height(end)
    lines = [*head]
    if several:
        deciding, room = _fitting((_wrap(line, "  - ", "    ") for line in first["decide"]), room, _DECIDING)
        lines += ["How to find the cause:", *deciding, "", f"If the first cause applies ({_owner(first)} acts):"]
        room -= 3
        closing = [["", *_wrap(f"How to verify: {first['verify']}", "  ", "  ")]]
    else:
        opening = [*_title(first), "", *_meaning(first), ""]
        lines += opening
        room -= _height(opening)
        closing = _closing(first)
    steps = [_wrap(step, f"  {place}. ", "     ") for place, step in enumerate(first["steps"], 1)]
    shown, room = _fitting(steps, room)
    lines += shown
    for part in closing:
        if _height(part) <= room:
            lines += part
            room -= _height(part)
    return [*lines, *end]


def _fitting(parts: Iterable[list[str]], room: int, most: int | None = None) -> tuple[list[str], int]:
    """Return the lines of the parts that fit into a number of rows, and the rows that remain.

    A note replaces the parts that are left out. The first part is always included.
    """
    parts = list(parts)
    limit = room if most is None else min(room, most)
    lines: list[str] = []
    for place, part in enumerate(parts):
        left = len(parts) - place - 1
        if _height(lines) + _height(part) > limit - (1 if left else 0) and place:
            lines.append(f"  ({left + 1} more with --full)")
            break
        lines += part
    return lines, room - _height(lines)


def _everything(explanation: Explanation) -> list[str]:
    causes = explanation["causes"]
    several = len(causes) > 1
    lines: list[str] = []
    if several:
        lines += ["How to find the cause:"]
        lines += [part for line in causes[0]["decide"] for part in _wrap(line, "  - ", "    ")] + [""]
    for place, cause in enumerate(causes, 1):
        lines += [*_title(cause, f"{place}. " if several else ""), "", *_meaning(cause), ""]
        lines += [
            part for number, step in enumerate(cause["steps"], 1) for part in _wrap(step, f"  {number}. ", "     ")
        ]
        lines += [part for block in _closing(cause) for part in block] + [""]
    return lines


def _title(cause: Explained, number: str = "") -> list[str]:
    title = cause["title"]
    return _wrap(f"{number}{title[:1].upper()}{title[1:]}  [{cause['id']}]", "", "   ")


def _meaning(cause: Explained) -> list[str]:
    return [*_wrap(cause["meaning"], "  ", "  "), "", *_wrap(f"Who acts: {WHO[cause['who']]}.", "  ", "  ")]


def _closing(cause: Explained) -> list[list[str]]:
    entry = CATALOGUE[cause["id"]]
    texts = [("Takes effect", entry.propagation), ("Risk", entry.risk)]
    texts += [(f"Source (checked on {entry.checked})", "; ".join(entry.source))]
    return [
        ["", *_wrap(f"How to verify: {cause['verify']}", "  ", "  ")],
        *(_wrap(f"{label}: {text}", "  ", "  ") for label, text in texts if text != NOTHING),
    ]


def _owner(cause: Explained) -> str:
    return WHO[cause["who"]].partition(" (")[0].partition(" and its")[0]


def _height(lines: Iterable[str]) -> int:
    return sum(map(rows, lines))


def _wrap(text: str, first: str, rest: str) -> list[str]:
    """Wrap a text to the width. Commands are not wrapped, so that they can be copied."""
    whole = _COMMAND.sub(lambda found: found.group().replace(" ", _NO_BREAK), text)
    wrapped = textwrap.wrap(
        whole, WIDTH, initial_indent=first, subsequent_indent=rest, break_long_words=False, break_on_hyphens=False
    )
    return [line.replace(_NO_BREAK, " ") for line in wrapped]
