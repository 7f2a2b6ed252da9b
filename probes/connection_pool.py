"""A pool of HTTPS connections. Lookups send many requests to one host, and each new connection costs two or three round trips."""

from __future__ import annotations

import threading
from collections.abc import Mapping

from evidence.failure import Failure, FailureKind
from probes.deadline import Deadline
from probes.https import Connection, HttpsClient, HttpsResponse
from settings.address import address_of

_GONE = {FailureKind.CLOSED, FailureKind.RESET}


class ConnectionPool:
    """Sends requests as `HttpsClient.request` does, but reuses an idle connection to the host if there is one. Thread-safe."""

    def __init__(self, https_client: HttpsClient) -> None:
        """Create an empty pool."""
        self._https_client = https_client
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
    ) -> HttpsResponse:
        """Send one idempotent request and read its response. If the peer has closed an idle connection, use a different one.

        Never raises.
        """
        bound = deadline.within(self._https_client.patience)
        host = address_of(url).place
        while True:
            with self._lock:
                waiting = self._idle.get(host)
                idle = waiting.pop() if waiting else None
            connection = idle or self._https_client.connection(url, bound)
            if connection is None:
                return HttpsResponse(failure=Failure(kind=FailureKind.OTHER, text="not an https URL"))
            answer = connection.exchange(method, url, bound, body=body, headers=headers)
            self._give_back(host, connection)
            gone = answer.status is None and answer.failure is not None and answer.failure.kind in _GONE
            if idle is None or not gone:
                return answer

    def close(self) -> None:
        """Close the idle connections now, and each connection in use when its request is done."""
        with self._lock:
            self._closed = True
            idle = [connection for waiting in self._idle.values() for connection in waiting]
            self._idle.clear()
        for connection in idle:
            connection.disconnect()

    def _give_back(self, host: str, connection: Connection) -> None:
        with self._lock:
            keeps = connection.reusable and not self._closed
            if keeps:
                self._idle.setdefault(host, []).append(connection)
        if not keeps:
            connection.disconnect()
