"""`python -m docs.handbook` writes the documentation that is generated from the catalogues; `--check` reports differences.

The other modules of this package generate the text, and this module writes the files.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from checks.catalogue import CATALOGUE as CHECKS
from docs.handbook import (
    cause_ids,
    cause_pages,
    check_pages,
    declared_page,
    encodings_page,
    hostile_page,
    other_ways_page,
)
from docs.handbook.markdown import DECLARED_PAGE, ENCODINGS_PAGE, GROUPS_PAGE, MADE, cause_page, check_page, link
from knowledge.causes import CATALOGUE as CAUSES

ROOT: Final = Path(__file__).resolve().parents[2]
README: Final = "README.md"
INDEX: Final = "docs/README.md"
OWNED: Final = ("docs/checks", "docs/causes")  # folders that contain nothing else
# The documents except for checks and causes, in the order of the index, with the text of each link and a description.
DOCUMENTS: Final = {
    README: ("README", "how to run the checks, and how to read a report"),
    "docs/lookups.md": ("Lookups", "read access to the tenant's own settings, and the permissions that it needs"),
    "docs/lookup-table.md": ("Lookup table", "the result for each fault in the tenant, with and without lookups"),
    "docs/other-ways.md": (
        "Other ways to send",
        "what keeps working without Basic authentication, and what each way costs",
    ),
    "docs/fleet.md": ("Many senders, many hosts", "patterns, tags, and one overview of many reports"),
    "docs/fakes.md": ("The built-in tenant", "how other programs use it"),
    "docs/hostile-peers.md": ("Hostile peers", "servers of the built-in tenant that break a protocol on purpose"),
    "docs/clients.md": ("Clients", "the result of each mail and token client with the built-in tenant"),
    "docs/tenant-export.ps1": ("Export script", "the PowerShell script for `--tenant-export`"),
    ENCODINGS_PAGE: ("Encodings of secrets", "the encodings in which smtp365 looks for secrets"),
    "docs/licences.md": ("Licences", "dependencies, their licences and import times"),
    "bench/README.md": ("Benchmarks", "what is measured, and the limits"),
    "CONTRIBUTING.md": ("Contributing", "a map of the code, a glossary, and recipes"),
    "SECURITY.md": ("Security", "how to report a vulnerability, and how the suite protects secrets"),
    "CHANGELOG.md": ("Changelog", "what has changed for users"),
}
BEGIN: Final = "<!-- checks: made by `python -m docs.handbook` -->"
END: Final = "<!-- /checks -->"


class NoMarkers(Exception):  # noqa: N818 - reads as what happened
    """Raised when README.md lacks the two markers around the table of checks."""


def pages() -> dict[str, str]:
    """Return every generated page by its path relative to the root. README.md is not included, because only part of it is generated."""
    made = {INDEX: index()}
    made |= {check_page(check.id): check_pages.page(check) for check in CHECKS.checks.values()}
    made |= {cause_page(cause.id): cause_pages.page(cause) for cause in CAUSES.values()}
    made[GROUPS_PAGE] = cause_pages.groups_page()
    made[DECLARED_PAGE] = declared_page.page()
    made[hostile_page.HOSTILE_PAGE] = hostile_page.page()
    made[ENCODINGS_PAGE] = encodings_page.page()
    made[other_ways_page.OTHER_WAYS_PAGE] = other_ways_page.page()
    return made


def index() -> str:
    """Return the index page of the documentation."""
    groups = link("replies with several possible causes", GROUPS_PAGE, INDEX)
    lines = [MADE, "", "# Documentation", ""]
    lines += [f"- {link(name, target, INDEX)}: {text}" for target, (name, text) in DOCUMENTS.items()]
    lines += ["", "## Checks", "", *check_pages.checks_table(INDEX), ""]
    lines += [
        "## Causes",
        "",
        f"The causes are in the order of the route. Some of them produce the same reply; see {groups}.",
        "",
    ]
    own = link("causes at a declared service", DECLARED_PAGE, INDEX)
    lines += [f"The texts for a declared mail server use none of Microsoft's terms; see {own}.", ""]
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
    """Return one line for each document that differs, or nothing if all documents are current."""
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
    """Run the command. Return 1 if `--check` found a difference or README.md lacks the markers, otherwise 0."""
    parser = argparse.ArgumentParser(prog="python -m docs.handbook", description="Generates the documents.")
    parser.add_argument(
        "--check", action="store_true", help="write nothing; list the differences and exit with 1 if there are any"
    )
    checking = parser.parse_args(arguments).check
    try:
        lines = differences(root) if checking else write(root)
    except NoMarkers as mistake:
        lines, checking = [str(mistake)], True
    else:
        if lines and checking:
            lines.append("to update the documents, run .venv/bin/python -m docs.handbook")
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    return 1 if lines and checking else 0


if __name__ == "__main__":
    sys.exit(main())
