"""What the fakes record: messages, sign-ins, token requests and sessions, but no secrets.

The fakes write the records in their event loop, and tests read them from a different thread.
"""

import asyncio
import threading
import weakref
from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from uvicorn.server import ServerState

from ..entra.device_code import DeviceCodes
from .world import World

_PATIENCE = 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """An accepted message, with its envelope and the signed-in user."""

    sender: str
    recipients: tuple[str, ...]
    content: bytes
    user: str
    mechanism: str
    message_id: str
    received: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SignIn:
    """An SMTP sign-in attempt and its reply. `code` is the number for the sign-in log, or None if the attempt is not logged."""

    user: str
    mechanism: str
    reply: str
    session: str
    code: int | None = None
    policies: tuple[str, ...] = ()
    peer: str = ""
    at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenAnswer:
    """A request to the token endpoint. `code` is 0 if a token was issued, otherwise the AADSTS number."""

    client_id: str
    grant: str
    scope: str
    by: str
    code: int
    text: str = ""
    peer: str = ""
    at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One SMTP connection."""

    session: str
    peer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """The number of tasks in the fakes' event loop, and the number of open connections."""

    tasks: int
    connections: int


class Records:
    """All records since the start of the fakes or the last call to `forget`. Each property returns a snapshot."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._messages: list[Message] = []
        self._sign_ins: list[SignIn] = []
        self._token_requests: list[TokenAnswer] = []
        self._sessions: list[Session] = []
        self._requests: Counter[str] = Counter()

    def add(self, record: Message | SignIn | TokenAnswer | Session) -> None:
        """Store one record."""
        with self._lock:
            match record:
                case Message():
                    self._messages.append(record)
                case SignIn():
                    self._sign_ins.append(record)
                case TokenAnswer():
                    self._token_requests.append(record)
                case Session():
                    self._sessions.append(record)

    def count(self, what: str) -> int:
        """Count a request that is not recorded in detail, and return the number of requests of this kind."""
        with self._lock:
            self._requests[what] += 1
            return self._requests[what]

    @property
    def messages(self) -> tuple[Message, ...]:
        """The accepted messages, oldest first."""
        with self._lock:
            return tuple(self._messages)

    @property
    def sign_ins(self) -> tuple[SignIn, ...]:
        """The sign-in attempts, oldest first."""
        with self._lock:
            return tuple(self._sign_ins)

    @property
    def token_requests(self) -> tuple[TokenAnswer, ...]:
        """The token requests, oldest first."""
        with self._lock:
            return tuple(self._token_requests)

    @property
    def sessions(self) -> tuple[Session, ...]:
        """The SMTP connections, oldest first."""
        with self._lock:
            return tuple(self._sessions)

    @property
    def requests(self) -> dict[str, int]:
        """The number of requests of each kind that are only counted, such as DNS queries and discovery documents."""
        with self._lock:
            return dict(self._requests)

    def forget(self) -> None:
        """Delete all records."""
        with self._lock:
            for kept in (self._messages, self._sign_ins, self._token_requests, self._sessions):
                kept.clear()
            self._requests.clear()


class State:
    """The state shared by all fakes. Its `world` is replaced as a whole, never modified."""

    def __init__(self, world: World, *, pace: str) -> None:
        self.world = world
        self.records = Records()
        self.real_pace = pace == "real"
        self.submissions: Counter[str] = Counter()
        self.device_codes = DeviceCodes()
        self.http = ServerState()
        self.transports: weakref.WeakSet[asyncio.BaseTransport] = weakref.WeakSet()
        self.loop: asyncio.AbstractEventLoop | None = None

    def load(self) -> Load:
        """Return the current load, counted inside the event loop, or zeros if the loop is not running."""
        if self.loop is None or self.loop.is_closed():
            return Load(tasks=0, connections=0)
        return asyncio.run_coroutine_threadsafe(self._count(), self.loop).result(_PATIENCE)

    async def _count(self) -> Load:
        kept = [*self.transports, *(one.transport for one in self.http.connections)]
        opened = {id(one) for one in kept if not one.is_closing()}
        return Load(tasks=len(asyncio.all_tasks()) - 1, connections=len(opened))
