"""Decodes the escapes that a peer can use: percent, entity, backslash, quoted-printable and xtext encodings, mixed and nested.

The result is a view of the text, which gives the original position of each octet. This module handles no secrets.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from probes.views import EditedView, View

# URL (RFC 3986, 2.1), quoted-printable (RFC 2045, 6.7), HTML (13.5), JSON (RFC 8259, 7) and the escapes of programming languages.
_CODES: Final = (
    rb"[%=](?P<a>[0-9a-f]{2})|\\x(?P<b>[0-9a-f]{2})|\\(?P<octal>[0-3][0-7]{2})"
    rb"|&#x0{0,8}(?P<c>[0-9a-f]{1,6});?|&#0{0,8}(?P<decimal>[0-9]{1,7});?|&(?P<name>quot|apos|amp|lt|gt);"
    rb"|\\u(?P<high>d[89ab][0-9a-f]{2})\\u(?P<low>d[c-f][0-9a-f]{2})"
    rb"|\\u(?P<d>0000[0-9a-f]{4}|000[1-9a-f][0-9a-f]{4}|0010[0-9a-f]{4})|\\u\{0{0,8}(?P<e>[0-9a-f]{1,6})\}"
    rb"|\\u(?P<f>[0-9a-f]{4})"
)
_SIGNS: Final = rb"|\\(?P<sign>[\"'\\/])"
_XTEXT: Final = rb"|\+(?P<g>[0-9a-f]{2})"  # RFC 3461, section 4
_ESCAPE: Final = re.compile(_CODES + _SIGNS)
_ESCAPE_EXCEPT_SIGNS: Final = re.compile(_CODES)
_ESCAPE_OR_XTEXT: Final = re.compile(_CODES + _SIGNS + _XTEXT)
_PLUS: Final = re.compile(rb"\+[0-9a-f]{2}")
_NAMED: Final = {b"quot": 0x22, b"apos": 0x27, b"amp": 0x26, b"lt": 0x3C, b"gt": 0x3E}
_NESTED: Final = 3
_DROPPED: Final = re.compile(rb"[=+\x00-\x1f\x7f]")


def decodings(view: View) -> Iterator[View]:
    """Yield the view undecoded and after each of up to three rounds of decoding.

    Equals signs and control characters are removed, and plus signs become spaces, as in `normalised`. A pair of backslashes is decoded to
    one but also kept as two, because a word can end in a backslash before an escape; plus signs are also decoded as xtext.
    """
    for _ in range(_NESTED + 1):
        yield _normalised(view)
        escaped = _ESCAPE.search(view.octets) is not None
        if _PLUS.search(view.octets):
            yield _normalised(EditedView(view, _ESCAPE_OR_XTEXT, _meant))
        if not escaped:
            return
        if b"\\\\" in view.octets:
            yield _normalised(EditedView(view, _ESCAPE_EXCEPT_SIGNS, _meant))
        view = EditedView(view, _ESCAPE, _meant)


def normalised(octets: bytes) -> bytes:
    """Return a search term in the same form as the views that `decodings` returns."""
    return _DROPPED.sub(_instead, octets)


def _normalised(view: View) -> View:
    return EditedView(view, _DROPPED, _instead) if _DROPPED.search(view.octets) else view


def _instead(match: re.Match[bytes]) -> bytes:
    return b" " if match.group() == b"+" else b""


def decoded_once(match: re.Match[bytes]) -> bytes:
    """Return the octets that a matched HTML or JSON escape represents."""
    return _ESCAPE.sub(_meant, match.group())


def _meant(match: re.Match[bytes]) -> bytes:
    """Return the octets that an escape represents, in lower case. An escape with an impossible code represents none."""
    kind, found = match.lastgroup, match.group
    if kind in {"a", "b", "g"}:
        return bytes((int(found(kind), 16),)).lower()
    if kind == "octal":
        return bytes((int(found("octal"), 8),)).lower()
    if kind == "low":
        code = 0x10000 + ((int(found("high"), 16) - 0xD800) << 10) + int(found("low"), 16) - 0xDC00
    elif kind == "name":
        code = _NAMED[found("name")]
    elif kind == "sign":
        code = ord(found("sign"))
    elif kind == "decimal":
        code = int(found("decimal"))
    else:
        code = int(found(kind or 0), 16)
    if code > 0x10FFFF:
        return b""
    character = chr(code)
    lower = character.lower()
    return (lower if len(lower) == 1 else character).encode("utf-8", "surrogatepass")
