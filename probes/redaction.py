"""Removes secrets from text before it is stored.

It finds a secret in plain text, base64 at any offset, URL, HTML, JSON, quoted-printable, UTF-16 and hex encoding. Each secret is
added to the redactor as soon as it is read or received, and the redactor never returns it. It does not find pieces shorter than
half of a secret, other encodings (base32, compressed, encrypted), or a secret with other letters inserted.
"""

from __future__ import annotations

import base64
import html
import json
import quopri
import threading
from collections.abc import Iterator
from urllib.parse import quote, quote_plus

from probes.decoding import decodings, normalised

MARK = "[redacted]"
_SHORTEST = 4
_LONG = 16  # from this length on half of a secret is distinctive, so that pieces of it are redacted too
_PIECE = 24
_LEAST = 6
_LONGEST_CODE = (
    8  # how much of an escape can be the first characters of a secret: all of &#1234567; after the first two
)
Span = tuple[int, int]


class Redactor:
    """Replaces every known form of every known secret. Secrets can be added while the redactor is in use."""

    def __init__(self) -> None:
        """Create a redactor without secrets."""
        self._forms: tuple[str, ...] = ()
        self._meant: tuple[str, ...] = ()
        self._pieces: dict[int, frozenset[str]] = {}
        self._lock = threading.Lock()

    def learn(self, secret: str) -> None:
        """Add a secret. A secret of fewer than four characters is replaced only where it is a whole word."""
        if not secret:
            return
        found = {_printable(_folded(form))[0] for form in forms(secret)} - {""}
        with self._lock:
            self._forms = tuple({*self._forms, *found})
            if len(secret) >= _SHORTEST:
                self._meant = (*self._meant, *_meant(secret))
            # Half of the secret contains a piece of this length, because only its printable characters are compared.
            size = min(_PIECE, -(-len(secret) // 2)) - sum(not character.isprintable() for character in secret)
            if len(secret) >= _LONG and size >= _LEAST:
                self._pieces = {**self._pieces, size: self._pieces.get(size, frozenset()) | _pieces(secret, size)}

    def clean(self, text: str) -> str:
        """Return `text` with every form of a secret replaced by a mark, ignoring case."""
        return without(text, self.spans(text))

    def spans(self, text: str) -> list[Span]:
        """Return the positions of secrets in `text`, as ordered and disjoint spans.

        Unprintable characters inside a secret (line endings, NULs, zero-width characters) do not hide it.
        """
        if not self._forms:
            return []
        seen, places = _printable(_folded(text))
        found: list[Span] = []
        for form in self._forms:
            long = len(form) >= _SHORTEST
            found += [(start, end) for start, end in _all(form, seen) if long or _is_whole_word(seen, start, end)]
        for size, pieces in self._pieces.items():
            found += [(at, at + size) for at in range(len(seen) - size + 1) if seen[at : at + size] in pieces]
        for rounds, (octets, places_in_text) in enumerate(decodings(seen) if self._meant else ()):
            for meant in self._meant:
                found += [(places_in_text[start][0], places_in_text[end - 1][1]) for start, end in _all(meant, octets)]
                found += _joined(meant, octets, places_in_text, seen) if rounds else ()
        return _merged([(places[start], places[end - 1] + 1) for start, end in found])


def without(text: str, spans: list[Span]) -> str:
    """Return `text` with a mark in place of each span."""
    kept, at = [], 0
    for start, end in spans:
        kept += [text[at:start], MARK]
        at = end
    return "".join([*kept, text[at:]])


def forms(secret: str) -> set[str]:
    """Return all encodings of `secret` that a peer could echo."""
    octets = secret.encode("utf-8", "surrogateescape")
    wide = (secret.encode("utf-16-le", "surrogatepass"), secret.encode("utf-16-be", "surrogatepass"))
    found = {secret, secret.upper(), quote(octets, safe=""), quote(octets), quote_plus(octets)}
    found |= {html.escape(secret), html.escape(secret, quote=False), html.escape(html.escape(secret))}
    found |= {
        json.dumps(secret)[1:-1],
        json.dumps(secret, ensure_ascii=False)[1:-1],
        json.dumps(json.dumps(secret))[3:-3],
    }
    found |= {secret.encode("unicode_escape").decode("ascii"), repr(secret)[1:-1], repr(octets)[2:-1]}
    found |= {quopri.encodestring(octets).decode("ascii").replace("=\n", "").rstrip("\n")}
    found |= {"".join(f"={octet:02X}" for octet in octets), octets.hex(), "".join(f"%{octet:02X}" for octet in octets)}
    found |= {octets.hex(separator) for separator in " :-"} | {one.hex() for one in wide}
    found |= {"".join(f"&#{ord(character)};" for character in secret)}
    found |= {"".join(f"&#x{ord(character):x};" for character in secret)}
    found |= {secret[::-1] if len(secret) > _SHORTEST * 2 else ""}
    for encoded in (octets, *wide):
        found |= _base64(encoded)
    if not secret.isascii():
        narrow = secret.encode("cp1252", "replace")
        for encoded in (octets, narrow, *wide):  # as a program with another encoding decodes these bytes
            found |= {encoded.decode("latin-1")} | {
                encoded.decode("utf-8", errors) for errors in ("replace", "backslashreplace")
            }
    return {form for form in found if form.strip()}


def _all(form: str, text: str) -> Iterator[Span]:
    """Return all positions of `form` in `text`, including overlaps."""
    start = text.find(form)
    while start >= 0:
        yield start, start + len(form)
        start = text.find(form, start + 1)


def _joined(meant: str, octets: str, places_in_text: list[Span], seen: str) -> Iterator[Span]:
    """Return the spans of secrets whose first or last characters are hidden in an escape sequence, such as `4f` after a `%`.

    The hidden characters are next to the rest of the secret or one escape away from it, because decoding drops an equals sign
    between them.
    """
    for some in range(1, min(_LONGEST_CODE, len(meant) - _SHORTEST) + 1):
        for start, end in _all(meant[some:], octets):
            first = places_in_text[start][0]
            at = seen.rfind(meant[:some], max(0, first - some - _LONGEST_CODE), first)
            if at >= 0:
                yield at, places_in_text[end - 1][1]
        for start, end in _all(meant[:-some], octets):
            last = places_in_text[end - 1][1]
            at = seen.find(meant[-some:], last, last + some + _LONGEST_CODE)
            if at >= 0:
                yield places_in_text[start][0], at + some


def _meant(secret: str) -> set[str]:
    """Return the forms of a secret to search for in decoded text: lower case, with and without unprintable characters."""
    cased = "".join(character.lower() if character.isascii() else character for character in secret)
    return {normalised(one) for text in (cased, _folded(secret)) for one in (text, _printable(text)[0])} - {""}


def _pieces(secret: str, size: int) -> frozenset[str]:
    octets = secret.encode("utf-8", "surrogateescape")
    long = (_printable(_folded(form))[0] for form in (secret, *_base64(octets), octets.hex()))
    return frozenset({form[at : at + size] for form in long for at in range(len(form) - size + 1)})


def _base64(octets: bytes) -> set[str]:
    """Return the parts of the base64 encoding that depend only on `octets`, for all three alignments."""
    found = set()
    for before in range(3):
        encoded = base64.b64encode(b"\x00" * before + octets).decode("ascii")
        first = -(-before * 8 // 6)
        whole = (before + len(octets)) * 8 // 6
        part = encoded[first:whole]
        if len(part) >= _SHORTEST:
            found |= {part, part.replace("+", "-").replace("/", "_"), quote(part, safe=""), part.replace("/", "\\/")}
    return found


def _folded(text: str) -> str:
    """Return the text in lower case and with the same length, so that positions stay valid."""
    lowered = text.lower()
    if len(lowered) == len(text):
        return lowered
    return "".join(low if len(low := character.lower()) == 1 else character for character in text)


def _printable(text: str) -> tuple[str, range | list[int]]:
    """Return the printable characters in `text` and their positions."""
    if text.isprintable():
        return text, range(len(text))
    places = [at for at, character in enumerate(text) if character.isprintable()]
    return "".join(text[at] for at in places), places


def _is_whole_word(text: str, start: int, end: int) -> bool:
    around = text[start - 1 : start] + text[end : end + 1]
    return not any(character.isalnum() or character == "_" for character in around)


def _merged(spans: list[Span]) -> list[Span]:
    """Return the spans in order, with adjacent and overlapping ones merged."""
    merged: list[Span] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged
