"""Reading what a peer may have spelt in its own way: percent signs, entities, backslashes and equals signs, mixed and one inside another.

A text becomes octets with the place that each came from; nothing here knows a secret.
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
_SPELT: Final = re.compile(_CODES + r"|\\([\"'\\/])")
_SPELT_WITHOUT_SIGNS: Final = re.compile(_CODES + r"|\\((?!))")  # never fits, but the groups are the same
_NAMED: Final = {"quot": '"', "apos": "'", "amp": "&", "lt": "<", "gt": ">"}
_NESTED: Final = 3
_DROPPED: Final = {ord("="): None, ord("+"): " "} | dict.fromkeys([*range(0x20), 0x7F])


class Read(NamedTuple):
    """Octets (one character each), and for every octet where its spelling begins and ends in the text."""

    octets: str
    places: list[tuple[int, int]]


def readings(text: str) -> Iterator[Read]:
    """The text as it is and as it reads after one, two and three rounds of decoding; lower case is expected.

    Soft line breaks and blanks written as plus signs are levelled, as `levelled` does it for what is looked for. Two backslashes
    are one or, where somebody's words end in one and a spelling begins with the other, two: read in both ways.
    """
    octets = [(octet, at) for at, character in enumerate(text) for octet in character.encode("utf-8", "surrogatepass")]
    read = Read("".join(chr(octet) for octet, _ in octets), [(at, at + 1) for _, at in octets])
    for _ in range(_NESTED + 1):
        yield _levelled(read)
        if not _SPELT.search(read.octets):
            return
        if "\\\\" in read.octets:
            yield _levelled(_decoded(read, _SPELT_WITHOUT_SIGNS))
        read = _decoded(read)


def levelled(text: str) -> str:
    """What is looked for, in the form in which `readings` shows it."""
    return text.encode("utf-8", "surrogatepass").decode("latin-1").translate(_DROPPED)


def _levelled(read: Read) -> Read:
    if not any(chr(code) in read.octets for code in _DROPPED):
        return read
    kept = [at for at, octet in enumerate(read.octets) if _DROPPED.get(ord(octet), octet) is not None]
    octets = "".join(read.octets[at] for at in kept).translate(_DROPPED)
    return Read(octets, [read.places[at] for at in kept])


def _decoded(read: Read, spelt: re.Pattern[str] = _SPELT) -> Read:
    octets: list[str] = []
    places: list[tuple[int, int]] = []
    begin = 0
    for match in spelt.finditer(read.octets):
        meant = _meant(match)
        octets += [read.octets[begin : match.start()], meant]
        places += read.places[begin : match.start()]
        places += [(read.places[match.start()][0], read.places[match.end() - 1][1])] * len(meant)
        begin = match.end()
    octets.append(read.octets[begin:])
    places += read.places[begin:]
    return Read("".join(octets), places)


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
