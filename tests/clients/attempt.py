"""One attempt by a mail client to send through the built-in tenant: the settings and the result.

`smtp_clients` passes the settings to each client.
"""

import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from fakes import Running
from fakes.world.world import Sender

EHLO_NAME = "client.example"
SECONDS = 2.0  # the client's own timeout
PATIENCE = 30.0  # the tests' timeout for a client, long enough for a busy machine
ADDRESS = "52.96.164.146"  # the address of smtp.office365.com in the built-in tenant's own DNS
OWN_ADDRESS = "203.0.113.7"  # the client's address as seen by Microsoft
SUBJECT = "from a third-party client"


Task = TypeVar("Task")


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """The settings for one attempt, such as the sender, the port on loopback, the trusted root and an optional token."""

    sender: Sender
    port: int
    ca_file: str
    ehlo_name: str
    folder: Path
    token: str | None = None

    @property
    def message(self) -> str:
        """The message to send, with CRLF line endings."""
        head = {"From": self.sender.mail_from, "To": self.sender.mail_to, "Subject": SUBJECT}
        return "".join(f"{name}: {value}\r\n" for name, value in head.items()) + "\r\nIt works.\r\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientResult:
    """The result of an attempt: whether the client reported success, and everything that it printed."""

    succeeded: bool
    printed: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Client(Generic[Task]):
    """A third-party client.

    `missing` returns the reason why the client cannot run on this machine, or None. `run` makes one attempt.
    """

    name: str
    missing: Callable[[], str | None]
    version: Callable[[], str]
    run: Callable[[Task], ClientResult]
    by_token: bool = True


def attempt_of(running: Running, sender: Sender, folder: Path, token: str | None = None) -> Attempt | None:
    """Return an attempt with the sender's settings, or None if the tenant does not serve the sender's host and port."""
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


def isolated_environment(folder: Path) -> dict[str, str]:
    """Return environment variables without proxy settings, and with `folder` as the home folder."""
    kept = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    return kept | {"HOME": str(folder), "LC_ALL": "C.UTF-8", "NO_COLOR": "1", "NODE_NO_WARNINGS": "1"}


def as_at_microsoft(printed: str, port: int, *, real_host: str, real_port: int) -> str:
    """Return the printed text with the real host and port in place of those on loopback."""
    printed = printed.replace("Hello [127.0.0.1]", f"Hello [{OWN_ADDRESS}]").replace("127.0.0.1", real_host)
    return re.sub(rf"(?<!\d){port}(?!\d)", str(real_port), printed)
