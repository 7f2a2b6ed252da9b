"""A fake of Microsoft Graph, served by a Starlette application that checks tokens, throttles requests and formats responses.

`graph_answers` builds the answers.
"""

import uuid
from urllib.parse import parse_qsl

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ..world.clouds import GRAPH_APP
from ..world.records import State
from ..world.world import World
from . import bearer, graph_answers, graph_errors
from .bearer import Caller
from .graph_errors import GraphError


def application(state: State) -> Starlette:
    """Return the web application that serves all Graph hosts. Every request is answered from the current state of the world."""

    async def ask(request: Request) -> Response:
        world, number = state.world, state.records.count("graph")
        host = (request.url.hostname or "").lower()
        who = _throttled(world, number) or _caller(world, request.headers.get("authorization", ""), host)
        if isinstance(who, GraphError):
            return _refused(world, who, request)
        path = bytes(request.scope.get("raw_path") or request.url.path.encode()).decode("latin-1")
        query = dict(parse_qsl(request.url.query, keep_blank_values=True))
        body = graph_answers.answer(world, state.records, who, host=host, path=path, query=query)
        if isinstance(body, GraphError):
            return _refused(world, body, request)
        return JSONResponse(body, headers=_headers(), media_type=_JSON)

    return Starlette(routes=[Route("/{rest:path}", ask, methods=["GET"])])


_JSON = "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8"


def _throttled(world: World, number: int) -> GraphError | None:
    auditing = world.tenant.auditing
    if auditing is None or number > auditing.throttled_first:
        return None
    return graph_errors.too_many(auditing.retry_after)


def _caller(world: World, header: str, host: str) -> Caller | GraphError:
    if not header.partition(" ")[2].strip():
        return graph_errors.token_empty()
    claims = bearer.claims_of(header, world)
    if claims is None:
        return graph_errors.token_unreadable()
    if claims.expired:
        return graph_errors.token_expired()
    if claims.audience not in {f"https://{host}", GRAPH_APP}:
        return graph_errors.audience()
    return bearer.caller(world, claims)


def _refused(world: World, error: GraphError, request: Request) -> Response:
    body = error.document(world.now(), request.headers.get("client-request-id"))
    headers = _headers()
    if error.retry_after is not None:
        headers["Retry-After"] = str(error.retry_after)
    if error.status == 401:
        headers["WWW-Authenticate"] = (
            'Bearer realm="", authorization_uri="https://login.microsoftonline.com/common/oauth2/authorize"'
        )
    return JSONResponse(body, status_code=error.status, headers=headers)


def _headers() -> dict[str, str]:
    request_id = str(uuid.uuid4())
    return {
        "Cache-Control": "no-cache",
        "Strict-Transport-Security": "max-age=31536000",
        "request-id": request_id,
        "client-request-id": request_id,
    }
