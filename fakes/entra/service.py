"""A fake of Entra, served by a Starlette application: discovery documents, keys, device codes and the token endpoint.

`token_endpoint` and `device_code` make the decisions. This module contains the routes, the headers and the responses of an
intercepting proxy.
"""

import asyncio
import base64
import binascii
import uuid
from email.utils import format_datetime
from typing import Any
from urllib.parse import parse_qsl, unquote

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from ..world.network import LoginPath
from ..world.records import State, TokenAnswer
from ..world.world import World
from . import device_code, discovery, errors, keys, token_endpoint
from .errors import EntraError
from .token_endpoint import Issued, TokenRequest

_PROXY_PAGE = "<!DOCTYPE html><html><head><title>Access denied</title></head><body>This site is blocked.</body></html>"
_OTHER_HOST = "login.token-thief.example"
_PRIVACY = 'CP="DSP CUR OTPi IND OTRi ONL FIN"'


def application(state: State) -> Starlette:
    """Return the web application that serves all login hosts. Every request is answered from the current state of the world."""

    async def openid(request: Request) -> Response:
        state.records.count("discovery")
        return await _intercepted(state.world, request) or _discovery(state.world, request)

    async def instance(request: Request) -> Response:
        state.records.count("instance_discovery")
        return await _intercepted(state.world, request) or JSONResponse(discovery.instances(_host(request)))

    async def key_set(request: Request) -> Response:
        state.records.count("keys")
        version = 2 if "/v2.0/" in request.url.path else 1
        issuer = discovery.issuer(state.world, request.path_params["tenant"], version)
        return await _intercepted(state.world, request) or JSONResponse(keys.published("microsoftonline.com", issuer))

    async def token(request: Request) -> Response:
        in_the_way = await _intercepted(state.world, request) or _before_the_token(state.world, request)
        return in_the_way or await _token(state, request)

    async def begin_device_code(request: Request) -> Response:
        state.records.count("device_code")
        return await _intercepted(state.world, request) or await _device_code(state, request)

    async def anything(request: Request) -> Response:
        return await _intercepted(state.world, request) or PlainTextResponse("Not Found", status_code=404)

    return Starlette(
        routes=[
            Route("/common/discovery/instance", instance),
            Route("/{tenant}/v2.0/.well-known/openid-configuration", openid),
            Route("/{tenant}/.well-known/openid-configuration", openid),
            Route("/{tenant}/discovery/v2.0/keys", key_set),
            Route("/{tenant}/discovery/keys", key_set),
            Route("/{tenant}/oauth2/v2.0/token", token, methods=["POST"]),
            Route("/{tenant}/oauth2/token", token, methods=["POST"]),
            Route("/{tenant}/oauth2/v2.0/devicecode", begin_device_code, methods=["POST"]),
            Route("/{rest:path}", anything, methods=["GET", "POST"]),
        ]
    )


def _host(request: Request) -> str:
    return (request.url.hostname or "").lower()


async def _intercepted(world: World, request: Request) -> Response | None:
    """Return the response of a proxy or a faulty front end, or None if the request reaches Entra. On a silent path, wait for ever."""
    match world.network.login_path:
        case LoginPath.SILENCE:
            await asyncio.Event().wait()
            return None
        case LoginPath.PROXY_PAGE:
            return HTMLResponse(_PROXY_PAGE, status_code=403)
        case LoginPath.WRONG_CONTENT:
            return PlainTextResponse("{ this is not JSON")
        case LoginPath.REDIRECT_LOOP:
            return RedirectResponse(str(request.url.replace(scheme="https", port=None)), status_code=302)
        case LoginPath.SERVER_ERROR:
            return HTMLResponse("<html><body>Service Unavailable</body></html>", status_code=503)
        case _:
            return None


def _before_the_token(world: World, request: Request) -> Response | None:
    match world.network.login_path:
        case LoginPath.TOKEN_PROXY_PAGE:
            return HTMLResponse(_PROXY_PAGE)
        case LoginPath.TOKEN_REDIRECT:
            return RedirectResponse(f"https://{_OTHER_HOST}{request.url.path}", status_code=307)
        case LoginPath.TENANT_NOT_PERMITTED:
            return _refused(world, errors.tenant_not_permitted(world.tenant.display_name), request)
        case _:
            return None


def _discovery(world: World, request: Request) -> Response:
    host, tenant = _host(request), request.path_params["tenant"]
    refusal = token_endpoint.tenant_refused(world, host, tenant, discovery=True)
    if refusal is not None:
        return _refused(world, refusal, request)
    version = 2 if "/v2.0/" in request.url.path else 1
    token_host = _OTHER_HOST if world.network.login_path is LoginPath.TOKEN_OTHER_HOST else None
    body = discovery.document(world, host, tenant, version, token_host=token_host)
    headers = {"Cache-Control": "max-age=86400, private", "Access-Control-Allow-Origin": "*"}
    return JSONResponse(body, headers=_headers(world) | headers)


async def _form(request: Request) -> dict[str, str]:
    """Return the parameters in the body of a request. Entra parses the body leniently, so a malformed body is not an error."""
    return dict(parse_qsl((await request.body()).decode("utf-8", "replace"), keep_blank_values=True))


async def _device_code(state: State, request: Request) -> Response:
    world = state.world
    begun = token_endpoint.tenant_refused(world, _host(request), request.path_params["tenant"])
    code = begun or state.device_codes.begin(world, await _form(request))
    if isinstance(code, EntraError):
        return _refused(world, code, request)
    return JSONResponse(code.document(world.tenant.device_code_interval), headers=_headers(world))


async def _token(state: State, request: Request) -> Response:
    world, form = state.world, await _form(request)
    by = "client_assertion" if form.get("client_assertion") else "client_secret_post"
    if (basic := _basic_credentials(request.headers.get("authorization", ""))) is not None:
        form["client_id"], form["client_secret"] = basic
        by = "client_secret_basic"
    version = 2 if "/v2.0/" in request.url.path else 1
    asked = TokenRequest(host=_host(request), tenant=request.path_params["tenant"], version=version, form=form)
    result: Issued | EntraError | dict[str, Any]
    if form.get("grant_type") == device_code.GRANT:
        by = "device_code"
        result = token_endpoint.tenant_refused(world, asked.host, asked.tenant) or state.device_codes.poll(world, form)
    elif form.get("grant_type") == device_code.REFRESH:
        by = "refresh_token"
        result = token_endpoint.tenant_refused(world, asked.host, asked.tenant) or state.device_codes.refresh(
            world, form
        )
    else:
        result = token_endpoint.answer(world, asked)
    state.records.add(
        TokenAnswer(
            client_id=form.get("client_id", ""),
            grant=form.get("grant_type", ""),
            scope=form.get("scope") or form.get("resource", ""),
            by=by,
            code=result.code if isinstance(result, EntraError) else 0,
            text=result.text if isinstance(result, EntraError) else "",
            peer=request.client.host if request.client else "127.0.0.1",
            at=world.now(),
        )
    )
    match result:
        case Issued():
            return _issued(world, result, version, form.get("resource", ""))
        case EntraError():
            return _refused(world, result, request)
        case body:
            return JSONResponse(body, headers=_headers(world))


def _issued(world: World, issued: Issued, version: int, resource: str) -> Response:
    body: dict[str, object] = {
        "token_type": "Bearer",
        "expires_in": issued.expires_in,
        "ext_expires_in": issued.expires_in,
    }
    if version == 1:
        expires = int(world.now().timestamp()) + issued.expires_in
        body |= {"expires_on": str(expires), "resource": resource}
    return JSONResponse(body | {"access_token": issued.access_token}, headers=_headers(world))


def _refused(world: World, error: EntraError, request: Request) -> Response:
    body = error.document(
        world.now(),
        breaks_lines=world.unverified.entra_breaks_lines,
        correlation_id=request.headers.get("client-request-id"),
    )
    headers = _headers(world) | {"x-ms-request-id": body["trace_id"]}
    if error.retry_after is not None:
        headers["Retry-After"] = str(error.retry_after)
    return JSONResponse(body, status_code=error.status, headers=headers, media_type="application/json; charset=utf-8")


def _headers(world: World) -> dict[str, str]:
    return {
        "Cache-Control": "no-store, no-cache",
        "Pragma": "no-cache",
        "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
        "X-Content-Type-Options": "nosniff",
        "P3P": _PRIVACY,
        "x-ms-request-id": str(uuid.uuid4()),
        "x-ms-ests-server": "2.1.22249.16 - WEULR1 ProdSlices",
        "Date": format_datetime(world.now(), usegmt=True),
    }


def _basic_credentials(header: str) -> tuple[str, str] | None:
    """Return the client id and secret from a `client_secret_basic` header (RFC 6749, section 2.3.1), or None."""
    scheme, _, value = header.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        client_id, _, secret = base64.b64decode(value, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return unquote(client_id), unquote(secret)
