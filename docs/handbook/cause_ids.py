"""Generates `knowledge/cause_ids.py`, a type with the ids of all causes, so that mypy reports a misspelt id."""

from __future__ import annotations

from typing import Final

from knowledge.causes import CATALOGUE as CAUSES

MODULE: Final = "knowledge/cause_ids.py"


def module() -> str:
    """Return the source code of the module: one Literal type, with the ids in the order of the route."""
    lines = [
        '"""The ids of all causes as a type. Made by `python -m docs.handbook` from the catalogue; do not edit it by hand."""',
        "",
        "from typing import Literal",
        "",
        "CauseId = Literal[",
        *(f'    "{cause}",' for cause in CAUSES),
        "]",
    ]
    return "\n".join(lines) + "\n"
