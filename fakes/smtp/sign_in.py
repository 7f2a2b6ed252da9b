"""Decide from the tenant's state whether Exchange accepts an SMTP sign-in.

The checks run in Microsoft's order where that order is known; elsewhere, a switch in `Unverified` selects the order. This module
opens no sockets.
"""

from dataclasses import dataclass

from ..entra.claims import Claims
from ..world import passwords
from ..world.clouds import CLOUDS
from ..world.tenant import EXCHANGE_ONLINE, SEND_AS_APP, Federation, Mailbox, PolicyKind, Retirement, Tenant, User
from ..world.world import NoMailboxReply, OffByDefaultReply, PasswordExpiredReply, World
from . import replies

NO_MAILBOX_NEEDED = Mailbox()  # for an account that has no mailbox and needs none

AUDIENCES = frozenset(
    {
        EXCHANGE_ONLINE,
        "https://outlook.office.com",
        "https://outlook.office365.us",
        "https://partner.outlook.cn",
        *CLOUDS["custom"].exchange,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """The user who is signed in and, if an application signed in, the application's object id.

    `by_role_assignment` is true if the application has access through an Exchange role assignment.
    """

    user: str
    mechanism: str
    principal_object_id: str | None = None
    by_role_assignment: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """The reply that refuses a sign-in, and the values for the sign-in log.

    `code` is the AADSTS number: 0 if Entra accepted the credentials but Exchange refused the sign-in, or None if Entra was not involved.
    `policies` holds the ids of the Conditional Access policies that caused the refusal.
    """

    reply: str
    code: int | None = None
    policies: tuple[str, ...] = ()


def by_password(world: World, name: str, password: str) -> Identity | Refused:
    """Return the identity for a user name and password, or the refusal. AADSTS numbers are from Microsoft's list of error codes."""
    user = world.tenant.user(name)
    refusal = _method_refused(world, user)
    if refusal is None and world.unverified.gates_before_credentials:
        refusal = _smtp_auth_switch(world.tenant, user) or credentials_refused(world, user, password)
    elif refusal is None:
        refusal = credentials_refused(world, user, password) or _smtp_auth_switch(world.tenant, user)
    if refusal is not None or user is None:
        return refusal or Refused(reply=replies.CREDENTIALS, code=50034)
    return Identity(user=user.upn, mechanism="LOGIN")


def _method_refused(world: World, user: User | None) -> Refused | None:
    tenant, switches = world.tenant, world.unverified
    removed = ("535 " if switches.removed_as_535 else "550 ") + replies.BASIC_REMOVED
    match tenant.retirement:
        case Retirement.REMOVED:
            return Refused(reply=removed)
        case Retirement.OFF_BY_DEFAULT:
            says_removed = switches.off_by_default is OffByDefaultReply.NOT_SUPPORTED
            return Refused(reply=removed if says_removed else replies.BASIC_DISABLED)
        case Retirement.NOT_YET:
            policy = tenant.auth_policy_for(user) if user else None
            return Refused(reply=replies.BASIC_DISABLED) if policy and not policy.allow_basic_smtp else None


def _smtp_auth_switch(tenant: Tenant, user: User | None) -> Refused | None:
    mailbox = user.mailbox if user else None
    if mailbox is None:
        return None
    if mailbox.smtp_auth_disabled:
        return Refused(reply=replies.SMTP_AUTH_OFF_MAILBOX)
    if mailbox.smtp_auth_disabled is None and tenant.smtp_auth_disabled:
        return Refused(reply=replies.SMTP_AUTH_OFF_TENANT)
    return None


def credentials_refused(world: World, user: User | None, password: str) -> Refused | None:
    """Return the refusal if the account, the password, a policy or a missing mailbox prevents the sign-in, or None."""
    if user is None:
        return Refused(reply=replies.CREDENTIALS, code=50034)
    match user.federation:
        case Federation.STS_UNREACHABLE:
            return Refused(reply=replies.STS_UNREACHABLE)
        case Federation.STS_WITHOUT_HTTPS:
            return Refused(reply=replies.STS_WITHOUT_HTTPS)
        case Federation.MANAGED:
            pass
    if user.locked:
        return Refused(reply=replies.LOCKED, code=50053)
    if user.password != password:
        return Refused(reply=replies.CREDENTIALS, code=50126)
    return _account_refused(world, user)


def _account_refused(world: World, user: User) -> Refused | None:
    if not user.enabled:
        return Refused(reply=replies.ACCOUNT_ISSUE, code=50057)
    if passwords.expired(world, user):
        as_issue = world.unverified.password_expired is PasswordExpiredReply.ACCOUNT_HAS_AN_ISSUE
        return Refused(reply=replies.ACCOUNT_ISSUE if as_issue else replies.CREDENTIALS, code=50055)
    if world.tenant.security_defaults:
        return Refused(reply=replies.SECURITY_DEFAULTS, code=530035)
    if (refusal := _policy_refused(world.tenant, user)) is not None:
        return refusal
    if user.mfa_required:
        return Refused(reply=replies.CRITERIA, code=50076)
    if user.mailbox is None:
        bare = world.unverified.no_mailbox is NoMailboxReply.BARE
        return Refused(reply=replies.UNSUCCESSFUL if bare else replies.MAILBOX_CANNOT_BE_ACCESSED, code=0)
    return None


def _policy_refused(tenant: Tenant, user: User) -> Refused | None:
    """Return the refusal by Conditional Access, if any. A policy that blocks takes precedence over one that requires MFA."""
    policies = [one for one in tenant.conditional_access if one.hits(user.upn)]
    blocking = tuple(
        one.policy_id
        for one in policies
        if one.kind is PolicyKind.BLOCK_LEGACY_CLIENTS
        or (one.kind is PolicyKind.BLOCK_OTHER_LOCATIONS and not one.includes_this_machine and not one.workload)
    )
    demanding = tuple(one.policy_id for one in policies if one.kind is PolicyKind.REQUIRE_MFA)
    if blocking:
        return Refused(reply=replies.CRITERIA, code=53003, policies=blocking)
    return Refused(reply=replies.CRITERIA, code=50076, policies=demanding) if demanding else None


def by_token(world: World, name: str, claims: Claims | None) -> Identity | Refused:
    """Return the identity for an XOAUTH2 user name and the claims of a verified token, or the refusal.

    `claims` is None for a token that cannot be parsed or that Entra did not sign. Exchange sends the same reply for every failure
    except a disabled SMTP AUTH, which has its own text (Microsoft, "Authenticate an IMAP, POP or SMTP connection using OAuth").
    """
    user = world.tenant.recipient(name)
    identity = _token_identity(world.tenant, user, claims)
    if identity is None or (world.tenant.security_defaults and world.unverified.security_defaults_block_oauth):
        return Refused(reply=replies.UNSUCCESSFUL)
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
    """Return the mailbox of the signed-in user, or a default mailbox if it has since been removed."""
    user = tenant.user(identity.user)
    return (user.mailbox if user else None) or Mailbox()
