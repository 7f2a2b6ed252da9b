"""Faults that make Exchange refuse a recipient, or the message after its body has been sent."""

from dataclasses import replace
from typing import Unpack

from ..world.tenant import MailboxFields
from ..world.world import ALERTS, NOTICES, World
from . import change
from .fault import Fault

BASIC, OAUTH = ("basic",), ("oauth",)


def _both_mailboxes(**fields: Unpack[MailboxFields]) -> change.Change:
    def changed(world: World) -> World:
        return change.mailbox(NOTICES, **fields)(change.mailbox(ALERTS, **fields)(world))

    return changed


def _refused_over_rate(world: World) -> World:
    """Exceed the rate, and refuse messages above it (UNVERIFIED: according to Microsoft, they are delayed)."""
    refusing = replace(world, unverified=replace(world.unverified, over_rate_is_refused=True))
    return _both_mailboxes(over_message_rate=True)(refusing)


RECIPIENT = (
    Fault(
        id="recipient_unknown",
        changes="the recipient does not exist",
        gate="recipient",
        cause="recipient_rejected",
        change=lambda world: world.with_tenant(
            unknown_recipients=frozenset(sender.mail_to.casefold() for sender in world.senders)
        ),
    ),
    Fault(
        id="recipient_blocked",
        changes="the recipient's domain rejects the address",
        gate="recipient",
        cause="recipient_rejected",
        change=change.tenant(recipients_blocked=True),
    ),
)

ACCEPTED = (
    Fault(
        id="mailbox_right_missing",
        changes="the application has no permission on the mailbox, or the permission has not propagated",
        gate="accepted",
        cause="sp_mailbox_permission_missing",
        senders=OAUTH,
        change=change.mailbox(NOTICES, full_access=frozenset()),
    ),
    Fault(
        id="message_too_large",
        changes="the test message is larger than the mailboxes' send limit",
        gate="accepted",
        cause="message_too_large",
        change=_both_mailboxes(send_size_limit=64),
    ),
    Fault(
        id="three_connections",
        changes="three other submissions from the mailboxes are in progress",
        gate="accepted",
        cause="concurrent_connections",
        change=_both_mailboxes(other_submissions=3),
    ),
    Fault(
        id="over_message_rate",
        changes="the mailboxes sent more than thirty messages in the last minute, and the service refuses more (UNVERIFIED)",
        gate="accepted",
        cause="rate_limited",
        change=_refused_over_rate,
    ),
    Fault(
        id="recipient_quota",
        changes="the mailboxes have reached their daily recipient limit",
        gate="accepted",
        cause="recipient_quota_exceeded",
        change=_both_mailboxes(recipient_quota_used=True),
    ),
    Fault(
        id="mailbox_full",
        changes="the senders' mailboxes are full",
        gate="accepted",
        cause="mailbox_full",
        change=_both_mailboxes(mailbox_full=True),
    ),
    Fault(
        id="outbound_spam",
        changes="the senders are blocked from sending because of outbound spam",
        gate="accepted",
        cause="outbound_spam_block",
        change=_both_mailboxes(restricted_for_spam=True),
    ),
    Fault(
        id="tenant_reputation",
        changes="the tenant has exceeded its sending threshold",
        gate="accepted",
        cause="outbound_spam_block",
        change=change.tenant(blocked_for_reputation=True),
    ),
    Fault(
        id="message_temporary",
        changes="a back-end server at Microsoft reports a temporary error after the message body",
        gate="accepted",
        cause="service_side_fault",
        change=change.service(end_of_data="451 4.7.0 Temporary server error. Please try again later. PRX4"),
    ),
)
