"""Find the rules, codes and numbers that match a text. `reading` decides between them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from evidence.gates import Gate
from knowledge.entra_numbers import MISSING, MISSING_PARAMETER, NUMBER, OUTCOMES, VAGUE
from knowledge.normalise import NormalisedText, tighten
from knowledge.rule import Outcome, Rule, Weight
from knowledge.rules_clients import CLIENTS
from knowledge.rules_entra import ENTRA
from knowledge.rules_message import CODES, MESSAGE
from knowledge.rules_network import NETWORK
from knowledge.rules_replies import REPLIES
from knowledge.rules_tls import CERTIFICATES, TLS
from knowledge.rules_tokens import TOKENS
from knowledge.speakers import Kind
from settings.microsoft import is_public_name
from settings.strict_values import whole

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

RULES: Final[tuple[Rule, ...]] = (*REPLIES, *MESSAGE, *ENTRA, *CERTIFICATES, *TLS, *NETWORK, *CLIENTS, *TOKENS)
_SPEAKERS: Final[tuple[Kind, ...]] = (
    *(Kind.MICROSOFT for _ in (*REPLIES, *MESSAGE)),
    *(Kind.ENTRA for _ in ENTRA),
    *(Kind.CLIENT for _ in (*CERTIFICATES, *TLS, *NETWORK, *CLIENTS, *TOKENS)),
)

# Of two errors with the same weight, the one at the earlier gate is the root.
GATES: Final = tuple(Gate)
ORDER: Final = {gate: place for place, gate in enumerate(GATES)}
_REPLY: Final = re.compile(r"(?<![\d.])([245]\d\d)[\s:,;'\"b(\-#]{1,6}([245]\.\d{1,2}\.\d{1,3})(?!\d|\.\d)")
_ENHANCED: Final = re.compile(
    r"(?:response was|error|exception|notaccepted|server|said|message|status|code|dsn)[\s:='\"(]{1,6}([245]\.\d{1,2}\.\d{1,3})(?!\d|\.\d)"
)
_EXPECTED: Final = re.compile(
    r"(?:expected cn[= ]{1,3}|wanted to match |, not |no name matching |dns name matching |altnames: host: |matches target host name "
    r"|target host name "
    r"|hostname |host name |host: |not valid for )"
    r"['\"]{0,2}([a-z0-9][a-z0-9.\-]{2,100})"
)
# Winsock's numbers (10013, 10060, 11001 and others) count only where the text marks them as an error number.
_WINSOCK: Final = re.compile(
    r"(?:err|error|errno|number|nr|code|exception|winsock|socket|wsa[a-z]{3,20}|fehler|erreur|errore)[.\s:=#(\[\"']{0,4}(1[01]0\d\d)(?!\d)"
    r"|[(\[#](1[01]0\d\d)[)\]]|^(1[01]0\d\d)(?!\d)"
)
_WINSOCK_NEEDLE: Final = re.compile(r" 1[01]0\d\d")
_AADSTS: Final = "AADSTS"
_HTTP: Final = re.compile(
    r"httprequestexception|httpclient\.timeout|httpsconnectionpool|token request failed|fetch failed"
)
_MAIL_LEG: Final = re.compile(r"smtp|mailkit|:587|:465|:25\b|mail server")
_MAIL_FLAGS: Final = frozenset({"submission_host", "port_587", "port_465", "port_25", "mx_host"})
# Postfix writes a line for each address that it tries, so an error of one address does not decide.
_ONE_ADDRESS: Final = re.compile(r"connect to [a-z0-9.\-]{3,120}\[[^\]]{2,60}\]:\d{2,5}:")
_CLOSED: Final = re.compile(r"transport connection: (?:the connection was closed|net_io_connectionclosed)")
_EMPTY_REPLY: Final = re.compile(r"the server response was:[\s\"'}\]]{0,8}(?:at |-{2,3}|</|$)")


@dataclass(frozen=True, slots=True)
class Hit:
    """A rule, code or number that matches: its gate's place in the order, its weight, its outcome, the words, and who writes such words."""

    place: int
    weight: Weight
    outcome: Outcome
    words: str
    speaker: Kind

    @property
    def needle(self) -> str:
        """The words, normalised for comparison."""
        return tighten(self.words)

    @property
    def gate(self) -> Gate:
        """The gate at which this error occurs."""
        return GATES[self.place]


def _found(needle: str, text: NormalisedText, flags: frozenset[str]) -> bool:
    return text.has(needle) and (not _WINSOCK_NEEDLE.fullmatch(needle) or f"winsock{needle}" in flags)


def _fits(rule: Rule, text: NormalisedText, flags: frozenset[str]) -> str | None:
    words = next((rule.says[at] for at, needle in enumerate(rule.needles) if _found(needle, text, flags)), None)
    if words is None:
        return None
    if rule.along_needles and not any(text.has(other) for other in rule.along_needles):
        return None
    if any(text.has(other) for other in rule.unless_needles):
        return None
    return words


def _choose(outcomes: tuple[Outcome, ...], flags: frozenset[str]) -> Outcome | None:
    return next((outcome for outcome in outcomes if outcome.needs <= flags), None)


def _phrase_hits(text: NormalisedText, flags: frozenset[str]) -> Iterator[Hit]:
    for rule, speaker in zip(RULES, _SPEAKERS, strict=True):
        words = _fits(rule, text, flags)
        outcome = _choose(rule.outcomes, flags) if words else None
        if words and outcome:
            yield Hit(ORDER[rule.gate], rule.weight, outcome, words.strip(), speaker)


def _code_hits(text: NormalisedText, flags: frozenset[str]) -> Iterator[Hit]:
    pairs = [(found.group(1), found.group(2)) for found in _REPLY.finditer(text.flat)]
    codes = dict.fromkeys(f"{reply} {code}" for reply, code in pairs) | dict.fromkeys(code for _, code in pairs)
    codes |= dict.fromkeys(found.group(1) for found in _ENHANCED.finditer(text.flat))
    for code in codes:
        if code in CODES:
            gate, weight, outcomes = CODES[code]
            outcome = _choose(outcomes, flags)
            if outcome:
                yield Hit(ORDER[gate], weight, outcome, code, Kind.MICROSOFT)


def numbers(text: NormalisedText) -> Iterable[int]:
    """Return the AADSTS numbers in a text, in their order and without duplicates."""
    return dict.fromkeys(whole(found.group(1) or found.group(2)) or 0 for found in NUMBER.finditer(text.flat))


def _number_hits(text: NormalisedText) -> Iterator[Hit]:
    place = ORDER[Gate.TOKEN]
    for number in numbers(text):
        if number == MISSING_PARAMETER:
            outcome = next(outcome for words, outcome in MISSING if tighten(words) in text.tight)
            yield Hit(place, Weight.NAMES, outcome, f"{_AADSTS}{number}", Kind.ENTRA)
        elif number in OUTCOMES:
            weight = Weight.NARROWS if number in VAGUE else Weight.NAMES
            yield Hit(place, weight, OUTCOMES[number], f"{_AADSTS}{number}", Kind.ENTRA)


def _greeting_hits(flags: frozenset[str]) -> Iterator[Hit]:
    place = ORDER[Gate.GREETING]
    foreign = {"foreign_greeting", "submission_host"} <= flags and "microsoft_greeting" not in flags
    if "masked_greeting" in flags:
        # A device that masks characters rewrites the dialogue; the server behind it is still the one that was asked for.
        yield Hit(place, Weight.NAMES, Outcome(("smtp_rewritten",), sure=True), "220", Kind.OWN_RELAY)
    elif foreign:
        yield Hit(place, Weight.NAMES, Outcome(("smtp_intercepted",), sure=True), "220", Kind.OWN_RELAY)
    elif "foreign_greeting" in flags and not flags & {"microsoft_greeting", "local"}:
        yield Hit(place, Weight.HINTS, Outcome(("smtp_intercepted", "wrong_host_or_port")), "220", Kind.OWN_RELAY)


def more_flags(text: NormalisedText, flags: frozenset[str]) -> frozenset[str]:
    """Add the flags that depend on others to the context flags of a text."""
    more: set[str] = set()
    if "login_host" in flags and not flags & {"submission_host", "port_587"}:
        more.add("login_only")
    if (Gate.TOKEN in text.frames or _HTTP.search(text.flat)) and not _MAIL_LEG.search(text.flat):
        more.add("http_leg")
    more |= {f"at_{text.frame}"} if text.frame else set()
    if flags & _MAIL_FLAGS or _MAIL_LEG.search(text.whole):
        more.add("mail_leg")
    if _ONE_ADDRESS.search(text.flat):
        more.add("one_address")
    if _EMPTY_REPLY.search(text.flat):
        more.add("empty_reply")
    if _CLOSED.search(text.flat):
        more.add("closed_by_peer")
    if any(is_public_name(found.group(1)) for found in _EXPECTED.finditer(text.flat)):
        # Microsoft's own certificate covers Microsoft's names, so a mismatch with one of them means a foreign certificate.
        more.add("foreign_certificate")
    more |= {f"winsock {number}" for found in _WINSOCK.finditer(text.flat) for number in found.groups() if number}
    return flags | more


def hits_of(text: NormalisedText, flags: frozenset[str]) -> list[Hit]:
    """Return what matches a text, without the consequences of an error at an earlier gate."""
    hits = [*_greeting_hits(flags), *_number_hits(text), *_code_hits(text, flags), *_phrase_hits(text, flags)]
    past_sign_in = ORDER[Gate.SIGN_IN]
    if any(hit.words.startswith(_AADSTS) for hit in hits) and not _REPLY.search(text.flat):
        # Without a token there was no message, so words that read like its refusal come from the token service.
        hits = [hit for hit in hits if hit.place <= past_sign_in]
    network = (ORDER[Gate.NAME], ORDER[Gate.PORT])
    if _REPLY.search(text.flat) and any(hit.place not in network and hit.weight > Weight.ECHOES for hit in hits):
        # The server replied, so another connection that failed (IPv6, an earlier attempt) is not what stops the mail.
        hits = [hit for hit in hits if hit.place not in network or hit.weight == Weight.NAMES]
    if "signed_in" in flags and any(hit.place > past_sign_in for hit in hits):
        # A 235 came first: the server accepted the sign-in, so words that read like its refusal are an echo.
        hits = [hit for hit in hits if hit.place > past_sign_in or hit.weight == Weight.NAMES]
    return hits
