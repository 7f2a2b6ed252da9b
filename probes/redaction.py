"""Taking secrets out of text before it is kept: raw, base64 at any offset, URL-, HTML-, JSON-, quoted-printable- and hex-encoded.

The redactor is told each secret when it is read or received; it holds the forms to look for and hands none of them out.
"""

from __future__ import annotations

import base64
import html
import json
import quopri
import re
import threading
from urllib.parse import quote, quote_plus

MARK = "[redacted]"
_SHORTEST = 4
_PIECE = 24


class Redactor:
    """Replaces every known form of every known secret; more secrets may be added while it is in use."""

    def __init__(self) -> None:
        """Know nothing yet."""
        self._forms: tuple[str, ...] = ()
        self._lock = threading.Lock()

    def learn(self, secret: str) -> None:
        """Add a secret; what is shorter than four characters is looked for only where it stands alone."""
        if not secret:
            return
        with self._lock:
            known = {*self._forms, *(form.lower() for form in forms(secret))}
            self._forms = tuple(sorted(known, key=len, reverse=True))

    def clean(self, text: str) -> str:
        """`text` with each form of a secret replaced by a mark, whatever its case."""
        lowered = text.lower()
        # A pattern of all forms of a token takes longer to build than most conversations last, so it holds only what is there.
        present = [form for form in self._forms if form in lowered]
        if not present:
            return text
        return re.sub("|".join(map(_as_pattern, present)), MARK, text, flags=re.IGNORECASE)


def _as_pattern(form: str) -> str:
    escaped = re.escape(form)
    return escaped if len(form) >= _SHORTEST else rf"(?<!\w){escaped}(?!\w)"


def forms(secret: str) -> set[str]:
    """Every spelling of `secret` that an honest or hostile peer could echo.

    A long secret (a token) is also known by its pieces, so that a part of it, or one wrapped over lines, is found as well.
    """
    found = _spellings(secret)
    if len(secret) > 2 * _PIECE:
        for start in range(0, len(secret) - _PIECE + 1, _PIECE):
            piece = secret[start : start + _PIECE]
            found |= {piece, *_base64(piece.encode())}
    return {form for form in found if form}


def _spellings(secret: str) -> set[str]:
    octets = secret.encode("utf-8", "surrogateescape")
    found = {secret, quote(secret, safe=""), quote(secret), quote_plus(secret)}
    found |= {html.escape(secret), html.escape(secret, quote=False), html.escape(html.escape(secret))}
    found |= {json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]}
    found |= {secret.encode("unicode_escape").decode("ascii"), repr(secret)[1:-1], repr(octets)[2:-1]}
    found |= {quopri.encodestring(octets).decode("ascii").replace("=\n", "").rstrip("\n")}
    found |= {"".join(f"={octet:02X}" for octet in octets), octets.hex(), "".join(f"%{octet:02X}" for octet in octets)}
    found |= {"".join(f"&#{ord(character)};" for character in secret)}
    found |= {"".join(f"&#x{ord(character):x};" for character in secret)}
    for encoded in (octets, secret.encode("utf-16-le", "surrogatepass"), secret.encode("utf-16-be", "surrogatepass")):
        found |= _base64(encoded)
    if not secret.isascii():
        found.add(octets.decode("latin-1"))
    found |= {"\x00".join(secret), secret[::-1] if len(secret) > _SHORTEST * 2 else ""}
    return found


def _base64(octets: bytes) -> set[str]:
    """The parts of a base64 text that depend on `octets` alone, whatever stands before and after them (three alignments)."""
    found = set()
    for before in range(3):
        encoded = base64.b64encode(b"\x00" * before + octets).decode("ascii")
        first = -(-before * 8 // 6)
        whole = (before + len(octets)) * 8 // 6
        part = encoded[first:whole]
        if len(part) >= _SHORTEST:
            found |= {part, part.replace("+", "-").replace("/", "_"), quote(part, safe="")}
    return found
