"""Secrets and where they come from: an environment variable, the operating system's keyring, or a hidden prompt.

A secret is a `Secret` from the moment it is read; only a probe that puts it on the wire calls `reveal()`.
"""

from __future__ import annotations

import getpass
import re
import sys
from collections.abc import Mapping
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


def variable(sender: str, key: SecretKey) -> str:
    """The environment variable that is asked when the settings name no other: `SMTP365_<SENDER>_<KEY>`."""
    return f"SMTP365_{re.sub(r'[^A-Za-z0-9]', '_', sender)}_{key}".upper()


def find(sender: str, key: SecretKey, source: str | None, environ: Mapping[str, str]) -> Found:
    """Ask the named source, or by default the environment, the keyring and, on a terminal, the user, in that order.

    `source` is `env:NAME`, `keyring`, `prompt` or None. Nothing is raised: what cannot be read is not found, and the source says why.
    """
    if source and source.startswith("env:"):
        return _from_environment(source.removeprefix("env:"), environ)
    if source == "keyring":
        return _from_keyring(sender, key)
    if source == "prompt":
        return _from_prompt(sender, key)
    found = _from_environment(variable(sender, key), environ)
    if found.secret is None:
        stored = _from_keyring(sender, key)
        found = stored if stored.secret is not None else found
    if found.secret is None and sys.stdin is not None and sys.stdin.isatty():
        found = _from_prompt(sender, key)
    return found


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


def _from_prompt(sender: str, key: SecretKey) -> Found:
    label = key.replace("_", " ")
    whose = "the auditor application in [directory]" if sender == DIRECTORY else f"sender {sender}"
    if sys.stdin is None or not sys.stdin.isatty():
        return Found(None, "prompt (there is no terminal to ask on)")
    try:
        value = getpass.getpass(f"{label} of {whose} (not shown): ")
    except EOFError:
        value = ""
    return Found(Secret(value) if value else None, "prompt")
