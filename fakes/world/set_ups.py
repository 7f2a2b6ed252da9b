"""Variants of the healthy tenant in which the From address or its domain differs from the name used to sign in.

Both senders can send mail in every variant. A fault can be applied on top of a variant.
"""

from dataclasses import replace
from types import MappingProxyType

from ..faults import change
from .tenant import ConditionalAccess, Mailbox, User
from .world import ALERTS, DOMAIN, NOTICES, PRINCIPAL_OBJECT_ID, World

INBOX = f"inbox@{DOMAIN}"
SHARED = f"alarms@{DOMAIN}"
SHARED_OTHER_DOMAIN = "alarms@contoso.example"
SIGN_IN_NAMES = MappingProxyType({ALERTS: "svc-alerts@corp.example", NOTICES: "svc-notices@corp.example"})


def from_differs(world: World) -> World:
    """Return a variant in which From is a shared mailbox for which both accounts and the application have Send As."""
    return _from_shared(world, SHARED)


def domains_differ(world: World) -> World:
    """Return a variant in which From is a shared mailbox in a different domain from the account that signs in."""
    return _from_shared(world, SHARED_OTHER_DOMAIN)


def upn_differs(world: World) -> World:
    """Return a variant in which the sign-in names and the primary addresses, which are used as From, are in different domains."""
    moved = world
    for address, upn in SIGN_IN_NAMES.items():
        moved = change.user(address, address=address, upn=upn)(moved)
    moved = moved.with_tenant(conditional_access=tuple(_with_new_names(one) for one in world.tenant.conditional_access))
    moved = change.basic(username=SIGN_IN_NAMES[ALERTS], mail_to=INBOX)(moved)
    return _inbox(change.oauth(username=SIGN_IN_NAMES[NOTICES], mail_to=INBOX)(moved))


def _with_new_names(policy: ConditionalAccess) -> ConditionalAccess:
    names = {SIGN_IN_NAMES[one] for one in policy.applies_to if one in SIGN_IN_NAMES}
    return replace(policy, applies_to=policy.applies_to | names)


def _from_shared(world: World, address: str) -> World:
    sends_as = Mailbox(send_as=frozenset({ALERTS, NOTICES, PRINCIPAL_OBJECT_ID}))
    shared = User(upn=address, password="Nobody-Signs-In-Here-Either-5", enabled=False, mailbox=sends_as)
    added = world.with_tenant(users=(*world.tenant.users, shared))
    return _inbox(change.both(mail_from=address, mail_to=INBOX)(added))


def _inbox(world: World) -> World:
    return world.with_tenant(users=(*world.tenant.users, User(upn=INBOX, password="Only-Receives-Mail-8")))


SET_UPS = MappingProxyType({one.__name__: one for one in (from_differs, domains_differ, upn_differs)})
