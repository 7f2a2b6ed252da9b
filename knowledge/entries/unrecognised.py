"""The entry for a text that no rule matches."""

from typing import Final

from knowledge.cause import Cause
from knowledge.entries.sources import SCUBA, TROUBLE
from knowledge.step import Step

ENTRIES: Final[tuple[Cause, ...]] = (
    Cause(
        id="unrecognised",
        title="no rule matches this text",
        meaning="The text contains no phrase or number that identifies a cause.",
        shows="Any text without a known phrase or number.",
        who=None,
        steps=(
            (
                "Look for the inner error and paste it: the server's reply (three digits and a sentence), an AADSTS "
                "number, or the last 'caused by' line."
            ),
            Step(
                "Run smtp365 with the same settings: it shows the step that fails and the server's reply.",
                answered_by=("NET-01",),
            ),
        ),
        verify="The text of the inner error matches a known cause.",
        propagation="None.",
        risk="None.",
        source=(TROUBLE, SCUBA),
        decide=(
            "Set the application's log to its most detailed level, and read the entries at the time of the failure.",
        ),
    ),
)
