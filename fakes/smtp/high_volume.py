"""The endpoint of High Volume Email: who may sign in, and which recipients and messages it refuses.

Sources: Microsoft, "Manage High Volume Email", "OAuth authentication for High Volume Email" and "Troubleshoot High Volume Email". The
pages do not state the reply to an account that is not one of High Volume Email, nor the step at which an external recipient is
refused; both are UNVERIFIED.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from ..entra import tokens
from ..entra.claims import Claims
from ..world.tenant import MAIL_SEND, Tenant, User
from ..world.world import World
from . import replies, sign_in, submission
from .exchange import ExchangeSmtp
from .sign_in import AUDIENCES, Identity, Refused

RECIPIENTS_PER_MESSAGE = 50
LARGEST_MESSAGE = 10 * 1024 * 1024
_SOON = timedelta(minutes=5)  # UNVERIFIED: how long before its end a token is refused


class HighVolumeSmtp(ExchangeSmtp):
    """One connection to the endpoint of High Volume Email, which has Exchange's commands but its own rules for sign-in and messages."""

    def _by_password(self, name: str, password: str) -> Identity | Refused:
        return by_password(self._state.world, name, password)

    def _by_token(self, name: str, token: str) -> Identity | Refused:
        now = self._state.world.now()
        claims = tokens.read(token, now)
        return by_token(self._state.world, name, claims, soon=claims is not None and expires_by(token, now + _SOON))

    def _recipient_refused(self, recipient: str, already: int) -> str | None:
        world = self._state.world
        if already >= RECIPIENTS_PER_MESSAGE:
            return replies.TOO_MANY_RECIPIENTS
        if not _internal(world.tenant, recipient):
            return replies.EXTERNAL_RECIPIENT
        return submission.recipient_refused(world, recipient, already)

    def _message_refused(self, identity: Identity, content: bytes, at_once: int) -> str | None:
        del at_once  # the endpoint has no limit on simultaneous messages
        if len(content) > LARGEST_MESSAGE:
            return replies.TOO_LARGE
        return submission.author_refused(self._state.world, identity, content)


def expires_by(token: str, moment: datetime) -> bool:
    """Return whether a token that Entra signed will have expired at this moment."""
    later = tokens.read(token, moment)
    return later is not None and later.expired


def by_password(world: World, name: str, password: str) -> Identity | Refused:
    """Return the identity for an account and its password, or the refusal.

    The SMTP AUTH settings do not apply. Security defaults and an authentication policy that does not allow Basic for SMTP lead to the same
    refusal.
    """
    user = world.tenant.user(name)
    policy = world.tenant.auth_policy_for(user) if user else None
    if world.tenant.security_defaults or (policy is not None and not policy.allow_basic_smtp):
        return Refused(reply=replies.ORGANISATION_CONFIGURATION)
    if user is None or user.high_volume is None:
        return Refused(reply=replies.UNSUCCESSFUL, code=0 if user else 50034)
    # An ordinary sign-in would also require a mailbox, which a mail user does not have.
    refusal = sign_in.credentials_refused(world, replace(user, mailbox=sign_in.NO_MAILBOX_NEEDED), password)
    return refusal or Identity(user=user.upn, mechanism="LOGIN")


def by_token(world: World, name: str, claims: Claims | None, *, soon: bool = False) -> Identity | Refused:
    """Return the identity for an XOAUTH2 user name and the claims of a verified token, or the refusal.

    `soon` is true if the token expires within minutes.
    """
    tenant = world.tenant
    user = tenant.recipient(name)
    if claims is None or claims.tenant_id != tenant.tenant_id or claims.audience not in AUDIENCES:
        return Refused(reply=replies.UNSUCCESSFUL)
    if claims.expired:
        return Refused(reply=replies.TOKEN_EXPIRED)
    if soon:
        return Refused(reply=replies.TOKEN_EXPIRES_SOON)
    if user is None or user.high_volume is None:
        return Refused(reply=replies.UNSUCCESSFUL)
    if claims.upn is not None:
        same = claims.upn.casefold() == user.upn.casefold()
        return Identity(user=user.upn, mechanism="XOAUTH2") if same else Refused(reply=replies.UNSUCCESSFUL)
    if MAIL_SEND not in claims.roles:
        return Refused(reply=replies.API_PERMISSIONS)
    enterprise = tenant.service_principal(claims.client_id)
    if enterprise is None or enterprise.object_id not in user.high_volume.allowed_apps:
        return Refused(reply=replies.APPLICATION_NOT_ALLOWED)
    return Identity(user=user.upn, mechanism="XOAUTH2", principal_object_id=enterprise.object_id)


def _internal(tenant: Tenant, recipient: str) -> bool:
    """Return whether the recipient's domain is the tenant's own, or that of a user's sign-in or primary address."""
    domains = {tenant.domain, *(address.rpartition("@")[2] for user in tenant.users for address in _addresses(user))}
    return recipient.rpartition("@")[2].casefold() in {one.casefold() for one in domains}


def _addresses(user: User) -> tuple[str, ...]:
    return (user.upn, user.primary)
