"""The message to the owner of a cause contains the commands and the facts that are known."""

import pytest

from knowledge.causes import CATALOGUE
from knowledge.owner_message import FACTS, GREETING, request

VALUES = {
    "account": "alerts@example.com",
    "client_id": "11111111-2222-3333-4444-555555555555",
    "sp_object_id": "99999999-8888-7777-6666-555555555555",
    "server_stamp": "[FR0P281CA0001.DEUP281.PROD.OUTLOOK.COM 2026-11-23T12:00:00.000Z 08DE000000000001]",
    "trace_id": "aaaaaaaa-0000-0000-0000-000000000000",
    "correlation_id": "bbbbbbbb-0000-0000-0000-000000000000",
    "time": "2026-11-23T12:00:00Z",
    "source_address": "192.0.2.10",
    "reply": "535 5.7.3 Authentication unsuccessful\r\nsecond line",
    "ruled_out": "the token has the role SMTP.SendAsApp\nSMTP AUTH is on for the mailbox",
}


@pytest.mark.parametrize("name", [pytest.param(name, id=name) for name in CATALOGUE])
def test_every_cause_has_a_message_to_its_owner(name: str) -> None:
    """The message has a salutation, the requested steps and the method of verification, with or without the facts."""
    for values in (VALUES, {}):
        message = request(name, values)

        assert message.startswith(GREETING[CATALOGUE[name].who])
        assert "What we ask you to do:" in message
        assert "How we will verify the result:" in message
        assert ": None\n" not in message
        assert ": None.\n" not in message


def test_exchange_administrators_get_what_they_need() -> None:
    """The message to Exchange administrators contains the mailbox, both ids, the server's stamp, the time and the source address.

    It also lists what has been ruled out.
    """
    message = request("sp_not_registered_in_exchange", VALUES)

    assert message.startswith("To the Exchange administrators:")
    assert all(
        VALUES[name] in message
        for name in ("account", "client_id", "sp_object_id", "server_stamp", "time", "source_address")
    )
    assert "not that of the app registration" in message
    assert "  - SMTP AUTH is on for the mailbox" in message
    assert f"New-ServicePrincipal -AppId '{VALUES['client_id']}' -ObjectId '{VALUES['sp_object_id']}'" in message


def test_entra_administrators_get_trace_and_correlation_ids() -> None:
    """The message to Entra administrators contains the two ids that identify the failed request in the sign-in log."""
    message = request("secret_expired", VALUES)

    assert VALUES["trace_id"] in message
    assert VALUES["correlation_id"] in message
    assert VALUES["server_stamp"] not in message


def test_reply_stays_on_one_line() -> None:
    """A server reply of several lines is joined into one line of the message."""
    message = request("bad_credentials", VALUES)

    assert "Reply received: 535 5.7.3 Authentication unsuccessful second line" in message


def test_every_fact_is_used() -> None:
    """Every fact belongs in the message to at least one owner."""
    assert all(helps for _, helps in FACTS.values())


def test_message_states_uncertainty() -> None:
    """If other causes are possible, the message calls its cause the most likely, lists the others and says what decides between them."""
    message = request(
        "sp_not_registered_in_exchange",
        VALUES,
        others=("mailbox_missing",),
        decide=("Look at `Get-ServicePrincipal`.",),
    )

    assert "most likely the application is not registered in Exchange" in message
    assert f"Other possible causes:\n  - {CATALOGUE['mailbox_missing'].title}" in message
    assert "How to find the cause:\n  - Look at" in message
    assert "What we ask you to do, if this is the cause:" in message
    assert "What this means: Entra issues the token" in message
