"""Route each HTTPS request to the web application for its host. All hosts share one listener.

The applications for lookups are imported on first use, so that a run without lookups does not load them.
"""

from starlette.applications import Starlette
from starlette.types import ASGIApp, Receive, Scope, Send

from ..entra import service
from ..world.clouds import ADMIN_HOSTS, GRAPH_HOSTS
from ..world.records import State


def application(state: State) -> ASGIApp:
    """Return the web application for the HTTPS listener."""
    login, others = service.application(state), dict[str, Starlette]()

    async def by_host(scope: Scope, receive: Receive, send: Send) -> None:
        host = next((value.decode("latin-1") for name, value in scope["headers"] if name == b"host"), "")
        kind = _kind(host.partition(":")[0].lower())
        if kind is None:
            await login(scope, receive, send)
            return
        if kind not in others:
            others[kind] = _loaded(kind, state)
        await others[kind](scope, receive, send)

    return by_host


def _kind(host: str) -> str | None:
    if host in GRAPH_HOSTS:
        return "graph"
    return "exchange" if host in ADMIN_HOSTS else None


def _loaded(kind: str, state: State) -> Starlette:
    if kind == "graph":
        from ..admin import graph

        return graph.application(state)
    from ..admin import exchange_admin

    return exchange_admin.application(state)
