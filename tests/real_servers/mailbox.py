"""The messages that a real server accepted and delivered, read from its log and maildir."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tests.real_servers.programs import lines_with


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailbox:
    """The maildirs below a folder, and the words with which the log reports accepted and delivered messages."""

    log: Path
    maildirs: Path
    taken_words: str
    delivered_words: str

    @property
    def taken(self) -> int:
        """How many messages the server has accepted so far, delivered or not."""
        if not self.log.exists():
            return 0
        return sum(self.taken_words in line for line in self.log.read_text(errors="replace").splitlines())

    @property
    def received(self) -> list[bytes]:
        """The messages delivered so far, oldest first."""
        arrived = self.maildirs.glob("*/new/*")
        return [message.read_bytes() for message in sorted(arrived, key=lambda file: file.stat().st_mtime_ns)]

    def wait_for(self, number: int) -> list[bytes]:
        """Return the delivered messages once there are this many, or fewer after a timeout.

        Delivery follows the reply to the client, so the server's log is read as it grows.
        """
        lines_with(self.log, self.delivered_words, number)
        return self.received
