"""Parsers for SMTP arguments: EHLO names, MAIL and RCPT arguments, BDAT arguments and XOAUTH2 strings.

The parsers return None for input that they cannot parse, and never raise an exception.
"""

import base64
import binascii
import ipaddress
import re
from dataclasses import dataclass, field

_LABEL = re.compile(r"(?!-)[A-Za-z0-9-]{1,63}(?<!-)")
_PATH = re.compile(r"\s*<(?P<address>[^<>\x00-\x20]*)>(?:\s+(?P<rest>.*))?\s*", re.DOTALL)
_PARAMETER = re.compile(r"(?P<name>[A-Za-z0-9][A-Za-z0-9-]*)(?:=(?P<value>[^\x00-\x20=]+))?")
_BEARER = re.compile(rb"user=(?P<user>[^\x01]*)\x01auth=bearer (?P<token>[^\x01]*)\x01\x01", re.IGNORECASE)

MAIL_PARAMETERS = frozenset({"SIZE", "BODY", "SMTPUTF8", "RET", "ENVID", "AUTH"})
RCPT_PARAMETERS = frozenset({"NOTIFY", "ORCPT"})
BODIES = frozenset({"7BIT", "8BITMIME", "BINARYMIME"})


@dataclass(frozen=True, slots=True)
class Path:
    """An address and its parameters. Parameter names are in upper case; a parameter without a value has the value ""."""

    address: str
    parameters: dict[str, str] = field(default_factory=dict)


def valid_hello(name: str) -> bool:
    """Return whether Exchange accepts this EHLO name, which must be a domain name or an address literal (RFC 5321, section 4.1.1.1)."""
    if name.startswith("[") and name.endswith("]"):
        literal = name[1:-1]
        inner = literal[5:] if literal[:5].casefold() == "ipv6:" else literal
        try:
            ipaddress.ip_address(inner)
        except ValueError:
            return False
        return True
    return 0 < len(name) <= 255 and all(_LABEL.fullmatch(label) for label in name.split("."))


def path(argument: str, keyword: str, known: frozenset[str]) -> Path | None:
    """Parse `FROM:<…>` or `TO:<…>` and the parameters after it (RFC 5321, section 4.1.2). The angle brackets are required."""
    if argument[: len(keyword)].upper() != keyword:
        return None
    found = _PATH.fullmatch(argument[len(keyword) :])
    if found is None:
        return None
    parameters = {}
    for word in (found["rest"] or "").split():
        parameter = _PARAMETER.fullmatch(word)
        if parameter is None or parameter["name"].upper() not in known:
            return None
        parameters[parameter["name"].upper()] = parameter["value"] or ""
    return Path(found["address"], parameters)


def valid_address(address: str, *, utf8: bool) -> bool:
    """Return whether an address has a local part and a domain, and is ASCII unless `utf8` is true."""
    local, _, domain = address.rpartition("@")
    try:
        address.encode("utf-8" if utf8 else "ascii")
    except UnicodeEncodeError:
        return False
    return (
        bool(local)
        and len(local) <= 64
        and 0 < len(domain) <= 255
        and not domain.startswith(".")
        and ".." not in domain
    )


def chunk(argument: str) -> tuple[int, bool] | None:
    """Parse a BDAT argument into the size of the chunk and whether it is the last one (RFC 3030, section 2)."""
    words = argument.split()
    last = len(words) == 2 and words[1].upper() == "LAST"
    if (
        not words
        or not (words[0].isascii() and words[0].isdigit())
        or len(words[0]) > 12
        or (len(words) > 1 and not last)
    ):
        return None
    return int(words[0]), last


def decoded(line: bytes) -> bytes | None:
    """Decode a base64 SASL response. A lone `=` is the empty response (RFC 4954, section 4)."""
    if line == b"=":
        return b""
    try:
        return base64.b64decode(line, validate=True)
    except (binascii.Error, ValueError):
        return None


def bearer(response: bytes) -> tuple[str, str] | None:
    """Parse an XOAUTH2 response into the user and the token (Microsoft, "SASL XOAUTH2")."""
    found = _BEARER.fullmatch(response)
    if found is None:
        return None
    return found["user"].decode("utf-8", "replace"), found["token"].decode("utf-8", "replace")
