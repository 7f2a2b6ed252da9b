"""Any text gets an answer, and even a long text is read quickly."""

import os
import random
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge.causes import CATALOGUE
from knowledge.normalise import LONGEST, normalise
from knowledge.reading import RULES, read
from tests.knowledge.cases import GIVEN, OWN

DEEP = os.environ.get("SMTP365_DEEP") == "1"
# A deep run reads 200,000 texts unless SMTP365_EXAMPLES sets a different number.
EXAMPLES = int(os.environ.get("SMTP365_EXAMPLES", "200000" if DEEP else "1600"))
MEGABYTE = 1_000_000

_FRAGMENTS = [
    *(case.text for case in (*GIVEN, *OWN)),
    *(phrase for rule in RULES for phrase in rule.says[:3]),
    "220 ", "235 2.7.0 Authentication successful", "5.7.139", "aadsts", "AADSTS50126",
    "\\u", "\\n", "&amp;", "&#x", "=\r\n", "=3D", "%3a", "<a ", "\x00", "\ud800", "\u202e",
]  # fmt: skip
_MIXED = st.lists(st.one_of(st.sampled_from(_FRAGMENTS), st.text(max_size=40)), max_size=12).map("".join)


@settings(max_examples=EXAMPLES // 4, deadline=None, database=None)
@given(st.one_of(st.text(), _MIXED), st.one_of(st.none(), st.text(max_size=30)))
def test_any_text_gets_an_answer(text: str, client: str | None) -> None:
    """No text causes an exception, an unknown cause or a conclusive answer with several causes."""
    reading = read(text, client)

    assert reading.causes
    assert set(reading.causes) <= set(CATALOGUE)
    assert len(set(reading.causes)) == len(reading.causes)
    assert not reading.sure or len(reading.causes) == 1
    assert len(reading.quoted) <= 300
    assert reading == read(text, client)


def test_spliced_real_errors_get_an_answer() -> None:
    """Text spliced from real errors, which matches rules more often than random text does, leads only to known causes."""
    chance = random.Random(365)  # noqa: S311 - seeded, so that a failure is reproducible

    for number in range(EXAMPLES - EXAMPLES // 4):
        parts = [chance.choice(_FRAGMENTS) for _ in range(chance.randrange(1, 5))]
        text = "".join(
            piece[chance.randrange(len(piece) + 1) :] + chance.choice(("", " ", "\n", "\\n", "&quot;"))
            for piece in parts
        )
        reading = read(text)

        assert set(reading.causes) <= set(CATALOGUE), f"{number}: {text!r}"
        assert not reading.sure or len(reading.causes) == 1, f"{number}: {text!r}"


ADVERSARIAL = [
    pytest.param("a", id="one letter"),
    pytest.param(" \n", id="empty lines"),
    pytest.param("<a ", id="tags that never close"),
    pytest.param("&amp;", id="entities"),
    pytest.param("&#38;#38;", id="entities in entities"),
    pytest.param("\\", id="backslashes"),
    pytest.param("\\u0041", id="JSON escapes"),
    pytest.param("=3D=\r\n", id="quoted-printable"),
    pytest.param("%20", id="URL escapes"),
    pytest.param("220 ", id="greetings"),
    pytest.param("5.7.", id="codes that never end"),
    pytest.param("535 5.7.3 ", id="codes"),
    pytest.param("expected cn= ", id="certificates"),
    pytest.param("enotfound a.", id="names"),
    pytest.param("error\n", id="lines with an error word"),
    pytest.param("AADSTS1234567 ", id="numbers"),
    pytest.param("\u0301\u0316", id="combining marks"),
    pytest.param("\ufdfa", id="a letter that normalises to eighteen"),
    pytest.param("连接超时", id="Chinese"),
    pytest.param("\ud800", id="half a surrogate pair"),
]


@pytest.mark.parametrize("piece", ADVERSARIAL)
def test_megabyte_is_read_in_under_a_second(piece: str) -> None:
    """A megabyte of repetitive text is read in under a second."""
    text = (piece * (MEGABYTE // len(piece) + 1))[:MEGABYTE]

    started = time.perf_counter()
    read(text)
    taken = time.perf_counter() - started

    assert taken < 1.0


@pytest.mark.parametrize("piece", ADVERSARIAL)
def test_searched_text_is_bounded(piece: str) -> None:
    """The length of the text that the rules search is bounded, however long the input is."""
    simple = normalise((piece * (MEGABYTE // len(piece) + 1))[:MEGABYTE])

    assert len(simple.flat) <= 3 * LONGEST
    assert len(simple.tight) <= 3 * LONGEST


def test_error_in_the_middle_of_a_long_log_is_found() -> None:
    """Lines that contain an error are kept when a long log is shortened."""
    noise = "2026-11-23 12:00:00 INFO nothing happens here\n" * 20_000
    text = noise + "535 5.7.139 Authentication unsuccessful, account locked. Contact your administrator.\n" + noise

    assert read(text).causes == ("account_locked",)
