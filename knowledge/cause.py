"""The shape of one entry of the catalogue and the closed sets it draws from; the entries themselves live in `entries`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

Who = Literal["sender", "exchange", "entra", "network", "microsoft"]

OWNERS: Final[tuple[Who, ...]] = ("sender", "exchange", "entra", "network", "microsoft")

NOTHING: Final = "None."  # in propagation and risk: there is none to tell of

CHECKED: Final = date(2026, 11, 23)

# What a template may name in braces. The report fills these from settings and evidence; nothing else is ever filled.
PLACEHOLDERS: Final[dict[str, str]] = {
    "mailbox": "address of the mailbox that sends",
    "username": "name the sender signs in with",
    "from_address": "address in the From line",
    "recipient": "address the message goes to",
    "client_id": "application (client) id of the app registration",
    "tenant": "directory (tenant) id or domain",
    "sp_object_id": "object id of the enterprise application, not of the app registration",
    "smtp_server": "SMTP server as entered",
    "port": "SMTP port as entered",
    "login_host": "host name of the token service",
    "issuer_document": "OpenID endpoint configuration as entered",
    "scope": "scope as entered",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """One thing that can be wrong, told once: what it means, how it shows, who mends it, how, and how to see that it is mended.

    In `steps`, `verify` and `decide` a piece between backticks is a command: its placeholders are filled in quotes.
    A command that starts with `$ ` is for a POSIX shell, every other one for PowerShell.
    """

    id: str
    title: str
    meaning: str
    shows: str
    who: Who | None
    steps: tuple[str, ...]
    verify: str
    propagation: str
    risk: str
    source: tuple[str, ...]
    decide: tuple[str, ...]
    checked: date = CHECKED
