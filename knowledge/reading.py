"""Derives the causes of an error from its text. If several rules match, a root error takes precedence over its consequences.

Any text yields a `Reading` in linear time.
"""

from __future__ import annotations

from typing import Final

from evidence.gates import Gate
from knowledge import matching
from knowledge.attribution import EXCHANGE_SERVER, Speaker, attribute, by_default
from knowledge.cause_ids import CauseId
from knowledge.causes import CATALOGUE, UNRECOGNISED
from knowledge.context import context_flags
from knowledge.entra_numbers import OTHER_SIGN_IN
from knowledge.entra_table import REASONS
from knowledge.groups import GROUPS
from knowledge.masking import mask
from knowledge.matching import ORDER, Hit, hits_of, more_flags, numbers
from knowledge.methods import Method
from knowledge.normalise import NormalisedText, normalise, tighten
from knowledge.other_programs import is_about_sending
from knowledge.outcome import Reading
from knowledge.rule import Weight
from knowledge.speakers import Kind
from knowledge.timeline import failures

RULES: Final = matching.RULES
_QUOTED: Final = 300
_MOST: Final = 10
# What the client can change itself, so the answer is the same whichever server refused.
_OF_THE_CLIENT: Final = frozenset(
    {
        "starttls_missing_or_implicit_tls_on_587",
        "client_certificate_required",
        "message_too_large",
        "ehlo_name_invalid",
    }
)
_GREYLISTED: Final = "list"  # greylisting is the same everywhere, other deferrals are not


def _rank(hits: list[Hit]) -> tuple[tuple[CauseId, ...], bool, Hit]:
    best = max(hit.weight for hit in hits)
    strongest = sorted((hit for hit in hits if hit.weight == best), key=lambda hit: hit.place)
    root = strongest[0]
    causes = dict.fromkeys(root.outcome.causes)
    sure = root.outcome.sure
    others = [hit for hit in strongest[1:] if root.outcome.causes not in {("smtp_intercepted",), ("smtp_rewritten",)}]
    for hit in others:
        if hit.place == root.place and hit.outcome.sure and not sure and set(hit.outcome.causes) <= set(causes):
            # The same gate, with a more exact cause.
            causes, sure = dict.fromkeys((*hit.outcome.causes, *causes)), False
        elif not set(hit.outcome.causes) & set(causes):
            causes |= dict.fromkeys(hit.outcome.causes if best == Weight.NAMES else hit.outcome.causes[:2])
            sure = False
    return tuple(causes)[:_MOST], sure and len(causes) == 1, root


def _decide(causes: tuple[CauseId, ...], group: str | None) -> tuple[str, ...]:
    lines = [*GROUPS[group].decide] if group else []
    for cause in causes[: 1 if group or len(causes) == 1 else 3]:
        lines += CATALOGUE[cause].decide
    return tuple(dict.fromkeys(lines))


def _quote(text: NormalisedText, words: str) -> str:
    needle = tighten(words)
    line = next(
        (line for line in text.lines if needle in tighten(line[: 4 * _QUOTED])), text.lines[0] if text.lines else ""
    )
    return mask(line[: 4 * _QUOTED])[:_QUOTED]


def _of_the_speaker(speaker: Speaker | None, hits: list[Hit]) -> list[Hit]:
    """Return the hits that apply to the speaker: another provider's refusal has none of Microsoft's causes."""
    if speaker is None or speaker.kind in {Kind.MICROSOFT, Kind.ENTRA} or speaker.name == EXCHANGE_SERVER:
        return hits
    if speaker.kind == Kind.NONE and not speaker.replied:  # of a connection that may be any program's
        return [] if all(hit.speaker == Kind.CLIENT and hit.place <= ORDER[Gate.TLS] for hit in hits) else hits
    if speaker.kind == Kind.NONE or (speaker.replied and speaker.kind == Kind.PROVIDER):
        return []
    if speaker.kind == Kind.PROVIDER:  # only its server's name is in the text
        return [hit for hit in hits if hit.speaker == Kind.CLIENT and hit.place < ORDER[Gate.AUTH_OFFERED]]
    return [
        hit
        for hit in hits
        if hit.outcome.causes[0] in _OF_THE_CLIENT
        or (hit.speaker == Kind.OWN_RELAY and hit.outcome.sure)
        or (hit.outcome.causes == ("temporarily_deferred",) and _GREYLISTED in hit.needle)
    ]


def _speaker(speaker: Speaker | None, root: Hit) -> str:
    if root.speaker == Kind.CLIENT or speaker is None or speaker.kind == Kind.NONE:
        return str(root.speaker)
    return str(speaker)


def _unrecognised(text: NormalisedText, speaker: Speaker | None) -> Reading:
    return Reading(
        (UNRECOGNISED,),
        sure=False,
        decide=CATALOGUE[UNRECOGNISED].decide,
        quoted=_quote(text, speaker.words if speaker else ""),
        speaker=str(speaker) if speaker else by_default(text),
        gate=text.frame,
        evidence=(speaker.words,) if speaker and speaker.words else (),
    )


def _other_sign_in(text: NormalisedText) -> Reading | None:
    """Return the reading of an AADSTS number that concerns a kind of sign-in that no program uses to send mail, or None."""
    number = next((number for number in numbers(text) if number in OTHER_SIGN_IN), None)
    if number is None:
        return None
    reason = OTHER_SIGN_IN[number]
    advice = (
        "Start that sign-in again, and enter the new code."
        if reason == REASONS["device_code"]
        else "A program that sends mail does not sign in this way: find out which application wrote the text."
    )
    concerns = f"AADSTS{number} concerns {reason}. {advice}"
    return Reading(
        (UNRECOGNISED,),
        sure=False,
        decide=(concerns, *CATALOGUE[UNRECOGNISED].decide),
        quoted=_quote(text, str(number)),
        speaker=str(Kind.ENTRA),
        gate=Gate.TOKEN,
        evidence=(f"AADSTS{number}",),
    )


def _read_one(
    text: NormalisedText, client: str | None, method: Method | None
) -> tuple[NormalisedText, Speaker | None, list[Hit]]:
    flags = more_flags(text, context_flags(text, client))
    if method:
        flags = flags - {"basic", "oauth"} | {method}
    speaker = attribute(text, client)
    return text, speaker, _of_the_speaker(speaker, hits_of(text, flags))


def _first_in_time(
    whole: NormalisedText, client: str | None, method: Method | None
) -> tuple[NormalisedText, Speaker | None, list[Hit]]:
    """Return the earliest failure that can be read, with its speaker and hits. If there is none, return those of the whole text."""
    for part in failures(whole.lines):
        text, speaker, hits = _read_one(normalise(part), client, method)
        of_others = speaker is not None and speaker.replied and speaker.kind in {Kind.PROVIDER, Kind.OWN_RELAY}
        if of_others or any(hit.weight >= Weight.NARROWS for hit in hits):
            return text, speaker, hits
    return _read_one(whole, client, method)


def _own_diagnosis(hits: list[Hit], root: Hit) -> str:
    """Return the client's own words for the failure if they point to none of the causes of the server's reply, otherwise an empty text."""
    if root.speaker == Kind.CLIENT:
        return ""
    return next(
        (
            hit.words
            for hit in hits
            if hit.speaker == Kind.CLIENT
            and hit.weight >= Weight.NARROWS
            and not set(hit.outcome.causes) & set(root.outcome.causes)
        ),
        "",
    )


def read(text: str, client: str | None = None, method: Method | None = None) -> Reading:
    """Return the causes of an error text.

    Takes any text and, if known, the client's name and the sign-in method. If the text contains several failures, the earliest that can be
    read counts. If no rule applies to what the text's writer can report, the only cause of the returned `Reading` is `unrecognised`. A
    cause that the text names takes precedence over one that it hints at, then a cause at an earlier gate over one at a later gate. Never
    raises.
    """
    normalised, speaker, hits = _first_in_time(normalise(text), client, method)
    other = None if any(hit.weight > Weight.HINTS for hit in hits) else _other_sign_in(normalised)
    if other is not None:
        return other
    if not hits:
        return _unrecognised(normalised, speaker)
    causes, sure, root = _rank(hits)
    decide = _decide(causes, root.outcome.group)
    # Any program can print an error of a connection.
    sure = sure and (
        root.speaker != Kind.CLIENT or root.place > ORDER[Gate.TLS] or is_about_sending(normalised, client)
    )
    gate = normalised.frame if normalised.frame and root.weight <= Weight.HINTS else root.gate
    evidence = dict.fromkeys((root.words, speaker.words if speaker else "", _own_diagnosis(hits, root)))
    evidence.pop("", None)
    said_by = _speaker(speaker, root)
    return Reading(causes, sure, decide, _quote(normalised, root.words), said_by, gate, tuple(evidence))
