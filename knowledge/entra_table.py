"""Reads the tables of AADSTS numbers: `entra_numbers.txt` for Microsoft's published list, `entra_unlisted.txt` for other numbers."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final, get_args

from knowledge.cause_ids import CauseId

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

REASONS: Final[Mapping[str, str]] = {
    "browser": "a page on which a person signs in with a browser",
    "certificate": "the sign-in of a person with a certificate or a smart card",
    "claims": "the signing keys or the claims of a token for an application of your own",
    "code": "an authorization code that a person obtained with a browser (PKCE)",
    "consumer": "a personal Microsoft account, such as outlook.com",
    "desktop": "single sign-on from a Windows desktop (Kerberos)",
    "device": "the registration of a device, or its sign-in (Windows Hello, primary refresh token)",
    "device_code": "a sign-in with a device code, which a person has to complete",
    "guest": "a guest from another organisation or cloud",
    "on_behalf": "an application that acts on behalf of a user of another application",
    "partner": "a partner who administers the tenant",
    "password_change": "a person who changes or resets a password",
    "person": "a question that a person has to answer, about age or consent",
    "provider": "an external identity provider, such as a social account or a custom control",
    "saml": "single sign-on with SAML, WS-Federation or WS-Trust",
    "sign_out": "the end of a session in a browser",
    "unspecified": "a request that Microsoft does not describe",
}
"""What a number concerns if it cannot be the reason why a program gets no token for SMTP."""

_NOT: Final = "not:"
_CAUSES: Final[Mapping[str, CauseId]] = {cause: cause for cause in get_args(CauseId)}


class BadRow(ValueError):  # noqa: N818 - the name states the problem
    """Raised for a row with an unknown cause or reason, or with neither."""


@dataclass(frozen=True, slots=True)
class Row:
    """A number with its causes, likeliest first, or with the reason why it has none.

    `name` is Microsoft's name for the error, or empty. `sure` is true if the number alone identifies the cause.
    """

    number: int
    name: str
    causes: tuple[CauseId, ...]
    sure: bool
    reason: str
    source: str


def _row(line: str, source: str) -> Row:
    number, name, *words = line.split()
    sure = words[-1:] != ["?"]
    words = words if sure else words[:-1]
    reason = words[0].removeprefix(_NOT) if words and words[0].startswith(_NOT) else ""
    try:
        causes = () if reason else tuple(_CAUSES[word] for word in words)
        about = REASONS[reason] if reason else ""
    except KeyError as unknown:
        raise BadRow(f"{number}: {unknown.args[0]} is not known") from None
    if not causes and not about:
        raise BadRow(f"{number}: neither a cause nor a reason")
    return Row(int(number), "" if name == "-" else name, causes, sure and len(causes) == 1, about, source)


def rows(text: str) -> Iterator[Row]:
    """Yield the rows of a table. A line `source ADDRESS`, even as a remark, applies to the rows after it; `#` starts a remark."""
    source = ""
    for raw in text.splitlines():
        if raw.lstrip("# ").startswith("source "):
            source = raw.lstrip("# ").split()[1]
            continue
        line = raw.split("#")[0].strip()
        if line and line[0].isdigit():
            yield _row(line, source)


@cache
def table(name: str) -> tuple[Row, ...]:
    """Return the rows of one of the two files in this folder."""
    return tuple(rows(Path(__file__).with_name(name).read_text(encoding="utf-8")))


def published() -> tuple[Row, ...]:
    """Return a row for each number of Microsoft's error-code reference."""
    return table("entra_numbers.txt")


def unlisted() -> tuple[Row, ...]:
    """Return the rows for numbers that the reference does not list."""
    return table("entra_unlisted.txt")
