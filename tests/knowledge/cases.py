"""Load the error texts in tests/cases, each with its accepted cause. `scoring` counts how they are read."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CASES = Path(__file__).parents[1] / "cases"
FOREIGN = "foreign"
"""The label of a text whose answer must not contain advice about Microsoft 365, such as a reply from another provider."""


@dataclass(frozen=True, slots=True)
class Case:
    """An error text, its accepted cause, and the public thread that contains the text (empty for a staged error)."""

    id: str
    client: str
    text: str
    accepted: str
    plausible: frozenset[str]
    url: str
    untouched: bool
    speaker: str = ""


def collected(row: dict[str, Any]) -> Case:
    """Return the case in a row of the files collected from public threads."""
    return Case(
        id=row["id"],
        client=row["client"],
        text=row["error_text"],
        accepted=FOREIGN if row.get("foreign") else row["accepted_cause"],
        plausible=frozenset(row["also_plausible"]),
        url=row["url"],
        untouched=row.get("set") == "untouched",
        speaker=row.get("speaker", ""),
    )


def staged(row: dict[str, Any]) -> Case:
    """Return the case in a row, whose text a .NET program produced against a server with one known fault."""
    return Case(row["id"], row["client"], row["text"], row["staged_cause"], frozenset(), "", untouched=False)


def load(name: str, case: Callable[[dict[str, Any]], Case] = collected) -> list[Case]:
    """Return the cases from one file."""
    return [case(json.loads(line)) for line in (CASES / name).read_text("utf-8").splitlines()]


GIVEN = load("given-errors.jsonl")
GIVEN_SECOND = load("given-errors-2.jsonl")
OWN = load("labelled-errors.jsonl")
COLLECTED = load("collected-errors.jsonl")
DOTNET = load("dotnet-errors.jsonl", staged)
