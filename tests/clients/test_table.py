"""Tests that clients get the results that Microsoft documents, apart from listed exceptions, and that docs/clients.md shows the results."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import pytest

from fakes import Running, healthy
from fakes.world.world import Sender
from tests.clients.attempt import SUBJECT, Attempt, Client, attempt_of
from tests.clients.situations import EXCEPTIONS, KEYS, NO_TEXT, SUBMISSIONS, TOKENS, Situation
from tests.clients.smtp_clients import SMTP_CLIENTS, swaks_checks_names
from tests.clients.table import NOT_APPLICABLE, committed, key_column, submission_column, token_column
from tests.clients.token_clients import KEY_CLIENTS, TOKEN_CLIENTS, TokenRequest
from tests.fakes.clients import request_token

MAIL = [pytest.param(client, id=name) for name, client in SMTP_CLIENTS.items()]


def _present(client: Client[Attempt] | Client[TokenRequest]) -> None:
    if reason := client.missing():
        pytest.skip(reason)


def _expected_results(client: str, situations: Iterable[Situation]) -> list[str]:
    return [EXCEPTIONS.get((client, situation.title), (situation.expected_result, ""))[0] for situation in situations]


def _differences(situations: Sequence[Situation], expected: list[str], column: list[str]) -> list[str]:
    rows = zip(situations, expected, column, strict=True)
    return [
        f"{situation.title}: {result!r} instead of {wanted!r}" for situation, wanted, result in rows if result != wanted
    ]


def _by_password(sender: Sender) -> bool:
    return sender.name == "basic"


@pytest.mark.parametrize("client", MAIL)
def test_message_sent_by_a_client_arrives(client: Client[Attempt], tenant: Running, tmp_path: Path) -> None:
    """A message sent after a password sign-in or, if supported, a token sign-in arrives with its envelope, user and mechanism."""
    _present(client)
    tenant.change(healthy())
    token = str(request_token(tenant)[1]["access_token"])
    senders = tenant.world.senders if client.by_token else tenant.world.senders[:1]
    for sender in senders:
        tenant.forget()
        attempt = attempt_of(tenant, sender, tmp_path, None if _by_password(sender) else token)
        assert attempt is not None

        result = client.run(attempt)

        assert result.succeeded, result.printed
        (message,) = tenant.messages
        assert (message.sender, message.recipients) == (sender.mail_from, (sender.mail_to,))
        assert (message.user, message.mechanism) == (sender.username, "LOGIN" if _by_password(sender) else "XOAUTH2")
        assert f"Subject: {SUBJECT}\r\n".encode() in message.content
        assert b"It works." in message.content
        assert len(tenant.sign_ins) == 1


@pytest.mark.parametrize("client", MAIL)
def test_mail_client_gets_the_documented_result(client: Client[Attempt], tenant: Running, tmp_path: Path) -> None:
    """In each situation, the client's result is the one on the committed page, which is the documented result or a listed exception."""
    _present(client)
    expected = _expected_results(client.name, SUBMISSIONS)
    if not client.by_token:
        expected = [
            NOT_APPLICABLE if one.sender == "oauth" else cell for one, cell in zip(SUBMISSIONS, expected, strict=True)
        ]

    column = submission_column(tenant, client, tmp_path)

    page = committed("Sending mail")[client.name]
    if client.name == "swaks" and swaks_checks_names():  # newer than the version on the page
        column[SWAKS_NAME] = page[SWAKS_NAME]
    assert column == page
    if client.name == "curl":  # omits the text but reports the refusal
        column = [wanted if NO_TEXT in result else result for result, wanted in zip(column, expected, strict=True)]
    assert _differences(SUBMISSIONS, expected, column) == []


SWAKS_NAME = next(place for place, one in enumerate(SUBMISSIONS) if ("swaks", one.title) in EXCEPTIONS)


@pytest.mark.parametrize("client", [pytest.param(client, id=name) for name, client in TOKEN_CLIENTS.items()])
def test_token_client_gets_the_documented_result(client: Client[TokenRequest], tenant: Running, tmp_path: Path) -> None:
    """In each situation, the client's result is the one on the committed page, which is the documented result or a listed exception."""
    _present(client)

    column = token_column(tenant, client, tmp_path)

    assert column == committed("Getting a token")[client.name]
    assert _differences(TOKENS, _expected_results(client.name, TOKENS), column) == []


@pytest.mark.parametrize("client", [pytest.param(client, id=name) for name, client in KEY_CLIENTS.items()])
def test_published_keys_verify_only_entra_tokens(client: Client[TokenRequest], tenant: Running, tmp_path: Path) -> None:
    """With the published keys, a client accepts a valid token and reports the defect in an invalid one, as the committed page shows."""
    _present(client)

    column = key_column(tenant, client, tmp_path)

    assert column == committed("Verifying a token with the published keys")[client.name]
    assert _differences(KEYS, _expected_results(client.name, KEYS), column) == []
