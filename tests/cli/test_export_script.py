"""Tests that docs/tenant-export.ps1 parses, only reads from the tenant, and is short enough to be read before it is run.

PowerShell itself cannot be installed as a Python package, so the tests parse the script with a tree-sitter grammar.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from probes.lookups.questions import TABLE

tree_sitter = pytest.importorskip("tree_sitter", reason="tree-sitter has no package for this system")
tree_sitter_powershell = pytest.importorskip(
    "tree_sitter_powershell", reason="the PowerShell grammar has no package for this system"
)

if TYPE_CHECKING:
    from tree_sitter import Node

SCRIPT = Path(__file__).resolve().parents[2] / "docs" / "tenant-export.ps1"
READING = {"Get", "Test", "Select", "Where", "ForEach", "Read"}
ITS_OWN_FILE = {
    "Connect-MgGraph",
    "Connect-ExchangeOnline",
    "Disconnect-MgGraph",
    "Disconnect-ExchangeOnline",
    "ConvertTo-Json",
    "Set-Content",
    "Out-Null",
    "Write-Host",
}


def _nodes(node: Node) -> Iterator[Node]:
    yield node
    for child in node.children:
        yield from _nodes(child)


@pytest.fixture(scope="module")
def nodes() -> list[Node]:
    """All nodes of the parsed script."""
    tree = tree_sitter.Parser(tree_sitter.Language(tree_sitter_powershell.language())).parse(SCRIPT.read_bytes())
    return list(_nodes(tree.root_node))


def _text(node: Node) -> str:
    return (node.text or b"").decode()


def test_script_parses(nodes: list[Node]) -> None:
    """The whole script conforms to the PowerShell grammar."""
    assert [(_text(node)[:60], node.start_point.row + 1) for node in nodes if node.is_error or node.is_missing] == []


def test_script_only_reads(nodes: list[Node]) -> None:
    """Every command reads, opens or closes a connection, or writes output. All requests to Graph are GET requests."""
    commands = {_text(node) for node in nodes if node.type == "command_name"}
    quoted = set(re.findall(r"Read-Exchange '([\w-]+)'", SCRIPT.read_text(encoding="utf-8")))
    others = {name for name in commands | quoted if "-" in name} - ITS_OWN_FILE

    assert len(quoted) >= 9
    assert others >= {"Invoke-MgGraphRequest", "Read-Graph", "Get-CASMailbox"}
    assert {name for name in others if name.partition("-")[0] not in READING} == {"Invoke-MgGraphRequest"}
    assert set(re.findall(r"-Method (\w+)", SCRIPT.read_text(encoding="utf-8"))) == {"GET"}


def test_script_is_short() -> None:
    """The script has at most 140 lines, so that an administrator can read all of it before running it."""
    assert len(SCRIPT.read_text(encoding="utf-8").splitlines()) <= 140


def test_script_contains_every_lookup() -> None:
    """The script contains the paths, properties, cmdlets and parameter names of all the suite's lookups."""
    script = SCRIPT.read_text(encoding="utf-8").replace("''", "'")  # quotes inside quotes are doubled
    needed: list[str] = []
    for row in TABLE.values():
        if path := getattr(row, "path", ""):
            head, _, query = path.partition("?")
            needed += [part for part in re.split(r"\{[^}]*\}", head) if len(part) > 3]
            needed += re.findall(r"\$select=([\w,]+)", query)
            needed += [row.key.partition(" ")[0]] if row.key else []  # type: ignore[union-attr]
        else:
            needed += [f"'{row.cmdlet}'", *(name for name, _ in row.parameters)]  # type: ignore[union-attr]

    assert len(needed) > 40
    assert [part for part in needed if part not in script] == []
