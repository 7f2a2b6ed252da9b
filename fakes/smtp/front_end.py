"""The names that one connection shows: front end, back end, session id, and the lines made of them.

Their shapes are those of captures: the stamp repeats the greeting's id, and only the back end is named after the message.
"""

import random
from dataclasses import dataclass
from datetime import UTC, datetime

from ..world.network import Middlebox
from . import replies

_REGION = "DEUP281.PROD.OUTLOOK.COM"


@dataclass(frozen=True, slots=True)
class FrontEnd:
    """One front end with the back end that it talks to, for one session."""

    name: str
    back_end: str
    session_id: str

    @property
    def host(self) -> str:
        """The name in the greeting and in the answer to EHLO."""
        return f"{self.name}.outlook.office365.com"

    def greeting(self, now: datetime) -> str:
        """The text after ``220``; the day of the month has no leading zero."""
        date = f"{now:%a}, {now.day} {now:%b %Y %H:%M:%S} +0000"
        return f"{self.host} {replies.READY} {date} [{self.session_id}]"

    def stamp(self, now: datetime) -> str:
        """What stands at the end of a refusal."""
        utc = now.astimezone(UTC)
        return f"[{self.name}.{_REGION} {utc:%Y-%m-%dT%H:%M:%S}.{utc.microsecond // 1000:03}Z {self.session_id}]"

    def message_id(self) -> str:
        """The id that an accepted message gets."""
        return f"<{self.back_end.partition('.')[0]}{random.randrange(16**20):020X}@{self.back_end}>"

    @property
    def after_message(self) -> str:
        """What stands at the end of every answer to a whole message."""
        return f"[Hostname={self.back_end}]"


def pick() -> FrontEnd:
    """Any front end, as DNS would give; names are invented in Microsoft's pattern."""
    return FrontEnd(
        name=f"FR4P281CA{random.randrange(10, 9999):04}",
        back_end=f"BEZP281MB{random.randrange(10, 9999):04}.{_REGION}",
        session_id=f"08DE{random.randrange(16**12):012X}",
    )


def extensions(box: Middlebox, *, encrypted: bool, offers_auth: bool) -> list[str]:
    """The EHLO list in Exchange's order; AUTH stands where STARTTLS was."""
    lines = list(replies.EXTENSIONS_BEFORE_TLS)
    place = lines.index("STARTTLS")
    if encrypted:
        lines[place : place + 1] = [replies.AUTH_EXTENSION] if offers_auth and not box.strips_auth else []
    elif box.strips_starttls or box.hides_starttls:
        del lines[place]
    elif box.masks_starttls:
        lines[place] = "XXXXXXXA"
    return lines
