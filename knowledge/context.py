"""Finds the context of an error in its text: hosts, ports, sign-in method and greeting. The rules use it to choose between causes."""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import TYPE_CHECKING, Final

from settings.clouds import CLOUDS

if TYPE_CHECKING:
    from knowledge.normalise import NormalisedText

# Hosts for submission: those of every cloud, and names that people enter instead.
SUBMISSION: Final = (
    *(host for cloud in CLOUDS.values() for host in cloud.smtp_hosts),
    "smtp.outlook.com",
    "smtp-mail.outlook.com",
    "outlook.office365.com",
    "outlook.office.com",
    "smtp.live.com",
    "smtp.hotmail.com",
)
# What shows that a text is about the token service: hosts of every cloud, parts of names, and the path of the endpoint.
LOGIN: Final = (
    *(host for cloud in CLOUDS.values() for host in (*cloud.login_hosts, cloud.graph_host)),
    "login.microsoftonline",
    "login.partner.microsoftonline",
    "graph.windows.net",
    "/oauth2/v2.0/token",
    "aadcdn",
)
HIGH_VOLUME_WORDS: Final = ("smtp.hve.mx.microsoft", "smtp-hve.office365.com", "high volume email")
_HIGH_VOLUME_CODE: Final = re.compile(r"535[ \-]5\.7\.14[234](?!\d)|550[ \-]5\.7\.240(?!\d)")
_OAUTH: Final = (
    "xoauth2",
    "oauth",
    "bearer",
    "access token",
    "access_token",
    "accesstoken",
    "saslmechanism",
    "client credential",
    "client_credential",
    "openid",
    "msal",
    "refresh_token",
    "modern auth",
)
_BASIC: Final = (
    "auth login",
    "auth plain",
    "password not accepted",
    "password command failed",
    "vxnlcm5hbwu6",
    "ugfzc3dvcmq6",
    "authenticator login",
    "login authenticator",
    "username and password",
    "user name or password",
    "networkcredential",
)
# A password that was accepted before, an app password, or a reseller that turns SMTP AUTH off by default: the password is rarely wrong.
# GoDaddy: https://www.godaddy.com/help/enable-smtp-authentication-40981 (not opened; unverified)
_WORKED_BEFORE: Final = re.compile(
    r"until (?:last|yesterday|recently|this)|used to work|stopped working|no longer works|(?:worked|working) (?:well|good|fine|before|for)|"
    r"app password|godaddy"
)
_OFFER: Final = re.compile(r"auth[ =](?:(?:login|plain|ntlm|gssapi) ){1,4}xoauth2")
_CONSUMER: Final = re.compile(
    r"smtp-mail\.outlook\.com|smtp\.live\.com|@(?:outlook|hotmail|live|msn)\.[a-z]{2,3}\b|\bhotmail\b|user is not a business"
)
_PORT: Final = re.compile(
    r"(?:[a-z0-9\]]:|port['\":=\s]{1,8}|^:|\s:)(25|465|587|443|993|995|143|2525|110)(?![\d.]|:\d)"
)
_READING_PORTS: Final = frozenset({"port_443", "port_993", "port_995", "port_143", "port_110"})
_BANNER: Final = re.compile(r"(?<!\d)220[ -]{1,2}([a-z0-9.\-_*#\[\]]{3,120}) (.{0,90})")
_MASKED: Final = re.compile(r"220[ -]\*{3,}|250[ -]x{4,}[a-z]\b|220[ -][* ]{8,}")
_MICROSOFT_HOST: Final = re.compile(
    r"(?:outlook|office365|office|microsoft|hotmail|live)\.(?:com|us|cn|de)\b|prod\.outlook|\.microsoft\b"
)
_SERVER_WORDS: Final = ("esmtp", "exim", "postfix", "sendmail", "smtp", "service ready", "mail server")
_LOOKALIKE: Final = re.compile(
    r"\b(?:smtps?|mail|mx|outlook)[.\-]?[a-z0-9.\-]{0,20}(?:office|offi|o365|outlook|microsoft)[a-z0-9\-]{0,12}\.[a-z]{2,4}\b"
)
_NEARLY: Final = 0.88  # similarity of a misspelt name: two or three of twenty letters differ
_SCHEME: Final = re.compile(r"['\"\s:]smtps?://")
_LOCAL: Final = re.compile(r"127\.0\.0\.1|\blocalhost\b|\[?::1\]?[:\]\s]")
_PRIVATE: Final = re.compile(r"(?<![\d.])(?:10\.\d{1,3}|192\.168|172\.(?:1[6-9]|2\d|3[01]))\.\d{1,3}\.\d{1,3}:\d{2,5}")
_ADDRESS_TARGET: Final = re.compile(
    r"(?:opening to|connect to|host(?: ?name)?)['\":=\s]{1,6}\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}"
)
_NAMED_HOST: Final = re.compile(
    r"(?:enotfound|eai_again|lookup|resolve host(?:name)?:?|unknownhostexception:?|unknown host:?|could not be resolved:?"
    r"|name resolution for|resolve(?: the)? (?:remote )?name:?|host not found:?|nodename|unable to resolve)"
    r"[ '\"(:]{1,4}([a-z0-9][a-z0-9._\-]{1,80}\.[a-z0-9\-]{2,20})"
)
_QUOTED_HOST: Final = re.compile(r"['\"]([a-z0-9][a-z0-9_\-]{0,60}(?:\.[a-z0-9_\-]{1,60}){1,4})['\"]")
_ENCRYPTED: Final = re.compile(r"tls started with cipher|ssl connection using|220 2\.0\.0 smtp server ready")
_OFFERS_STARTTLS: Final = re.compile(r"250[ -]starttls")
_OFFERS_AUTH: Final = re.compile(r"250[ -]auth")
_NOT_OFFERED: Final = re.compile(
    r"auth plain|cram-md5|digest-md5|\bntlm\b|gssapi|\bnet/smtp\b"
)  # net/smtp knows PLAIN only
_MX_HOST: Final = re.compile(r"(?:mail|prod)\.protection\.outlook\.com|(?<!smtp\.hve)\.mx\.microsoft")


def _greeting(flat: str) -> set[str]:
    found: set[str] = set()
    for banner in _BANNER.finditer(flat[:60_000]):
        name, rest = banner.group(1), banner.group(2)
        if not any(word in rest or word in name for word in _SERVER_WORDS) or "smtp server ready" in rest[:24]:
            continue
        ours = _MICROSOFT_HOST.search(name) or "microsoft esmtp" in rest
        found.add("microsoft_greeting" if ours else "foreign_greeting")
    if _MASKED.search(flat):
        found.add("masked_greeting")
    return found


def _dialogue(flat: str) -> set[str]:
    """Return a flag if an SMTP dialogue in the text was never encrypted or never offered AUTH."""
    if not _OFFERS_STARTTLS.search(flat):
        return set()
    if not _ENCRYPTED.search(flat):
        return {"never_encrypted"}
    return set() if _OFFERS_AUTH.search(flat) else {"auth_never_offered"}


def context_flags(text: NormalisedText, client: str | None) -> frozenset[str]:
    """Return the context flags of a text.

    Takes a normalised text and, if known, the client's name. The flags include `oauth`, `port_465`, `login_host` and
    `foreign_greeting`. Never raises.
    """
    flat = text.flat
    # What the server offers after EHLO is not what the client used.
    method = f"{_OFFER.sub(' ', flat)} {(client or '').lower()[:300]}"
    flags = {f"port_{found.group(1)}" for found in _PORT.finditer(flat)}
    if flags & _READING_PORTS and "port_587" not in flags:
        flags.add("reading_port")
    if any(host in flat for host in SUBMISSION):
        flags.add("submission_host")
    if any(host in flat for host in LOGIN):
        flags.add("login_host")
    if any(word in flat for word in HIGH_VOLUME_WORDS) or _HIGH_VOLUME_CODE.search(flat):
        flags.add("high_volume")
    if _MX_HOST.search(flat):
        flags.add("mx_host")
    if any(word in method for word in _OAUTH):
        flags.add("oauth")
    if any(word in method for word in _BASIC):
        flags.add("basic")
    for name, pattern in (
        ("consumer", _CONSUMER),
        ("worked_before", _WORKED_BEFORE),
        ("scheme_in_host", _SCHEME),
        ("local", _LOCAL),
        ("address", _ADDRESS_TARGET),
        ("private_address", _PRIVATE),
        ("mechanism_not_offered", _NOT_OFFERED),
    ):
        if pattern.search(method):
            flags.add(name)
    named = _NAMED_HOST.search(flat) or _QUOTED_HOST.search(flat)  # quoted: .NET's sentence in any language
    if named:
        host = named.group(1)
        known = any(ours in host for ours in (*SUBMISSION, *LOGIN))
        meant = _LOOKALIKE.search(host) or get_close_matches(host, SUBMISSION, n=1, cutoff=_NEARLY)
        flags.add("known_name" if known else "lookalike_name" if meant else "other_name")
    if (
        "235 2.7.0" in flat
        or "2357.0authenticationsuccess" in text.tight
        or "270authenticationsuccessful" in text.tight
    ):
        flags.add("signed_in")
    return frozenset(flags | _greeting(flat) | _dialogue(flat))
