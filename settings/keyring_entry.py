"""Reads secrets from the operating system's keyring, which can wait for ever, for example for an unlock dialogue without a desktop."""

from __future__ import annotations

import time
from concurrent.futures import Future, wait
from typing import Final

from settings.background import in_background
from settings.secret import KEYRING_SERVICE, Found, Secret, SecretKey

PATIENCE: Final = 120.0  # seconds, in which the user can unlock the keyring
_STEP = 0.2  # seconds; on Windows, Ctrl-C does not end a longer wait


class Keyring:
    """The keyring during one run. Once it has not answered in time, it is not asked again."""

    def __init__(self, patience: float = PATIENCE) -> None:
        """Wait for at most `patience` seconds for an answer."""
        self._patience = patience
        self._silent = False

    def find(self, sender: str, key: SecretKey) -> Found:
        """Return the entry for this sender. Never raises. If the keyring cannot be read, the source includes the reason."""
        entry = f"keyring entry {KEYRING_SERVICE} / {sender}:{key}"
        silent = Found(None, f"{entry} (the keyring did not answer within {self._patience:.0f} s)")
        if self._silent:
            return silent
        answer = in_background(lambda: _read(entry, sender, key), "keyring")
        self._silent = not _answers(answer, self._patience)
        return silent if self._silent else answer.result()


def _answers(answer: Future[Found], patience: float) -> bool:
    end = time.monotonic() + patience
    while not answer.done() and time.monotonic() < end:
        wait([answer], timeout=_STEP)
    return answer.done()


def _read(entry: str, sender: str, key: SecretKey) -> Found:
    try:
        import keyring

        value = keyring.get_password(KEYRING_SERVICE, f"{sender}:{key}")
    except ImportError as problem:
        return Found(None, f"{entry} (keyring is not installed: {problem.name})")
    except Exception as problem:  # noqa: BLE001 - a backend of another author can raise anything
        return Found(None, f"{entry} (the keyring cannot be read: {type(problem).__name__})")
    return Found(Secret(value) if value else None, entry)
