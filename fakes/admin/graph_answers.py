"""Microsoft Graph's routes. Each route has a path, the permission that it requires, and an answer built from the tenant's state.

`graph` serves the answers over HTTP; the export calls this module directly. Source: the pages for these calls in the Microsoft
Graph reference.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from ..world.clouds import CLOUDS
from ..world.records import Records
from ..world.tenant import Auditing
from ..world.world import World
from . import directory, graph_errors, logs, odata, policies
from .bearer import Caller
from .graph_errors import GraphError

Body = dict[str, Any]
_LARGEST_PAGE = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A request to a route. `name` is the decoded variable segment of the path, or empty if the path has none."""

    world: World
    records: Records
    version: str
    name: str
    query: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Question:
    """A route with at most one variable segment. Errors about `$select` contain `kind` as the name of the type."""

    versions: tuple[str, ...]
    path: re.Pattern[str]
    permission: str
    refused: Callable[[str], GraphError]
    answer: Callable[[Asked], Body | list[Body] | GraphError]
    kind: str
    defaults: tuple[str, ...] = ()
    also: tuple[str, ...] = ()


def answer(
    world: World, records: Records, who: Caller, *, host: str, path: str, query: Mapping[str, str]
) -> Body | GraphError:
    """Return the body of the response, or the error. `path` is percent-encoded, as received."""
    version, _, rest = path.strip("/").partition("/")
    found = next(((one, match) for one in _QUESTIONS if (match := one.path.fullmatch(rest))), None)
    if found is None or version not in found[0].versions:
        return graph_errors.no_segment(rest.partition("/")[0])
    question, match = found
    sufficient = {question.permission, *question.also}
    if not sufficient & who.permissions or (who.person and not who.reads):
        return question.refused(question.permission)
    name = unquote(next(iter(match.groups()), "") or "").replace("''", "'")
    content = question.answer(Asked(world=world, records=records, version=version, name=name, query=query))
    if isinstance(content, GraphError):
        return content
    select = query.get("$select", "")
    if isinstance(content, dict):
        whole = odata.selected(content, select, question.kind, question.defaults)
        return whole if isinstance(whole, GraphError) else {"@odata.context": _context(host, version, rest), **whole}
    return _listed(content, question, select, query, address=f"https://{host}{path}", world=world)


def _listed(
    rows: list[Body], question: _Question, select: str, query: Mapping[str, str], *, address: str, world: World
) -> Body | GraphError:
    selected = []
    for row in rows:
        kept = odata.selected(row, select, question.kind)
        if isinstance(kept, GraphError):
            return kept
        selected.append(kept)
    auditing: Auditing | None = world.tenant.auditing
    body = odata.page(selected, address, query, auditing.page_size if auditing else _LARGEST_PAGE)
    if isinstance(body, GraphError):
        return body
    return {"@odata.context": address.partition("?")[0].replace("/v1.0/", "/v1.0/$metadata#"), **body}


def _context(host: str, version: str, rest: str) -> str:
    return f"https://{host}/{version}/$metadata#{rest.partition('/')[0].partition('(')[0]}/$entity"


def _or_absent(found: Body | None, asked: Asked) -> Body | GraphError:
    return found if found is not None else graph_errors.not_found(asked.name)


def _user(asked: Asked) -> Body | GraphError:
    return _or_absent(directory.user(asked.world, asked.name), asked)


def _domain(asked: Asked) -> Body | GraphError:
    return _or_absent(directory.domain(asked.world.tenant, asked.name), asked)


def _mfa(asked: Asked) -> Body | GraphError:
    found = directory.find_user(asked.world.tenant, asked.name)
    return {"perUserMfaState": directory.per_user_mfa(found)} if found else graph_errors.not_found(asked.name)


def _methods(asked: Asked) -> list[Body] | GraphError:
    found = directory.find_user(asked.world.tenant, asked.name)
    return directory.methods(found) if found else graph_errors.not_found(asked.name)


def _security_defaults(asked: Asked) -> Body:
    return {
        "id": "00000000-0000-0000-0000-000000000005",
        "displayName": "Security Defaults",
        "description": "Security defaults is a set of basic identity security mechanisms recommended by Microsoft.",
        "isEnabled": asked.world.tenant.security_defaults,
    }


def _policies(asked: Asked) -> list[Body]:
    return policies.documents(asked.world.tenant)


def _application(asked: Asked) -> Body | GraphError:
    return _or_absent(directory.application(asked.world.tenant, asked.name), asked)


def _principal(asked: Asked) -> Body | GraphError:
    return _or_absent(directory.principal(asked.world.tenant, asked.name), asked)


def _roles(asked: Asked) -> list[Body] | GraphError:
    found = directory.role_assignments(asked.world.tenant, asked.name)
    return found if found is not None else graph_errors.not_found(asked.name)


def _sign_ins(asked: Asked) -> list[Body] | GraphError:
    auditing, clauses = asked.world.tenant.auditing, asked.query.get("$filter", "")
    if auditing is not None and not auditing.premium:
        return graph_errors.not_premium()
    of_apps = "signInEventTypes" in clauses
    if of_apps and asked.version != "beta":
        return graph_errors.bad_filter()
    books = logs.app_sign_ins if of_apps else logs.user_sign_ins
    return odata.filtered(books(asked.world, asked.records), clauses)


def _traces(asked: Asked) -> list[Body] | GraphError:
    if not CLOUDS[asked.world.tenant.cloud].traces:
        return graph_errors.no_segment("exchange")
    if asked.world.tenant.auditing is not None and not asked.world.tenant.auditing.trace_provisioned:
        return graph_errors.trace_not_provisioned()
    return odata.filtered(logs.traces(asked.world, asked.records), asked.query.get("$filter", ""))


def _denied(_permission: str) -> GraphError:
    return graph_errors.privileges()


def _scopes(_permission: str) -> GraphError:
    return graph_errors.scopes_missing()


def _hidden(_permission: str) -> GraphError:
    return graph_errors.methods_denied()


_V1, _BETA, _BOTH = ("v1.0",), ("beta",), ("v1.0", "beta")
_KEY = r"\((?:appId|appid)='([^/]*)'\)"
_DIRECTORY = ("Directory.Read.All",)
_QUESTIONS = (
    _Question(
        versions=_BOTH,
        path=re.compile(r"users/([^/]+)"),
        permission="User.Read.All",
        refused=_denied,
        answer=_user,
        kind="user",
        defaults=directory.USER_DEFAULTS,
        also=_DIRECTORY,
    ),
    _Question(
        versions=_BOTH,
        path=re.compile(r"domains/([^/]+)"),
        permission="Domain.Read.All",
        refused=_denied,
        answer=_domain,
        kind="domain",
        also=_DIRECTORY,
    ),
    _Question(
        versions=_BETA,
        path=re.compile(r"users/([^/]+)/authentication/requirements"),
        permission="Policy.Read.All",
        refused=_scopes,
        answer=_mfa,
        kind="strongAuthenticationRequirements",
    ),
    _Question(
        versions=_BOTH,
        path=re.compile(r"users/([^/]+)/authentication/methods"),
        permission="UserAuthenticationMethod.Read.All",
        refused=_hidden,
        answer=_methods,
        kind="authenticationMethod",
    ),
    _Question(
        versions=_BOTH,
        path=re.compile(r"policies/identitySecurityDefaultsEnforcementPolicy"),
        permission="Policy.Read.All",
        refused=_scopes,
        answer=_security_defaults,
        kind="identitySecurityDefaultsEnforcementPolicy",
    ),
    _Question(
        versions=_BOTH,
        path=re.compile(r"identity/conditionalAccess/policies"),
        permission="Policy.Read.All",
        refused=_scopes,
        answer=_policies,
        kind="conditionalAccessPolicy",
        also=("Policy.Read.ConditionalAccess",),
    ),
    _Question(
        versions=_BOTH,
        path=re.compile("applications" + _KEY),
        permission="Application.Read.All",
        refused=_denied,
        answer=_application,
        kind="application",
        also=_DIRECTORY,
    ),
    _Question(
        versions=_BOTH,
        path=re.compile("servicePrincipals" + _KEY),
        permission="Application.Read.All",
        refused=_denied,
        answer=_principal,
        kind="servicePrincipal",
        also=_DIRECTORY,
    ),
    _Question(
        versions=_BOTH,
        path=re.compile(r"servicePrincipals/([^/]+)/appRoleAssignments"),
        permission="Application.Read.All",
        refused=_denied,
        answer=_roles,
        kind="appRoleAssignment",
        also=_DIRECTORY,
    ),
    _Question(
        versions=_BOTH,
        path=re.compile(r"auditLogs/signIns"),
        permission="AuditLog.Read.All",
        refused=graph_errors.permission_missing,
        answer=_sign_ins,
        kind="signIn",
    ),
    _Question(
        versions=_BOTH,
        path=re.compile(r"admin/exchange/tracing/messageTraces"),
        permission="ExchangeMessageTrace.Read.All",
        refused=graph_errors.permission_missing,
        answer=_traces,
        kind="exchangeMessageTrace",
    ),
)
