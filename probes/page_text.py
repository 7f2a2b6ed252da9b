"""The visible words of a web page that came in the place of another answer: markup, scripts and styles are left out.

One pass over a bounded beginning of the page; what it says is quoted to people and never interpreted.
"""

from __future__ import annotations

import html
import re

_LONGEST_PAGE = 64 * 1024
_LONGEST = 160
_LONGEST_WORD = 40  # a longer one is no word for people, and may be a token
_SILENT = ("script", "style", "template", "svg")
_TAG_NAME = re.compile(r"/?([a-z0-9]{1,20})", re.IGNORECASE)


def visible_text(page: str) -> str:
    """The words that a person would see, on one line of at most 160 characters; empty for a page without any."""
    pieces: list[str] = []
    text, at, size = page[:_LONGEST_PAGE], 0, 0
    lower = text.lower()
    while at < len(text) and size < _LONGEST * 4:
        opened = text.find("<", at)
        if opened < 0:
            pieces.append(text[at:])
            break
        pieces.append(text[at:opened])
        size += len("".join(text[at:opened].split()))
        at = _after_tag(text, lower, opened)
    words = " ".join(html.unescape(" ".join(pieces)).split()).split(" ")
    return _short(" ".join("…" if len(word) > _LONGEST_WORD else word for word in words))


def _after_tag(text: str, lower: str, opened: int) -> int:
    """Where the text goes on behind the tag, comment or silent element that begins here."""
    if text.startswith("<!--", opened):
        closed = text.find("-->", opened)
        return len(text) if closed < 0 else closed + 3
    closed = text.find(">", opened)
    if closed < 0:
        return len(text)
    name = _TAG_NAME.match(lower, opened + 1)
    if name is None or name[1] not in _SILENT or lower[opened + 1] == "/" or text[closed - 1] == "/":
        return closed + 1
    end = lower.find(f"</{name[1]}", closed)
    return len(text) if end < 0 else (text.find(">", end) + 1 or len(text))


def _short(words: str) -> str:
    return words if len(words) <= _LONGEST else f"{words[:_LONGEST].rpartition(' ')[0]} …"
