"""Unusual digits, numbers and times from a server are evidence like any other, and never an internal error."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from evidence.failure import FailureKind
from probes.deadline import Deadline
from probes.redaction import Redactor
from probes.token import decode_claims
from probes.transcript import Transcript
from tests.probes.scripted import ReceivedRequest, Reply, oauth, scripted
from tests.probes.test_bounds import sends, session_with
from tests.resilience.gathering import gathered_from, written_about


@pytest.mark.parametrize(
    "code", ["\u00b2\u00b2\u2070", "\uff12\uff12\uff10", "\u0662\u0663\u0665", "2\u00b20", "+20", "2_0", " 20"]
)
def test_only_ascii_digits_are_a_reply_code(code: str) -> None:
    """A greeting whose code is not three ASCII digits is not SMTP."""
    with session_with(sends(f"{code} hello\r\n".encode())) as session:
        seen = session.hello(greeting=True)

    assert seen.greeting is None
    assert seen.failure is not None
    assert seen.failure.kind is FailureKind.NOT_SMTP


def jwt(payload: str) -> str:
    """Return an unsigned token with this payload."""
    header = base64.urlsafe_b64encode(b'{"alg":"none","typ":"JWT"}').rstrip(b"=").decode()
    return f"{header}.{base64.urlsafe_b64encode(payload.encode()).rstrip(b'=').decode()}."


@pytest.mark.parametrize("number", ["Infinity", "-Infinity", "NaN", "1e999", "9" * 400])
def test_an_unusual_number_in_a_claim_is_null(number: str) -> None:
    """A claim whose number is not finite or is very long is null, and the other claims are kept."""
    claims = decode_claims(jwt(f'{{"exp": {number}, "aud": "x"}}'), Transcript(Deadline(5), Redactor()))

    assert claims == {"exp": None, "aud": "x"}


@pytest.mark.parametrize("payload", ["[" * 5000, '{"a":' * 5000, "[]", "1", "\x00", '{"a": "\\ud800"}'])
def test_an_unusual_payload_is_an_opaque_token_or_has_claims(payload: str) -> None:
    """A token with an unusual payload is opaque, or its claims can be written as JSON."""
    claims = decode_claims(jwt(payload), Transcript(Deadline(5), Redactor()))

    assert claims is None or json.dumps(claims).isascii()


ANSWERS: dict[str, dict[str, Any]] = {
    "superscript": {"expires_in": "\u00b2"},
    "full-width": {"expires_in": "\uff13\uff16"},
    "long text": {"expires_in": "9" * 400},
    "long number": {"expires_in": 10**400},
    "long number of Python's limit": {"expires_in": 10**4299},
    "float": {"expires_in": 3599.5},
    "infinite": {"expires_in": float("inf")},
    "negative": {"expires_in": -(10**30)},
    "nested": {"expires_in": [[[]]], "error_codes": [10**400, float("nan"), "\u00b2", True, None, 7000215]},
    "surrogate": {"access_token": "\ud800", "token_type": "\ud800"},
    "surrogates in an error": {"access_token": None, "error": "\udfff", "error_description": "\ud800" * 10},
}


@pytest.mark.parametrize("case", ANSWERS)
def test_an_unusual_token_answer_is_no_internal_error(case: str, tmp_path: Path) -> None:
    """With an unusual token response, both senders are assessed, and the results are valid JSON."""

    def respond(request: ReceivedRequest) -> Reply | None:
        if request.method == "POST":
            members = {"token_type": "Bearer", "expires_in": 3599, "access_token": "opaque-token-0815"} | ANSWERS[case]
            return (
                200,
                json.dumps(members).encode(),
                {"Retry-After": "\u00b2", "Date": "Fri, 31 Dec 9999 23:59:59 -2359"},
            )
        return None

    with scripted(respond, tmp_path) as server:
        settings = server.settings(oauth(), oauth(name="second"))
        evidence = gathered_from(settings)

    assert written_about(evidence, {name: settings.for_sender(one) for name, one in settings.sender.items()})
    assert all(one.token is not None for one in evidence.values())
