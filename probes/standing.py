"""HTTPS connections that stay open between requests to one host: a look-up is one of many, and each handshake is a round trip or two."""

from __future__ import annotations

import threading
from collections.abc import Mapping

from probes.deadline import Deadline
from probes.evidence import Failure, FailureKind
from probes.https import Answer, Connection, Reach
from settings.address import address_of

_GONE = {FailureKind.CLOSED, FailureKind.RESET}


class Standing:
    """The same exchange as `Reach.request`, on a connection that is idle, if there is one to this host; for several threads."""

    def __init__(self, reach: Reach) -> None:
        """Open nothing yet."""
        self._reach = reach
        self._idle: dict[str, list[Connection]] = {}
        self._lock = threading.Lock()
        self._closed = False

    def request(
        self,
        method: str,
        url: str,
        deadline: Deadline,
        *,
        body: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send one request that changes nothing and read its answer; what was closed meanwhile is opened anew. Nothing is raised."""
        bound = deadline.within(self._reach.patience)
        host = address_of(url).place
        while True:
            with self._lock:
                waiting = self._idle.get(host)
                idle = waiting.pop() if waiting else None
            connection = idle or self._reach.connection(url, bound)
            if connection is None:
                return Answer(failure=Failure(kind=FailureKind.OTHER, text="not an https address"))
            answer = connection.exchange(method, url, bound, body=body, headers=headers)
            self._give_back(host, connection)
            gone = answer.status is None and answer.failure is not None and answer.failure.kind in _GONE
            if idle is None or not gone:
                return answer

    def close(self) -> None:
        """Close what is idle, and from now on whatever comes back."""
        with self._lock:
            self._closed = True
            idle = [connection for waiting in self._idle.values() for connection in waiting]
            self._idle.clear()
        for connection in idle:
            connection.close()

    def _give_back(self, host: str, connection: Connection) -> None:
        with self._lock:
            keeps = connection.reusable and not self._closed
            if keeps:
                self._idle.setdefault(host, []).append(connection)
        if not keeps:
            connection.close()
