"""The form of a catalogue entry and the permitted values of its fields; the entries are in `entries` and `declared`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import Enum, StrEnum
from typing import Final, Literal

from knowledge.cause_ids import CauseId

# `server` and `login` are the administrators of the mail server and of the token service that the settings declare.
Who = Literal["sender", "exchange", "entra", "network", "microsoft", "server", "login"]

OWNERS: Final[tuple[Who, ...]] = ("sender", "exchange", "entra", "network", "microsoft")
DECLARED_OWNERS: Final[tuple[Who, ...]] = ("sender", "network", "server", "login")

NOTHING: Final = "None."  # for propagation and risk: there is none, so the line is left out

CHECKED: Final = date(2026, 11, 23)


class Role(StrEnum):
    """What a value is to a sender. The roles are distinct because the From address often differs from the account that signs in."""

    ACCOUNT = "account"
    FROM = "from"
    RECIPIENT = "recipient"
    APPLICATION = "application"
    PRINCIPAL = "principal"
    NEUTRAL = "neutral"


@dataclass(frozen=True, slots=True)
class Placeholder:
    """A name in braces in a template. It has the role of its value and a short description."""

    role: Role
    words: str


# The report fills only these, from the settings and the evidence.
PLACEHOLDERS: Final[dict[str, Placeholder]] = {
    "account": Placeholder(Role.ACCOUNT, "account that signs in: the user of AUTH LOGIN or of XOAUTH2"),
    "from_address": Placeholder(Role.FROM, "address in the From line"),
    "recipient": Placeholder(Role.RECIPIENT, "address the message goes to"),
    "client_id": Placeholder(Role.APPLICATION, "application (client) id of the app registration"),
    "sp_object_id": Placeholder(Role.PRINCIPAL, "object id of the enterprise application, not of the app registration"),
    "tenant": Placeholder(Role.NEUTRAL, "directory (tenant) id or domain"),
    "smtp_server": Placeholder(Role.NEUTRAL, "SMTP server as entered"),
    "port": Placeholder(Role.NEUTRAL, "SMTP port as entered"),
    "login_host": Placeholder(Role.NEUTRAL, "host name of the token service"),
    "issuer_document": Placeholder(Role.NEUTRAL, "OpenID endpoint configuration as entered"),
    "scope": Placeholder(Role.NEUTRAL, "scope as entered"),
    "resolver": Placeholder(Role.NEUTRAL, "address of the name server"),
    "proxy": Placeholder(Role.NEUTRAL, "address of the web proxy"),
    "answer": Placeholder(Role.NEUTRAL, "reply that arrived instead of the login host's"),
    "token_endpoint": Placeholder(Role.NEUTRAL, "token endpoint that the issuer document names"),
}


class Kind(Enum):
    """The subject of a cause, which decides the roles that its texts may name in addition to the neutral ones."""

    WAY = frozenset[Role]()
    ADDRESS = frozenset({Role.FROM, Role.RECIPIENT})
    SIGN_IN = frozenset({Role.ACCOUNT})
    ACCESS = frozenset({Role.ACCOUNT, Role.APPLICATION})
    REGISTRATION = frozenset({Role.APPLICATION, Role.PRINCIPAL})
    MAILBOX_OF_APPLICATION = frozenset({Role.ACCOUNT, Role.APPLICATION, Role.PRINCIPAL})
    SEND_AS = frozenset({Role.ACCOUNT, Role.FROM, Role.PRINCIPAL})
    LIMIT = frozenset({Role.ACCOUNT, Role.FROM})

    @property
    def roles(self) -> frozenset[Role]:
        """The roles that a text of this kind may name."""
        return self.value | {Role.NEUTRAL}


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """A cause: its meaning, symptoms, owner, remedy and verification.

    `headline` is the title with an observation of the run, for the report of a sender; it defaults to the title.
    A line in `steps` and `decide` may be a `Step`, which declares the checks that answer it.
    In `steps`, `verify` and `decide`, text between backticks is a command, whose placeholders are filled with quoted values.
    A command that starts with `$ ` is for a POSIX shell, every other command for PowerShell. `kind` limits the roles that the texts name.
    """

    id: CauseId
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
    kind: Kind = Kind.WAY
    checked: date = CHECKED
    headline: str = ""

    def __post_init__(self) -> None:
        """Use the title as the headline if the entry has no headline."""
        if not self.headline:
            object.__setattr__(self, "headline", self.title)
