"""Writes Markdown in GitHub's dialect: escaped prose, code spans, links between pages, and tables."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Sequence
from typing import Final

from checks.catalogue import CATALOGUE as CHECKS
from knowledge.causes import CATALOGUE as CAUSES

MADE: Final = "<!-- made by `python -m docs.handbook`: edit the catalogue, not this page -->"

# Signs with a meaning inside a line: GitHub Flavored Markdown Spec 6, and $ for GitHub's mathematics.
_SIGN: Final = re.compile(r"[\\`*\[\]<|~$]|(?<![^\W_])_|_(?![^\W_])|&(?=#?\w{1,31};)|!(?=\[)")
# Signs with a meaning at the beginning of a line: headings, lists, quotations, rules (the same, 4 and 5).
_START: Final = re.compile(r"^(?:(\d{1,9})([.)])(?=\s|$)|([#>+=-]))")
_ADDRESS: Final = r"https?://(?:<[^<>]*>|[^\s<>`'\"()\[\]])*[^\s<>`'\"()\[\].,;:]"
_LINKABLE: Final = re.compile(
    rf"(?P<address>{_ADDRESS})|\bRFC (?P<rfc>\d{{3,5}})\b|\b(?P<check>[A-Z]+-\d\d)\b|\b(?P<cause>[a-z0-9]+(?:_[a-z0-9]+)+)\b"
)
# These URLs name an audience or a scope, so they are typed and not opened.
_RESOURCE: Final = re.compile(r"https://outlook\.office365\.com.*|.*/\.default")


def escape(text: str) -> str:
    """Return the text on one line with all Markdown syntax escaped."""
    return _at_start(_escaped(text.strip()))


def code(text: str) -> str:
    """Return a code span with as many backticks as it needs (CommonMark, section 6.1)."""
    line = " ".join(text.split())
    longest = max((len(run) for run in re.findall("`+", line)), default=0)
    fence = "`" * (longest + 1)
    pad = " " if line.startswith("`") or line.endswith("`") else ""
    return f"{fence}{pad}{line}{pad}{fence}"


def check_page(check: str) -> str:
    """Return the path of a check's page, relative to the root."""
    return f"docs/checks/{check}.md"


def cause_page(cause: str) -> str:
    """Return the path of a cause's page, relative to the root."""
    return f"docs/causes/{cause}.md"


GROUPS_PAGE: Final = "docs/causes/groups.md"
DECLARED_PAGE: Final = "docs/causes/declared.md"
ENCODINGS_PAGE: Final = "docs/encodings.md"


def link(markup: str, target: str, place: str) -> str:
    """Return a link on the page `place` to the file `target`, or plain text if the two are the same. Both are relative to the root."""
    path, hash_, anchor = target.partition("#")
    if path == place:
        return markup
    return f"[{markup}]({posixpath.relpath(path, posixpath.dirname(place))}{hash_}{anchor})"


def prose(text: str, place: str) -> str:
    """Return text from the catalogue as Markdown for the page `place`.

    Text between backticks is a command and becomes a code span. URLs, RFCs, checks and causes become links.
    """
    pieces = text.split("`")
    if len(pieces) % 2 == 0:
        pieces = [text]
    line = "".join(code(piece) if index % 2 else _linked(piece, place) for index, piece in enumerate(pieces))
    return _at_start(line)


def _linked(piece: str, place: str) -> str:
    parts: list[str] = []
    after = 0
    for found in _LINKABLE.finditer(piece):
        marked = _as_link(found, place)
        if marked:
            parts += [_escaped(piece[after : found.start()]), marked]
            after = found.end()
    return "".join([*parts, _escaped(piece[after:])])


def _escaped(text: str) -> str:
    """Escape Markdown syntax in the text, and keep leading and trailing spaces."""
    return _SIGN.sub(lambda sign: f"\\{sign.group()}", re.sub(r"\s+", " ", text))


def _at_start(line: str) -> str:
    return _START.sub(lambda start: f"{start[1]}\\{start[2]}" if start[1] else f"\\{start[3]}", line)


def _as_link(found: re.Match[str], place: str) -> str:
    word = found.group()
    if found["address"]:
        return code(word) if "<" in word or _RESOURCE.fullmatch(word) else f"<{word}>"
    if found["rfc"]:
        return f"[{word}](https://www.rfc-editor.org/rfc/rfc{found['rfc']})"
    if word in CHECKS.checks:
        return link(word, check_page(word), place)
    return link(code(word), cause_page(word), place) if word in CAUSES else ""


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Return a Markdown table. The cells are Markdown; pipes in code spans are escaped here (GFM, section 4.10)."""
    lines = [head, ["---"] * len(head), *rows]
    return [f"| {' | '.join(_in_cell(cell) for cell in cells)} |" for cells in lines]


def _in_cell(cell: str) -> str:
    return re.sub(r"(?<!\\)\|", r"\\|", cell)


def bullets(items: Iterable[str]) -> list[str]:
    """Return the lines of a Markdown bullet list. Each item is one line of Markdown."""
    return [f"- {item}" for item in items]
