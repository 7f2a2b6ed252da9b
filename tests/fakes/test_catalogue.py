"""Tests that the fault catalogue is consistent: every gate has faults, and no two faults make the same change."""

import ast
from datetime import UTC, datetime
from pathlib import Path

import pytest

from fakes import FAULTS, UnknownFault, apply, healthy

GATES = {
    "name", "port", "greeting", "starttls", "tls", "auth_offered", "issuer", "token", "claims", "sign_in", "sender",
    "recipient", "accepted",
}  # fmt: skip
ROOMS = {"settings", "probes", "checks", "knowledge", "reports", "conftest", "run"}
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def test_every_gate_has_faults() -> None:
    """There are at least seventy faults, and every gate of the route has at least one."""
    assert len(FAULTS) >= 70
    assert {fault.gate for fault in FAULTS.values()} == GATES


@pytest.mark.parametrize("fault_id", FAULTS)
def test_fault_changes_the_world(fault_id: str) -> None:
    """Each fault changes the healthy world and has a description of one line."""
    fault = FAULTS[fault_id]
    world = healthy(NOW)

    assert fault.change(world) != world
    assert fault.changes
    assert "\n" not in fault.changes
    assert set(fault.senders) <= {"basic", "oauth"}


def test_no_two_faults_are_the_same() -> None:
    """No two faults produce the same world."""
    worlds = [fault.change(healthy(NOW)) for fault in FAULTS.values()]

    assert len({repr(world) for world in worlds}) == len(FAULTS)


def test_unknown_fault_suggests_similar_ids() -> None:
    """The error for a misspelt id suggests the closest one."""
    with pytest.raises(UnknownFault, match="secret_expired"):
        apply(healthy(), ["secret_expried"])


def test_fakes_import_nothing_from_the_product() -> None:
    """The fakes import no module of the product. If they did, they could not be used as evidence about the product."""
    root = Path(__file__).parents[2]
    for file in (root / "fakes").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            names = [one.name for one in node.names] if isinstance(node, ast.Import) else []
            names += [node.module] if isinstance(node, ast.ImportFrom) and node.module else []
            assert not ROOMS & {name.partition(".")[0] for name in names}, file
