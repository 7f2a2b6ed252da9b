"""Load `addresses.txt`, the hand-written table of the roles that each text mentions, and find the roles in a text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

Roles = frozenset[str]
MAIL: Roles = frozenset({"account", "from", "recipient"})
NAMES = {
    "account": "account",
    "from_address": "from",
    "recipient": "recipient",
    "client_id": "application",
    "sp_object_id": "principal",
}
EXAMPLES = {"noreply@yourdomain.com", "alerts@example.com"}  # literals in the templates, which belong to no sender
_ADDRESS = re.compile(r"[\w.+'-]+@[\w-]+(?:\.[\w-]+)+")
FIELDS = ("title", "meaning", "steps", "verify", "decide")


def _read(text: str) -> tuple[dict[str, dict[str, Roles]], dict[str, dict[str, Roles]], dict[str, Roles]]:
    causes: dict[str, dict[str, Roles]] = {}
    declared: dict[str, dict[str, Roles]] = {}
    groups: dict[str, Roles] = {}
    cause: dict[str, Roles] = {}
    for line in text.splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        first, *rest = line.split()
        if first == "group":
            groups[rest[0]] = frozenset(rest[1:])
        elif first == "declared":
            cause = declared.setdefault(rest[0], {})
        elif line.startswith(" "):
            cause[first] = frozenset(rest)
        else:
            cause = causes.setdefault(first, {})
    return causes, declared, groups


CAUSES, DECLARED, GROUPS = _read(Path(__file__).with_suffix(".txt").read_text(encoding="utf-8"))


def expected(cause: str, field: str, method: str) -> Roles:
    """Return exactly the roles that this field of the cause must mention."""
    row = CAUSES[cause]
    return row.get(f"{field}/{method}", row.get(field, frozenset()))


def named(lines: Iterable[str], values: Mapping[str, str]) -> Roles:
    """Return the roles whose value, or whose marker for a missing value, appears in these lines."""
    text = "\n".join(lines)
    return frozenset(role for name, role in NAMES.items() if _contains(values.get(name) or f"<{name}>", text))


def foreign(lines: Iterable[str], values: Mapping[str, str]) -> set[str]:
    """Return the email addresses in these lines that belong neither to this sender nor to the examples."""
    own = {values[name] for name in NAMES if values.get(name)}
    return {found.strip("'") for found in _ADDRESS.findall("\n".join(lines))} - own - EXAMPLES


def _contains(value: str, text: str) -> bool:
    return bool(re.search(rf"(?<![\w.@+-]){re.escape(value)}(?![\w@-]|\.\w)", text))
