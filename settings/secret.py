"""Secrets and where they come from: an environment variable, the operating system's keyring, or a hidden prompt.

A secret is a `Secret` from the moment it is read; only a probe that puts it on the wire calls `reveal()`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, NoReturn

KEYRING_SERVICE = "smtp365"
DIRECTORY = "directory"  # stands where a sender's name stands, for the secret of the table [directory]
SecretKey = Literal["password", "client_secret"]


class Secret:
    """A value that shows itself only to `reveal()`; it is masked in every other form and refuses to be pickled."""

    __slots__ = ("__value",)

    def __init__(self, value: str) -> None:
        """Keep `value`; an empty one is allowed and is treated as missing by the callers."""
        self.__value = value

    def reveal(self) -> str:
        """The value itself, for the wire."""
        return self.__value

    def __bool__(self) -> bool:
        """Whether there is anything to reveal."""
        return bool(self.__value)

    def __repr__(self) -> str:
        """Never the value, nor its length."""
        return "Secret(…)"

    __str__ = __repr__

    def __reduce__(self) -> NoReturn:
        """Refuse to be written anywhere."""
        msg = "a Secret is never written out"
        raise TypeError(msg)


@dataclass(frozen=True, slots=True)
class Found:
    """A secret (or None) and the name of the source that gave it, for the report."""

    secret: Secret | None
    source: str


Ask = Callable[[], Found]  # the hidden prompt for one secret; see settings/prompt.py


def variable(sender: str, key: SecretKey) -> str:
    """The environment variable that is asked when the settings name no other: `SMTP365_<SENDER>_<KEY>`."""
    return f"SMTP365_{re.sub(r'[^A-Za-z0-9]', '_', sender)}_{key}".upper()


def find(sender: str, key: SecretKey, source: str | None, environ: Mapping[str, str], ask: Ask | None = None) -> Found:
    """Ask the named source, or by default the environment, the keyring and the user, in that order.

    `source` is `env:NAME`, `keyring`, `prompt` or None; `ask` is the prompt, None where there is no terminal to ask on. Nothing is
    raised: what cannot be read is not found, and the source says why.
    """
    if source and source.startswith("env:"):
        return _from_environment(source.removeprefix("env:"), environ)
    if source == "keyring":
        return _from_keyring(sender, key)
    name = variable(sender, key)
    if source == "prompt":
        how = f'write {key}_from = "env:{name}" and set that variable'
        return ask() if ask is not None else Found(None, f"prompt: there is no terminal to ask on; {how}")
    found = _from_environment(name, environ)
    if found.secret is not None:
        return found
    stored = _from_keyring(sender, key)
    if stored.secret is not None:
        return stored
    return ask() if ask is not None else Found(None, f"{found.source}, {stored.source}, no terminal to ask on")


def _from_environment(name: str, environ: Mapping[str, str]) -> Found:
    value = environ.get(name, "")
    return Found(Secret(value) if value else None, f"environment variable {name}")


def _from_keyring(sender: str, key: SecretKey) -> Found:
    entry = f"keyring entry {KEYRING_SERVICE} / {sender}:{key}"
    try:
        import keyring
        import keyring.errors

        value = keyring.get_password(KEYRING_SERVICE, f"{sender}:{key}")
    except ImportError as problem:
        return Found(None, f"{entry} (keyring is not installed: {problem.name})")
    except (keyring.errors.KeyringError, RuntimeError, OSError) as problem:
        return Found(None, f"{entry} (the keyring cannot be read: {type(problem).__name__})")
    return Found(Secret(value) if value else None, entry)
