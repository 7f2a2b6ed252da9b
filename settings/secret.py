"""Secrets and their sources: an environment variable, the operating system's keyring, or a hidden prompt.

A secret is a `Secret` from the moment it is read. Only the probes call `reveal()`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, NoReturn

KEYRING_SERVICE = "smtp365"
DIRECTORY = "directory"  # used in place of a sender's name for the secret of [directory]
SecretKey = Literal["password", "client_secret"]


class Secret:
    """A value that only `reveal()` returns. It is masked in every other form and cannot be pickled."""

    __slots__ = ("__value",)

    def __init__(self, value: str) -> None:
        """Store `value`. It may be empty; callers treat an empty secret as missing."""
        self.__value = value

    def reveal(self) -> str:
        """Return the value itself."""
        return self.__value

    def __bool__(self) -> bool:
        """Return whether the value is not empty."""
        return bool(self.__value)

    def __repr__(self) -> str:
        """Return a mask that reveals neither the value nor its length."""
        return "Secret(…)"

    __str__ = __repr__

    def __reduce__(self) -> NoReturn:
        """Raise TypeError, so that the secret cannot be pickled or copied."""
        msg = "a Secret cannot be pickled or copied"
        raise TypeError(msg)


@dataclass(frozen=True, slots=True)
class Found:
    """A secret, or None, and the name of the source that was tried, for the report."""

    secret: Secret | None
    source: str


Ask = Callable[[], Found]  # the hidden prompt for one secret; see settings/prompt.py
Stored = Callable[[str, SecretKey], Found]  # the keyring's entry for a sender; see settings/keyring_entry.py


def variable(sender: str, key: SecretKey) -> str:
    """Return the environment variable that is read if the settings name no source: `SMTP365_<SENDER>_<KEY>`."""
    return f"SMTP365_{re.sub(r'[^A-Za-z0-9]', '_', sender)}_{key}".upper()


def find(
    sender: str, key: SecretKey, source: str | None, environ: Mapping[str, str], stored: Stored, ask: Ask | None = None
) -> Found:
    """Read the secret from the named source or, by default, from the environment, the keyring or the user, in that order.

    `source` is `env:NAME`, `keyring`, `prompt` or None. `stored` reads the keyring. `ask` is the prompt, or None without a terminal. If no
    secret is found, nothing is raised: `secret` is None, and `source` states what was tried.
    """
    if source and source.startswith("env:"):
        return _from_environment(source.removeprefix("env:"), environ)
    if source == "keyring":
        return stored(sender, key)
    name = variable(sender, key)
    if source == "prompt":
        how = f'write {key}_from = "env:{name}" and set that variable'
        return ask() if ask is not None else Found(None, f"prompt: there is no terminal for a prompt; {how}")
    found = _from_environment(name, environ)
    if found.secret is not None:
        return found
    entry = stored(sender, key)
    if entry.secret is not None:
        return entry
    return ask() if ask is not None else Found(None, f"{found.source}, {entry.source}, no terminal for a prompt")


def _from_environment(name: str, environ: Mapping[str, str]) -> Found:
    value = environ.get(name, "")
    return Found(Secret(value) if value else None, f"environment variable {name}")
