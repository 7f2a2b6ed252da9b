"""Makes untrusted text fit for display: truncates it, makes control characters and text direction visible, and then escapes it.

Every piece of text in a report passes through this module last. No other module escapes text.
"""

from __future__ import annotations

import re
from html import escape

LONGEST = 1500

# Control characters except tab and line feed; characters that reorder or hide text (Unicode UAX 9, "default ignorable");
# line and paragraph separators; lone surrogates; tag characters.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e007f]"
)


def legible(text: object, longest: int = LONGEST) -> str:
    r"""Return the text with invisible characters written as `\x1b` or `\u202e`. Text that is too long is truncated and marked as such."""
    whole = str(text)
    kept = whole if len(whole) <= longest else whole[:longest]
    plain = _INVISIBLE.sub(_code, kept.replace("\r\n", "\n"))
    return plain if kept is whole else f"{plain} … ({len(whole) - longest} more characters not shown)"


def one_line(text: object, longest: int = 300) -> str:
    """Return the legible text on one line, for terminals and table cells."""
    return " ".join(legible(text, longest).split())


def escaped(text: object, longest: int = LONGEST) -> str:
    """Return the legible text escaped for HTML content and quoted attributes."""
    return escape(legible(text, longest), quote=True)


def _code(match: re.Match[str]) -> str:
    code = ord(match.group())
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
