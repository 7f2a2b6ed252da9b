"""Who may sign in over SMTP: pure decisions from the state of the tenant to Microsoft's reply.

Order among the refusals is Microsoft's where known and a named switch in ``Unverified`` where not. No sockets here.
"""

from dataclasses import dataclass

from fakes import sentences
from fakes.claims import Claims
from fakes.tenant import EXCHANGE_ONLINE, SEND_AS_APP, Federation, Mailbox, PolicyKind, Retirement, Tenant, User
from fakes.world import NoMailboxReply, OffByDefaultReply, PasswordExpiredReply, World

AUDIENCES = frozenset(
    {EXCHANGE_ONLINE, "https://outlook.office.com", "https://outlook.office365.us", "https://partner.outlook.cn"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who is signed in: the address, and for app-only sign-ins the application and how it may use mailboxes."""

    user: str
    mechanism: str
    principal_object_id: str | None = None
    by_role_assignment: bool = False


def by_password(world: World, name: str, password: str) -> Identity | str:
    """The identity behind a user name and password, or the reply that refuses it."""
    user = world.tenant.user(name)
    refusal = _method_refused(world, user)
    if refusal is None and world.unverified.gates_before_credentials:
        refusal = _smtp_auth_switch(world.tenant, user) or _credentials_refused(world, user, password)
    elif refusal is None:
        refusal = _credentials_refused(world, user, password) or _smtp_auth_switch(world.tenant, user)
    if refusal is not None or user is None:
        return refusal or sentences.CREDENTIALS
    return Identity(user=user.upn, mechanism="LOGIN")


def _method_refused(world: World, user: User | None) -> str | None:
    tenant, switches = world.tenant, world.unverified
    removed = ("535 " if switches.removed_as_535 else "550 ") + sentences.BASIC_REMOVED
    match tenant.retirement:
        case Retirement.REMOVED:
            return removed
        case Retirement.OFF_BY_DEFAULT:
            return removed if switches.off_by_default is OffByDefaultReply.NOT_SUPPORTED else sentences.BASIC_DISABLED
        case Retirement.NOT_YET:
            policy = tenant.auth_policy_for(user) if user else None
            return sentences.BASIC_DISABLED if policy and not policy.allow_basic_smtp else None


def _smtp_auth_switch(tenant: Tenant, user: User | None) -> str | None:
    mailbox = user.mailbox if user else None
    if mailbox is None:
        return None
    if mailbox.smtp_auth_disabled:
        return sentences.SMTP_AUTH_OFF_MAILBOX
    if mailbox.smtp_auth_disabled is None and tenant.smtp_auth_disabled:
        return sentences.SMTP_AUTH_OFF_TENANT
    return None


def _credentials_refused(world: World, user: User | None, password: str) -> str | None:
    if user is None:
        return sentences.CREDENTIALS
    match user.federation:
        case Federation.STS_UNREACHABLE:
            return sentences.STS_UNREACHABLE
        case Federation.STS_WITHOUT_HTTPS:
            return sentences.STS_WITHOUT_HTTPS
        case Federation.MANAGED:
            pass
    if user.locked:
        return sentences.LOCKED
    if user.password != password:
        return sentences.CREDENTIALS
    return _account_refused(world, user)


def _account_refused(world: World, user: User) -> str | None:
    if not user.enabled:
        return sentences.ACCOUNT_ISSUE
    if user.password_expired:
        as_issue = world.unverified.password_expired is PasswordExpiredReply.ACCOUNT_HAS_AN_ISSUE
        return sentences.ACCOUNT_ISSUE if as_issue else sentences.CREDENTIALS
    if world.tenant.security_defaults:
        return sentences.SECURITY_DEFAULTS
    blocks = (PolicyKind.REQUIRE_MFA, PolicyKind.BLOCK_LEGACY_CLIENTS)
    covered = any(
        policy.kind in blocks and (not policy.applies_to or user.upn in policy.applies_to)
        for policy in world.tenant.conditional_access
    )
    if user.mfa_required or covered:
        return sentences.CRITERIA
    if user.mailbox is None:
        bare = world.unverified.no_mailbox is NoMailboxReply.BARE
        return sentences.UNSUCCESSFUL if bare else sentences.MAILBOX_CANNOT_BE_ACCESSED
    return None


def by_token(world: World, name: str, claims: Claims | None) -> Identity | str:
    """The identity behind an XOAUTH2 user and the claims of a token whose signature held, or the refusing reply.

    ``claims`` is None for a token that cannot be read or is not Entra's. Exchange gives one bare answer to all of these;
    only the SMTP AUTH switches speak (Microsoft, "Authenticate an IMAP, POP or SMTP connection using OAuth").
    """
    user = world.tenant.user(name)
    identity = _token_identity(world.tenant, user, claims)
    if identity is None or (world.tenant.security_defaults and world.unverified.security_defaults_block_oauth):
        return sentences.UNSUCCESSFUL
    return _smtp_auth_switch(world.tenant, user) or identity


def _token_identity(tenant: Tenant, user: User | None, claims: Claims | None) -> Identity | None:
    if user is None or user.mailbox is None or claims is None:
        return None
    if claims.expired or claims.tenant_id != tenant.tenant_id or claims.audience not in AUDIENCES:
        return None
    if claims.upn is not None:
        same = claims.upn.casefold() == user.upn.casefold()
        return Identity(user=user.upn, mechanism="XOAUTH2") if same and "SMTP.Send" in claims.scopes else None
    known, enterprise = tenant.exchange_principal(claims.client_id), tenant.service_principal(claims.client_id)
    if known is None or enterprise is None or known.object_id != enterprise.object_id:
        return None
    scoped = user.upn in known.rbac_scope
    if SEND_AS_APP not in claims.roles and not scoped:
        return None
    return Identity(
        user=user.upn,
        mechanism="XOAUTH2",
        principal_object_id=known.object_id,
        by_role_assignment=SEND_AS_APP not in claims.roles,
    )


def mailbox_of(tenant: Tenant, identity: Identity) -> Mailbox:
    """The mailbox that the signed-in address owns; an empty one when it was taken away since."""
    user = tenant.user(identity.user)
    return (user.mailbox if user else None) or Mailbox()
