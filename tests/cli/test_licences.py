"""Tests that the page of licences agrees with the lock, and that every listed licence is a known permissive one or the MPL."""

from __future__ import annotations

import re

from bench import dependencies

# Permissive licences, and the MPL, whose conditions apply only to changes to its own files.
KNOWN = {"MIT", "MIT-0", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "PSF-2.0", "MPL-2.0"}


def test_page_lists_what_the_lock_installs() -> None:
    """The page lists each locked package with its version, the systems on which it is installed, and a known licence.

    `bench/dependencies.py --write` generates the page.
    """
    table = dependencies.PAGE.read_text(encoding="utf-8").partition("## All installed packages")[2]
    rows = re.findall(r"^\| ([a-z0-9.-]+) \| (\S+) \| (.+?) \| (.+?) \|$", table, re.MULTILINE)[2:]
    shown = [(name, version, "" if where == "always" else where) for name, version, _, where in rows]

    assert shown == [(one.name, one.version, one.where) for one in dependencies.locked()]
    for name, _, licence, _ in rows:
        assert set(re.split(r" (?:AND|OR) ", licence)) <= KNOWN, name


def test_every_direct_dependency_has_a_reason() -> None:
    """Every direct dependency has a stated reason and is in the lock."""
    direct = dependencies.wanted()

    assert len(direct) == 18
    assert all(direct.values())
    assert set(direct) <= {one.name for one in dependencies.locked()}
