"""Worlds with many users, and settings with many senders."""

from __future__ import annotations

from collections.abc import Callable

from fakes import World
from fakes.world.tenant import Mailbox, User

_SECRETS = {
    "basic": ("password_from", "SMTP365_BASIC_PASSWORD"),
    "oauth": ("client_secret_from", "SMTP365_OAUTH_CLIENT_SECRET"),
}


def with_users(world: World, count: int) -> World:
    """Return the world with `count` more users.

    Each of these users has the Basic sender's password and a mailbox to which the application has access.
    """
    known = world.tenant.user(world.oauth.username)
    full_access = known.mailbox.full_access if known is not None and known.mailbox is not None else frozenset()
    more = [
        User(upn=address(world, number), password=world.basic.password, mailbox=Mailbox(full_access=full_access))
        for number in range(count)
    ]
    return world.with_tenant(users=(*world.tenant.users, *more))


def address(world: World, number: int) -> str:
    """Return the address of one of the users added by `with_users`."""
    return f"sender{number}@{world.tenant.domain}"


def with_senders(method: str, users: list[str]) -> Callable[[str], str]:
    """Return a function that adds to the settings a sender with this method for each user. These senders all use the same secret."""

    def edit(text: str) -> str:
        table = text.partition(f"[sender.{method}]\n")[2].partition("\n[sender.")[0]
        lines = [line for line in table.splitlines() if not line.startswith(("username", "from", "to"))]
        key, variable = _SECRETS[method]
        for number, user in enumerate(users):
            own = [
                f"[sender.{method}{number}]",
                f'{key} = "env:{variable}"',
                f'username = "{user}"',
                f'from = "{user}"',
            ]
            text += "\n".join([*own, *lines, ""])
        return text

    return edit
