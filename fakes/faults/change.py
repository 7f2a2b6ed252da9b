"""Functions that build a change, which is a function from one world to another.

The keyword arguments are typed by a TypedDict for each record, so that mypy checks the names and types of the fields.
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
    """Return a change to the TLS state of the submission server."""
    return lambda world: world.with_network(smtp_tls=replace(world.network.smtp_tls, **fields))


def login_tls(**fields: Unpack[TlsFields]) -> Change:
    """Return a change to the TLS state of the login host."""
    return lambda world: world.with_network(login_tls=replace(world.network.login_tls, **fields))


def policy(added: ConditionalAccess) -> Change:
    """Return a change that adds a Conditional Access policy."""
    return lambda world: world.with_tenant(conditional_access=(*world.tenant.conditional_access, added))


def outside_named_locations(who: str) -> Change:
    """Return a change that excludes this machine from the named locations in a user's or application's policies."""
    return lambda world: world.with_tenant(
        conditional_access=tuple(
            replace(one, includes_this_machine=False)
            if who in one.applies_to and one.kind is PolicyKind.BLOCK_OTHER_LOCATIONS
            else one
            for one in world.tenant.conditional_access
        )
    )


def issuing(**fields: Unpack[IssuingFields]) -> Change:
    """Return a change to the way in which Entra issues tokens."""
    return lambda world: world.with_tenant(issuing=replace(world.tenant.issuing, **fields))


def service(**fields: Unpack[ServiceFields]) -> Change:
    """Return a change that sets a service fault at Microsoft."""
    return lambda world: replace(world, service=replace(world.service, **fields))


def user(name: str, **fields: Unpack[UserFields]) -> Change:
    """Return a change to the user with this sign-in or mail address."""
    return lambda world: world.with_user(name, lambda one: replace(one, **fields))


def mailbox(name: str, **fields: Unpack[MailboxFields]) -> Change:
    """Return a change to the mailbox of the user with this sign-in or mail address."""
    return lambda world: world.with_user(name, lambda one: change_mailbox(one, **fields))


def app(changed: Callable[[App], App]) -> Change:
    """Return a change to the tenant's app registrations."""
    return lambda world: world.with_tenant(apps=tuple(changed(one) for one in world.tenant.apps))


def principal(changed: Callable[[ServicePrincipal], ServicePrincipal]) -> Change:
    """Return a change to the tenant's enterprise applications."""
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
