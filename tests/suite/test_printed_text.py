"""Test that printed text passes through functions that escape control, direction and invisible characters."""

from __future__ import annotations

import ast
import json
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bootstrap.errors import printable as of_bootstrap
from fakes.__main__ import printable as of_fakes
from settings.printable import in_json, is_invisible, legible, lines, one_line
from tests.printed import FORBIDDEN, hidden_in

ROOT = Path(__file__).resolve().parents[2]
ANY_TEXT = st.text(st.one_of(st.sampled_from(FORBIDDEN), st.characters(exclude_categories=())), max_size=200)
# The calls that print text or hand it to pytest, and those whose result is fit for printing.
PRINTS = {"print", "write", "getpass", "fail", "skip", "exit", "UsageError"}
LEGIBLE = {
    *("legible", "one_line", "lines", "legible_lines", "printable", "escaped", "dumps"),
    *("listed", "listed_peers", "_description"),  # of the built-in tenant, whose lines are printable
}
PRINTING = ("plugin", "bootstrap", "knowledge", "fakes", "settings", "probes", "checks", "reports", "conftest.py")
# Calls whose texts are not printed directly, by module and the function that makes them legible.
ELSEWHERE = {
    "plugin/configure.py": "plugin.printing.legible_usage_errors, in conftest.py",
    "plugin/folders.py": "plugin.printing.legible_usage_errors, in conftest.py",
    "plugin/report_file.py": "plugin.printing.legible_usage_errors, in conftest.py",
    "bootstrap/install.py": "bootstrap.errors.say, which prints one line of this output",
    "bootstrap/environment.py": "a program for another process",
}


@given(ANY_TEXT)
def test_no_forbidden_character_passes(text: str) -> None:
    """The output of each function that makes text legible contains no forbidden character, whatever the text."""
    for function in (legible, one_line, lines, of_fakes, of_bootstrap):
        assert hidden_in(function(text)) == set(), function
    assert "\n" not in one_line(text)
    assert lines(text).count("\n") == text.count("\n")


@given(ANY_TEXT)
def test_json_keeps_its_content(text: str) -> None:
    """Escaping the forbidden characters in JSON does not change its content, and the result can be encoded as UTF-8."""
    written = in_json(json.dumps({"text": text}, indent=1, ensure_ascii=False))

    assert json.loads(written) == json.loads(json.dumps({"text": text}))
    assert hidden_in(written) == set()
    assert written.encode()


@pytest.mark.parametrize("character", FORBIDDEN, ids=lambda one: f"U+{ord(one):04X}")
def test_every_forbidden_character_is_recognised(character: str) -> None:
    """Each forbidden character is written as an escape."""
    assert one_line(f"a{character}b") in {f"a\\x{ord(character):02x}b", f"a\\u{ord(character):04x}b"}
    assert is_invisible(character)


def test_ordinary_text_is_unchanged() -> None:
    """Letters of any script, accents, symbols and spaces stay as they are."""
    text = "Größe 日本語 עברית العربية ñ 50 % “x” → 😀 \u00a0."

    assert legible(text) == lines(text) == in_json(text) == text
    assert not any(is_invisible(one) for one in text if unicodedata.category(one) != "Cf")


@pytest.mark.parametrize("place", PRINTING)
def test_everything_that_prints_makes_its_text_legible(place: str) -> None:
    """Outside the listed modules, a call that prints takes only constants and the results of functions that make text legible."""
    files = [ROOT / place] if place.endswith(".py") else sorted((ROOT / place).rglob("*.py"))
    found = [
        f"{name}:{node.lineno}: {ast.unparse(node)}"
        for file in files
        if (name := file.relative_to(ROOT).as_posix()) not in ELSEWHERE
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and _prints(node) and not all(_is_legible(one) for one in node.args)
    ]

    assert found == []


def _prints(call: ast.Call) -> bool:
    name = _name(call.func)
    if name == "write":  # of a stream; files that are not printed have other names
        return any(word in ast.unparse(call.func) for word in ("stdout", "stderr", "stream"))
    if name in {"fail", "skip", "exit"}:
        return ast.unparse(call.func).startswith("pytest.")
    return name in PRINTS


def _is_legible(node: ast.expr) -> bool:
    if isinstance(node, ast.Constant):
        return True
    if isinstance(node, ast.Call):
        return _name(node.func) in LEGIBLE or ast.unparse(node.func) == "strict_json.write"  # writes ASCII by default
    if isinstance(node, ast.JoinedStr):
        return all(_is_legible(part.value if isinstance(part, ast.FormattedValue) else part) for part in node.values)
    if isinstance(node, ast.Starred) and isinstance(node.value, ast.GeneratorExp):
        return _is_legible(node.value.elt)
    if isinstance(node, ast.IfExp):
        return _is_legible(node.body) and _is_legible(node.orelse)
    return False


def _name(function: ast.expr) -> str:
    return (
        function.id if isinstance(function, ast.Name) else function.attr if isinstance(function, ast.Attribute) else ""
    )
