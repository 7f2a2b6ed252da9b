"""The structure of a catalogue entry and the permitted values of its fields. The entries are in `entries` and `declared`."""

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

NOTHING: Final = "None."  # as propagation or risk: the line is left out of the output

CHECKED: Final = date(2026, 11, 23)


class Role(StrEnum):
    """What a value refers to. The account and the From address have separate roles because they often differ."""

    ACCOUNT = "account"
    FROM = "from"
    RECIPIENT = "recipient"
    APPLICATION = "application"
    PRINCIPAL = "principal"
    NEUTRAL = "neutral"


@dataclass(frozen=True, slots=True)
class Placeholder:
    """A placeholder in a template: the role of its value, and a short description of it."""

    role: Role
    words: str


# The report fills only these, from the settings and the evidence.
PLACEHOLDERS: Final[dict[str, Placeholder]] = {
    "account": Placeholder(Role.ACCOUNT, "the account that signs in with AUTH LOGIN or XOAUTH2"),
    "from_address": Placeholder(Role.FROM, "the address in From"),
    "recipient": Placeholder(Role.RECIPIENT, "the recipient's address"),
    "client_id": Placeholder(Role.APPLICATION, "the application (client) id of the app registration"),
    "sp_object_id": Placeholder(
        Role.PRINCIPAL, "the object id of the enterprise application, not of the app registration"
    ),
    "tenant": Placeholder(Role.NEUTRAL, "the directory (tenant) id or a domain of the tenant"),
    "smtp_server": Placeholder(Role.NEUTRAL, "the SMTP server in the settings"),
    "port": Placeholder(Role.NEUTRAL, "the SMTP port in the settings"),
    "login_host": Placeholder(Role.NEUTRAL, "the host name of the token service"),
    "issuer_document": Placeholder(Role.NEUTRAL, "the OpenID endpoint configuration in the settings"),
    "scope": Placeholder(Role.NEUTRAL, "the scope in the settings"),
    "resolver": Placeholder(Role.NEUTRAL, "the address of the name server"),
    "proxy": Placeholder(Role.NEUTRAL, "the address of the web proxy"),
    "answer": Placeholder(Role.NEUTRAL, "the reply that arrived instead of the login host's"),
    "token_endpoint": Placeholder(Role.NEUTRAL, "the token endpoint in the OpenID document"),
}


class Kind(Enum):
    """The subject of a cause. It determines which roles, apart from the neutral one, the texts of the cause may use."""

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
        """The roles that a text of this kind may use."""
        return self.value | {Role.NEUTRAL}


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """A cause of failures: its meaning, symptoms, owner, remedy and verification.

    `headline` is the title with an observation of the run, for the report on a sender; it defaults to the title.
    A line in `steps` or `decide` may be a `Step`, which declares the checks that answer it.
    In `steps`, `verify` and `decide`, text between backticks is a command; placeholders in a command are filled with quoted values.
    A command that starts with `$ ` is for a POSIX shell, any other for PowerShell. `kind` limits the roles that the texts may use.
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
