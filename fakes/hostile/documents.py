"""Hostile login hosts: complete documents whose contents break a parser or redirect the client secret."""

import json
from collections.abc import Callable
from typing import Any

from .login_host import Applies, altering, every_request, token_requests
from .peer import HostilePeer, Place

_DEPTH = 100_000
_DIGITS = 400


def _deep(_document: dict[str, Any]) -> bytes:
    return b'{"a":' * _DEPTH + b"1" + b"}" * _DEPTH


def _lifetime(literal: str) -> Callable[[dict[str, Any]], bytes]:
    """Return a change that sets the lifetime of the token to a literal, which need not be JSON."""

    def change(document: dict[str, Any]) -> bytes:
        return json.dumps(document | {"expires_in": "@"}).replace('"@"', literal).encode("utf-8")

    return change


def _foreign_endpoint(document: dict[str, Any]) -> bytes:
    return json.dumps(document | {"token_endpoint": "https://login.token-thief.example/oauth2/v2.0/token"}).encode()


def _repeated_members(document: dict[str, Any]) -> bytes:
    """Return the document with a second token endpoint after the first one."""
    text = json.dumps(document)
    return text.removesuffix("}").encode() + b', "token_endpoint": "https://login.token-thief.example/token"}'


def _wrong_types(document: dict[str, Any]) -> bytes:
    return json.dumps({key: [None, {"a": []}] for key in document}).encode()


def _peer(
    name: str,
    gate: str,
    change: Callable[[dict[str, Any]], bytes],
    *,
    does: str,
    rule: str,
    client: str,
    applies: Applies = every_request,
) -> HostilePeer:
    return HostilePeer(
        name=name,
        place=Place.HTTPS,
        protocol="JSON",
        does=does,
        rule=rule,
        client=client,
        gate=gate,
        serve=altering(change, applies),
        over_tls=True,
    )


_UNKNOWN = "uses the token and treats its lifetime as unknown"
DOCUMENTS = (
    _peer(
        "deep-json",
        "issuer",
        _deep,
        does=f"answers with {_DEPTH:,} nested objects",
        rule="RFC 8259, section 9: a parser may limit the depth",
        client="limits the depth, without an uncaught exception",
    ),
    _peer(
        "wrong-types",
        "issuer",
        _wrong_types,
        does="replaces every value in its documents, such as the issuer document, with a list",
        rule="OpenID Connect Discovery 1.0, section 3: the endpoints are strings",
        client="verifies the type of each value that it uses",
    ),
    _peer(
        "foreign-endpoint",
        "issuer",
        _foreign_endpoint,
        does="lists a token endpoint on a different host in the issuer document",
        rule="OpenID Connect Discovery 1.0, section 7.2: the document can be forged",
        client="sends the client secret only to hosts that it knows",
        applies=lambda request: not token_requests(request),
    ),
    _peer(
        "repeated-member",
        "issuer",
        _repeated_members,
        does="lists two token endpoints in the issuer document, the second of them on a different host",
        rule="RFC 8259, section 4: the names of members are unique",
        client="sends the client secret only to hosts that it knows",
        applies=lambda request: not token_requests(request),
    ),
    _peer(
        "infinity-json",
        "",
        _lifetime("Infinity"),
        does="answers the token request with the lifetime Infinity",
        rule="RFC 8259, section 6: JSON has no Infinity",
        client="rejects the answer, or uses the token and treats its lifetime as unknown",
        applies=token_requests,
    ),
    _peer(
        "huge-number-json",
        "",
        _lifetime("1" + "0" * _DIGITS),
        does=f"answers the token request with a lifetime of {_DIGITS + 1} digits",
        rule="RFC 8259, section 6: a parser may limit the range of numbers",
        client=_UNKNOWN,
        applies=token_requests,
    ),
    _peer(
        "odd-digits-json",
        "",
        _lifetime('"\N{SUPERSCRIPT TWO}"'),
        does="answers the token request with a superscript two as the lifetime, in a string",
        rule="RFC 6749, section 5.1: the lifetime is a number",
        client=_UNKNOWN,
        applies=token_requests,
    ),
)
