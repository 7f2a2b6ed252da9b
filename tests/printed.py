"""Characters that must not be printed on a terminal or written to a report, and a search for them."""

from __future__ import annotations

# C0 except tab and line feed, DEL, C1, soft hyphen and other characters without width, direction marks and overrides, separators of
# lines and paragraphs, the byte order mark, and a lone surrogate.
FORBIDDEN = (
    *(chr(code) for code in (*range(0x09), *range(0x0B, 0x20), *range(0x7F, 0xA0))),
    *("\u00ad", "\u061c", "\u180e", "\u200b", "\u200c", "\u200d", "\u200e", "\u200f", "\u2028", "\u2029"),
    *(chr(code) for code in (*range(0x202A, 0x202F), *range(0x2060, 0x2070))),
    *("\ufeff", "\ufff9", "\ud800", "\udfff"),
)
# A title change (OSC), a colour (CSI), a bell, their C1 forms, text in the other direction, and characters without width.
HOSTILE = "\x1b]0;taken\x07\x1b[31m\x9b32m\x9d0;x\x9c\x7f\u202eabc\u2066\u200f\u200b\u2028\ufeff"


def hidden_in(text: str) -> set[str]:
    """Return the forbidden characters in a text."""
    return set(text) & set(FORBIDDEN)
