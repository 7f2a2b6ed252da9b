"""Decodes the escapes that a peer can use: percent, entity, backslash and quoted-printable encodings, even mixed or nested.

The decoded characters keep their positions in the original text. This module handles no secrets.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

# URL (RFC 3986, 2.1), quoted-printable (RFC 2045, 6.7), HTML (13.5), JSON (RFC 8259, 7) and the escapes of programming languages.
_CODES: Final = (
    r"[%=]([0-9a-f]{2})|\\x([0-9a-f]{2})|&#x0*([0-9a-f]{1,6});?|&#0*([0-9]{1,7});?|&(quot|apos|amp|lt|gt);"
    r"|\\u(d[89ab][0-9a-f]{2})\\u(d[c-f][0-9a-f]{2})|\\u([0-9a-f]{4})"
)
_ESCAPE: Final = re.compile(_CODES + r"|\\([\"'\\/])")
_ESCAPE_EXCEPT_SIGNS: Final = re.compile(_CODES + r"|\\((?!))")  # never matches; it keeps the numbering of the groups
_NAMED: Final = {"quot": '"', "apos": "'", "amp": "&", "lt": "<", "gt": ">"}
_NESTED: Final = 3
_DROPPED: Final = {ord("="): None, ord("+"): " "} | dict.fromkeys([*range(0x20), 0x7F])


class Decoded(NamedTuple):
    """Decoded characters. `places` holds the start and end of each character's escape in the original text."""

    octets: str
    places: list[tuple[int, int]]


def decodings(text: str) -> Iterator[Decoded]:
    """Return the text undecoded and after one, two and three rounds of decoding. The text must be in lower case.

    Soft line breaks are removed and plus signs become spaces, as in `normalised`. A pair of backslashes is decoded to one but also
    kept as two, because a word can end in a backslash before an escape.
    """
    octets = [(octet, at) for at, character in enumerate(text) for octet in character.encode("utf-8", "surrogatepass")]
    read = Decoded("".join(chr(octet) for octet, _ in octets), [(at, at + 1) for _, at in octets])
    for _ in range(_NESTED + 1):
        yield _normalised(read)
        if not _ESCAPE.search(read.octets):
            return
        if "\\\\" in read.octets:
            yield _normalised(_decoded(read, _ESCAPE_EXCEPT_SIGNS))
        read = _decoded(read)


def normalised(text: str) -> str:
    """Return a search term in the same form as the text that `decodings` returns."""
    return text.encode("utf-8", "surrogatepass").decode("latin-1").translate(_DROPPED)


def _normalised(read: Decoded) -> Decoded:
    if not any(chr(code) in read.octets for code in _DROPPED):
        return read
    kept = [at for at, octet in enumerate(read.octets) if _DROPPED.get(ord(octet), octet) is not None]
    octets = "".join(read.octets[at] for at in kept).translate(_DROPPED)
    return Decoded(octets, [read.places[at] for at in kept])


def _decoded(read: Decoded, escape: re.Pattern[str] = _ESCAPE) -> Decoded:
    octets: list[str] = []
    places: list[tuple[int, int]] = []
    begin = 0
    for match in escape.finditer(read.octets):
        meant = _meant(match)
        octets += [read.octets[begin : match.start()], meant]
        places += read.places[begin : match.start()]
        places += [(read.places[match.start()][0], read.places[match.end() - 1][1])] * len(meant)
        begin = match.end()
    octets.append(read.octets[begin:])
    places += read.places[begin:]
    return Decoded("".join(octets), places)


def _meant(match: re.Match[str]) -> str:
    one, byte, entity, decimal, name, high, low, unit, sign = match.groups()
    if one or byte:
        octet = chr(int(one or byte, 16))
        return octet.lower() if octet.isascii() else octet
    if high:
        code = 0x10000 + ((int(high, 16) - 0xD800) << 10) + int(low, 16) - 0xDC00
    elif name or sign:
        code = ord(_NAMED.get(name or "", sign or ""))
    else:
        code = int(decimal) if decimal else int(entity or unit, 16)
    if code > 0x10FFFF:
        return ""
    character = chr(code)
    lower = character.lower()
    return (lower if len(lower) == 1 else character).encode("utf-8", "surrogatepass").decode("latin-1")
