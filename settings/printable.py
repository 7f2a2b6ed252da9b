"""Makes untrusted text fit for a terminal, a page or a file: shortens it, and makes its control and invisible characters visible.

Text for people passes through this module before it is printed or written, whether it came from a server, a report, the settings, an
exception or the command line. The built-in tenant and run.py's set-up, which import no other folder, have their own code for this.
"""

from __future__ import annotations

import re

LONGEST = 1500
LONGEST_LINE = 4000

# Control characters except tab and line feed; characters that reorder or hide text (Unicode UAX 9, "default ignorable") or that
# show as a blank; line and paragraph separators; lone surrogates; tag characters.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164"
    "\ufeff\uffa0\ufff9-\ufffb\ud800-\udfff\U0001d173-\U0001d17a\U000e0000-\U000e007f]"
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


def lines(text: object) -> str:
    """Return the legible text with its line breaks and indentation, each line shortened to `LONGEST_LINE` characters."""
    return "\n".join(legible(line, LONGEST_LINE) for line in str(text).split("\n"))


def in_json(text: str) -> str:
    r"""Return the JSON text with its invisible characters written as `\u202e`. Its content does not change."""
    return _INVISIBLE.sub(_json_code, text)


def is_invisible(text: str) -> bool:
    """Return whether the text contains a character that `legible` makes visible, a tab or a line break."""
    return _INVISIBLE.search(text) is not None or "\t" in text or "\n" in text


def _code(match: re.Match[str]) -> str:
    code = ord(match.group())
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _json_code(match: re.Match[str]) -> str:
    units = match.group().encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))
