"""Mask credentials in a pasted text before the text is searched, and in the parts of it that are printed.

Base64 that a client sends after a 334, or after AUTH, is a user name, a password or a token. It is masked first, so that no later
step decodes it or takes its "=" for quoted-printable.
"""

from __future__ import annotations

import re
from typing import Final

MASK: Final = "…"
_BASE64: Final = re.compile(r"(?<![\w+/=])([A-Za-z0-9+/]{4,}={0,2})(?=[^\w+/=]{0,12}$)")
_PROMPT: Final = re.compile(r"(?<!\d)334(?:[ \-]|$|\\)")
_REPLY: Final = re.compile(r"(?<!\d)[2-5]\d\d[ \-]")
_WORDS: Final = frozenset(
    {
        "quit",
        "login",
        "plain",
        "xoauth2",
        "ntlm",
        "opened",
        "closed",
        "data",
        "rset",
        "failed",
        "error",
        "authentication",
    }
)
_AUTH_LINE: Final = re.compile(
    r"(?i:\bAUTH\s{1,3}(?:LOGIN|PLAIN|XOAUTH2|OAUTHBEARER|NTLM|CRAM-MD5)\s{1,3})([A-Za-z0-9+/]{8,}={0,2})(?![\w+/=])"
)
_NAMES: Final = (
    r"(?:pass(?:word|wd|phrase|wort)?|pwd|mot de passe|contraseña|kennwort|passwort|client[_\- ]?secret|secret(?:[_\- ]?value)?|"
    r"api[_\-]?key|"
    r"access[_\-]?token|refresh[_\-]?token|id[_\-]?token|auth[_\-]?token|token|client_assertion|assertion|bearer|authorization|smtp_pass|auth_pass|"
    r"email_host_password|mail_password|smtp_password)"
)
_NAMED: Final = re.compile(
    rf"(?i)(?<![\w])((?:[\w.\-]{{0,40}}[_\-.])?{_NAMES}[\"']?\s{{0,3}}(?:=>|[:=])\s{{0,3}}(?:[bu](?=[\"'])|string\(\d{{1,4}}\)\s)?[\"']?(?:bearer\s{{1,3}})?)"
    r"(?!\s|//|[\"']|none\b|null\b|true\b|false\b|\*{2,}|…)([^\s\"',;&<>}\])]{3,})"
)
_BEARER: Final = re.compile(r"(?i)(\bbearer\s{1,3})([\w.~+/=\-]{6,})")
_OPTION: Final = re.compile(
    r"((?:^|\s)(?:-{1,2}(?:password|pass|auth-password|ap|xp|client-secret)(?:[= ]))[\"']?)([^\s\"']{3,})"
)
_URL: Final = re.compile(r"(?i)(\b[a-z][a-z0-9+.\-]{1,20}://[^\s:/@]{1,120}:)([^\s@/]{2,120})(?=@)")
_SHAPES: Final = re.compile(
    r"\beyJ[\w\-]{8,}(?:\.[\w\-]{4,}){0,4}"  # a token of three parts
    r"|(?<![\w~])[\w.\-]{3}[0-9A-Za-z]Q~[\w.~\-]{20,}"  # a client secret of Entra
    r"|\bSG\.[\w\-]{10,}\.[\w\-]{10,}"  # a key of SendGrid
    r"|\bkey-[0-9a-f]{24,}|\bxsmtpsib-[\w\-]{16,}|\bxkeysib-[\w\-]{16,}|\bre_[A-Za-z0-9_]{16,}"
    r"|\b(?:AKIA|ASIA)[A-Z0-9]{16}\b|\bgh[pousr]_\w{20,}|\bya29\.[\w\-]{10,}|\b1//[\w\-]{20,}"
    r"|\b[01]\.A[\w\-]{30,}"  # a refresh token or a code of Entra
    r"|[A-Za-z0-9+/=_~.\-]{60,}"
)
_SERVER_CHALLENGE: Final = "eyJzdGF0dXMiOi"  # the JSON in which a server states why it refused a token


def _last(line: str) -> re.Match[str] | None:
    """Return the last word of a line if it has the form of base64."""
    found = _BASE64.search(line.rstrip()[-4000:])
    if not found or len(found.group(1)) % 4 or found.group(1).lower() in _WORDS:
        return None
    return found


def _answer(line: str) -> str:
    """Mask the base64 at the end of a line that answers a 334."""
    found = _last(line)
    if found is None or _REPLY.search(line):
        return line
    stripped = line.rstrip()
    start = len(stripped) - len(stripped[-4000:]) + found.start(1)
    return stripped[:start] + MASK


def _shape(found: re.Match[str]) -> str:
    word = found.group()
    if word.startswith(_SERVER_CHALLENGE):
        return word
    # Names of servers, paths and rows of dashes are long too.
    plain = (
        word.strip("-=_.~") == ""
        or "//" in word
        or (word.count(".") >= 3 and "=" not in word and not word.startswith("eyJ"))
    )
    return word if plain else MASK


def mask_dialogue(text: str) -> str:
    """Mask what a client sends in an SMTP dialogue to sign in. The rest of the text is unchanged."""
    if "334" not in text and "auth" not in text.lower():
        return text
    text = _AUTH_LINE.sub(lambda found: found.group()[: found.start(1) - found.start()] + MASK, text)
    lines = text.split("\n")
    waiting = 0
    for place, line in enumerate(lines):
        if waiting and line.strip():
            waiting -= 1
            masked = _answer(line)
            if masked != line:
                lines[place] = masked
                waiting = 0
        if _PROMPT.search(line):
            waiting = 2
    return "\n".join(lines)


def mask(text: str) -> str:
    """Mask everything in a text that looks like a password, a token or a secret, before the text is printed."""
    text = mask_dialogue(text)
    for pattern in (_NAMED, _BEARER, _OPTION, _URL):
        text = pattern.sub(lambda found: f"{found.group(1)}{MASK}", text)
    return _SHAPES.sub(_shape, text)
