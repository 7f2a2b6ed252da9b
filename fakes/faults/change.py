"""Functions that describe one change to the world. Each returns a function that maps a world to the changed world.

mypy checks field names and types, because the keyword arguments are typed by a TypedDict for each record.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Unpack

from ..world.network import MiddleboxFields, NetworkFields, ResolverFields, TlsFields
from ..world.tenant import (
    App,
    ConditionalAccess,
    IssuingFields,
    MailboxFields,
    PolicyKind,
    ServicePrincipal,
    TenantFields,
    UserFields,
)
from ..world.world import SenderFields, ServiceFields, World, change_mailbox

Change = Callable[[World], World]


def tenant(**fields: Unpack[TenantFields]) -> Change:
    """Return a change to the tenant."""
    return lambda world: world.with_tenant(**fields)


def network(**fields: Unpack[NetworkFields]) -> Change:
    """Return a change to the network."""
    return lambda world: world.with_network(**fields)


def resolver(**fields: Unpack[ResolverFields]) -> Change:
    """Return a change to the resolver."""
    return lambda world: world.with_network(resolver=replace(world.network.resolver, **fields))


def middlebox(**fields: Unpack[MiddleboxFields]) -> Change:
    """Return a change to the middlebox."""
    return lambda world: world.with_network(middlebox=replace(world.network.middlebox, **fields))


def smtp_tls(**fields: Unpack[TlsFields]) -> Change:
    """Return a change to the submission server's TLS."""
    return lambda world: world.with_network(smtp_tls=replace(world.network.smtp_tls, **fields))


def login_tls(**fields: Unpack[TlsFields]) -> Change:
    """Return a change to the login host's TLS."""
    return lambda world: world.with_network(login_tls=replace(world.network.login_tls, **fields))


def policy(added: ConditionalAccess) -> Change:
    """Return a change that adds a Conditional Access policy to the existing ones."""
    return lambda world: world.with_tenant(conditional_access=(*world.tenant.conditional_access, added))


def outside_named_locations(who: str) -> Change:
    """Return a change after which the location policies for a user or application no longer include this machine."""
    return lambda world: world.with_tenant(
        conditional_access=tuple(
            replace(one, includes_this_machine=False)
            if who in one.applies_to and one.kind is PolicyKind.BLOCK_OTHER_LOCATIONS
            else one
            for one in world.tenant.conditional_access
        )
    )


def issuing(**fields: Unpack[IssuingFields]) -> Change:
    """Return a change to how Entra issues tokens."""
    return lambda world: world.with_tenant(issuing=replace(world.tenant.issuing, **fields))


def service(**fields: Unpack[ServiceFields]) -> Change:
    """Return a change that adds a service fault at Microsoft."""
    return lambda world: replace(world, service=replace(world.service, **fields))


def user(name: str, **fields: Unpack[UserFields]) -> Change:
    """Return a change to one user, found by sign-in or mail address."""
    return lambda world: world.with_user(name, lambda one: replace(one, **fields))


def mailbox(name: str, **fields: Unpack[MailboxFields]) -> Change:
    """Return a change to one user's mailbox; the user is found by sign-in or mail address."""
    return lambda world: world.with_user(name, lambda one: change_mailbox(one, **fields))


def app(changed: Callable[[App], App]) -> Change:
    """Return a change to the application registration."""
    return lambda world: world.with_tenant(apps=tuple(changed(one) for one in world.tenant.apps))


def principal(changed: Callable[[ServicePrincipal], ServicePrincipal]) -> Change:
    """Return a change to the enterprise application."""
    return lambda world: world.with_tenant(
        service_principals=tuple(changed(one) for one in world.tenant.service_principals)
    )


def basic(**fields: Unpack[SenderFields]) -> Change:
    """Return a change to the Basic sender's settings."""
    return lambda world: replace(world, basic=replace(world.basic, **fields))


def oauth(**fields: Unpack[SenderFields]) -> Change:
    """Return a change to the OAuth sender's settings."""
    return lambda world: replace(world, oauth=replace(world.oauth, **fields))


def both(**fields: Unpack[SenderFields]) -> Change:
    """Return a change to both senders' settings."""
    return lambda world: oauth(**fields)(basic(**fields)(world))
