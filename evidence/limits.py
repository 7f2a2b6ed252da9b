"""The limits of the records. They apply both when a run writes a record and when a report is read.

The probes shorten what a peer sends before they make a record of it.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Final

from pydantic import AfterValidator, Field

MOST_REPLY_LINES: Final = 128
MOST_TRANSCRIPT_LINES: Final = 400  # and one more, which states that the transcript ends
MOST_ROWS: Final = 1000  # of a lookup, and of any other list
MOST_MEMBERS: Final = 200
LONGEST_TEXT: Final = 65_536
_LARGEST: Final = 2**53
_YEAR: Final = 366 * 86400


def _with_zone(moment: datetime) -> datetime:
    """Return the time with a zone, which is UTC if it has none. Raises ValueError for a time that has no equivalent in UTC."""
    aware = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
    try:
        aware.astimezone(UTC)
    except OverflowError:
        raise ValueError("is out of range") from None
    return aware


Moment = Annotated[datetime, AfterValidator(_with_zone)]
Seconds = Annotated[float, Field(ge=-_YEAR, le=_YEAR, allow_inf_nan=False)]
Offset = Annotated[float, Field(ge=-_LARGEST, le=_LARGEST, allow_inf_nan=False)]
Count = Annotated[int, Field(ge=0, le=_LARGEST)]
Number = Annotated[int, Field(ge=-_LARGEST, le=_LARGEST)]
Code = Annotated[int, Field(ge=0, le=999)]
PortNumber = Annotated[int, Field(ge=0, le=65535)]
Finite = Annotated[float, Field(allow_inf_nan=False)]

Listed: Final = Field(max_length=MOST_ROWS)
Members: Final = Field(max_length=MOST_MEMBERS)
ReplyLines: Final = Field(max_length=MOST_REPLY_LINES)
TranscriptLines: Final = Field(max_length=MOST_TRANSCRIPT_LINES + 1)

__all__ = [
    "LONGEST_TEXT",
    "MOST_MEMBERS",
    "MOST_REPLY_LINES",
    "MOST_ROWS",
    "MOST_TRANSCRIPT_LINES",
    "Code",
    "Count",
    "Finite",
    "Listed",
    "Members",
    "Moment",
    "Number",
    "Offset",
    "PortNumber",
    "ReplyLines",
    "Seconds",
    "TranscriptLines",
]
