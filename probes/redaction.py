"""Removes secrets, in every encoding that `probes.encodings` lists, from text before it is stored.

Each secret is added to the redactor as soon as it is read or received, and the redactor never returns it. Of a secret of eight or more
characters, a piece of more than half is also replaced and, if the secret is long, a piece of 24 characters. A shorter secret is only
replaced as a whole. Ordinary words stay (see `ordinary_words`).
"""

from __future__ import annotations

import math
import re
import threading
from collections.abc import Iterator
from typing import Final

from probes.decoding import decodings, normalised
from probes.encodings import base64_parts, octets_of, spellings
from probes.known_secrets import KnownSecrets
from probes.ordinary_words import is_ordinary
from probes.patterns import Patterns
from probes.views import EditedView, Span, View, folded, printable_part

MARK = "[redacted]"
_SHORTEST: Final = 4
_DIVISIBLE: Final = 8  # from this length on, more than half of a secret is distinctive enough to be redacted
_LONG: Final = 16
_PIECE: Final = 24
LEAST_BITS: Final = 31.0  # of a spelling without its signs; fewer could be part of ordinary text
_DIGIT: Final = re.compile(rb"[0-9]")
SIGNS: Final = re.compile(rb"[^a-z0-9\x80-\xff]+")


class Redactor:
    """Replaces known secrets in all their known forms. Secrets can be added while the redactor is in use."""

    def __init__(self, known: KnownSecrets | None = None) -> None:
        """Create a redactor without secrets. Secrets that it learns are also added to `known`."""
        self._known = known
        self._patterns = Patterns()
        self._words: frozenset[bytes] = frozenset()
        self._learned: set[str] = set()
        self._lock = threading.Lock()

    def learn(self, secret: str) -> None:
        """Add a secret. A secret of fewer than four characters is replaced only where it is a whole word."""
        if not secret or secret in self._learned:
            return
        if self._known is not None:
            self._known.add(secret)
        with self._lock:
            for whole in whole_patterns(secret):
                if len(whole) >= _SHORTEST:
                    self._patterns.add(whole)
                else:
                    self._words |= {whole}
            for piece, least in _pieces(secret):
                self._patterns.add(piece, least)
            self._learned.add(secret)

    def clean(self, text: str) -> str:
        """Return `text` with every form of a secret replaced by a mark, ignoring case."""
        return without(text, self.spans(text))

    def spans(self, text: str) -> list[Span]:
        """Return the positions of secrets in `text`, as ordered and disjoint spans.

        Unprintable characters, spaces and punctuation inside a secret do not hide it. Ordinary words are left alone (see `ordinary_words`).
        """
        if not (self._patterns or self._words) or not text:
            return []
        first = View(text)
        found = [first.place(*span) for word in self._words for span in _whole_words(word, first.octets)]
        searched: set[bytes] = set()
        for view in _views(first):
            if view.octets not in searched:
                searched.add(view.octets)
                found += [view.place(*span) for span in self._patterns.found(view.octets)]
        return _merged([span for span in found if not is_ordinary(text, *span)])


def without(text: str, spans: list[Span]) -> str:
    """Return `text` with a mark in place of each span."""
    kept, at = [], 0
    for start, end in spans:
        kept += [text[at:start], MARK]
        at = end
    return "".join([*kept, text[at:]])


def whole_patterns(secret: str) -> set[bytes]:
    """Return the patterns of a whole secret: its spellings with and without punctuation, and their decoded forms."""
    patterns = {View(spelling).octets for spelling in spellings(secret)}
    patterns |= {bare for one in patterns if (bare := bare_pattern(one, secret)) is not None}
    if len(secret) >= _SHORTEST:
        patterns |= _meant(secret)
    return patterns - {b""}


def bare_pattern(pattern: bytes, secret: str) -> bytes | None:
    """Return a pattern of the secret without its punctuation, or None if what is left could be part of ordinary text."""
    bare = SIGNS.sub(b"", pattern)
    enough = len(bare) * 3 >= len(octets_of(secret)) * 2 and bits(bare) >= LEAST_BITS
    return bare if enough else None


def _views(first: View) -> Iterator[View]:
    """Return all views in which secrets are searched for."""
    yield first
    yield from decodings(first)
    if SIGNS.search(first.octets):
        yield EditedView(first, SIGNS, _nothing)


def _nothing(_match: re.Match[bytes]) -> bytes:
    return b""


def bits(pattern: bytes) -> float:
    """Return how much information the pattern contains if it is random. Ordinary text is unlikely to contain a pattern with much of it."""
    letters, digits = pattern.upper() != pattern or not pattern.isascii(), _DIGIT.search(pattern) is not None
    return len(pattern) * math.log2(26 * letters + 10 * digits + 32 * bool(SIGNS.search(pattern)) or 1)


def _meant(secret: str) -> set[bytes]:
    """Return the forms of a secret to search for in decoded text: lower case, with and without unprintable characters."""
    cased = "".join(character.lower() if character.isascii() else character for character in secret)
    texts = {one for text in (cased, folded(secret)) for one in (text, printable_part(text))}
    return {normalised(text.encode("utf-8", "surrogatepass")) for text in texts} - {b""}


def _pieces(secret: str) -> Iterator[tuple[bytes, int]]:
    """Return the patterns of which parts are searched for, each with the minimum length of a part in octets."""
    if len(secret) < _DIVISIBLE:
        return
    half = len(secret) // 2 + 1 if len(secret) < _LONG else -(-len(secret) // 2)
    size = min(_PIECE, half) - sum(not character.isprintable() for character in secret)
    if size < _SHORTEST:
        return
    octets = octets_of(secret)
    for plain in {View(secret).octets, View(secret[::-1]).octets}:
        yield plain, size
    lost = secret.count("=")  # in decoded text
    if size - lost >= _SHORTEST:
        for meant in _meant(secret):
            yield meant, size - lost
    yield octets.hex().encode(), 2 * size
    for part in base64_parts(octets):
        yield View(part).octets, max(_DIVISIBLE, (8 * size - 10) // 6)


def _whole_words(word: bytes, text: bytes) -> Iterator[Span]:
    """Return the positions of `word` in `text` where it is not part of a longer word."""
    for match in re.finditer(rb"(?<![\w\x80-\xff])" + re.escape(word) + rb"(?![\w\x80-\xff])", text):
        yield match.span()


def _merged(spans: list[Span]) -> list[Span]:
    """Return the spans in order, with adjacent and overlapping ones merged."""
    merged: list[Span] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged
