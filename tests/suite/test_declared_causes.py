"""Test that a check declares all causes that it reports, unless it reads the server's reply."""

from __future__ import annotations

import pytest

from checks.assessment import Assessment
from checks.catalogue import CATALOGUE
from checks.model import Catalogue, Context, Finding
from tests.suite.gathered import gathered


def finding_with(*, reads_reply: bool, verdict: str) -> Finding:
    """Return the finding of a check that reports an undeclared cause in addition to its declared one."""
    own = Catalogue()

    @own.check("SMTP-04", "The server is there", causes=("port_blocked",), reads_reply=reads_reply)
    def there(case: Context) -> Finding:
        match verdict:
            case "fail":
                return case.fail("port_blocked", "dns_failure", expected="an answer", observed="none")
            case "risk":
                return case.risk("port_blocked", "dns_failure", observed="late", why="slow")
            case _:
                return case.unknown("not tried", "port_blocked", "dns_failure")

    evidence, settings = gathered(None)["basic"]
    return Assessment(evidence, settings, {**CATALOGUE.checks, **own.checks}).finding("SMTP-04")


@pytest.mark.parametrize("verdict", ["fail", "risk", "unknown"])
def test_an_undeclared_cause_is_an_error(verdict: str) -> None:
    """An undeclared cause raises a ValueError, whose message contains the check and the cause."""
    with pytest.raises(ValueError, match="SMTP-04 names dns_failure without declaring it"):
        finding_with(reads_reply=False, verdict=verdict)


@pytest.mark.parametrize("verdict", ["fail", "risk", "unknown"])
def test_a_check_that_reads_a_reply_may_report_any_cause(verdict: str) -> None:
    """A check with `reads_reply` may report any cause, because the causes depend on the reply."""
    assert finding_with(reads_reply=True, verdict=verdict).causes == ("port_blocked", "dns_failure")


def test_every_check_that_can_fail_declares_a_cause() -> None:
    """Each check declares at least one cause, because every failure needs one."""
    assert [check.id for check in CATALOGUE.checks.values() if not check.causes] == []
