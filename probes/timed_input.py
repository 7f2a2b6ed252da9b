"""The input of one HTTP exchange. Every read ends at the deadline, and the total size is limited.

`http.client` reads header fields, interim responses, chunk sizes and trailers in loops that only the peer can end.
"""

from __future__ import annotations

import http.client
import io
import socket
from collections.abc import Callable
from functools import partial
from typing import Any

from evidence.failure import Failure, FailureKind
from probes.deadline import Deadline
from probes.failures import BrokenError

LATE = "the complete answer did not arrive in time"


class TimedInput(io.RawIOBase):
    """The octets that arrive on a socket, as the raw stream for a buffered reader."""

    def __init__(self, source: io.RawIOBase, sock: socket.socket, bound: Deadline, largest: int) -> None:
        """Read at most `largest` octets from `source`, the raw stream of `sock`, until `bound`."""
        self._source = source
        self._sock = sock
        self._bound = bound
        self._left = largest

    def readable(self) -> bool:
        """Return True, because the stream can always be read."""
        return True

    def readinto(self, buffer: Any) -> int | None:  # noqa: ANN401 - any writable buffer
        """Read the octets that have arrived.

        Raises TimeoutError at the deadline, even if the watchdog has shut the connection down, and BrokenError after too many octets.
        """
        if self._left <= 0:
            raise BrokenError(Failure(kind=FailureKind.TOO_LONG, text="the answer does not end"))
        try:
            self._sock.settimeout(max(0.001, self._bound.remaining()))
            count: int | None = self._source.readinto(buffer)
        except OSError:
            if self._bound.passed:
                raise TimeoutError(LATE) from None
            raise
        if self._bound.passed:
            raise TimeoutError(LATE)
        self._left -= count or 0
        return count

    def close(self) -> None:
        """Close the stream, and the socket if nothing else uses it."""
        self._source.close()
        super().close()


class _TimedResponse(http.client.HTTPResponse):
    def __init__(self, sock: socket.socket, *arguments: Any, bound: Deadline, largest: int, **more: Any) -> None:  # noqa: ANN401 - http.client's own
        super().__init__(sock, *arguments, **more)
        raw = self.fp.detach()
        self.fp = io.BufferedReader(TimedInput(raw, sock, bound, largest))


def timed_response(bound: Deadline, largest: int) -> Callable[..., http.client.HTTPResponse]:
    """Return a `response_class` for `http.client`. Its responses end at `bound` and have at most `largest` octets including framing."""
    return partial(_TimedResponse, bound=bound, largest=largest)
