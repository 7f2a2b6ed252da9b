"""A fake of the REST interface behind Exchange Online PowerShell (`InvokeCommand`), served by a Starlette application.

Microsoft does not document this interface. Its format and texts are taken from public tools and from the error messages of the
PowerShell module, so everything in this module is UNVERIFIED. `cmdlets` builds the answers.
"""

import json
import uuid
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ..entra.claims import Claims
from ..world import clouds
from ..world.clouds import CLOUDS
from ..world.records import State
from ..world.world import EXCHANGE_ROLE, EXCHANGE_SCOPE, World
from . import bearer, cmdlets, odata
from .bearer import Caller
from .cmdlets import CmdletError, Row
from .graph_errors import GraphError

_SERVICE = "Microsoft.Exchange.Admin.OData.Core.ODataServiceException"


def application(state: State) -> Starlette:
    """Return the web application that serves the Exchange administration hosts."""

    async def invoke(request: Request) -> Response:
        world = state.world
        state.records.count("exchange_admin")
        who = _caller(world, request)
        if isinstance(who, Response):
            return who
        try:
            asked = json.loads(await request.body())["CmdletInput"]
            name, parameters = str(asked["CmdletName"]), dict(asked.get("Parameters") or {})
        except (ValueError, KeyError, TypeError, AttributeError):
            return _error(
                CmdletError(status=400, code="BadRequest", exception=_SERVICE, message="Invalid request body.")
            )
        found = cmdlets.run(world.tenant, name, parameters)
        if found is None:
            text = f"The term '{name}' is not recognized as a name of a cmdlet, function, script file, or executable program."
            return _error(CmdletError(status=403, code="Forbidden", exception=_SERVICE, message=text))
        return _error(found) if isinstance(found, CmdletError) else _page(request, world, found)

    return Starlette(routes=[Route("/adminapi/beta/{tenant}/InvokeCommand", invoke, methods=["POST"])])


def _caller(world: World, request: Request) -> Caller | Response:
    """Return the caller or an error response.

    The status is 401 for an unsuitable token, and 403 for a different tenant, a missing permission or a missing role.
    """
    header = request.headers.get("authorization", "")
    claims = bearer.claims_of(header, world)
    named = request.path_params["tenant"].lower()
    if claims is None or claims.expired or not _for_exchange(world, claims, request):
        return Response(status_code=401, headers={"WWW-Authenticate": "Bearer", "x-ms-diagnostics": _diagnosis(claims)})
    if named not in {world.tenant.tenant_id, world.tenant.domain.lower()}:
        return _forbidden(f"The tenant '{named}' is not the token's.")
    who = bearer.caller(world, claims)
    if (EXCHANGE_SCOPE if who.person else EXCHANGE_ROLE) not in who.permissions:
        return Response(status_code=403, headers={"x-ms-diagnostics": _diagnosis(claims)})
    if not who.reads:
        return _forbidden(
            f"The role assigned to {'user' if who.person else 'application'} {claims.upn or who.client_id} isn't supported "
            "in this scenario. Please check online documentation for assigning correct Directory Roles to Azure AD "
            "Application for EXO App-Only Authentication."
        )
    return who


def _for_exchange(world: World, claims: Claims, request: Request) -> bool:
    cloud = CLOUDS[world.tenant.cloud]
    at_home = (request.url.hostname or "").lower() in cloud.admin_hosts
    return at_home and claims.audience in {*cloud.exchange, clouds.EXCHANGE_APP}


def _diagnosis(claims: Claims | None) -> str:
    if claims is None:
        return '2000001;reason="The access token is missing or cannot be read.";error_category="invalid_token"'
    if claims.expired:
        return '2000003;reason="The access token is expired.";error_category="token_expired"'
    return '2000008;reason="The token contains not enough scope to make this call.";error_category="invalid_grant"'


def _forbidden(message: str) -> Response:
    return _error(CmdletError(status=403, code="Forbidden", exception=_SERVICE, message=message))


def _error(error: CmdletError) -> Response:
    text = f"|{error.exception}|{error.message}"
    body: dict[str, Any] = {
        "error": {
            "code": error.code,
            "message": f"Error executing request. {error.message}",
            "details": [{"code": "Context", "target": "", "message": f"Ex{uuid.uuid4().hex[:6].upper()}{text}"}],
            "innererror": {
                "message": "Error executing cmdlet",
                "type": _SERVICE,
                "internalexception": {
                    "message": "Exception of type 'Microsoft.Exchange.Management.PSDirectInvoke."
                    "DirectInvokeCmdletExecutionException' was thrown.",
                    "type": "Microsoft.Exchange.Management.PSDirectInvoke.DirectInvokeCmdletExecutionException",
                },
            },
        },
        "adminapi.warnings@odata.type": "#Collection(String)",
        "@adminapi.warnings": [],
    }
    return JSONResponse(body, status_code=error.status, headers={"request-id": str(uuid.uuid4())})


def _page(request: Request, world: World, rows: list[Row]) -> Response:
    select = request.query_params.get("$select", "")
    address = str(request.url.replace(scheme="https", port=None, query=""))
    selected = []
    for row in rows:
        kept = odata.selected(row, select, "cmdlet")
        if isinstance(kept, GraphError):
            return _error(CmdletError(status=kept.status, code=kept.code, exception=_SERVICE, message=kept.message))
        selected.append(kept)
    auditing = world.tenant.auditing
    body = odata.page(selected, address, request.query_params, auditing.page_size if auditing else 100)
    if isinstance(body, GraphError):
        return _error(CmdletError(status=body.status, code=body.code, exception=_SERVICE, message=body.message))
    context = f"{address.rpartition('/')[0]}/$metadata#Collection(Exchange.GenericHashTable)"
    warnings = {"adminapi.warnings@odata.type": "#Collection(String)", "@adminapi.warnings": []}
    return JSONResponse({"@odata.context": context, **warnings, **body}, headers={"request-id": str(uuid.uuid4())})
