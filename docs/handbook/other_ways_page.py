"""Generates the page that compares the other ways to send."""

from typing import Final

from docs.handbook.markdown import MADE
from knowledge.other_ways import READ, WAYS, Way

OTHER_WAYS_PAGE: Final = "docs/other-ways.md"
_INTRODUCTION: Final = (
    "Basic authentication for SMTP AUTH is off by default in existing tenants from the end of December 2026, and is not available by\n"
    "default in tenants created after that. With OAuth for SMTP AUTH, everything else stays the same. The other ways below also\n"
    "continue to work, at the stated cost. The facts were taken from the sources on"
)


def page() -> str:
    """Return the Markdown text of the page."""
    lines = [MADE, "", "# Other ways to send", "", f"{_INTRODUCTION} {READ}.", ""]
    for way in WAYS:
        lines += _section(way)
    return "\n".join(lines)


def _section(way: Way) -> list[str]:
    rows = (("suits", way.suits), ("sign-in", way.sign_in), ("limits", way.limits), ("costs", way.costs))
    table = [f"## {way.name}", "", "| | |", "|---|---|", *(f"| {label} | {_cell(text)} |" for label, text in rows), ""]
    steps = [f"{place}. {step}" for place, step in enumerate(way.steps, 1)]
    return [*table, *steps, "", "Sources: " + ", ".join(f"<{source}>" for source in way.source), ""]


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;").replace(">", "&gt;")
