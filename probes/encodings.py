"""The encodings in which the redactor searches for a secret. The self-test, the tests and the documentation use the same list.

Each encoding has a function that returns the spellings of a secret. The search ignores case and unprintable characters, and decodes
mixed and nested escapes, so each encoding is listed only once. Sources: RFC 4648 (base64, hexadecimal), RFC 3986, 2.1 (percent), RFC
2045, 6.7 (quoted-printable), RFC 3461, 4 (xtext), RFC 8259, 7 (JSON), HTML, 13.5, and the escapes of programming languages.
"""

from __future__ import annotations

import base64
import html
import json
import quopri
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote, quote_plus

_SHORTEST: Final = 4
_LONG: Final = 1000  # from this length on a secret is a token, of which no escape changes a character


@dataclass(frozen=True, slots=True)
class Encoding:
    """An encoding: its name in the documentation, and the function that returns the spellings of a secret."""

    name: str
    spell: Callable[[str], Iterable[str]]
    of_long: bool = False  # whether the search includes long secrets, such as tokens


def spellings(secret: str) -> set[str]:
    """Return the spellings of a secret. For a long secret, such as a token, only the encodings marked `of_long` are used."""
    chosen = ENCODINGS if len(secret) < _LONG else [one for one in ENCODINGS if one.of_long]
    found = {spelling for one in chosen for spelling in one.spell(secret)}
    return {spelling for spelling in found if spelling.strip()}


def base64_parts(octets: bytes) -> set[str]:
    """Return the parts of the base64 encoding that depend only on `octets`, at each of the three offsets and in both alphabets.

    The parts are also returned percent-encoded and with escaped slashes. Parts of fewer than four characters are left out.
    """
    found = set()
    for before in range(3):
        encoded = base64.b64encode(b"\x00" * before + octets).decode("ascii")
        first = -(-before * 8 // 6)
        part = encoded[first : (before + len(octets)) * 8 // 6]
        if len(part) >= _SHORTEST:
            found |= {part, part.replace("+", "-").replace("/", "_"), quote(part, safe=""), part.replace("/", "\\/")}
    return found


def octets_of(text: str) -> bytes:
    """Return the UTF-8 octets that a client sends for a secret."""
    return text.encode("utf-8", "surrogateescape")


def _plain(secret: str) -> tuple[str, ...]:
    if secret.isascii():
        return secret, secret.upper()
    narrow = secret.encode("cp1252", "replace")
    read = [one.decode("latin-1") for one in (octets_of(secret), narrow, *_wide(secret))]
    read += [
        one.decode("utf-8", errors)
        for one in (octets_of(secret), narrow, *_wide(secret))
        for errors in ("replace", "backslashreplace")
    ]
    return secret, secret.upper(), *read  # as a program with another encoding decodes these octets


def _wide(secret: str) -> tuple[bytes, bytes]:
    return secret.encode("utf-16-le", "surrogatepass"), secret.encode("utf-16-be", "surrogatepass")


def _wire(secret: str) -> str:
    """Return the line with which AUTH LOGIN sends a password, without padding."""
    return base64.b64encode(octets_of(secret)).decode("ascii").rstrip("=")


def _each(template: str) -> Callable[[str], tuple[str, ...]]:
    """Return a function that writes the code of each octet with the template."""
    return lambda secret: ("".join(template.format(octet) for octet in octets_of(secret)),)


def _joined(template: str, separators: tuple[str, ...]) -> Callable[[str], tuple[str, ...]]:
    """Return a function that writes the code of each octet with the template, once with each separator between the codes."""
    return lambda secret: tuple(
        separator.join(template.format(octet) for octet in octets_of(secret)) for separator in separators
    )


def _each_character(template: str) -> Callable[[str], tuple[str, ...]]:
    return lambda secret: ("".join(template.format(ord(character)) for character in secret),)


def _units(secret: str) -> tuple[str, ...]:
    pairs = _wide(secret)[1]
    return ("".join(f"\\u{pairs[at] * 256 + pairs[at + 1]:04x}" for at in range(0, len(pairs), 2)),)


def _xtext(secret: str) -> tuple[str, ...]:
    kept = "".join(
        f"+{octet:02X}" if not 0x21 <= octet <= 0x7E or octet in b"+=" else chr(octet) for octet in octets_of(secret)
    )
    return kept, "".join(f"+{octet:02X}" for octet in octets_of(secret))


def _quoted_printable(secret: str) -> tuple[str, ...]:
    return (quopri.encodestring(octets_of(secret)).decode("ascii").replace("=\n", "").rstrip("\n"),)


def _json_twice(secret: str) -> tuple[str, ...]:
    return (json.dumps(json.dumps(secret))[3:-3],)


def _twice(secret: str) -> set[str]:
    whole = [base64.b64encode(b"\x00" * one + octets_of(secret)) for one in range(3)]
    return {part for one in (_wire(secret).encode("ascii"), *whole) for part in base64_parts(one)}


def _cased(secret: str) -> set[str]:
    return {part for one in (secret.lower(), secret.upper()) for part in base64_parts(octets_of(one))}


ENCODINGS: Final[tuple[Encoding, ...]] = (
    Encoding("plain text, in upper, lower or mixed case and in any character set", _plain, of_long=True),
    Encoding("reversed", lambda secret: (secret[::-1],), of_long=True),
    Encoding("UTF-16", lambda secret: ("\x00".join(secret), "\\x00".join(secret))),
    Encoding("base64 and base64url at any offset", lambda secret: base64_parts(octets_of(secret)), of_long=True),
    Encoding("base64 of the secret in lower or upper case", _cased),
    Encoding("base64 of UTF-16", lambda secret: {part for wide in _wide(secret) for part in base64_parts(wide)}),
    Encoding("base64 twice", _twice),
    Encoding("base64, then reversed", lambda secret: (_wire(secret)[::-1],)),
    Encoding("base64, then hexadecimal", lambda secret: (_wire(secret).encode("ascii").hex(),)),
    Encoding("hexadecimal", lambda secret: (octets_of(secret).hex(),), of_long=True),
    Encoding("hexadecimal of UTF-16", lambda secret: tuple(wide.hex() for wide in _wide(secret))),
    Encoding("hexadecimal with separators", _joined("{:02x}", (" ", ":", "-", ",", ", "))),
    Encoding("hexadecimal with 0x", _joined("0x{:02x}", ("", " ", ",", ", ", ":"))),
    Encoding("hexadecimal escapes", _each("\\x{:02x}")),
    Encoding("decimal", _joined("{}", (" ", ",", ", ", "-", "."))),
    Encoding("octal escapes", _each("\\{:03o}")),
    Encoding("percent encoding", lambda secret: (quote(octets_of(secret), safe=""), quote(octets_of(secret)))),
    Encoding("form encoding, with + for a space", lambda secret: (quote_plus(octets_of(secret)),)),
    Encoding("percent encoding of every octet", _each("%{:02X}")),
    Encoding("quoted-printable", _quoted_printable),
    Encoding("quoted-printable of every octet", _each("={:02X}")),
    Encoding("xtext", _xtext),
    Encoding("HTML", lambda secret: (html.escape(secret), html.escape(secret, quote=False))),
    Encoding("HTML twice", lambda secret: (html.escape(html.escape(secret)),)),
    Encoding("HTML decimal references", _each_character("&#{};")),
    Encoding("HTML hexadecimal references", _each_character("&#x{:x};")),
    Encoding("JSON", lambda secret: (json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1])),
    Encoding("JSON twice", _json_twice),
    Encoding("JSON escapes", _units),
    Encoding("escapes with braces", _each_character("\\u{{{:x}}}")),
    Encoding("escapes of eight digits", _each_character("\\U{:08x}")),
    Encoding(
        "Python literals",
        lambda secret: (secret.encode("unicode_escape").decode("ascii"), repr(secret)[1:-1], repr(octets_of(secret))[2:-1]),
    ),
)  # fmt: skip
# Transformations in which a secret is not found, as listed in the documentation.
NOT_LOOKED_FOR: Final = (
    "base32, base85, Morse code and other alphabets",
    "compression and encryption",
    "hashes of the secret",
    "letters or digits interleaved with the characters of the secret",
    "substitution of letters (ROT13, look-alike characters)",
    "more than three nested escapes, and base64 more than twice",
)
