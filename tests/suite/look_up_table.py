"""Write docs/lookup-table.md, which compares the causes found with and without lookups for faults in the tenant.

`python -m tests.suite.look_up_table` writes the page from the fault catalogue, whose rows are checked by the matrix tests.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from checks.catalogue import CATALOGUE
from fakes import Fault
from fakes.faults import EVERY_FAULT
from fakes.faults.fault import Expected
from fakes.faults.lookups import GATE

TABLE = Path(__file__).resolve().parents[2] / "docs" / "lookup-table.md"
HEAD = """<!-- made by `python -m tests.suite.look_up_table` -->

# Faults in the tenant, with and without lookups

The table lists the causes that decide a sender's verdict, starting with the most likely. A single cause is certain. If the sender can
send despite the fault, the table lists the checks that are at risk or unknown.

| fault | difference | without lookups | with lookups |
| --- | --- | --- | --- |
"""


def table() -> str:
    """Return the text of docs/lookup-table.md."""
    faults = [fault for fault in EVERY_FAULT.values() if fault.expected_with_lookups is not None]
    shown = [fault for fault in faults if fault.gate == GATE or _changed_by_lookups(fault)]
    return HEAD + "".join(f"{_row(fault)}\n" for fault in shown)


def _changed_by_lookups(fault: Fault) -> bool:
    """Return whether lookups change the decisive causes, for example from several to one."""
    return _decisive_causes(fault.expected) != _decisive_causes(fault.expected_with_lookups or ())


def _row(fault: Fault) -> str:
    return f"| `{fault.id}` | {fault.changes} | {_cell(fault.expected)} | {_cell(fault.expected_with_lookups or ())} |"


def _decisive_causes(rows: Iterable[Expected]) -> list[tuple[str, ...]]:
    """Return the causes in the failed rows of checks that have a gate."""
    return [row.causes for row in rows if row.verdict == "fail" and CATALOGUE.checks[row.check].gate is not None]


def _cell(rows: tuple[Expected, ...]) -> str:
    decisive = _decisive_causes(rows)
    if decisive:
        return "<br>".join(", ".join(f"`{cause}`" for cause in causes) for causes in dict.fromkeys(decisive))
    others = [f"{row.check} {row.verdict}" for row in rows if row.verdict != "not_applicable"]
    return ", ".join(others) or "healthy"


if __name__ == "__main__":
    TABLE.write_text(table(), encoding="utf-8", newline="\n")
