"""High Volume Email: its accounts, its hosts, and the change that moves a sender to it.

Sources: Microsoft, "Manage High Volume Email", "OAuth authentication for High Volume Email" and "Add-HVEAppAccess".
"""

from dataclasses import replace

from .tenant import MAIL_SEND, HighVolume, User
from .world import PRINCIPAL_OBJECT_ID, Sender, World

HOST = "smtp.hve.mx.microsoft"
FORMER_HOST = "smtp-hve.office365.com"
SCOPE = "https://outlook.office.com/.default"


def with_high_volume(world: World, *senders: str) -> World:
    """Return this world with these senders (`basic`, `oauth`) at the endpoint of High Volume Email, able to send.

    Their accounts are mail users without a mailbox. For the OAuth sender, the application has the role Mail.Send and is allowed to use the
    account. Only the worldwide cloud has the endpoint; a world in another cloud is returned unchanged.
    """
    if world.cloud != "worldwide":
        return world
    moved = world
    for name in senders:
        moved = _basic(moved) if name == "basic" else _oauth(moved)
    return moved


def _basic(world: World) -> World:
    account = _account(world, world.basic, frozenset())
    return replace(account, basic=replace(world.basic, smtp_server=HOST))


def _oauth(world: World) -> World:
    account = _account(world, world.oauth, frozenset({PRINCIPAL_OBJECT_ID}))
    consented = tuple(replace(one, consented=frozenset({MAIL_SEND})) for one in world.tenant.service_principals)
    moved = account.with_tenant(service_principals=consented, exchange_principals=())
    return replace(moved, oauth=replace(world.oauth, smtp_server=HOST, scope=SCOPE))


def _account(world: World, sender: Sender, allowed: frozenset[str]) -> World:
    def changed(user: User) -> User:
        return replace(user, mailbox=None, high_volume=HighVolume(allowed_apps=allowed))

    return world.with_user(sender.username, changed)
