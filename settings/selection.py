"""Selects senders by the names, patterns and tags given with `--sender`.

Patterns follow the shell (`fnmatch`: `*`, `?`, `[…]`) and are case-sensitive; an exact name takes precedence. `tag:WORD`
matches the senders' `tags`, and `WORD` may be a pattern too. A value that matches nothing is an error, never an empty run.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase

from settings.mistakes import SettingsError
from settings.model import Sender

TAG = "tag:"
_MOST_SHOWN = 12


@dataclass(frozen=True, slots=True)
class Holder:
    """How an error message refers to the settings or report that contains the senders, and what it advises."""

    they: str
    those: str
    otherwise: str = ""


OF_THE_SETTINGS = Holder("the settings have", "in the settings")
OF_A_REPORT = Holder("the report has", "in the report")
OF_THE_BUILT_IN_TENANT = Holder(
    "the built-in tenant has", "in the built-in tenant", "; to check a sender in your own settings, write --target=live"
)


def chosen(
    senders: Mapping[str, Sender], wanted: Iterable[str], holder: Holder = OF_THE_SETTINGS
) -> tuple[Sender, ...]:
    """Return the senders that match any of the given values, in file order, or all senders if no value is given.

    Raises:
        SettingsError: a value matches no sender. There is one line per value, with similar names or tags.

    """
    texts = tuple(dict.fromkeys(wanted))
    if not texts:
        return tuple(senders.values())
    meant = {text: _meant(senders, text) for text in texts}
    lines = [_nobody(senders, text, holder) for text, names in meant.items() if not names]
    if lines:
        raise SettingsError(lines)
    together = frozenset().union(*meant.values())
    return tuple(sender for name, sender in senders.items() if name in together)


def _meant(senders: Mapping[str, Sender], text: str) -> frozenset[str]:
    if text in senders:
        return frozenset([text])
    if text.startswith(TAG):
        word = text.removeprefix(TAG)
        return frozenset(name for name, sender in senders.items() if any(fnmatchcase(tag, word) for tag in sender.tags))
    return frozenset(name for name in senders if fnmatchcase(name, text))


def _nobody(senders: Mapping[str, Sender], text: str, holder: Holder) -> str:
    """Return the error for a value that matches no sender, with similar names or, if there are none, some of the existing ones."""
    if text.startswith(TAG):
        word, kind = text.removeprefix(TAG), "tag"
        known = list(dict.fromkeys(tag for sender in senders.values() for tag in sender.tags))
    else:
        word, kind = text, "sender"
        known = list(senders)
    is_pattern = any(sign in word for sign in "*?[")
    what = f"no {kind} matches" if is_pattern else f"no such {kind}"
    near = _near(known, word.strip("*"))
    if near:
        return f"--sender={text}: {what}; did you mean {' or '.join(near)}?{holder.otherwise}"
    if not known:
        return f"--sender={text}: {what}; no sender {holder.those} has tags{holder.otherwise}"
    more = f" and {len(known) - _MOST_SHOWN} more" if len(known) > _MOST_SHOWN else ""
    return f"--sender={text}: {what}; {holder.they} {', '.join(known[:_MOST_SHOWN])}{more}{holder.otherwise}"


def _near(known: list[str], word: str) -> list[str]:
    """Return up to three similar names, ignoring case."""
    by_folded = {name.lower(): name for name in known}
    return [by_folded[one] for one in difflib.get_close_matches(word.lower(), by_folded, n=3)]
