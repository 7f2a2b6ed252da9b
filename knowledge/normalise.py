"""Normalises a pasted text: removes wrappings, limits the length, and builds the forms that are searched.

Each step is a single pass over the text, so the total time is linear in its length.
"""

from __future__ import annotations

import contextlib
import html
import re
import unicodedata
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote

from evidence.gates import Gate
from knowledge.frames import without_frames
from knowledge.masking import mask_dialogue

LONGEST: Final = 120_000  # the most characters that are read; of a longer text, both ends and the lines with a keyword
_LINE: Final = 4_000
_ENDS: Final = 20_000
_SHORTEST: Final = 6  # shorter lines are dropped

# The lines of a long log that contain one of these are kept.
_KEYWORDS: Final = (
    "5.7.",
    "4.7.",
    "4.2.",
    "4.3.",
    "5.2.",
    "5.1.",
    "5.5.",
    "5.3.",
    "aadsts",
    "error",
    "fail",
    "exception",
    "timed out",
    "timeout",
    "refused",
    "certificate",
    "ssl",
    "tls",
    "220",
    "unable",
    "denied",
    "resolve",
    "authent",
    "oauth",
    "reset",
)
_TAG: Final = re.compile(
    r"</?(?:a|b|i|p|br|em|strong|pre|code|span|div|li|ul|ol|td|tr|th|table|tbody|font|small|blockquote|h[1-6])(?=[\s/>])[^<>]{0,300}>",
    re.IGNORECASE,
)
# A "=" at the end of a short line is padding of base64 or part of a setting; quoted-printable breaks lines near column 76.
_QUOTED_PRINTABLE: Final = re.compile(r"=(?:3D|20|0D|0A|E2|C2|C3)(?![A-Za-z0-9+/]{16})|[^\n]{60}=\r?\n")
_QP_SOFT: Final = re.compile(r"(?<=[^\n]{50})=[ \t]{0,3}\r?\n")
_QP_BYTES: Final = re.compile(r"(?:=[0-9A-F]{2}){1,200}")
_PERCENT: Final = re.compile(r"%(?:20|3a|22|27|0d|0a|2c|2e)", re.IGNORECASE)
_ESCAPE: Final = re.compile(r"\\{1,4}(?:(r\\{1,4}n|[nrt])|u([0-9a-fA-F]{4})|(x01)|([\"'/`]))")
_ANSI: Final = re.compile(r"\x1b\[[0-9;]{0,20}[A-Za-z]")
_SPACE: Final = re.compile(r"\s+")
_UNWORDED: Final = re.compile(r"[\W_]+")
_WORD: Final = re.compile(r"[a-z0-9_]+")
_DIGITS: Final = re.compile(r"[\d.]+")
_CODE: Final = "#"  # marks a needle that is a code
_SHORT: Final = 10  # a phrase of one word up to this length must match a whole word
_MOJIBAKE: Final = ("Ã", "â€", "Ð", "\u00c5\u201a")


class _Folding(dict[int, str]):
    """Maps each character to its lower-case form without accents or full width, which is computed only once."""

    def __missing__(self, code: int) -> str:
        char = chr(code)
        bare = "".join(c for c in unicodedata.normalize("NFKD", char)[:4] if not unicodedata.combining(c))
        self[code] = folded = bare.lower() if bare or unicodedata.combining(char) else char
        return folded


def _folding() -> _Folding:
    return _Folding({0x2018: "'", 0x2019: "'", 0x201C: '"', 0x201D: '"', 0x60: "'", 0xB4: "'", 0xA0: " ", 0x131: "i"})


@dataclass(frozen=True, slots=True)
class NormalisedText:
    """A text in several normalised forms.

    `lines` is readable, `flat` is a single line in lower case, `tight` contains only letters and digits, and `words` is the set of words.
    These forms do not contain the frames of stack traces. `frames` holds the gates that the frames show, and `frame` is the gate of the
    innermost one. `whole` is the text in lower case with its frames.
    """

    lines: tuple[str, ...]
    flat: str
    tight: str
    words: frozenset[str]
    frame: Gate | None = None
    frames: frozenset[Gate] = frozenset()
    whole: str = ""

    def has(self, needle: str) -> bool:
        """Return whether the text contains a needle made by `needle_of` or `code_or_words`."""
        if needle[0] == _CODE:
            return _has_code(self.flat, needle[1:])
        return needle[1:] in self.words if needle[0] == " " else needle in self.tight


def tighten(text: str) -> str:
    """Return the letters and digits of a text in lower case and without accents; phrases are compared in this form."""
    return _UNWORDED.sub("", text.lower() if text.isascii() else text.lower().translate(_folding()))


def any_of(phrases: str) -> tuple[str, ...]:
    """Split a string of phrases at each `|`."""
    return tuple(phrase.strip(" ") for phrase in phrases.split(" | "))


def _has_code(flat: str, code: str) -> bool:
    at = flat.find(code)
    while at >= 0:
        after = flat[at + len(code) : at + len(code) + 1]
        if not (flat[at - 1 : at].isalnum() or flat[at - 1 : at] == ".") and (code[-1] == "." or not after.isalnum()):
            return True
        at = flat.find(code, at + 1)
    return False


def code_or_words(phrase: str) -> str:
    """Return the form in which a further phrase of a rule is searched for: a code as a whole, and words anywhere.

    Digits of a code also occur within a server's stamp or an id, where they mean nothing.
    """
    return _CODE + phrase if _DIGITS.fullmatch(phrase) else tighten(phrase)


def needle_of(phrase: str) -> str:
    """Return the form in which a phrase is searched for: tight, or with a leading blank if the phrase is a single short word."""
    tight = tighten(phrase)
    lone = (
        len(tight) <= _SHORT and phrase.isascii() and (phrase.isalnum() or _WORD.fullmatch(phrase.lower()) is not None)
    )
    return " " + phrase.lower().removeprefix("0x") if lone else tight  # `NormalisedText.words` have no 0x either


def _shorten(text: str) -> str:
    if len(text) <= LONGEST:
        return text
    middle = text[_ENDS:-_ENDS]
    low = middle.lower()
    words = [word for word in _KEYWORDS if word in low]
    room = LONGEST - 2 * _ENDS if words else 0
    kept: list[str] = []
    for line in middle.splitlines() if words else ():
        short = line[:_LINE]
        if len(line) >= _SHORTEST and any(word in short.lower() for word in words):
            kept.append(short)
            room -= len(short) + 1
            if room <= 0:
                break
    return "\n".join((text[:_ENDS], *kept, text[-_ENDS:]))[: LONGEST + _LINE]


def _escape(found: re.Match[str]) -> str:
    line_end, code, separator, char = found.groups()
    if line_end:
        return " " if line_end == "t" else "\n"
    if code:
        return chr(int(code, 16))
    return "\x01" if separator else str(char)


def _quoted_printable(found: re.Match[str]) -> str:
    return bytes.fromhex(found.group(0).replace("=", "")).decode("utf-8", "replace")


def _decoded(text: str) -> str:
    """Decode UTF-16 that was read as one byte per character, and remove NUL characters from any other text."""
    if len(text) < 2 or text.count("\x00") * 5 < len(text):
        return text.replace("\x00", "") if "\x00" in text else text
    with contextlib.suppress(UnicodeError):
        raw = text.encode("latin-1")
        marked = raw.startswith((b"\xff\xfe", b"\xfe\xff"))
        return raw.decode("utf-16" if marked else "utf-16-le" if text[1] == "\x00" else "utf-16-be", "replace")
    return text.replace("\x00", "")


def _unwrap(text: str) -> str:
    if _QUOTED_PRINTABLE.search(text):
        text = _QP_BYTES.sub(_quoted_printable, _QP_SOFT.sub("", text))
    for _ in range(2):
        if "&" in text:
            text = html.unescape(text)
    if "<" in text:
        text = _TAG.sub(" ", text)
    if "\x1b" in text:
        text = _ANSI.sub("", text)
    if "\\" in text:
        text = _ESCAPE.sub(_escape, text)
    if _PERCENT.search(text):
        text = unquote(text.replace("+", " "), errors="replace")
    elif "error_description=" in text:
        text = text.replace("+", " ")
    text = text.replace("`", "'")
    if any(sign in text for sign in _MOJIBAKE):
        with contextlib.suppress(UnicodeError):
            text = text.encode("cp1252").decode("utf-8")
    return text


def normalise(text: str) -> NormalisedText:
    """Undo HTML, quoted-printable, JSON and URL escapes in pasted text, and remove colour codes, accents, credentials and stack frames.

    Takes any text. Returns a `NormalisedText` of limited length. Never raises.
    """
    full = mask_dialogue(_unwrap(mask_dialogue(_shorten(_decoded(text))))[: 2 * LONGEST])
    short, gates = without_frames(full)
    lines = tuple(stripped for line in short.splitlines() if (stripped := line.strip()))
    lowered = short.lower() if short.isascii() else short.lower().translate(_folding())
    words = frozenset(word.removeprefix("0x") for word in _WORD.findall(lowered))
    return NormalisedText(
        lines,
        _SPACE.sub(" ", lowered).strip(),
        _UNWORDED.sub("", lowered),
        words,
        gates[0] if gates else None,
        frozenset(gates),
        full.lower(),
    )
