"""Numbers, times and JSON from other programs are parsed strictly, and every parser can read the JSON that is written."""

from __future__ import annotations

import json
import math
import tomllib
from datetime import UTC, datetime

import pytest

from settings import strict_json
from settings.strict_values import message_time, port_number, utc_time, whole


@pytest.mark.parametrize(
    "text", ["\u00b2", "\uff12\uff12\uff10", "\u0662\u0663\u0665", "+1", "-1", " 1", "1_0", "", "1" * 400, "0x1"]
)
def test_only_ascii_digits_are_a_number(text: str) -> None:
    """Superscript, full-width and Arabic digits, signs, spaces, underscores and very long numbers are not accepted."""
    assert whole(text) is None
    assert port_number(text) is None


def test_numbers_are_read_within_their_bounds() -> None:
    """Leading zeros are accepted, but a number above the maximum is not."""
    assert (whole("0"), whole("220"), whole("007"), whole("1000", 999)) == (0, 220, 7, None)
    assert (port_number("0"), port_number("587"), port_number("65536")) == (None, 587, None)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-27T12:00:00", datetime(2026, 11, 27, 12, tzinfo=UTC)),
        ("2026-11-27T12:00:00+02:00", datetime(2026, 11, 27, 10, tzinfo=UTC)),
        ("9999-12-31T23:59:59-23:59", None),
        ("0001-01-01T00:00:00+23:59", None),
        ("2026-02-30", None),
        ("\u0662\u0660\u0662\u0666-01-01", None),
        ("2026-11-27" + "0" * 1000, None),
    ],
)
def test_times_have_a_zone_or_are_in_utc(text: str, moment: datetime | None) -> None:
    """A time without a zone is taken to be in UTC. An invalid time, and one that UTC cannot express, give None."""
    assert utc_time(text) == moment


@pytest.mark.parametrize(
    "text",
    [
        "Fri, 31 Dec 9999 23:59:59 -2359",
        "Fri, 99 Jan 2026 00:00:00 GMT",
        "",
        "x",
        "0" * 5000,
        "Mon, 1 Jan 1 0:0:0 +9999",
    ],
)
def test_a_date_that_does_not_exist_is_no_date(text: str) -> None:
    """An invalid date in a header, and one that UTC cannot express, give None."""
    assert message_time(text) is None


@pytest.mark.parametrize(
    "number", ["NaN", "Infinity", "-Infinity", "1e999", "-1e999", "9" * 400, "9" * 5000, "-" + "9" * 400]
)
def test_unusual_numbers_count_as_missing(number: str) -> None:
    """A number that is not finite or has hundreds of digits becomes null, and the rest of the document is parsed."""
    assert strict_json.parse(f'{{"a": {number}, "b": 1}}') == {"a": None, "b": 1}


@pytest.mark.parametrize("text", ["[" * 100_000, '{"a":' * 100_000, "[" * 65 + "]" * 65, '{"a":' * 65 + "1" + "}" * 65])
def test_deep_nesting_is_not_json(text: str) -> None:
    """JSON that is nested too deeply raises the same exception as text that is not JSON."""
    with pytest.raises(strict_json.NotJsonError, match="deep"):
        strict_json.parse(text)


def test_brackets_in_strings_are_not_nesting() -> None:
    """Brackets in strings and lists side by side are not counted as nesting."""
    many = ["[" * 1000, '\\"[{' * 1000, *([[]] * 1000)]

    assert strict_json.parse(json.dumps(many)) == many


@pytest.mark.parametrize(
    "text", ["", "{", "{'a': 1}", '"\\', '"' + '\\"' * 50_000, "\x00", b"\xff\xfe", b"\xef\xbb\xbf{"]
)
def test_other_texts_are_not_json(text: str | bytes) -> None:
    """Text that is not JSON is refused with a message of one line."""
    with pytest.raises(strict_json.NotJsonError) as problem:
        strict_json.parse(text)

    assert len(str(problem.value).splitlines()) == 1


@pytest.mark.parametrize(
    "text", ["a = " + "[" * 100_000, "a = " + "9" * 5000, "a = 2026-01-01T00:00:00+99:99", "a = 0x" + "f" * 9999 + "g"]
)
def test_unusual_toml_is_invalid_toml(text: str) -> None:
    """TOML with deep nesting, a very long number or an impossible time zone raises the exception for invalid TOML."""
    with pytest.raises(tomllib.TOMLDecodeError):
        strict_json.parse_toml(text)


def test_written_json_has_no_infinity() -> None:
    """A float that is not finite is written as null, so that every parser can read the results."""
    text = strict_json.write({"a": [math.inf, -math.inf, math.nan, 1.5], "b": (1,)}, indent=1)

    assert json.loads(text, parse_constant=pytest.fail) == {"a": [None, None, None, 1.5], "b": [1]}
