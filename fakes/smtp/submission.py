"""Decide from the tenant's state whether Exchange accepts a recipient and the complete message.

These decisions follow the sign-in. Only at this stage does Exchange report a missing permission on the mailbox.
"""

from email.parser import BytesHeaderParser
from email.utils import getaddresses

from ..world.world import RecipientReply, SendAsTrustee, World
from . import replies
from .sign_in import Identity, mailbox_of

CONCURRENT_SUBMISSIONS = 3
RECIPIENTS_PER_MESSAGE = 1000


def recipient_refused(world: World, recipient: str, already: int) -> str | None:
    """Return the reply that refuses a recipient, or None if the recipient is accepted."""
    tenant = world.tenant
    if already >= RECIPIENTS_PER_MESSAGE:
        return replies.TOO_MANY_RECIPIENTS
    if tenant.recipients_blocked:
        return replies.RECIPIENT_BLOCKED
    unknown = recipient.casefold() in tenant.unknown_recipients
    at_once = world.unverified.unknown_recipient is RecipientReply.AT_ONCE
    return replies.RECIPIENT_NOT_FOUND if unknown and at_once else None


def message_refused(world: World, identity: Identity, content: bytes, *, at_once: int, server: str) -> str | None:
    """Return the reply that refuses the message after its body, or None if the message is accepted.

    `at_once` is the number of concurrent submissions from this mailbox, including this one; `server` is the back end's host name.
    """
    tenant = world.tenant
    mailbox = mailbox_of(tenant, identity)
    by_app = identity.principal_object_id
    if len(content) > mailbox.send_size_limit:
        return replies.TOO_LARGE
    if at_once + mailbox.other_submissions > CONCURRENT_SUBMISSIONS:
        return replies.TOO_MANY_AT_ONCE
    if by_app is not None and not identity.by_role_assignment and by_app not in mailbox.full_access:
        return replies.NO_RIGHT_ON_MAILBOX.format(server=server.partition(".")[0].upper())
    if (refusal := author_refused(world, identity, content)) is not None:
        return refusal
    refusals = (
        (mailbox.over_message_rate and world.unverified.over_rate_is_refused, replies.OVER_RATE),
        (mailbox.mailbox_full, replies.MAILBOX_FULL),
        (mailbox.recipient_quota_used, replies.QUOTA_USED),
        (mailbox.restricted_for_spam, replies.OUTBOUND_SPAM),
        (tenant.blocked_for_reputation, replies.TENANT_OVER_THRESHOLD),
    )
    return next((reply for true, reply in refusals if true), None)


def author_refused(world: World, identity: Identity, content: bytes) -> str | None:
    """Return the reply that refuses a From address which the identity may not use, or None if there is no such address."""
    foreign = _foreign_author(_own(world, identity) | _send_as_owners(world, identity), content)
    return None if foreign is None else replies.SEND_AS_DENIED.format(user=identity.user, sender=foreign)


def _send_as_owners(world: World, identity: Identity) -> frozenset[str]:
    by_mailbox = world.unverified.send_as_of_application is SendAsTrustee.MAILBOX
    trustee = identity.user if by_mailbox else identity.principal_object_id or identity.user
    owned = (one.own_addresses for one in world.tenant.users if one.mailbox and trustee in one.mailbox.send_as)
    return frozenset(address for addresses in owned for address in addresses)


def _own(world: World, identity: Identity) -> frozenset[str]:
    """Return the addresses of the signed-in user's mailbox.

    The sign-in address is not among them if it differs from the primary address.
    """
    user = world.tenant.user(identity.user)
    return user.own_addresses if user is not None else frozenset({identity.user.casefold()})


def _foreign_author(allowed: frozenset[str], content: bytes) -> str | None:
    headers = BytesHeaderParser().parsebytes(content)
    authors = [address for _, address in getaddresses([str(line) for line in headers.get_all("From", [])])]
    return next((address for address in authors if address and address.casefold() not in allowed), None)
