"""Secrets are redacted in every listed encoding, in pieces and with separators, and other text is left unchanged."""

from __future__ import annotations

import ast
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from knowledge.reading import read
from probes.encodings import ENCODINGS, Encoding
from probes.redaction import MARK, Redactor
from tests.probes.invented import LENGTHS, invented

DEEP = os.environ.get("SMTP365_DEEP") == "1"
ROOT = Path(__file__).parents[2]
_CODES = re.compile(r"\b[245]\d\d\b|AADSTS\d+|\b[245]\.\d+\.\d+\b")


@pytest.mark.parametrize("encoding", ENCODINGS, ids=lambda one: one.name)
def test_every_listed_encoding_is_redacted(encoding: Encoding) -> None:
    """Secrets of 6 to 40 characters are redacted in every spelling of every listed encoding."""
    for length in LENGTHS:
        for number in range(20 if DEEP else 3):
            secret = invented(number, length)
            redactor = _redactor_of(secret)
            for spelling in encoding.spell(secret):
                assert spelling.strip() not in redactor.clean(f"535 you said {spelling} did you not"), secret


@pytest.mark.parametrize("length", range(4, 16))
def test_at_most_half_of_a_short_secret_is_left(length: int) -> None:
    """A piece of a short secret is redacted if it is longer than half the secret or, below 8 characters, if it is the whole secret."""
    most = length // 2 if length >= 8 else length - 1
    for number in range(100):
        secret = invented(number, max(length, 6))[:length]
        redactor = _redactor_of(secret)
        for begin in range(length):
            for end in range(begin + most + 1, length + 1):
                for piece in (secret[begin:end], secret[begin:end][::-1]):
                    left = redactor.clean(f"heard {piece} here")
                    assert MARK in left, (secret, piece)
                    assert piece.lower() not in left.lower(), (secret, piece)


@pytest.mark.parametrize("separator", [" ", ", ", "\r\n", "\t", " . ", '", "'])
def test_separators_between_characters_do_not_hide_a_secret(separator: str) -> None:
    """A secret is redacted even if its characters are separated by spaces, line breaks or punctuation."""
    redactor = _redactor_of("Cn7$kq2Zab12")

    assert "Z" not in redactor.clean(separator.join("Cn7$kq2Zab12"))


@pytest.mark.parametrize(
    "secret", ["AUTH", "LOGIN", "XOAUTH2", "Authentication", "STARTTLS", "unsuccessful", "PASSWORD"]
)
def test_a_protocol_word_does_not_change_a_reply(secret: str) -> None:
    """A secret that is also a protocol word is kept in server replies but redacted in an encoding."""
    redactor = _redactor_of(secret)

    for reply in ("AUTH LOGIN XOAUTH2", "STARTTLS", "535 5.7.3 Authentication unsuccessful", "password expired"):
        assert redactor.clean(reply) == reply
    assert secret.encode().hex() not in redactor.clean(f"you said {secret.encode().hex()}")


def test_a_megabyte_of_hostile_text_is_redacted() -> None:
    """A secret is redacted in a megabyte of text, even if the text is hostile."""
    redactor = Redactor()
    secret = invented(1, 20)
    redactor.learn(secret)
    redactor.learn("ab" * 20)
    for filler in ("x", "%41", "ab", "\\u0041", secret, " ".join(secret), secret[:-1]):
        text = filler * (1_000_000 // len(filler))
        assert secret not in redactor.clean(text)


def _redactor_of(*secrets: str) -> Redactor:
    redactor = Redactor()
    for secret in secrets:
        redactor.learn(secret)
    return redactor


def _recorded_replies() -> Iterator[str]:
    """Yield the replies in the recorded cases and in the code of the built-in tenant."""
    for file in sorted((ROOT / "tests" / "cases").glob("*.jsonl")):
        for line in file.read_text(encoding="utf-8").splitlines():
            yield str(json.loads(line).get("error_text", json.loads(line).get("text", "")))
    for file in sorted((ROOT / "fakes").rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            text = node.value if isinstance(node, ast.Constant) else None
            if isinstance(text, str) and re.search(r"\b[245]\d\d[ -]|\b[245]\.\d\.\d|AADSTS", text):
                yield text


def test_random_passwords_hardly_change_recorded_replies() -> None:
    """On average, a random password changes at most 1 % of the recorded replies. It changes none of their codes and causes."""
    replies = sorted(set(_recorded_replies()) - {""})
    assert len(replies) > 250
    together = "\n".join(replies)
    changed = 0
    for batch in range(0, 1000, 50):
        secrets = [invented(number, 6 + number % 35) for number in range(batch, batch + 50)]
        if not _redactor_of(*secrets).spans(together):
            continue
        for redactor in map(_redactor_of, secrets):
            for reply in replies:
                cleaned = redactor.clean(reply)
                changed += cleaned != reply
                assert _CODES.findall(cleaned) == _CODES.findall(reply)
                assert cleaned == reply or read(cleaned).causes == read(reply).causes
    assert changed <= len(replies) * 1000 / 100
