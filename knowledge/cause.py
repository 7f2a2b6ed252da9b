"""The shape of one entry of the catalogue and the closed sets it draws from; the entries themselves live in `entries`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import Enum, StrEnum
from typing import Final, Literal

from knowledge.cause_ids import CauseId

# `server` and `login` run the mail server and the token service that the settings declare.
Who = Literal["sender", "exchange", "entra", "network", "microsoft", "server", "login"]

OWNERS: Final[tuple[Who, ...]] = ("sender", "exchange", "entra", "network", "microsoft")
DECLARED_OWNERS: Final[tuple[Who, ...]] = ("sender", "network", "server", "login")

NOTHING: Final = "None."  # in propagation and risk: there is none to tell of

CHECKED: Final = date(2026, 11, 23)


class Role(StrEnum):
    """What a value means for one sender; From and the account that signs in differ in most set-ups with a service account."""

    ACCOUNT = "account"
    FROM = "from"
    RECIPIENT = "recipient"
    APPLICATION = "application"
    PRINCIPAL = "principal"
    NEUTRAL = "neutral"


@dataclass(frozen=True, slots=True)
class Placeholder:
    """What a template may name in braces: the role of its value, and what it is in a few words."""

    role: Role
    words: str


# The report fills these from settings and evidence; nothing else is ever filled.
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
    "answer": Placeholder(Role.NEUTRAL, "what came back instead of the login host's answer"),
    "token_endpoint": Placeholder(Role.NEUTRAL, "token endpoint that the issuer document names"),
}


class Kind(Enum):
    """What a cause is about, and the roles that its texts may speak of beside the neutral ones."""

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
        """The roles that a text of this kind may speak of."""
        return self.value | {Role.NEUTRAL}


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """One thing that can be wrong, told once: what it means, how it shows, who mends it, how, and how to see that it is mended.

    `headline` is the title as the report of one sender says it, with what that run saw; without one it is the title.
    In `steps` and `decide` a line may be a `Step`, which declares the checks that show its outcome.
    In `steps`, `verify` and `decide` a piece between backticks is a command: its placeholders are filled in quotes.
    A command that starts with `$ ` is for a POSIX shell, every other one for PowerShell. `kind` says whose addresses they may name.
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
        """Most causes are said alike in every run."""
        if not self.headline:
            object.__setattr__(self, "headline", self.title)
