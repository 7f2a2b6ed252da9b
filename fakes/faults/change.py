"""Ways to say one change in a few words; each returns a function from world to world."""

from collections.abc import Callable
from dataclasses import replace

from ..world.tenant import ConditionalAccess, PolicyKind
from ..world.world import World, change_mailbox

Change = Callable[[World], World]


def tenant(**fields: object) -> Change:
    """Replace fields of the tenant."""
    return lambda world: world.with_tenant(**fields)


def network(**fields: object) -> Change:
    """Replace fields of the network."""
    return lambda world: world.with_network(**fields)


def resolver(**fields: object) -> Change:
    """Replace fields of the resolver."""
    return lambda world: world.with_network(resolver=replace(world.network.resolver, **fields))  # type: ignore[arg-type]


def middlebox(**fields: object) -> Change:
    """Replace fields of the middlebox."""
    return lambda world: world.with_network(middlebox=replace(world.network.middlebox, **fields))  # type: ignore[arg-type]


def smtp_tls(**fields: object) -> Change:
    """Replace fields of the submission server's TLS."""
    return lambda world: world.with_network(smtp_tls=replace(world.network.smtp_tls, **fields))  # type: ignore[arg-type]


def login_tls(**fields: object) -> Change:
    """Replace fields of the login host's TLS."""
    return lambda world: world.with_network(login_tls=replace(world.network.login_tls, **fields))  # type: ignore[arg-type]


def policy(kind: PolicyKind, policy_id: str, **fields: object) -> Change:
    """Add a Conditional Access policy to those that are there."""

    def added(world: World) -> World:
        one = ConditionalAccess(kind=kind, policy_id=policy_id, **fields)  # type: ignore[arg-type]
        return world.with_tenant(conditional_access=(*world.tenant.conditional_access, one))

    return added


def elsewhere(who: str) -> Change:
    """The policies that let this user or application in from named locations only do not name ours."""
    return lambda world: world.with_tenant(
        conditional_access=tuple(
            replace(one, includes_us=False) if who in one.applies_to and one.kind is PolicyKind.BLOCK_ELSEWHERE else one
            for one in world.tenant.conditional_access
        )
    )


def issuing(**fields: object) -> Change:
    """Replace how Entra issues tokens."""
    return lambda world: world.with_tenant(issuing=replace(world.tenant.issuing, **fields))  # type: ignore[arg-type]


def service(**fields: object) -> Change:
    """Give Microsoft's service a bad day."""
    return lambda world: replace(world, service=replace(world.service, **fields))  # type: ignore[arg-type]


def user(upn: str, **fields: object) -> Change:
    """Replace fields of one user."""
    return lambda world: world.with_user(upn, lambda one: replace(one, **fields))  # type: ignore[arg-type]


def mailbox(upn: str, **fields: object) -> Change:
    """Replace fields of one user's mailbox."""
    return lambda world: world.with_user(upn, lambda one: change_mailbox(one, **fields))


def app(**fields: object) -> Change:
    """Replace fields of the application registration."""
    return lambda world: world.with_tenant(apps=tuple(replace(one, **fields) for one in world.tenant.apps))  # type: ignore[arg-type]


def principal(**fields: object) -> Change:
    """Replace fields of the enterprise application."""
    return lambda world: world.with_tenant(
        service_principals=tuple(replace(one, **fields) for one in world.tenant.service_principals)  # type: ignore[arg-type]
    )


def basic(**fields: object) -> Change:
    """Replace what is entered for the Basic sender."""
    return lambda world: replace(world, basic=replace(world.basic, **fields))  # type: ignore[arg-type]


def oauth(**fields: object) -> Change:
    """Replace what is entered for the OAuth sender."""
    return lambda world: replace(world, oauth=replace(world.oauth, **fields))  # type: ignore[arg-type]


def both(**fields: object) -> Change:
    """Replace what is entered for both senders."""
    return lambda world: oauth(**fields)(basic(**fields)(world))
