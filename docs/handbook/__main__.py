"""`python -m docs.handbook`: writes the documentation that is generated from the catalogues; `--check` reports differences.

`check_pages`, `cause_pages` and `declared_page` build the texts; this module maps them to files.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from checks.catalogue import CATALOGUE as CHECKS
from docs.handbook import cause_ids, cause_pages, check_pages, declared_page
from docs.handbook.markdown import DECLARED_PAGE, GROUPS_PAGE, MADE, cause_page, check_page, link
from knowledge.causes import CATALOGUE as CAUSES

ROOT: Final = Path(__file__).resolve().parents[2]
README: Final = "README.md"
INDEX: Final = "docs/README.md"
OWNED: Final = ("docs/checks", "docs/causes")  # folders that contain nothing else
# The hand-written documents, in the order of the index, with the words of their links and what they are about.
DOCUMENTS: Final = {
    README: ("README", "how to run the checks, and how to read a report"),
    "docs/lookups.md": ("Lookups", "read access to the tenant's own settings, and its permissions"),
    "docs/lookup-table.md": ("Lookup table", "each fault of the tenant, without lookups and with them"),
    "docs/fleet.md": ("Many senders, many hosts", "patterns, tags, and one overview of many reports"),
    "docs/fakes.md": ("The built-in tenant", "how other programs use it"),
    "docs/clients.md": ("Clients", "the result of each mail and token client with the built-in tenant"),
    "docs/tenant-export.ps1": ("Export script", "the PowerShell script for `--tenant-export`"),
    "docs/licences.md": ("Licences", "dependencies, their licences and import times"),
    "bench/README.md": ("Benchmarks", "what is measured, and the bars"),
    "CONTRIBUTING.md": ("Contributing", "a map of the code, a glossary, and recipes"),
    "SECURITY.md": ("Security", "how to report a vulnerability, and what the suite promises about secrets"),
    "CHANGELOG.md": ("Changelog", "what changed for users"),
}
BEGIN: Final = "<!-- checks: made by `python -m docs.handbook` -->"
END: Final = "<!-- /checks -->"


class NoMarkers(Exception):  # noqa: N818 - reads as what happened
    """Raised when README.md lacks the two markers around the table of checks."""


def pages() -> dict[str, str]:
    """Return every generated page by its path relative to the root. README.md is not included: only part of it is generated."""
    made = {INDEX: index()}
    made |= {check_page(check.id): check_pages.page(check) for check in CHECKS.checks.values()}
    made |= {cause_page(cause.id): cause_pages.page(cause) for cause in CAUSES.values()}
    made[GROUPS_PAGE] = cause_pages.groups_page()
    made[DECLARED_PAGE] = declared_page.page()
    return made


def index() -> str:
    """Return the index page of the documentation."""
    groups = link("replies with several possible causes", GROUPS_PAGE, INDEX)
    lines = [MADE, "", "# Documentation", ""]
    lines += [f"- {link(name, target, INDEX)}: {text}" for target, (name, text) in DOCUMENTS.items()]
    lines += ["", "## Checks", "", *check_pages.checks_table(INDEX), ""]
    lines += ["## Causes", "", f"In the order of the route. Some causes give the same reply: {groups}.", ""]
    own = link("the causes of a declared service", DECLARED_PAGE, INDEX)
    lines += [f"For a mail server that the settings declare, the texts use no term of Microsoft's: {own}.", ""]
    lines += cause_pages.causes_table(INDEX)
    return "\n".join(lines) + "\n"


def with_table(readme: str) -> str:
    """Return the text of README.md with the table of checks between its markers. Raises NoMarkers."""
    before, begin, rest = readme.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise NoMarkers(f"{README} needs the line {BEGIN} and, below it, {END}")
    return "\n".join([f"{before}{begin}", "", *check_pages.checks_table(README), "", f"{end}{after}"])


def documents(root: Path) -> dict[str, bytes]:
    """Return every generated file under `root`, including README.md. Raises NoMarkers, and OSError if README.md cannot be read."""
    texts = {**pages(), README: with_table((root / README).read_bytes().decode("utf-8"))}
    texts[cause_ids.MODULE] = cause_ids.module()
    return {name: text.encode("utf-8") for name, text in texts.items()}


def differences(root: Path) -> list[str]:
    """Return one line for each document that differs; empty if all documents are current."""
    wanted = documents(root)
    lines = [
        f"{'differs' if (root / name).is_file() else 'missing'}: {name}"
        for name, content in wanted.items()
        if not (root / name).is_file() or (root / name).read_bytes() != content
    ]
    return lines + [f"unexpected file: {name}" for name in _strays(root, set(wanted))]


def write(root: Path) -> list[str]:
    """Write the documents that differ, remove pages without a catalogue entry, and return one line for each file."""
    wanted = documents(root)
    done = []
    for name, content in wanted.items():
        file = root / name
        if not file.is_file() or file.read_bytes() != content:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
            done.append(f"written: {name}")
    for name in _strays(root, set(wanted)):
        if (root / name).read_bytes().startswith(MADE.encode()):
            (root / name).unlink()
            done.append(f"removed: {name}")
        else:
            done.append(f"kept, because it is not generated: {name}")
    return done


def _strays(root: Path, wanted: set[str]) -> list[str]:
    found = [file for folder in OWNED for file in (root / folder).rglob("*") if file.is_file()]
    return sorted(name for file in found if (name := file.relative_to(root).as_posix()) not in wanted)


def main(arguments: Sequence[str] | None = None, root: Path = ROOT) -> int:
    """Run the command. Returns 0 if all documents are current at the end, 1 if `--check` found a difference."""
    parser = argparse.ArgumentParser(prog="python -m docs.handbook", description="Generates the documents.")
    parser.add_argument("--check", action="store_true", help="write nothing; name what differs and exit with 1")
    checking = parser.parse_args(arguments).check
    try:
        lines = differences(root) if checking else write(root)
    except NoMarkers as mistake:
        lines, checking = [str(mistake)], True
    else:
        if lines and checking:
            lines.append("to update them: .venv/bin/python -m docs.handbook")
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    return 1 if lines and checking else 0


if __name__ == "__main__":
    sys.exit(main())
