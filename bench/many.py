"""Generates settings for many senders, half Basic and half OAuth, from the two senders of the built-in tenant."""

from __future__ import annotations

from collections.abc import Sequence

from fakes import World


def settings_for(text: str, world: World, users: Sequence[str], password: str, client_secret: str) -> str:
    """Return the settings `text` with one sender per user. The last two arguments name the variables that hold the secrets."""
    head, _, tables = text.partition("[sender.basic]")
    basic = tables.partition("\n[sender.")[0]
    oauth = tables.partition("[sender.oauth]")[2].partition("\n[sender.")[0]
    by_password = f'password_from = "env:{password}"{basic}'
    by_token = f'client_secret_from = "env:{client_secret}"{oauth}'
    written = [head]
    for number, user in enumerate(users):
        table, known = (by_password, world.basic.username) if number % 2 == 0 else (by_token, world.oauth.username)
        written.append(f"[sender.S{number}]\n{table.replace(known, user)}\n")
    return "".join(written)
