"""One attempt of a mail client on the built-in tenant: what it is told, and what came of it.

How each client is told is in `smtp_clients` and `token_clients`.
"""

import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from fakes import Running
from fakes.world import Sender

EHLO_NAME = "client.example"
SECONDS = 2.0  # that a client waits for a silent peer
PATIENCE = 30.0  # that we wait for a client; a busy machine needs some of it
ADDRESS = "52.96.164.146"  # what smtp.office365.com leads to in the built-in tenant's own DNS
OWN_ADDRESS = "203.0.113.7"  # the client's, as Microsoft would see it
SUBJECT = "from a client that nobody here wrote"


Told = TypeVar("Told")


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """What a client is told: the sender's settings, where on loopback they lead, whom to trust, and the token if any."""

    sender: Sender
    port: int
    ca_file: str
    ehlo_name: str
    folder: Path
    token: str | None = None

    @property
    def message(self) -> str:
        """The message, with CRLF."""
        head = {"From": self.sender.mail_from, "To": self.sender.mail_to, "Subject": SUBJECT}
        return "".join(f"{name}: {value}\r\n" for name, value in head.items()) + "\r\nIt works.\r\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What came of an attempt: whether the client says that it worked, and all that it printed."""

    worked: bool
    printed: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Client(Generic[Told]):
    """A client: its name as people say it, why it cannot run here (or None), its version, and how it is run."""

    name: str
    missing: Callable[[], str | None]
    version: Callable[[], str]
    run: Callable[[Told], Seen]
    by_token: bool = True


def attempt_of(running: Running, sender: Sender, folder: Path, token: str | None = None) -> Attempt | None:
    """The attempt that a sender's settings lead to; None when no address of the tenant's answers to that server and port."""
    place = running.description["connect"].get(f"{sender.smtp_server}:{sender.port}")
    if place is None:
        return None
    return Attempt(
        sender=sender,
        port=int(place.rpartition(":")[2]),
        ca_file=running.description["ca_file"],
        ehlo_name=running.world.ehlo_name or EHLO_NAME,
        folder=folder,
        token=token if sender.enable_authentication else None,
    )


def alone(folder: Path) -> dict[str, str]:
    """An environment for a client: no proxy, no settings of this user's."""
    kept = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    return kept | {"HOME": str(folder), "LC_ALL": "C.UTF-8", "NO_COLOR": "1", "NODE_NO_WARNINGS": "1"}


def as_outside(printed: str, port: int, *, shown: str, shown_port: int) -> str:
    """The printed text as it reads where no connect map stands in between: the real server and port instead of loopback's."""
    printed = printed.replace("Hello [127.0.0.1]", f"Hello [{OWN_ADDRESS}]").replace("127.0.0.1", shown)
    return re.sub(rf"(?<!\d){port}(?!\d)", str(shown_port), printed)
