"""Extracts the visible text of a web page that arrived in place of the expected response, without markup, scripts or styles.

Only the start of the page is read, in one pass. Reports quote the text; no code interprets it.
"""

from __future__ import annotations

import html
import re

_LONGEST_PAGE = 64 * 1024
_LONGEST = 160
_LONGEST_WORD = 40  # a longer one is not a word and may be a token
_INVISIBLE = ("script", "style", "template", "svg")
_TAG_NAME = re.compile(r"/?([a-z0-9]{1,20})", re.IGNORECASE)


def visible_text(page: str) -> str:
    """Return the text that a browser would show, on one line and shortened to about 160 characters, or an empty string if there is none."""
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
    """Return the position after the tag, comment or invisible element that starts at `opened`."""
    if text.startswith("<!--", opened):
        closed = text.find("-->", opened)
        return len(text) if closed < 0 else closed + 3
    closed = text.find(">", opened)
    if closed < 0:
        return len(text)
    name = _TAG_NAME.match(lower, opened + 1)
    if name is None or name[1] not in _INVISIBLE or lower[opened + 1] == "/" or text[closed - 1] == "/":
        return closed + 1
    end = lower.find(f"</{name[1]}", closed)
    return len(text) if end < 0 else (text.find(">", end) + 1 or len(text))


def _short(words: str) -> str:
    return words if len(words) <= _LONGEST else f"{words[:_LONGEST].rpartition(' ')[0]} …"
