"""The cause of a text that no rule matches."""

from typing import Final

from knowledge.cause import Cause
from knowledge.entries.sources import SCUBA, TROUBLE
from knowledge.step import Step

ENTRIES: Final[tuple[Cause, ...]] = (
    Cause(
        id="unrecognised",
        title="no rule matches this text",
        meaning="The text contains no phrase or number that identifies a cause. It is kept unchanged.",
        shows="Any text without a known phrase or number.",
        who=None,
        steps=(
            (
                "Look for the inner error and paste it: the reply of the server (three digits and a sentence), an AADSTS "
                "number, or the last 'caused by' line."
            ),
            Step(
                (
                    "Run this checklist with the same settings: it shows at which step the message stops, and the server's reply."
                ),
                answered_by=("NET-01",),
            ),
        ),
        verify="The longer text matches a known cause.",
        propagation="None.",
        risk="None.",
        source=(TROUBLE, SCUBA),
        decide=("The application's log at its most detailed level, at the time of the failure.",),
    ),
)
