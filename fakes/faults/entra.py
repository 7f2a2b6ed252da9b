"""Faults that affect a token: in the tenant, the application, its secret, consent, the clock, the path to the login host or the token."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from ..world.network import LoginPath
from ..world.tenant import GRAPH, ConditionalAccess, PolicyKind
from ..world.world import ALERTS, CLIENT_ID, NOTICES, World
from . import change
from .fault import Fault

OAUTH = ("oauth",)
_POLICY = "f40c6b92-8d17-4e5a-b3f6-127ae9c0d854"


def _secret_expires(world: World, days: int) -> World:
    """Set the expiry date of the client secret, both in Entra and in the settings."""
    expires = datetime.now(UTC) + timedelta(days=days)
    (app,) = world.tenant.apps
    secrets = tuple(replace(one, expires=expires) for one in app.secrets)
    changed = world.with_tenant(apps=(replace(app, secrets=secrets),))
    return replace(changed, oauth=replace(changed.oauth, client_secret_expires=expires.date()))


def _path(path: LoginPath) -> change.Change:
    return change.network(login_path=path)


ISSUER = (
    Fault(
        id="tenant_gone",
        changes="the tenant was deleted",
        gate="issuer",
        cause="wrong_tenant_or_authority",
        senders=OAUTH,
        change=change.tenant(exists=False),
    ),
    Fault(
        id="issuer_foreign",
        changes="the discovery document contains the issuer of a different tenant",
        gate="issuer",
        cause="issuer_document_altered",
        senders=OAUTH,
        change=change.issuing(foreign_issuer_in_discovery=True),
    ),
    Fault(
        id="login_silent",
        changes="the login host accepts requests but does not answer",
        gate="issuer",
        cause="token_endpoint_unreachable",
        senders=OAUTH,
        change=_path(LoginPath.SILENCE),
    ),
    Fault(
        id="login_proxy_page",
        changes="a proxy answers in place of the login host, with a page of its own",
        gate="issuer",
        cause="login_blocked_by_proxy",
        senders=OAUTH,
        change=_path(LoginPath.PROXY_PAGE),
    ),
    Fault(
        id="login_wrong_content",
        changes="the discovery document is not JSON",
        gate="issuer",
        cause="login_blocked_by_proxy",
        senders=OAUTH,
        change=_path(LoginPath.WRONG_CONTENT),
    ),
    Fault(
        id="login_redirect_loop",
        changes="the login host redirects to itself",
        gate="issuer",
        cause="login_blocked_by_proxy",
        senders=OAUTH,
        change=_path(LoginPath.REDIRECT_LOOP),
    ),
    Fault(
        id="login_server_error",
        changes="the login host responds with 503",
        gate="issuer",
        cause="service_side_fault",
        senders=OAUTH,
        change=_path(LoginPath.SERVER_ERROR),
    ),
    Fault(
        id="token_endpoint_foreign",
        changes="the discovery document contains a token endpoint on a different host",
        gate="issuer",
        cause="issuer_document_altered",
        senders=OAUTH,
        change=_path(LoginPath.TOKEN_OTHER_HOST),
    ),
)

TOKEN = (
    Fault(
        id="token_proxy_page",
        changes="a proxy answers the token request with a page of its own",
        gate="token",
        cause="login_blocked_by_proxy",
        senders=OAUTH,
        change=_path(LoginPath.TOKEN_PROXY_PAGE),
    ),
    Fault(
        id="token_redirect",
        changes="the token request is redirected to a different host",
        gate="token",
        cause="login_blocked_by_proxy",
        senders=OAUTH,
        change=_path(LoginPath.TOKEN_REDIRECT),
    ),
    Fault(
        id="tenant_not_permitted",
        changes="the network's proxy does not permit this tenant (tenant restrictions)",
        gate="token",
        cause="tenant_blocked_by_proxy",
        senders=OAUTH,
        change=_path(LoginPath.TENANT_NOT_PERMITTED),
    ),
    Fault(
        id="app_unknown",
        changes="the application was deleted from the tenant",
        gate="token",
        cause="app_not_in_tenant",
        senders=OAUTH,
        change=change.tenant(apps=()),
    ),
    Fault(
        id="app_sp_missing",
        changes="the application has no enterprise application in the tenant",
        gate="token",
        cause="app_sp_missing",
        senders=OAUTH,
        change=change.tenant(service_principals=()),
    ),
    Fault(
        id="app_disabled",
        changes="the enterprise application is disabled",
        gate="token",
        cause="app_disabled",
        senders=OAUTH,
        change=change.principal(lambda one: replace(one, enabled=False)),
    ),
    Fault(
        id="secret_revoked",
        changes="the client secret was removed from the application",
        gate="token",
        cause="secret_wrong",
        senders=OAUTH,
        change=change.app(lambda app: replace(app, secrets=())),
    ),
    Fault(
        id="secret_expired",
        changes="the client secret has expired",
        gate="token",
        cause="secret_expired",
        senders=OAUTH,
        change=lambda world: _secret_expires(world, -2),
    ),
    Fault(
        id="secret_expiring",
        changes="the client secret expires in ten days",
        gate="token",
        cause="secret_expiring",
        senders=OAUTH,
        change=lambda world: _secret_expires(world, 10),
    ),
    Fault(
        id="public_client",
        changes="the application is registered as a public client",
        gate="token",
        cause="public_client_with_secret",
        senders=OAUTH,
        change=change.app(lambda app: replace(app, public_client=True)),
    ),
    Fault(
        id="resource_missing",
        changes="the tenant has no Exchange Online",
        gate="token",
        cause="resource_missing",
        senders=OAUTH,
        change=change.tenant(resources=frozenset({GRAPH})),
    ),
    Fault(
        id="workload_blocked",
        changes="a Conditional Access policy blocks the service principal",
        gate="token",
        cause="conditional_access_block",
        senders=OAUTH,
        change=change.policy(
            ConditionalAccess(kind=PolicyKind.BLOCK_WORKLOAD, policy_id=_POLICY, applies_to=frozenset({CLIENT_ID}))
        ),
    ),
    Fault(
        id="place_not_named_oauth",
        changes="the named locations in the application's policy do not include this machine",
        gate="token",
        cause="conditional_access_block",
        senders=OAUTH,
        change=change.outside_named_locations(CLIENT_ID),
    ),
    Fault(
        id="token_throttled",
        changes="Entra throttles the tenant",
        gate="token",
        cause="token_throttled",
        senders=OAUTH,
        change=change.tenant(throttled=True),
    ),
    Fault(
        id="clock_behind",
        changes="this machine's clock is two hours behind Microsoft's",
        gate="token",
        cause="clock_skew",
        change=lambda world: replace(world, clock_offset=timedelta(hours=2)),
    ),
    Fault(
        id="clock_ahead",
        changes="this machine's clock is two hours ahead of Microsoft's",
        gate="token",
        cause="clock_skew",
        change=lambda world: replace(world, clock_offset=timedelta(hours=-2)),
    ),
)

CLAIMS = (
    Fault(
        id="consent_missing",
        changes="admin consent has not been granted, so the token contains no role",
        gate="sign_in",
        cause="consent_missing",
        senders=OAUTH,
        change=change.principal(lambda one: replace(one, consented=frozenset())),
    ),
    Fault(
        id="role_missing",
        changes="admin consent was granted for IMAP.AccessAsApp but not for SMTP.SendAsApp",
        gate="sign_in",
        cause="consent_missing",
        senders=OAUTH,
        change=change.principal(lambda one: replace(one, consented=frozenset({"IMAP.AccessAsApp"}))),
    ),
    Fault(
        id="token_expired",
        changes="the token has expired",
        gate="claims",
        cause="token_expired",
        senders=OAUTH,
        change=change.issuing(age=timedelta(hours=3)),
    ),
    Fault(
        id="token_wrong_audience",
        changes="the token is for a resource other than the one requested",
        gate="claims",
        cause="wrong_scope_or_audience",
        senders=OAUTH,
        change=change.issuing(audience=GRAPH),
    ),
    Fault(
        id="token_other_tenant",
        changes="the token is from a different tenant",
        gate="claims",
        cause="wrong_tenant_or_authority",
        senders=OAUTH,
        change=change.issuing(tenant_id="7d2f8e61-05a4-4cb3-9e17-c83b60d5f429"),
    ),
    Fault(
        id="token_tampered",
        changes="the token is not signed by Entra",
        gate="sign_in",
        cause="service_side_fault",
        senders=OAUTH,
        change=change.issuing(foreign_key=True),
    ),
    Fault(
        id="token_of_another_user",
        changes="the token is a delegated token for a different user",
        gate="sign_in",
        cause="token_user_mismatch",
        senders=OAUTH,
        change=change.issuing(delegated_user=ALERTS),
    ),
)


def rbac(world: World) -> World:
    """Return the world with an Exchange role assignment in place of admin consent and the permission on the mailbox.

    This is not a fault: both senders can still send mail.
    """
    scoped = tuple(replace(one, rbac_scope=frozenset({NOTICES})) for one in world.tenant.exchange_principals)
    return change.mailbox(NOTICES, full_access=frozenset())(
        change.principal(lambda one: replace(one, consented=frozenset()))(world.with_tenant(exchange_principals=scoped))
    )
