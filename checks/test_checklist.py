"""The only test in a run, with one case for each check of each sender, such as `test_check[alerts-OAUTH-05]`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from checks.model import Finding, Verdict
from settings.printable import LONGEST, lines, one_line


def test_check(finding: Finding, sender: str, strict: bool, record_property: Callable[[str, Any], None]) -> None:  # noqa: FBT001 - fixtures
    """Report a check's verdict to pytest: `fail` fails the test; `blocked`, `unknown` and `not_applicable` skip it with the reason.

    With `--strict`, `unknown` fails the test.
    """
    properties = {
        "sender": sender,
        "check": finding.check,
        "title": finding.title,
        "verdict": finding.verdict.value,
        "cause": ", ".join(finding.causes),
    }
    for name, value in properties.items():
        record_property(name, value)
    match finding.verdict:
        case Verdict.FAIL:
            pytest.fail(lines(_reason(finding)), pytrace=False)
        case Verdict.UNKNOWN if strict:
            pytest.fail(lines(f"unknown counts as failed (--strict): {_reason(finding)}"), pytrace=False)
        case Verdict.BLOCKED | Verdict.UNKNOWN | Verdict.NOT_APPLICABLE:
            pytest.skip(one_line(f"{finding.verdict.value.replace('_', ' ')}: {finding.why}", LONGEST))
        case _:
            pass


def _reason(finding: Finding) -> str:
    """Return a description of the finding in at most five lines."""
    sure = "" if finding.sure else " (not certain which)"
    parts = [
        f"{finding.check}: {finding.title}",
        f"  expected: {one_line(finding.expected, LONGEST)}" if finding.expected else "",
        f"  observed: {one_line(finding.observed, LONGEST)}" if finding.observed else "",
        f"  cause:    {', '.join(finding.causes)}{sure}" if finding.causes else "",
        f"  why:      {one_line(finding.why, LONGEST)}" if finding.why else "",
    ]
    return "\n".join(line for line in parts if line)
