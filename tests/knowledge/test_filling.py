"""Placeholders are replaced by their values, hostile values are harmless, and missing values are marked."""

import shlex

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge.cause import PLACEHOLDERS
from knowledge.causes import CATALOGUE
from knowledge.placeholders import fill, fill_lines
from knowledge.step import Known, Step, arranged

HOSTILE = [
    pytest.param("x'; Remove-Mailbox *; '", id="quote and command"),
    pytest.param("x\u2019; Remove-Mailbox *; \u2018", id="typographic quotes, which PowerShell accepts as well"),
    pytest.param("x\nRemove-Mailbox *", id="line break"),
    pytest.param("$(Remove-Mailbox *)", id="subexpression"),
    pytest.param("`whoami`", id="backticks"),
    pytest.param("{tenant}", id="another placeholder"),
    pytest.param("\u202e@moc.elpmaxe", id="text direction"),
]


def _powershell_literal(text: str) -> str:
    """Return the value of a single-quoted PowerShell literal, following PowerShell's rules (about_Quoting_Rules)."""
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


def test_value_is_plain_in_prose_and_quoted_in_a_command() -> None:
    """A placeholder is replaced by plain text in a sentence and by a quoted literal in a command."""
    filled = fill(
        "Open {account}: `Get-Mailbox -Identity {account}` or `$ id {account}`", {"account": "o'neil@example.com"}
    )

    assert (
        filled
        == "Open o'neil@example.com: `Get-Mailbox -Identity 'o''neil@example.com'` or `$ id 'o'\"'\"'neil@example.com'`"
    )


def test_missing_value_is_marked() -> None:
    """A missing value is replaced by a marker that cannot be mistaken for a value."""
    assert fill("Ask {account}: `Get-Mailbox {account}`", {"account": ""}) == "Ask <account>: `Get-Mailbox '<account>'`"


@pytest.mark.parametrize("value", HOSTILE)
def test_hostile_value_stays_one_literal(value: str) -> None:
    """A hostile value becomes a single literal in the command and adds no second line."""
    command = fill("`{account}`", {"account": value, "tenant": "never"}).removeprefix("`").removesuffix("`")

    _powershell_literal(command)
    assert "\n" not in command
    assert "never" not in command


@settings(database=None, deadline=None)
@given(st.text(max_size=400))
def test_any_value_is_one_literal_in_either_shell(value: str) -> None:
    """Any value is a single argument under the quoting rules of both PowerShell and POSIX shells."""
    powershell = fill("`{account}`", {"account": value})[1:-1]
    posix = fill("`$ id {account}`", {"account": value})[1:-1]

    _powershell_literal(powershell)
    assert len(shlex.split(posix)) == 3


LINES = (
    "For every sender.",
    Step("By password.", when="basic"),
    Step("By token.", when="oauth"),
    Step("Not {account}.", when="from_differs"),
)


@pytest.mark.parametrize(
    ("values", "filled"),
    [
        pytest.param({}, ("For every sender.", "By password.", "By token.", "Not <account>."), id="nothing known"),
        pytest.param(
            {"method": "basic", "account": "a@x.example", "from_address": "A@x.example"},
            ("For every sender.", "By password."),
            id="password, From is the account",
        ),
        pytest.param(
            {"method": "oauth", "account": "a@x.example", "from_address": "b@x.example"},
            ("For every sender.", "By token.", "Not a@x.example."),
            id="application, From differs",
        ),
    ],
)
def test_lines_for_other_senders_are_left_out(values: dict[str, str], filled: tuple[str, ...]) -> None:
    """Lines that do not apply to the sender are left out. If nothing is known about the sender, all lines are shown."""
    assert fill_lines(LINES, values) == filled


def test_steps_are_selected_by_method_and_by_fact() -> None:
    """`fill_lines` selects steps by authentication method, and `arranged` selects them by the facts of the run."""
    steps = fill_lines((*LINES, Step("Change the password.", when="password_sent")), {"method": "oauth"})

    assert arranged(steps, Known()) == ("For every sender.", "By token.", "Not <account>.")
    assert arranged(steps, Known(facts=frozenset({"password_sent"})))[-1] == "Change the password."


def test_every_entry_is_filled_completely() -> None:
    """If all values are known, the filled steps, verification and hints contain no placeholder and no marker."""
    values = dict.fromkeys(PLACEHOLDERS, "value")

    unfilled = {
        entry.id: text
        for entry in CATALOGUE.values()
        for text in (*fill(entry, values).steps, fill(entry, values).verify, *fill(entry, values).decide)
        if any(f"{{{name}}}" in text or f"<{name}>" in text for name in PLACEHOLDERS)
    }

    assert not unfilled
