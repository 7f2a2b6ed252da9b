"""Values are filled where they belong, hostile ones do no harm, and a missing one is shown as missing."""

import shlex

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge.cause import PLACEHOLDERS, Only
from knowledge.causes import CATALOGUE
from knowledge.placeholders import fill, fill_lines

HOSTILE = [
    pytest.param("x'; Remove-Mailbox *; '", id="quote and command"),
    pytest.param("x\u2019; Remove-Mailbox *; \u2018", id="typographic quotes, which PowerShell takes too"),
    pytest.param("x\nRemove-Mailbox *", id="line end"),
    pytest.param("$(Remove-Mailbox *)", id="subexpression"),
    pytest.param("`whoami`", id="backticks"),
    pytest.param("{tenant}", id="another placeholder"),
    pytest.param("\u202e@moc.elpmaxe", id="text direction"),
]


def _powershell_literal(text: str) -> str:
    """Read a PowerShell single-quoted literal as PowerShell does (about_Quoting_Rules)."""
    quotes = "'\u2018\u2019\u201a\u201b"
    assert text[0] in quotes
    value, place = "", 1
    while place < len(text):
        if text[place] in quotes:
            if place + 1 < len(text) and text[place + 1] in quotes:
                value += text[place]
                place += 2
                continue
            assert place == len(text) - 1, f"the literal ends early: {text}"
            return value
        value += text[place]
        place += 1
    raise AssertionError("the literal does not end")


def test_a_value_stands_plain_in_prose_and_quoted_in_a_command() -> None:
    """The same placeholder is a word in a sentence and a literal in a command."""
    filled = fill(
        "Open {account}: `Get-Mailbox -Identity {account}` or `$ id {account}`", {"account": "o'neil@example.com"}
    )

    assert (
        filled
        == "Open o'neil@example.com: `Get-Mailbox -Identity 'o''neil@example.com'` or `$ id 'o'\"'\"'neil@example.com'`"
    )


def test_a_missing_value_is_marked() -> None:
    """Nobody takes a marker for a value."""
    assert fill("Ask {account}: `Get-Mailbox {account}`", {"account": ""}) == "Ask <account>: `Get-Mailbox '<account>'`"


@pytest.mark.parametrize("value", HOSTILE)
def test_a_hostile_value_stays_one_literal(value: str) -> None:
    """Whatever a value holds, the command gets one literal and no second line."""
    command = fill("`{account}`", {"account": value, "tenant": "never"}).removeprefix("`").removesuffix("`")

    _powershell_literal(command)
    assert "\n" not in command
    assert "never" not in command


@settings(database=None, deadline=None)
@given(st.text(max_size=400))
def test_any_value_is_one_literal_in_either_shell(value: str) -> None:
    """PowerShell and POSIX alike read back one argument."""
    powershell = fill("`{account}`", {"account": value})[1:-1]
    posix = fill("`$ id {account}`", {"account": value})[1:-1]

    _powershell_literal(powershell)
    assert len(shlex.split(posix)) == 3


LINES = (
    "For every one.",
    Only("basic", "By password."),
    Only("oauth", "By token."),
    Only("from_differs", "Not {account}."),
)


@pytest.mark.parametrize(
    ("values", "left"),
    [
        pytest.param({}, ("For every one.", "By password.", "By token.", "Not <account>."), id="nothing known"),
        pytest.param(
            {"method": "basic", "account": "a@x.example", "from_address": "A@x.example"},
            ("For every one.", "By password."),
            id="password, From is the account",
        ),
        pytest.param(
            {"method": "oauth", "account": "a@x.example", "from_address": "b@x.example"},
            ("For every one.", "By token.", "Not a@x.example."),
            id="application, From is another",
        ),
    ],
)
def test_a_line_for_some_senders_is_left_out_for_the_others(values: dict[str, str], left: tuple[str, ...]) -> None:
    """A sender with a password gets no step of an application; where nothing is known, every line is shown."""
    assert fill_lines(LINES, values) == left


def test_every_entry_fills_completely() -> None:
    """With all values known no placeholder and no marker is left in any entry."""
    values = dict.fromkeys(PLACEHOLDERS, "value")

    left = {
        entry.id: text
        for entry in CATALOGUE.values()
        for text in (*fill(entry, values).steps, fill(entry, values).verify, *fill(entry, values).decide)
        if any(f"{{{name}}}" in text or f"<{name}>" in text for name in PLACEHOLDERS)
    }

    assert not left
