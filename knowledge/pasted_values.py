"""Find the values of placeholders in a pasted text: addresses, ids, host and port. Only values with a strict form are taken.

Apart from Microsoft's own hosts, a value counts only after words that show what it refers to. The forms are chosen so that they do not
fit passwords, tokens or secrets. The text before an "@" in a URL, which can contain a password, is not read.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from knowledge.masking import mask
from knowledge.normalise import normalise
from settings.clouds import CLOUDS
from settings.microsoft import SHARED_TENANTS
from settings.strict_values import port_number

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_USER_INFO: Final = re.compile(r"(?<=//)[^\s'\"<>]{0,300}@")
_LABEL: Final = r"[A-Za-z0-9](?:[A-Za-z0-9\-]{0,61}[A-Za-z0-9])?"
_ADDRESS: Final = rf"[\w.+&'\-]{{1,64}}@(?:{_LABEL}\.){{1,8}}[A-Za-z][A-Za-z0-9\-]{{1,20}}(?![\w@])"
_ID: Final = r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}(?![\w\-])"
_HOST: Final = rf"(?:{_LABEL}\.){{1,8}}[A-Za-z]{{2,20}}(?![\w\-]|\.[A-Za-z])"
# What separates a word from its value, in prose, JSON, PHP and command lines.
_THEN: Final = r"(?:[\"']{0,2}\s{0,3}(?:=>|[:=])\s{0,3}|[\"']?\s{1,3}|(?=[\"'<]))[\"'<(\[]{0,3}"
_NAME: Final = r"(?:[^<>@\n:]{0,80}<)?"  # the display name in front of an address

_ACCOUNT: Final = (
    r"(?:user ?account|upn|user ?principal ?name|user[ _]?name|smtp[_ ]?user|auth[_ ]?user|login|account|user)"
)
_APPLICATION: Final = r"(?:application(?: with identifier| with id| \(client\) id| id)?|app(?:[_ ]?id)?|client[_ -]?id)"

# The applications of Microsoft itself, such as Exchange Online and Graph, which an error text names as the resource.
_OWN_APPLICATION: Final = re.compile(r"0000000[0-9a-f]-0000-(?:0000-c000|0[0-9a-f]f1-ce00)-")
_OTHER_SERVER: Final = re.compile(r"(?:^|\.)(?:login|graph)\.|\.prod\.outlook\.com$|\.exchangelabs\.com$")

# For each placeholder, expressions for its value behind words that show its meaning; the first that fits counts.
_PATTERNS: Final = tuple(
    (name, re.compile(pattern, re.IGNORECASE))
    for name, pattern in (
        ("account", rf"({_ADDRESS})[\"'>]{{0,2}} (?:is )?not allowed to send as"),
        ("account", rf"sasl_username={_THEN}({_ADDRESS})"),
        ("account", rf"{_ACCOUNT}(?: for)?{_THEN}({_ADDRESS})"),
        (
            "account",
            rf"(?:sign\w{{0,4}}[ -]?in|log\w{{0,5}} ?in|authenticat\w{{1,6}}) (?:as|for|with){_THEN}({_ADDRESS})",
        ),
        ("from_address", rf"not allowed to send as{_THEN}({_ADDRESS})"),
        ("from_address", rf"mail from{_THEN}({_ADDRESS})"),
        ("from_address", rf"(?:sender address|sender|return-path){_THEN}({_ADDRESS})"),
        ("from_address", rf"(?<![\w\-])from(?:[ _]?(?:address|email))?{_THEN}{_NAME}({_ADDRESS})"),
        ("recipient", rf"rcpt to{_THEN}({_ADDRESS})"),
        ("recipient", rf"(?:final|original)-recipient:\s{{0,2}}rfc822;\s{{0,2}}({_ADDRESS})"),
        ("recipient", rf"recipients?(?: address)?(?: rejected)?{_THEN}({_ADDRESS})"),
        ("recipient", rf"(?<![\w\-])(?:to|rcpt)(?:[ _]?(?:address|email))?{_THEN}{_NAME}({_ADDRESS})"),
        ("recipient", rf"<({_ADDRESS})>: (?:host|delivery|connect)"),
        ("client_id", rf"{_APPLICATION}{_THEN}({_ID})"),
        ("tenant", rf"(?:directory(?: \(tenant\))?|tenant)(?:[_ -]?(?:id|named?))?{_THEN}({_ID}|{_HOST})"),
        ("tenant", rf"//login\.[a-z.]{{3,40}}/({_ID}|{_HOST})/"),
        (
            "smtp_server",
            rf"\b(?:host(?:name)?|server|(?:connect|open)(?:ed|ing|ion)?(?: to)?(?: host| smtp)?){_THEN}({_HOST})",
        ),
        ("port", rf"\b(?:smtp[_ ]?)?port{_THEN}(\d{{2,5}})(?![\w.])"),
        ("scope", r"\bscopes?\b[^\n]{0,40}?(https://[a-z0-9.\-]{3,80}/(?:\.default|smtp\.send(?:asapp)?))(?![\w/])"),
    )
)


def _one_of(hosts: Iterable[str]) -> str:
    return rf"(?<![\w.\-])({'|'.join(map(re.escape, sorted(set(hosts), key=len, reverse=True)))})(?![\w\-]|\.\w)"


_SERVERS: Final = _one_of(host for cloud in CLOUDS.values() for host in cloud.smtp_hosts)
_LOGINS: Final = _one_of(host for cloud in CLOUDS.values() for host in cloud.login_hosts)
_KNOWN: Final = (
    ("smtp_server", re.compile(_SERVERS, re.IGNORECASE)),
    ("login_host", re.compile(_LOGINS, re.IGNORECASE)),
    (
        "port",
        re.compile(
            rf"{_SERVERS}[\])\"']{{0,2}}(?::|[, ] ?(?:port)? ?[:=]? ?)[\"']?(?P<port>\d{{2,5}})(?![\w.])", re.IGNORECASE
        ),
    ),
)
_LONG: Final = 24
_OTHER_PORTS: Final = frozenset({53, 80, 443, 3306, 5432, 6379})  # of name servers, web servers and databases


def values_in(text: str, quoted: str = "") -> dict[str, str]:
    """Return the values of placeholders that a text contains, by the names in `knowledge.cause.PLACEHOLDERS`.

    Takes the pasted text and the line that decided, whose values take precedence. Placeholders without a value in the text are missing
    from the result.
    """
    found: dict[str, str] = {}
    for part in (quoted, "\n".join(normalise(text).lines)):
        for name, value in _named(mask(_USER_INFO.sub("", part))):
            found.setdefault(name, value)
    return found


def _named(text: str) -> Iterator[tuple[str, str]]:
    for name, pattern in (*_KNOWN, *_PATTERNS):
        values = (found.groupdict().get("port") or found.group(1) for found in pattern.finditer(text))
        fit = next((value for value in (value.strip(".'") for value in values) if _fits(name, value)), None)
        if fit:
            yield name, fit.lower() if name in {"smtp_server", "login_host"} else fit


def _fits(name: str, value: str) -> bool:
    low = value.lower()
    if name == "port":
        return port_number(value) not in {None, *_OTHER_PORTS}
    if name == "client_id":
        return not _OWN_APPLICATION.match(low)
    if name == "tenant":
        return low not in SHARED_TENANTS
    if name == "smtp_server":
        return not _OTHER_SERVER.search(low)
    local = value.partition("@")[0]
    # A long run of letters and digits before the "@" is more likely a key than the name of a mailbox.
    return "@" not in value or len(local) < _LONG or not (local.isalnum() and any(char.isdigit() for char in local))
