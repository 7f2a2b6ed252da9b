"""Combine the causes of a pasted text with their remedies, filled with the values that the text contains."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, TypedDict

from knowledge.causes import CATALOGUE, UNRECOGNISED
from knowledge.clients import Client, recognised
from knowledge.context import context_flags
from knowledge.methods import Method, narrowed
from knowledge.normalise import normalise
from knowledge.pasted_values import values_in
from knowledge.placeholders import fill, fill_lines
from knowledge.quotation import line_that_matters
from knowledge.reading import read
from knowledge.step import for_client

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from knowledge.cause_ids import CauseId

_SERVER_WORDS: Final = re.compile(r"(?<![\d.])[245]\d\d[ \-]{1,2}[245]\.\d{1,2}\.\d{1,3}|aadsts\d{4}")
_WHOLE_LOG: Final = "paste the lines from the server's greeting (220) to its last reply"


class Explained(TypedDict):
    """One cause in the documented JSON format."""

    id: str
    title: str
    meaning: str
    who: str | None
    steps: list[str]
    verify: str
    decide: list[str]


class Explanation(TypedDict):
    """The explanation of an error text: the causes, whether the text identifies one, who wrote the text, the gate, and the evidence."""

    causes: list[Explained]
    sure: bool
    speaker: str
    gate: str | None
    evidence: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An explanation, with the line that decided and the recognised client."""

    explanation: Explanation
    quoted: str
    client: Client | None


def explain(
    text: str, values: Mapping[str, str] | None = None, client: str | None = None, method: Method | None = None
) -> Explanation:
    """Explain a pasted error.

    Takes the text and, if known, values of placeholders (see `knowledge.cause.PLACEHOLDERS`), the client's name and the sign-in
    method. The values that the text contains fill the other placeholders. Returns the causes, likeliest first, in the documented
    format of the `explain` JSON. Never raises.
    """
    return answer(text, values, client, method).explanation


def answer(
    text: str, values: Mapping[str, str] | None = None, client: str | None = None, method: Method | None = None
) -> Answer:
    """Explain a pasted error as `explain` does, and also return the line that decided and the recognised client."""
    reading = read(text, client, method)
    found = recognised(text, client)
    known = {**values_in(text, reading.quoted), **(values or {})}
    flags = context_flags(normalise(text), client)
    shown = method or _method_of(flags)
    if shown:
        known.setdefault("method", shown)
    known.setdefault("high_volume", "yes" if "high_volume" in flags else "no")
    causes = narrowed(reading.causes, method)
    explained = [_explained(cause, known, found) for cause in causes]
    decide = fill_lines(_for(reading.decide, found), known)
    explained[0]["decide"] = [*_server_words(text, found, causes), *decide]
    quoted = reading.quoted if causes[0] != UNRECOGNISED else line_that_matters(normalise(text).lines)
    if causes[0] == UNRECOGNISED and found:
        explained[0]["steps"].insert(
            0, f"Paste a log of the dialogue. For {found.name}, {found.log}, and {_WHOLE_LOG}."
        )
    explanation = Explanation(
        causes=explained,
        sure=reading.sure,
        speaker=reading.speaker,
        gate=reading.gate and str(reading.gate),
        evidence=[*reading.evidence],
    )
    return Answer(explanation=explanation, quoted=quoted, client=found)


def _explained(cause: CauseId, known: Mapping[str, str], client: Client | None) -> Explained:
    whole = CATALOGUE[cause]
    entry = fill(replace(whole, steps=_for(whole.steps, client), decide=_for(whole.decide, client)), known)
    return Explained(
        id=entry.id,
        title=entry.title,
        meaning=entry.meaning,
        who=entry.who,
        steps=[*entry.steps],
        verify=entry.verify,
        decide=[*entry.decide],
    )


def _for(lines: Iterable[str], client: Client | None) -> tuple[str, ...]:
    return for_client(lines, client.id) if client else tuple(lines)


def _method_of(flags: frozenset[str]) -> Method | None:
    """Return the sign-in method that a text shows, or None if it shows neither or both."""
    if "oauth" in flags:
        return None if "basic" in flags else "oauth"
    return "basic" if "basic" in flags else None


def _server_words(text: str, client: Client | None, causes: tuple[CauseId, ...]) -> list[str]:
    """Return a line on how to get the server's reply.

    The result is empty if the client is unknown, if there is only one cause, or if the text contains a reply.
    """
    if client is None or len(causes) < 2 or _SERVER_WORDS.search(normalise(text).flat):
        return []
    return [f"The text does not contain the server's reply. For {client.name}, {client.log}, and {_WHOLE_LOG}."]
