"""Fills a sender's values into templates. The values are untrusted, so inside a command they are quoted for the shell that runs it."""

from __future__ import annotations

import re
import shlex
from dataclasses import replace
from typing import TYPE_CHECKING, Final, overload

from knowledge.cause import PLACEHOLDERS, Cause
from knowledge.step import Step, step_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_SLOT: Final = re.compile(r"\{([a-z_]+)\}")
_UNPRINTABLE: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
_LONGEST: Final = (
    320  # an address is at most 254 characters, a host name 253 (RFC 5321 section 4.5.3.1, RFC 1035 section 2.3.4)
)

# Each of these ends a single-quoted string in PowerShell, not only the ASCII quote (about_Quoting_Rules).
_POWERSHELL_QUOTES: Final = re.compile("(['\u2018\u2019\u201a\u201b])")


def _powershell(value: str) -> str:
    return "'" + _POWERSHELL_QUOTES.sub(r"\1\1", value) + "'"


def _prose(value: str) -> str:
    return value.replace("`", "'")


def _clean(value: str) -> str:
    return _UNPRINTABLE.sub(" ", value)[:_LONGEST]


def _fill_text(template: str, values: Mapping[str, str]) -> str:
    pieces = template.split("`")
    for index, piece in enumerate(pieces):
        command = index % 2 == 1
        quote = _prose if not command else shlex.quote if piece.startswith("$ ") else _powershell

        def put(slot: re.Match[str], quote: object = quote) -> str:
            name = slot.group(1)
            if name not in PLACEHOLDERS:
                return slot.group(0)
            value = _clean(values.get(name) or f"<{name}>")
            return quote(value) if callable(quote) else value

        pieces[index] = _SLOT.sub(put, piece)
    return "`".join(pieces)


def _applies(line: str, values: Mapping[str, str]) -> bool:
    when = step_of(line).when
    if when in {"basic", "oauth"}:
        return values.get("method", when) == when
    if when in {"high_volume", "not_high_volume"}:
        known = values.get("high_volume", "")
        return not known or (known == "yes") == (when == "high_volume")
    if when != "from_differs":
        return True
    account, sender = values.get("account", "").casefold(), values.get("from_address", "").casefold()
    if not account or not sender:
        return True
    return account != sender


def chosen(lines: Iterable[str], values: Mapping[str, str]) -> tuple[str, ...]:
    """Return the lines that apply to this sender, unchanged."""
    return tuple(line for line in lines if _applies(line, values))


def fill_lines(lines: Iterable[str], values: Mapping[str, str]) -> tuple[Step, ...]:
    """Return the lines that apply to this sender with their placeholders filled and their declarations kept."""
    return tuple(_fill_step(line, values) for line in chosen(lines, values))


def _fill_step(line: str, values: Mapping[str, str]) -> Step:
    return step_of(line).with_text(_fill_text(line, values))


@overload
def fill(subject: str, values: Mapping[str, str]) -> str: ...
@overload
def fill(subject: Cause, values: Mapping[str, str]) -> Cause: ...


def fill(subject: str | Cause, values: Mapping[str, str]) -> str | Cause:
    """Replace the placeholders in a text, or in every text of an entry, with values.

    Takes a template or an entry, and values by the names in `PLACEHOLDERS`; `method` (`basic` or `oauth`) and `high_volume` (`yes`
    or `no`) select the lines that apply to this sender. Returns the filled template or entry; a missing or empty value leaves a
    marker such as `<account>`.
    Accepts any value: control characters are removed, values inside commands are quoted (PowerShell: about_Quoting_Rules; POSIX: XCU
    section 2.2.2), and placeholders inside a value are not replaced.
    """
    if isinstance(subject, str):
        return _fill_text(subject, values)
    return replace(
        subject,
        title=_fill_text(subject.title, values),
        headline=_fill_text(subject.headline, values),
        meaning=_fill_text(subject.meaning, values),
        shows=_fill_text(subject.shows, values),
        steps=fill_lines(subject.steps, values),
        verify=_fill_text(subject.verify, values),
        decide=fill_lines(subject.decide, values),
    )
