"""The last lines on the terminal are few and plain, and they give the same answer as the page."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from checks.assessment import Assessment
from reports.answer import answer
from reports.run import Run
from reports.terminal import counts, summary
from tests.reports import samples
from tests.reports.test_page import BARE, OFF, hostile, page

REPORT = Path("reports/out/20261123T124000Z-live.html")


def broken(reply: str) -> Run:
    """Return a run with a Basic sender refused with this reply and an OAuth sender that cannot connect to its port."""
    return samples.run(
        Assessment(samples.refused(samples.basic(), reply), samples.basic_settings()),
        Assessment(samples.port_closed(samples.oauth()), samples.oauth_settings()),
    )


@pytest.mark.parametrize(
    "run",
    [
        pytest.param(samples.healthy(), id="healthy"),
        pytest.param(broken(OFF), id="two broken"),
        pytest.param(broken(BARE), id="inconclusive"),
        pytest.param(hostile("\x1b[31m\u202e" + "x" * 9999), id="hostile"),
        pytest.param(samples.run(), id="no senders"),
        pytest.param(samples.run(*broken(OFF).senders * 20), id="forty senders"),
    ],
)
def test_a_few_plain_lines_end_with_the_file(run: Run) -> None:
    """The summary has at most eight lines of printable Windows-1252 characters, and the last line contains the path of the report."""
    lines = summary(run, REPORT)

    assert len(lines) <= 8
    assert lines[-1] == f"Report: {REPORT}"
    assert all(line.isprintable() and len(line) < 260 and line.encode("cp1252") for line in lines)


def test_terminal_and_page_give_the_same_answer() -> None:
    """The terminal shows the same headline and traffic as the page, with the owner and the first step."""
    run = samples.run(broken(OFF).senders[0])

    lines, text = summary(run, REPORT), page(run).text
    assert "alerts cannot send mail with Basic authentication: SMTP AUTH is off for this mailbox." in lines[0]
    assert "It stops at Sign-in." in lines[0]
    assert "Who acts: An Exchange administrator. First step: As an Exchange administrator" in lines[1]
    assert (
        "Traffic: 1 SMTP session, 2 diagnostic connections, 1 sign-in attempt, 0 token requests, 1 message." in lines[2]
    )
    assert "alerts cannot send mail with Basic authentication: SMTP AUTH is off for this mailbox." in text
    assert "1 SMTP session, 2 diagnostic connections" in text


def test_names_are_escaped_only_for_terminals_without_utf8() -> None:
    """A sender's name is shown as it is on a UTF-8 terminal and escaped on any other terminal."""
    run = samples.run(Assessment(samples.basic(), samples.basic_settings(name="żółw")))

    assert "żółw" in summary(run, None, "utf-8")[0]
    assert "\\u017c" in summary(run, None)[0]


@pytest.mark.parametrize(("count", "words"), [(1, "1 more check failed"), (11, "11 more checks failed")])
def test_counts_are_worded_in_singular_and_plural(count: int, words: str) -> None:
    """The number of further failed checks is given as "1 more check" or "N more checks"."""
    run = samples.run(broken(OFF).senders[0])
    shown = answer(run, run.senders[0])
    assert shown.decisive is not None

    assert counts(replace(shown, failed=(shown.decisive,) * count)).startswith(f"{words}, ")
