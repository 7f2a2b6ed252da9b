"""Clients that nobody here wrote send through, or are refused by, the built-in tenant as Microsoft's pages tell; the page says so."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import pytest

from fakes import Running, healthy
from fakes.world import Sender
from tests.clients.attempt import SUBJECT, Attempt, Client, attempt_of
from tests.clients.situations import KEYS, NO_WORDS, OTHERWISE, SUBMISSIONS, TOKENS, Situation
from tests.clients.smtp_clients import SMTP_CLIENTS, swaks_checks_names
from tests.clients.table import NO_TOKEN_HERE, committed, key_column, submission_column, token_column
from tests.clients.token_clients import KEY_CLIENTS, TOKEN_CLIENTS, Asking
from tests.fakes.clients import request_token

MAIL = [pytest.param(client, id=name) for name, client in SMTP_CLIENTS.items()]


def _present(client: Client[Attempt] | Client[Asking]) -> None:
    if reason := client.missing():
        pytest.skip(reason)


def _must_see(client: str, situations: Iterable[Situation]) -> list[str]:
    return [OTHERWISE.get((client, situation.title), (situation.sees, ""))[0] for situation in situations]


def _differences(situations: Sequence[Situation], expected: list[str], column: list[str]) -> list[str]:
    rows = zip(situations, expected, column, strict=True)
    return [f"{situation.title}: {seen!r} instead of {wanted!r}" for situation, wanted, seen in rows if seen != wanted]


def _by_password(sender: Sender) -> bool:
    return sender.name == "basic"


@pytest.mark.parametrize("client", MAIL)
def test_a_message_sent_by_a_client_arrives_whole(client: Client[Attempt], tenant: Running, tmp_path: Path) -> None:
    """What a client sends by password, and by token if it can, is there with its envelope, its user and its mechanism."""
    _present(client)
    tenant.change(healthy())
    token = str(request_token(tenant)[1]["access_token"])
    senders = tenant.world.senders if client.by_token else tenant.world.senders[:1]
    for sender in senders:
        tenant.forget()
        attempt = attempt_of(tenant, sender, tmp_path, None if _by_password(sender) else token)
        assert attempt is not None

        seen = client.run(attempt)

        assert seen.worked, seen.printed
        (message,) = tenant.messages
        assert (message.sender, message.recipients) == (sender.mail_from, (sender.mail_to,))
        assert (message.user, message.mechanism) == (sender.username, "LOGIN" if _by_password(sender) else "XOAUTH2")
        assert f"Subject: {SUBJECT}\r\n".encode() in message.content
        assert b"It works." in message.content
        assert len(tenant.sign_ins) == 1


@pytest.mark.parametrize("client", MAIL)
def test_a_mail_client_sees_what_microsofts_pages_tell(
    client: Client[Attempt], tenant: Running, tmp_path: Path
) -> None:
    """In each situation the client is told the reply that the pages have, or refuses the server; the committed page agrees."""
    _present(client)
    expected = _must_see(client.name, SUBMISSIONS)
    if not client.by_token:
        expected = [
            NO_TOKEN_HERE if one.sender == "oauth" else cell for one, cell in zip(SUBMISSIONS, expected, strict=True)
        ]

    column = submission_column(tenant, client, tmp_path)

    page = committed("Sending mail")[client.name]
    if client.name == "swaks" and swaks_checks_names():  # newer than the page
        column[SWAKS_NAME] = page[SWAKS_NAME]
    assert column == page
    if client.name == "curl":  # hides the words, not that it was refused
        column = [told if NO_WORDS in seen else seen for seen, told in zip(column, expected, strict=True)]
    assert _differences(SUBMISSIONS, expected, column) == []


SWAKS_NAME = next(place for place, one in enumerate(SUBMISSIONS) if ("swaks", one.title) in OTHERWISE)


@pytest.mark.parametrize("client", [pytest.param(client, id=name) for name, client in TOKEN_CLIENTS.items()])
def test_a_token_client_sees_what_microsofts_pages_tell(
    client: Client[Asking], tenant: Running, tmp_path: Path
) -> None:
    """In each situation the client gets the token, or the number of Entra's error; the committed page agrees."""
    _present(client)

    column = token_column(tenant, client, tmp_path)

    assert column == committed("Getting a token")[client.name]
    assert _differences(TOKENS, _must_see(client.name, TOKENS), column) == []


@pytest.mark.parametrize("client", [pytest.param(client, id=name) for name, client in KEY_CLIENTS.items()])
def test_published_keys_verify_a_token_of_entras_and_no_other(
    client: Client[Asking], tenant: Running, tmp_path: Path
) -> None:
    """A verifier with the published keys accepts a good token and names what is wrong with a bad one; the page agrees."""
    _present(client)

    column = key_column(tenant, client, tmp_path)

    assert column == committed("Verifying a token with the published keys")[client.name]
    assert _differences(KEYS, _must_see(client.name, KEYS), column) == []
