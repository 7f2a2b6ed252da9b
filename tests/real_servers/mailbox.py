"""The messages that a real server accepted and delivered, read from its log and maildir."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tests.real_servers.programs import lines_with


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailbox:
    """A server's maildirs and log, and the texts that mark accepted messages and delivered messages in the log."""

    log: Path
    maildirs: Path
    accepted_words: str
    delivered_words: str

    @property
    def accepted(self) -> int:
        """The number of messages that the server has accepted so far, whether delivered or not."""
        if not self.log.exists():
            return 0
        return sum(self.accepted_words in line for line in self.log.read_text(errors="replace").splitlines())

    @property
    def received(self) -> list[bytes]:
        """The messages delivered so far, oldest first."""
        arrived = self.maildirs.glob("*/new/*")
        return [message.read_bytes() for message in sorted(arrived, key=lambda file: file.stat().st_mtime_ns)]

    def wait_for(self, number: int) -> list[bytes]:
        """Wait until the log shows `number` deliveries, or until a timeout, and return the messages delivered so far.

        A message is delivered only after the reply to the client, so this method follows the log.
        """
        lines_with(self.log, self.delivered_words, number)
        return self.received
