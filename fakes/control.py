"""The control endpoint: messages received, the state, and faults set or cleared while the fakes run.

Plain HTTP on loopback, guarded by the bearer token that the description prints.
"""

import hmac
from typing import TYPE_CHECKING, Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from fakes.doors import CannotStage
from fakes.records import Message

if TYPE_CHECKING:
    from fakes.serving import Running


def application(running: "Running") -> Starlette:
    """The web application; faults replace each other and always start from the world it began with."""
    beginning = running.world
    active: list[str] = []

    def guarded(request: Request) -> Response | None:
        expected = f"Bearer {running.control_token}".encode()
        given = request.headers.get("authorization", "").encode()
        if hmac.compare_digest(given, expected):
            return None
        return JSONResponse({"error": "send the token that the description prints as a bearer token"}, status_code=401)

    async def messages(request: Request) -> Response:
        return guarded(request) or JSONResponse([_summary(number, one) for number, one in enumerate(running.messages)])

    async def message(request: Request) -> Response:
        number, received = request.path_params["number"], running.messages
        if (refusal := guarded(request)) is not None:
            return refusal
        if number >= len(received):
            return PlainTextResponse(f"there are {len(received)} messages, counted from 0", status_code=404)
        return Response(received[number].content, media_type="message/rfc822")

    async def faults(request: Request) -> Response:
        if (refusal := guarded(request)) is not None:
            return refusal
        if request.method != "GET":
            return await change(request)
        return JSONResponse({"faults": active})

    async def change(request: Request) -> Response:
        from fakes.catalogue import UnknownFault, apply

        try:
            asked = (await request.json())["faults"] if request.method == "PUT" else []
            running.change(apply(beginning, asked))
        except (ValueError, KeyError, TypeError):
            return JSONResponse({"error": 'the body is {"faults": ["id", …]}'}, status_code=400)
        except (UnknownFault, CannotStage) as error:
            return JSONResponse({"error": str(error)}, status_code=409)
        active[:] = asked
        return JSONResponse({"faults": active})

    async def state(request: Request) -> Response:
        return guarded(request) or JSONResponse(_state(running, active))

    return Starlette(
        routes=[
            Route("/messages", messages),
            Route("/messages/{number:int}.eml", message),
            Route("/faults", faults, methods=["GET", "PUT", "DELETE"]),
            Route("/state", state),
        ]
    )


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
