"""The host names and the session id of one connection, and the texts that contain them.

The formats are taken from captures. A stamp repeats the session id from the greeting; a reply to a message contains the name of the
back end.
"""

import random
from dataclasses import dataclass
from datetime import UTC, datetime

from ..world.network import Middlebox
from . import replies

_REGION = "DEUP281.PROD.OUTLOOK.COM"


@dataclass(frozen=True, slots=True)
class FrontEnd:
    """The host names of the front end and the back end that serve one session, and the session id."""

    name: str
    back_end: str
    session_id: str

    @property
    def host(self) -> str:
        """The host name in the greeting and in the reply to EHLO."""
        return f"{self.name}.outlook.office365.com"

    def greeting(self, now: datetime) -> str:
        """Return the text of the greeting after `220`. The day of the month has no leading zero."""
        date = f"{now:%a}, {now.day} {now:%b %Y %H:%M:%S} +0000"
        return f"{self.host} {replies.READY} {date} [{self.session_id}]"

    def stamp(self, now: datetime) -> str:
        """Return the stamp to append to a refusal, which contains the host, the time and the session id."""
        utc = now.astimezone(UTC)
        return f"[{self.name}.{_REGION} {utc:%Y-%m-%dT%H:%M:%S}.{utc.microsecond // 1000:03}Z {self.session_id}]"

    def message_id(self) -> str:
        """Return a new id for an accepted message."""
        return f"<{self.back_end.partition('.')[0]}{random.randrange(16**20):020X}@{self.back_end}>"

    @property
    def after_message(self) -> str:
        """The text at the end of every reply to a complete message."""
        return f"[Hostname={self.back_end}]"


def pick() -> FrontEnd:
    """Return a random front end, as a DNS lookup would. The invented names follow Microsoft's pattern."""
    return FrontEnd(
        name=f"FR4P281CA{random.randrange(10, 9999):04}",
        back_end=f"BEZP281MB{random.randrange(10, 9999):04}.{_REGION}",
        session_id=f"08DE{random.randrange(16**12):012X}",
    )


def extensions(box: Middlebox, *, encrypted: bool, offers_auth: bool) -> list[str]:
    """Return the EHLO keywords in Exchange's order, with the middlebox's changes. Inside TLS, AUTH takes the place of STARTTLS."""
    lines = list(replies.EXTENSIONS_BEFORE_TLS)
    position = lines.index("STARTTLS")
    if encrypted:
        lines[position : position + 1] = [replies.AUTH_EXTENSION] if offers_auth and not box.strips_auth else []
    elif box.strips_starttls or box.hides_starttls:
        del lines[position]
    elif box.masks_starttls:
        lines[position] = "XXXXXXXA"
    return lines
