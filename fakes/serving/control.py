"""The control endpoint, which returns messages, the state and the tenant export, sets faults, and approves or declines device codes.

The endpoint uses plain HTTP on loopback. Each request needs the bearer token from the description.
"""

import hmac
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from ..entra.device_code import NoSuchCode
from ..faults.fault import UnknownFault
from ..network.listeners import CannotStage
from ..world.records import Message

if TYPE_CHECKING:
    from .handle import Running


Endpoint = Callable[[Request], Awaitable[Response]]


def application(running: "Running") -> Starlette:
    """Return the web application. New faults replace the previous ones and are applied to the initial world."""
    handlers = _Handlers(running)

    def guarded(path: str, endpoint: Endpoint, *methods: str) -> Route:
        async def served(request: Request) -> Response:
            expected = f"Bearer {running.control_token}".encode()
            given = request.headers.get("authorization", "").encode()
            if hmac.compare_digest(given, expected):
                return await endpoint(request)
            return _refused(401, "the request needs the control token from the description as its bearer token")

        return Route(path, served, methods=methods or ["GET"])

    return Starlette(
        routes=[
            guarded("/messages", handlers.messages),
            guarded("/messages/{number:int}.eml", handlers.message),
            guarded("/faults", handlers.faults, "GET", "PUT", "DELETE"),
            guarded("/device-codes", handlers.device_codes),
            guarded("/device-codes/{user_code}", handlers.device_code, "PUT"),
            guarded("/tenant-export", handlers.tenant_export),
            guarded("/state", handlers.state),
        ]
    )


class _Handlers:
    """The request handlers, which are called only after the token has been verified."""

    def __init__(self, running: "Running") -> None:
        self._running = running
        self._initial = running.world
        self._active: list[str] = []

    async def messages(self, _request: Request) -> Response:
        return JSONResponse([_summary(number, one) for number, one in enumerate(self._running.messages)])

    async def message(self, request: Request) -> Response:
        number, received = request.path_params["number"], self._running.messages
        if number >= len(received):
            return PlainTextResponse(
                f"there is no message {number}; messages are numbered from 0, and {len(received)} arrived",
                status_code=404,
            )
        return Response(received[number].content, media_type="message/rfc822")

    async def faults(self, request: Request) -> Response:
        from ..faults.catalogue import apply  # loaded on the first request, to keep start-up fast

        if request.method != "GET":
            try:
                asked = (await request.json())["faults"] if request.method == "PUT" else []
                self._running.change(apply(self._initial, asked))
            except (UnknownFault, CannotStage) as error:
                return _refused(409, str(error))
            except (ValueError, KeyError, TypeError):
                return _refused(400, 'the body must be {"faults": ["id", …]}')
            self._active[:] = asked
        return JSONResponse({"faults": self._active})

    async def device_codes(self, _request: Request) -> Response:
        return JSONResponse(self._running.device_codes.waiting())

    async def device_code(self, request: Request) -> Response:
        try:
            user = (await request.json())["user"]
            self._running.device_codes.decide(self._running.world, request.path_params["user_code"], user)
        except NoSuchCode as error:
            return _refused(409, str(error))
        except (ValueError, KeyError, TypeError, AttributeError):
            return _refused(400, 'the body must be {"user": "name@domain"}, or {"user": null} to decline')
        return JSONResponse({"user": user})

    async def tenant_export(self, _request: Request) -> Response:
        return JSONResponse(self._running.export())

    async def state(self, _request: Request) -> Response:
        return JSONResponse(_state(self._running, self._active))


def _refused(status: int, why: str) -> Response:
    return JSONResponse({"error": why}, status_code=status)


def _summary(number: int, message: Message) -> dict[str, Any]:
    return {
        "number": number,
        "sender": message.sender,
        "recipients": message.recipients,
        "user": message.user,
        "mechanism": message.mechanism,
        "message_id": message.message_id,
        "received": message.received.isoformat(),
        "size": len(message.content),
    }


def _state(running: "Running", active: list[str]) -> dict[str, Any]:
    tenant, network = running.world.tenant, running.world.network
    return {
        "faults": active,
        "tenant_id": tenant.tenant_id,
        "users": [user.upn for user in tenant.users],
        "smtp_auth_disabled": tenant.smtp_auth_disabled,
        "security_defaults": tenant.security_defaults,
        "submission_port": network.submission_port,
        "connect": running.description["connect"],
        "smtp_sessions": len(running.sessions),
        "sign_ins": [{"user": one.user, "mechanism": one.mechanism, "reply": one.reply} for one in running.sign_ins],
        "token_requests": [
            {"client_id": one.client_id, "by": one.by, "code": one.code} for one in running.token_requests
        ],
        "messages": len(running.messages),
    }
