"""Searches finished outputs for secrets, and masks those that it finds. It backs up the redaction, which works differently.

All spellings of all secrets are searched for together, with and without punctuation, spaces and markup, so that neither an HTML or
JSON escape nor a line break hides a secret. Only an output that contains a secret is examined more slowly.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from probes.decoding import decoded_once
from probes.encodings import spellings
from probes.patterns import Patterns
from probes.redaction import LEAST_BITS, MARK, SIGNS, bare_pattern, bits
from probes.views import EditedView, Span, View

_SHORTEST: Final = 4  # a shorter secret cannot be distinguished from ordinary text
_JOINT: Final = re.compile(rb"[\"'],\s*[\"']|[\s\x00-\x1f\x7f]+")  # between the items of a list, and between words
_CODES: Final = rb"(?:\d{3}[- ])?(?:[245]\.\d{1,3}\.\d{1,3} )?"
_TAG: Final = re.compile(rb"<[^<>]*>")
_ENTRY: Final = rb'"\s*\},\s*\{\s*"at":\s*\d{1,5}\.\d{1,4},\s*"speaker":\s*"[sc*]",\s*"text":\s*"' + _CODES
# What is between the lines of a reply: markup, and the beginning of the next line in a page, in JSON and in a list.
_BETWEEN: Final = tuple(
    re.compile(pattern)
    for pattern in (rb"\d{1,5}\.\d{1,4}\s{1,9}[sc*]\s{1,9}" + _CODES, _ENTRY, rb"[\"'],\s*[\"']" + _CODES)
)
# The same for a whole file. These begin with fixed characters, so that they are found quickly.
_LINE: Final = re.compile(rb"\n {1,9}\d{1,5}\.\d{1,4}  [sc*]  " + _CODES)
_ENTRY_IN_FILE: Final = re.compile(_ENTRY)
_CODED_ITEM: Final = re.compile(rb'",\s*"(?=[2-5]\d\d[- ]|[245]\.\d{1,3}\.)' + _CODES)
_SIGN_OCTETS: Final = bytes(octet for octet in range(128) if not chr(octet).isalnum() or chr(octet).isupper())
_CONTROLS: Final = bytes([*range(0x20), 0x7F])
_FREQUENT: Final = (  # escapes in our own files; replacing them first is faster
    (b"&#34;", b'"'), (b"&quot;", b'"'), (b"&#39;", b"'"), (b"&lt;", b"<"), (b"&gt;", b">"), (b"&amp;", b"&"),
    (b"\\n", b""), (b"\\r", b""), (b"\\t", b""), (b'\\"', b'"'), (b"\\/", b"/"), (b"\\\\", b"\\"),
)  # fmt: skip
_RARE: Final = re.compile(rb"\\u[0-9a-f]{4}|&#x?[0-9a-f]{1,7};")
_ESCAPE: Final = re.compile(rb"\\u[0-9a-f]{4}|&#x?[0-9a-f]{1,7};|&(?:quot|apos|amp|lt|gt);|\\[\"\\/]")
_NESTED: Final = 3
_OVERLAP: Final = 4096  # characters: longer than a secret in any spelling, even if markup divides it
_STRUCTURE: Final = re.compile(r"[<>\"'&\\;{}\[\],\r\n\t]")

# What is removed before a leak is located. Most leaks are located in the first way.
_WAYS: Final = ((SIGNS,), (_TAG, *_BETWEEN, SIGNS), (_JOINT,), (_TAG, *_BETWEEN, _JOINT), (), (_TAG, *_BETWEEN))


class LeakSearch:
    """Searches texts for the secrets of a run in all their spellings."""

    def __init__(self, secrets: Iterable[str]) -> None:
        """Prepare the search for these secrets. Secrets of fewer than four characters are ignored."""
        self.secrets = tuple(secret for secret in secrets if len(secret) >= _SHORTEST)
        self._bare, self._exact, self._distinctive = Patterns(), Patterns(), Patterns()
        self._owners: dict[bytes, set[int]] = {}
        for number, secret in enumerate(self.secrets):
            for spelling in spellings(secret):
                plain = View(spelling).octets
                bare, joined = bare_pattern(plain, secret), _JOINT.sub(b"", plain)
                if bare is not None:
                    self._add(self._bare, bare, number)
                elif bits(joined) >= LEAST_BITS:
                    self._add(self._distinctive, joined, number)
                elif len(plain) >= _SHORTEST:
                    self._add(self._exact, plain, number)

    def _add(self, patterns: Patterns, pattern: bytes, number: int) -> None:
        patterns.add(pattern)
        self._owners.setdefault(pattern, set()).add(number)

    def found(self, text: str) -> set[int]:
        """Return the numbers of the secrets that the text contains in any spelling."""
        if not self._owners:
            return set()
        numbers: set[int] = set()
        searched: set[bytes] = set()
        for view in _readings(text.lower().encode("utf-8", "surrogatepass")):
            for patterns, reduced in (
                (self._bare, _without_signs),
                (self._exact, _without_controls),
                (self._distinctive, _without_joints),
            ):
                part = reduced(view) if patterns else b""
                if part and part not in searched:
                    searched.add(part)
                    for start, end in patterns.found(part):
                        if patterns is not self._exact or _is_word(part, start, end):
                            numbers |= self._owners[part[start:end]]
        return numbers

    def masked(self, text: str) -> str:
        """Return the text with each secret replaced by a mark. Quotes, markup and escapes around and inside a secret stay."""
        kept, overlap = [], max(_OVERLAP, 8 * max(map(len, self._owners), default=0))
        window = ""
        for start in range(0, len(text), 4 * overlap):
            window = self._masked_window(window + text[start : start + 4 * overlap])
            if start + 4 * overlap < len(text):
                kept.append(window[:-overlap])
                window = window[-overlap:]
        return "".join([*kept, window])

    def _masked_window(self, text: str) -> str:
        for rounds in (1, 0, 2, 3):
            for edits in _WAYS:
                if not self.found(text):
                    return text
                text = self._masked_in(text, rounds, edits)
        return text

    def _masked_in(self, text: str, rounds: int, edits: tuple[re.Pattern[bytes], ...]) -> str:
        """Mask the secrets that are found after so many rounds of decoding and after the matches of `edits` have been removed."""
        view = View(text)
        for _ in range(rounds):
            view = EditedView(view, _ESCAPE, decoded_once)
        for edit in edits:
            view = EditedView(view, edit, _nothing)
        spans = [*self._bare.found(view.octets), *self._distinctive.found(view.octets)]
        spans += [span for span in self._exact.found(view.octets) if _is_word(view.octets, *span)]
        octets = {at for start, end in spans for at in range(start, end)}
        return _without(text, sorted({view.place(at, at + 1) for at in octets}))


def _nothing(_match: re.Match[bytes]) -> bytes:
    return b""


def _readings(octets: bytes) -> Iterator[bytes]:
    """Yield the text before and after each round of decoding HTML and JSON escapes, with and without markup."""
    for _ in range(_NESTED + 1):
        before = octets
        yield from _with_and_without_markup(octets)
        for escape, meant in _FREQUENT:
            octets = octets.replace(escape, meant)
        if _RARE.search(octets):
            if octets != before:
                yield from _with_and_without_markup(octets)
            octets = _RARE.sub(decoded_once, octets)
        if octets == before:
            return


def _with_and_without_markup(octets: bytes) -> Iterator[bytes]:
    """Yield the text and, if it differs, the text without markup and without what separates the lines of a reply."""
    yield octets
    joined = _TAG.sub(b"", octets) if b"<" in octets else octets
    joined = _CODED_ITEM.sub(b"", _LINE.sub(b"", joined))
    if b'"speaker"' in joined:
        joined = _ENTRY_IN_FILE.sub(b"", joined)
    if joined != octets:
        yield joined


def _without_signs(octets: bytes) -> bytes:
    return octets.translate(None, _SIGN_OCTETS)


def _without_controls(octets: bytes) -> bytes:
    return octets.translate(None, _CONTROLS)


def _without_joints(octets: bytes) -> bytes:
    return _JOINT.sub(b"", octets)


def _is_word(octets: bytes, start: int, end: int) -> bool:
    """Return whether a match is a whole word and not part of a number."""
    around = octets[max(0, start - 1) : start] + octets[end : end + 1]
    return not re.search(rb"[\w.\x80-\xff]", around)


def _without(text: str, places: list[Span]) -> str:
    """Return the text with a mark in place of the characters at these places.

    Places share one mark, which also replaces the text between them, unless that text contains quotes, brackets, markup or line breaks.
    """
    kept: list[str] = []
    at = 0
    for start, end in places:
        between = text[at:start]
        if start >= at and (not kept or _STRUCTURE.search(between)):
            kept += [between, MARK]
        at = max(at, end)
    return "".join([*kept, text[at:]])
