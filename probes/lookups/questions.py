"""The table of questions. Each row has the request in the form that a source needs, and the permission that it requires.

The spelling is fixed, because an export stores its answers under the same strings. Sources: Microsoft Graph reference (v1.0,
or beta where v1.0 has no answer); Exchange Online PowerShell reference.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from string import Formatter
from typing import Final
from urllib.parse import quote

EXCHANGE_ONLINE_APP: Final = "00000002-0000-0ff1-ce00-000000000000"
SEND_AS_APP: Final = "SMTP.SendAsApp"
AUDIT_LICENCE: Final = "Entra ID P1 or P2"
EXCHANGE_READER: Final = "Exchange.ManageAsApp and the Entra role Global Reader"


class Service(StrEnum):
    """The service that answers a question. Each service needs its own token."""

    GRAPH = "graph"
    EXCHANGE = "exchange"


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A question with its values filled in.

    Reports show `text`, and an export stores the answer under `key`. A request sends `path` or `cmdlet`. For log rows, `since` is
    the start of the requested period.
    """

    service: Service
    text: str
    key: str
    needs: str
    path: str = ""
    cmdlet: str = ""
    parameters: tuple[tuple[str, str], ...] = ()
    since: str = ""

    @property
    def lasting(self) -> bool:
        """Whether the answer is constant during a run, unlike a log row."""
        return not self.since


@dataclass(frozen=True, slots=True, kw_only=True)
class _OfGraph:
    """A GET request to Graph. `:q` marks a value in OData quotes.

    `key` is set if the path contains the time of a run, which an export cannot contain.
    """

    path: str
    needs: str
    key: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _OfExchange:
    """A cmdlet with its parameters, in the order in which an export writes them."""

    cmdlet: str
    parameters: tuple[tuple[str, str], ...] = ()


_IDENTITY: Final = (("Identity", "{mailbox}"),)
_SERVICE_PRINCIPAL_ROWS: Final = "signInEventTypes/any(t: t eq 'servicePrincipal') and "

TABLE: Final[dict[str, _OfGraph | _OfExchange]] = {
    "user": _OfGraph(
        path="/v1.0/users/{user}?$select=id,userPrincipalName,accountEnabled,onPremisesSyncEnabled,assignedPlans,proxyAddresses,"
        "passwordPolicies,lastPasswordChangeDateTime",
        needs="User.Read.All",
    ),
    "domain": _OfGraph(
        path="/v1.0/domains/{domain}?$select=id,authenticationType,passwordValidityPeriodInDays", needs="Domain.Read.All"
    ),
    "mfa": _OfGraph(path="/beta/users/{user}/authentication/requirements", needs="Policy.Read.All"),
    "methods": _OfGraph(path="/v1.0/users/{user}/authentication/methods", needs="UserAuthenticationMethod.Read.All"),
    "security_defaults": _OfGraph(
        path="/v1.0/policies/identitySecurityDefaultsEnforcementPolicy", needs="Policy.Read.All"
    ),
    "conditional_access": _OfGraph(
        path="/v1.0/identity/conditionalAccess/policies?$select=id,displayName,state,conditions,grantControls",
        needs="Policy.Read.All",
    ),
    "application": _OfGraph(
        path="/v1.0/applications(appId='{client_id:q}')?$select=id,appId,displayName,signInAudience,isFallbackPublicClient,"
        "passwordCredentials,keyCredentials",
        needs="Application.Read.All",
    ),
    "principal": _OfGraph(
        path="/v1.0/servicePrincipals(appId='{client_id:q}')?$select=id,appId,displayName,accountEnabled",
        needs="Application.Read.All",
    ),
    "assignments": _OfGraph(
        path="/v1.0/servicePrincipals/{principal}/appRoleAssignments", needs="Application.Read.All"
    ),
    "exchange_online": _OfGraph(
        path=f"/v1.0/servicePrincipals(appId='{EXCHANGE_ONLINE_APP}')?$select=id,appId,displayName,appRoles",
        needs="Application.Read.All",
    ),
    "user_sign_ins": _OfGraph(
        path="/v1.0/auditLogs/signIns?$filter=userPrincipalName eq '{user:q}' and createdDateTime ge {started}"
        "&$top=10&$orderby=createdDateTime desc",
        needs="AuditLog.Read.All",
        key="sign_in_log {user}",
    ),
    "application_sign_ins": _OfGraph(  # as documented; not tested against the live service
        path=f"/beta/auditLogs/signIns?$filter={_SERVICE_PRINCIPAL_ROWS}"
        "appId eq '{client_id:q}' and createdDateTime ge {started}&$top=10",
        needs="AuditLog.Read.All",
        key="sign_in_log {client_id}",
    ),
    "trace": _OfGraph(
        path="/v1.0/admin/exchange/tracing/messageTraces?$filter=senderAddress eq '{mail_from:q}'"
        " and receivedDateTime ge {started} and receivedDateTime le {now}&$top=10",
        needs="ExchangeMessageTrace.Read.All",
        key="trace {mail_from}",
    ),
    "transport": _OfExchange(cmdlet="Get-TransportConfig"),
    "mailbox": _OfExchange(cmdlet="Get-CASMailbox", parameters=_IDENTITY),
    "exchange_user": _OfExchange(cmdlet="Get-User", parameters=_IDENTITY),
    "organisation": _OfExchange(cmdlet="Get-OrganizationConfig"),
    "policy": _OfExchange(cmdlet="Get-AuthenticationPolicy", parameters=(("Identity", "{policy}"),)),
    "exchange_principal": _OfExchange(cmdlet="Get-ServicePrincipal", parameters=(("Identity", "{client_id}"),)),
    "mailbox_permission": _OfExchange(cmdlet="Get-MailboxPermission", parameters=(*_IDENTITY, ("User", "{principal}"))),
    "recipient_permission": _OfExchange(
        cmdlet="Get-RecipientPermission", parameters=(*_IDENTITY, ("Trustee", "{principal}"))
    ),
    "rbac": _OfExchange(
        cmdlet="Test-ServicePrincipalAuthorization",
        parameters=(("Identity", "{client_id}"), ("Resource", "{mailbox}")),
    ),
}  # fmt: skip

# The facts that each kind of sender needs. The sign-in log and the trace are looked up after the run.
BASIC_FACTS: Final = (
    "user", "domain", "mfa", "methods", "security_defaults", "conditional_access", "transport", "mailbox", "auth_policy",
)  # fmt: skip
OAUTH_FACTS: Final = (
    "user", "application", "principal", "roles", "conditional_access", "transport", "mailbox", "exchange_principal",
    "mailbox_right", "rbac",
)  # fmt: skip


def question(name: str, **values: str) -> Question:
    """Return the question in the row `name` of the table, with its values filled in. Values are escaped in the URL."""
    row = TABLE[name]
    if isinstance(row, _OfExchange):
        parameters = tuple((parameter, _filled(value, values)) for parameter, value in row.parameters)
        text = " ".join([row.cmdlet, *(f"{parameter}={value}" for parameter, value in parameters)])
        return Question(
            service=Service.EXCHANGE,
            text=text,
            key=text,
            needs=EXCHANGE_READER,
            cmdlet=row.cmdlet,
            parameters=parameters,
        )
    text = _filled(row.path, values)
    return Question(
        service=Service.GRAPH,
        text=text,
        key=_filled(row.key, values) if row.key else text,
        needs=row.needs,
        path=_filled(row.path, values, wire=True),
        since=values.get("started", ""),
    )


def permissions(facts: tuple[str, ...]) -> tuple[str, ...]:
    """Return the Graph permissions that these facts need, without duplicates. An administrator sees them before signing in."""
    rows = {"roles": ("assignments",), "mailbox_right": (), "auth_policy": (), "sign_in_log": ("user_sign_ins",)}
    asked = (TABLE[row] for fact in facts for row in rows.get(fact, (fact,)))
    return tuple(dict.fromkeys(row.needs for row in asked if isinstance(row, _OfGraph)))


def _filled(template: str, values: dict[str, str], *, wire: bool = False) -> str:
    pieces = []
    for literal, name, form, _ in Formatter().parse(template):
        pieces.append(quote(literal, safe="/?$&=,()':@") if wire else literal)
        if name is not None:
            value = values[name].replace("'", "''") if form == "q" else values[name]
            pieces.append(quote(value, safe="@:") if wire else value)
    return "".join(pieces)
