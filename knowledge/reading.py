"""Derives the causes of an error from its text. If several rules match, a root error takes precedence over its consequences.

Any text yields a `Reading` in linear time.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from evidence.gates import Gate
from knowledge.cause_ids import CauseId
from knowledge.causes import CATALOGUE, UNRECOGNISED
from knowledge.context import context_flags
from knowledge.entra_numbers import MISSING, MISSING_PARAMETER, NUMBER, OTHER_SIGN_IN, OUTCOMES, VAGUE
from knowledge.groups import GROUPS
from knowledge.methods import Method
from knowledge.normalise import NormalisedText, normalise, tighten
from knowledge.outcome import Reading
from knowledge.rule import Outcome, Rule, Weight
from knowledge.rules_clients import CLIENTS
from knowledge.rules_entra import ENTRA
from knowledge.rules_message import CODES, MESSAGE
from knowledge.rules_network import NETWORK
from knowledge.rules_replies import REPLIES
from knowledge.rules_tls import CERTIFICATES, TLS
from settings.microsoft import is_public_name
from settings.strict_values import whole

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

RULES: Final[tuple[Rule, ...]] = (*REPLIES, *MESSAGE, *ENTRA, *CERTIFICATES, *TLS, *NETWORK, *CLIENTS)

# Of two errors with the same weight, the one at the earlier gate is the root.
_ORDER: Final = {gate: place for place, gate in enumerate(Gate)}
_REPLY: Final = re.compile(r"(?<![\d.])([245]\d\d)[\s:,;'\"b(\-#]{1,6}([245]\.\d{1,2}\.\d{1,3})(?!\d|\.\d)")
_ENHANCED: Final = re.compile(
    r"(?:response was|error|server|said|message|status|code|dsn)[\s:='\"(]{1,6}([245]\.\d{1,2}\.\d{1,3})(?!\d|\.\d)"
)
_EXPECTED: Final = re.compile(
    r"(?:expected cn[= ]{1,3}|wanted to match |, not |no name matching |dns name matching |altnames: host: |matches target host name "
    r"|target host name "
    r"|hostname |host name |host: |not valid for )"
    r"['\"]{0,2}([a-z0-9][a-z0-9.\-]{2,100})"
)
_SECRET: Final = re.compile(r"[A-Za-z0-9+/=_~.\-]{60,}|(?i:(?:password|secret|bearer)\s{0,3}[:=]?\s{0,3})\S{6,}")
# Winsock's numbers (10013, 10060, 11001 and others) count only where the text marks them as an error number.
_WINSOCK: Final = re.compile(
    r"(?:err|error|errno|number|nr|code|exception|winsock|socket|wsa[a-z]{3,20}|fehler|erreur|errore)[.\s:=#(\[\"']{0,4}(1[01]0\d\d)(?!\d)"
    r"|[(\[](1[01]0\d\d)[)\]]|^(1[01]0\d\d)(?!\d)"
)
_WINSOCK_NEEDLE: Final = re.compile(r" 1[01]0\d\d")
_QUOTED: Final = 300
_MOST: Final = 10


@dataclass(frozen=True, slots=True)
class _Hit:
    place: int
    weight: Weight
    outcome: Outcome
    needle: str


def _found(needle: str, text: NormalisedText, flags: frozenset[str]) -> bool:
    return text.has(needle) and (not _WINSOCK_NEEDLE.fullmatch(needle) or f"winsock{needle}" in flags)


def _fits(rule: Rule, text: NormalisedText, flags: frozenset[str]) -> str | None:
    needle = next((needle for needle in rule.needles if _found(needle, text, flags)), None)
    if needle is None:
        return None
    tight = text.tight
    if rule.along_needles and not any(other in tight for other in rule.along_needles):
        return None
    if any(other in tight for other in rule.unless_needles):
        return None
    return needle


def _choose(outcomes: tuple[Outcome, ...], flags: frozenset[str]) -> Outcome | None:
    return next((outcome for outcome in outcomes if outcome.needs <= flags), None)


def _phrase_hits(text: NormalisedText, flags: frozenset[str]) -> Iterator[_Hit]:
    for rule in RULES:
        needle = _fits(rule, text, flags)
        outcome = _choose(rule.outcomes, flags) if needle else None
        if needle and outcome:
            yield _Hit(_ORDER[rule.gate], rule.weight, outcome, needle)


def _code_hits(text: NormalisedText, flags: frozenset[str]) -> Iterator[_Hit]:
    pairs = [(found.group(1), found.group(2)) for found in _REPLY.finditer(text.flat)]
    codes = dict.fromkeys(f"{reply} {code}" for reply, code in pairs) | dict.fromkeys(code for _, code in pairs)
    codes |= dict.fromkeys(found.group(1) for found in _ENHANCED.finditer(text.flat))
    for code in codes:
        if code in CODES:
            gate, weight, outcomes = CODES[code]
            outcome = _choose(outcomes, flags)
            if outcome:
                yield _Hit(_ORDER[gate], weight, outcome, tighten(code))


def _numbers(text: NormalisedText) -> Iterable[int]:
    return dict.fromkeys(whole(found.group(1) or found.group(2)) or 0 for found in NUMBER.finditer(text.flat))


def _number_hits(text: NormalisedText) -> Iterator[_Hit]:
    place = _ORDER[Gate.TOKEN]
    for number in _numbers(text):
        if number == MISSING_PARAMETER:
            yield _Hit(
                place,
                Weight.NAMES,
                next(outcome for words, outcome in MISSING if tighten(words) in text.tight),
                str(number),
            )
        elif number in OUTCOMES:
            yield _Hit(place, Weight.NARROWS if number in VAGUE else Weight.NAMES, OUTCOMES[number], str(number))


def _other_sign_in(text: NormalisedText) -> Reading | None:
    """Return the reading of a number that belongs to a kind of sign-in with which no program sends mail, if there is one."""
    number = next((number for number in _numbers(text) if number in OTHER_SIGN_IN), None)
    if number is None:
        return None
    concerns = (
        f"AADSTS{number} concerns {OTHER_SIGN_IN[number]}. A program that sends mail does not sign in this way: find out "
        "which application wrote the text."
    )
    return Reading(
        (UNRECOGNISED,),
        sure=False,
        decide=(concerns, *CATALOGUE[UNRECOGNISED].decide),
        quoted=_quote(text, str(number)),
    )


def _greeting_hits(flags: frozenset[str]) -> Iterator[_Hit]:
    place = _ORDER[Gate.GREETING]
    foreign = {"foreign_greeting", "submission_host"} <= flags and "microsoft_greeting" not in flags
    if "masked_greeting" in flags:
        # A device that masks characters rewrites the dialogue; the server behind it is still the one that was asked for.
        yield _Hit(place, Weight.NAMES, Outcome(("smtp_rewritten",), sure=True), "220")
    elif foreign:
        yield _Hit(place, Weight.NAMES, Outcome(("smtp_intercepted",), sure=True), "220")
    elif "foreign_greeting" in flags and not flags & {"microsoft_greeting", "local"}:
        yield _Hit(place, Weight.HINTS, Outcome(("smtp_intercepted", "wrong_host_or_port")), "220")


def _more_flags(text: NormalisedText, flags: frozenset[str]) -> frozenset[str]:
    more: set[str] = set()
    if "login_host" in flags and not flags & {"submission_host", "port_587"}:
        more.add("login_only")
    if any(is_public_name(found.group(1)) for found in _EXPECTED.finditer(text.flat)):
        # Microsoft's own certificate covers Microsoft's names, so a mismatch with one of them means a foreign certificate.
        more.add("foreign_certificate")
    more |= {f"winsock {number}" for found in _WINSOCK.finditer(text.flat) for number in found.groups() if number}
    return flags | more


def _hits(text: NormalisedText, flags: frozenset[str]) -> list[_Hit]:
    hits = [*_greeting_hits(flags), *_number_hits(text), *_code_hits(text, flags), *_phrase_hits(text, flags)]
    past_sign_in = _ORDER[Gate.SIGN_IN]
    if any(hit.place == _ORDER[Gate.TOKEN] and hit.needle.isdigit() for hit in hits) and not _REPLY.search(text.flat):
        # Without a token there was no message, so words that read like its refusal come from the token service.
        hits = [hit for hit in hits if hit.place <= past_sign_in]
    network = (_ORDER[Gate.NAME], _ORDER[Gate.PORT])
    if _REPLY.search(text.flat) and any(hit.place not in network and hit.weight > Weight.ECHOES for hit in hits):
        # The server replied, so another connection that failed (IPv6, an earlier attempt) is not what stops the mail.
        hits = [hit for hit in hits if hit.place not in network or hit.weight == Weight.NAMES]
    if "signed_in" in flags and any(hit.place > past_sign_in for hit in hits):
        # A 235 came first: the server accepted the sign-in, so words that read like its refusal are an echo.
        hits = [hit for hit in hits if hit.place > past_sign_in or hit.weight == Weight.NAMES]
    return hits


def _rank(hits: list[_Hit]) -> tuple[tuple[CauseId, ...], bool, _Hit]:
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


def _quote(text: NormalisedText, needle: str) -> str:
    needle = tighten(needle)
    words = next(
        (line for line in text.lines if needle in tighten(line[: 4 * _QUOTED])), text.lines[0] if text.lines else ""
    )
    return _SECRET.sub("…", words[:_QUOTED])


def read(text: str, client: str | None = None, method: Method | None = None) -> Reading:
    """Return the causes of an error text.

    Takes any text and, if known, the client's name and the sign-in method. If no rule matches, the only cause of the returned
    `Reading` is `unrecognised`. A cause that the text names takes precedence over one that it hints at, then a cause at an earlier
    gate over one at a later gate. Never raises.
    """
    try:
        normalised = normalise(text)
        flags = _more_flags(normalised, context_flags(normalised, client))
        if method:
            flags = flags - {"basic", "oauth"} | {method}
        hits = _hits(normalised, flags)
        other = None if any(hit.weight > Weight.HINTS for hit in hits) else _other_sign_in(normalised)
        if other is not None:
            return other
        if not hits:
            return Reading(
                (UNRECOGNISED,), sure=False, decide=CATALOGUE[UNRECOGNISED].decide, quoted=_quote(normalised, "")
            )
        causes, sure, root = _rank(hits)
        return Reading(causes, sure, _decide(causes, root.outcome.group), _quote(normalised, root.needle))
    except (
        ValueError,
        UnicodeError,
        OverflowError,
        RecursionError,
    ):  # pragma: no cover - `read` never raises
        return Reading((UNRECOGNISED,), sure=False, decide=CATALOGUE[UNRECOGNISED].decide, quoted="")
