"""The secrets in a run: those that the settings refer to, the tokens that services issued, and the encoded forms that were sent."""

from __future__ import annotations

import threading


class KnownSecrets:
    """Collects the secrets of all senders, so that the outputs of the run can be searched for them. Thread-safe."""

    def __init__(self) -> None:
        """Create an empty collection."""
        self._secrets: dict[str, None] = {}
        self._lock = threading.Lock()

    def add(self, secret: str) -> None:
        """Add a secret."""
        with self._lock:
            self._secrets[secret] = None

    def reveal(self) -> tuple[str, ...]:
        """Return the secrets in the order in which they were added."""
        with self._lock:
            return tuple(self._secrets)

    def __repr__(self) -> str:
        """Return a description without the secrets."""
        return "KnownSecrets(…)"
