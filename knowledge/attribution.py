"""Decide who wrote the deciding words of a text: Microsoft's server, Entra, another provider, your own relay, the client, or none."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from knowledge.context import LOGIN, SUBMISSION
from knowledge.other_programs import mentions_mail, other_program
from knowledge.speakers import EXCHANGE, MICROSOFT, ON_PREMISES, PROVIDERS, RELAYS, Kind

if TYPE_CHECKING:
    from knowledge.normalise import NormalisedText

EXCHANGE_SERVER: Final = "Exchange"
_SAID: Final = re.compile(
    r"(?:host|server) ([a-z0-9.\-]{3,120})\s?[\[(][^\])]{2,60}[\])]:?\d{0,5}\s?(?:said|refused to talk to me)|"
    r"(?:host) ([a-z0-9.\-]{3,120}) \[[^\]]{2,60}\] smtp error from remote|"
    r"\bh=([a-z0-9.\-]{3,120}) \[[^\]]{2,60}\][^:]{0,80}: smtp error from remote"
)
_REFUSAL: Final = re.compile(
    r"(?<![\d.:])[45]\d\d[ \-#]|(?<![\d.])[45]\.\d\.\d{1,3}(?![\d.])|authenticat|password not accepted|rejected|refused:"
)
_SMTP_REPLY: Final = re.compile(r"(?<![\d.:])[45]\d\d[ \-][45]\.\d\.\d")
_REPLY_CODE: Final = re.compile(
    r"(?<![\d.:])[45]\d\d[ \-#)'\",]|(?<![\d.])[45]\.\d\.\d{1,3}(?![\d.])|\bcode\W{1,3}[45]\d\d|"
    r"service not available|invalid_(?:grant|client|scope)"
)
_CREDENTIALS: Final = re.compile(r"\b53[45][ \-]5\.7\.8\b")
_HABIT: Final = re.compile(
    r"(?<![\d.])[45]\d\d[ \-][45]\.\d\.\d{1,3} (?:[a-z0-9.\-]{3,80} )?error: (?!53)|"
    r"<[^<>]{0,200}>: (?:(?:recipient|sender) address|client host|helo command|relay access) |client host \[[^\]]{2,60}\] blocked using"
)  # Postfix writes "Error:" after the code, and what it refuses, in angle brackets, before the reason
_ON_LINE: Final = re.compile(r"220[ -]([a-z0-9.\-]{3,120}) microsoft esmtp")
_OURS: Final = re.compile(
    r"(?:outlook|office365|exchangelabs|microsoft|hotmail|live|msn)\.(?:com|us|cn|de)$|\.microsoft$"
)


@dataclass(frozen=True, slots=True)
class Speaker:
    """Who wrote the deciding words, with the provider's name if there is one, and the words that show it.

    `replied` is false if no reply of the speaker was recognised, only a name.
    """

    kind: Kind
    name: str = ""
    words: str = ""
    replied: bool = True

    def __str__(self) -> str:
        return f"{self.kind}:{self.name}" if self.kind == Kind.PROVIDER else str(self.kind)


def _first(phrases: tuple[str, ...], flat: str) -> tuple[int, str] | None:
    found = [(flat.find(phrase), phrase) for phrase in phrases if phrase in flat]
    return min(found) if found else None


def _provider(flat: str, *, hosts: bool) -> tuple[int, Speaker] | None:
    best: tuple[int, Speaker] | None = None
    for provider in PROVIDERS:
        found = _first(provider.hosts if hosts else provider.words, flat)
        if found and not hosts and not _REPLY_CODE.search(flat):
            continue  # the name of a provider's server without any reply
        if found and (best is None or found[0] < best[0]):
            best = found[0], Speaker(Kind.PROVIDER, provider.name, found[1], replied=not hosts)
    return best


def _said(flat: str) -> tuple[int, Speaker] | None:
    """Return the speaker of the first reply that a relay quotes with the name of its server."""
    found = _SAID.search(flat)
    if not found:
        return None
    host = next(name for name in found.groups() if name)
    if _OURS.search(host) or "outlook.com" in host:
        return found.start(), Speaker(Kind.MICROSOFT, words=host)
    named = _provider(f"{host}[", hosts=True)
    if named:
        return found.start(), Speaker(Kind.PROVIDER, named[1].name, host)
    return found.start(), Speaker(Kind.OWN_RELAY, words=host)


def _on_premises(flat: str) -> Speaker | None:
    exchange = _first(EXCHANGE, flat)
    if not exchange:
        return None
    greeting = _ON_LINE.search(flat)
    if greeting and not _OURS.search(greeting.group(1)):
        return Speaker(Kind.OWN_RELAY, EXCHANGE_SERVER, greeting.group(1))
    found = _first(ON_PREMISES, flat)
    return Speaker(Kind.OWN_RELAY, EXCHANGE_SERVER, found[1]) if found else None


def _never_microsoft(flat: str, *, ours: bool) -> tuple[int, str] | None:
    """Return a refusal with 5.7.8, the code of Postfix, Dovecot and Google for wrong credentials, which Exchange does not use."""
    found = None if ours else _CREDENTIALS.search(flat)
    return (found.start(), found.group()) if found else None


def _unrelated(text: NormalisedText, client: str | None) -> Speaker | None:
    words = other_program(text, (client or "").lower()[:300])
    return None if words is None else Speaker(Kind.NONE, words=words, replied=bool(words))


def attribute(text: NormalisedText, client: str | None) -> Speaker | None:
    """Return who wrote the deciding words, or None if only the words of the error itself can show this.

    Takes the normalised text and the client's name, if known. If the text shows several writers, the first one counts. Never raises.
    """
    flat = text.flat
    microsoft = _first(MICROSOFT, flat)
    quoted = _said(flat)
    provider = _provider(flat, hosts=False)
    candidates = [found for found in (quoted, provider) if found]
    if microsoft:
        candidates.append((microsoft[0], Speaker(Kind.MICROSOFT, words=microsoft[1])))
    if quoted and quoted[1].kind == Kind.OWN_RELAY and microsoft:
        candidates.remove(quoted)  # the reply that is quoted has Microsoft's stamp
    if candidates:
        first = min(candidates, key=lambda found: found[0])[1]
        named = _provider(flat, hosts=True) if first.kind == Kind.PROVIDER else None
        # Two providers can use the same sentence; the name of a server in the text decides between them.
        return Speaker(Kind.PROVIDER, named[1].name, named[1].words) if named else first
    ours = any(host in flat for host in SUBMISSION)
    if "aadsts" not in flat and not ours and not _SMTP_REPLY.search(flat) and (other := _unrelated(text, client)):
        return other
    if "aadsts" in flat or any(host in flat for host in LOGIN):
        return Speaker(Kind.ENTRA) if "aadsts" in flat and not _SMTP_REPLY.search(flat) else None
    server = None if ours else _provider(flat, hosts=True)
    if server and _SMTP_REPLY.search(flat):
        return server[1]
    relay = _on_premises(flat)
    if relay:
        return relay
    habit = _HABIT.search(flat)
    found = (
        _first(RELAYS, flat) or _never_microsoft(flat, ours=ours) or ((habit.start(), habit.group()) if habit else None)
    )
    if found:
        return Speaker(Kind.OWN_RELAY, words=found[1].strip())
    if not any(host in flat for host in SUBMISSION) and (other := _unrelated(text, client)):
        return other
    named = _provider(flat, hosts=True)
    if named and _REFUSAL.search(flat) and not any(host in flat for host in SUBMISSION):
        return named[1]
    return None


def by_default(text: NormalisedText) -> str:
    """Return `client` for a text about mail in which nothing else is recognised, and `none` for any other text."""
    return str(Kind.CLIENT if mentions_mail(text.flat) else Kind.NONE)
