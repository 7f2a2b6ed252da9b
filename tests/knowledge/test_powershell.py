"""Tests that the PowerShell commands in remedies can be parsed and use only the commands and parameters listed in a table."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from knowledge.cause import Cause
from knowledge.causes import CATALOGUE, declared
from knowledge.groups import GROUPS
from knowledge.other_ways import WAYS

tree_sitter = pytest.importorskip("tree_sitter", reason="tree-sitter has no package for this system")
tree_sitter_powershell = pytest.importorskip(
    "tree_sitter_powershell", reason="the PowerShell grammar has no package for this system"
)

if TYPE_CHECKING:
    from tree_sitter import Node

_TABLE = Path(__file__).with_name("powershell.txt").read_text(encoding="utf-8")
ROWS = [line.split() for line in _TABLE.splitlines() if line and not line.startswith(("#", "source "))]
ALLOWED = {row[0].casefold(): frozenset(word.casefold() for word in row[1:]) for row in ROWS}
# The grammar knows lists of words without quotation marks only without spaces, and not before a pipe.
_WORDS = re.compile(r"(?<=[\s])([A-Za-z][\w.]*\*?)((?:,\s*[A-Za-z][\w.]*\*?)+)(?=\s|$)")


def _texts(cause: Cause) -> tuple[str, ...]:
    return (cause.meaning, *cause.steps, cause.verify, cause.propagation, cause.risk, *cause.decide)


def _all_texts() -> Iterator[str]:
    for cause in (*CATALOGUE.values(), *declared().values(), *declared(at_login=True).values()):
        yield from _texts(cause)
    for group in GROUPS.values():
        yield from group.decide
    for way in WAYS:
        yield from way.steps


def _commands() -> list[str]:
    found = {command for text in _all_texts() for command in re.findall(r"`([^`]+)`", text)}
    return sorted(
        command for command in found if (not command.startswith("$ ") and command[0].isalpha()) or command[:1] == "("
    )


COMMANDS = _commands()


def _nodes(node: Node) -> Iterator[Node]:
    yield node
    for child in node.children:
        yield from _nodes(child)


def _parsed(command: str) -> Node:
    filled = re.sub(r"\{[a-z_]+\}", "'value'", command)
    quoted = _WORDS.sub(lambda found: ", ".join(f"'{word.strip()}'" for word in found.group().split(",")), filled)
    root: Node = (
        tree_sitter.Parser(tree_sitter.Language(tree_sitter_powershell.language())).parse(quoted.encode()).root_node
    )
    return root


def _text(node: Node) -> str:
    return (node.text or b"").decode()


def _used(command: Node) -> tuple[str, set[str]]:
    """Return the name of a command and its parameters, without those of commands nested in its arguments."""

    def own(node: Node) -> Iterator[Node]:
        for child in node.children:
            if child.type != "command":
                yield child
                yield from own(child)

    name = next(_text(node) for node in own(command) if node.type in {"command_name", "command_name_expr"})
    parameters = (_text(node) for node in own(command) if node.type == "command_parameter")
    return name, {parameter.lstrip("-").partition(":")[0] for parameter in parameters}


def test_there_are_commands() -> None:
    """The remedies contain at least 60 commands, and a source precedes the first row of the table."""
    assert len(COMMANDS) >= 60
    assert _TABLE.index("source https://") < _TABLE.index(ROWS[0][0])


@pytest.mark.parametrize("command", COMMANDS)
def test_command_parses(command: str) -> None:
    """A command conforms to the PowerShell grammar."""
    assert [_text(node) for node in _nodes(_parsed(command)) if node.is_error or node.is_missing] == []


@pytest.mark.parametrize("command", COMMANDS)
def test_command_uses_known_parameters(command: str) -> None:
    """A command uses only the commands and parameters that the table lists."""
    for node in _nodes(_parsed(command)):
        if node.type == "command":
            name, parameters = _used(node)
            assert name.casefold() in ALLOWED, name
            assert {one for one in parameters if one.casefold() not in ALLOWED[name.casefold()]} == set(), name
