"""The values that a pasted text contains are filled into the steps, and nothing that looks like a secret is."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge.explanation import explain
from knowledge.pasted_values import values_in

CLIENT = "11111111-2222-4333-8444-555555555555"
TENANT = "99999999-2222-4333-8444-555555555555"
SEND_AS = (
    "554 5.2.252 SendAsDenied; alerts@contoso.example not allowed to send as ops@contoso.example; "
    "STOREDRV.Submission.Exception:SendAsDeniedException.MapiExceptionSendAsDenied"
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(
            SEND_AS, {"account": "alerts@contoso.example", "from_address": "ops@contoso.example"}, id="send as"
        ),
        pytest.param(
            "C: MAIL FROM:<b.jones@contoso.example> SIZE=10\nC: RCPT TO:<i@fabrikam.example>",
            {"from_address": "b.jones@contoso.example", "recipient": "i@fabrikam.example"},
            id="dialogue",
        ),
        pytest.param(
            f"AADSTS700016: Application with identifier '{CLIENT}' was not found in the directory '{TENANT}'.",
            {"client_id": CLIENT, "tenant": TENANT},
            id="application and directory",
        ),
        pytest.param(
            f"AADSTS7000215: Invalid client secret provided. ... for app '{CLIENT}'.", {"client_id": CLIENT}, id="app"
        ),
        pytest.param(
            "POST https://login.microsoftonline.com/contoso.example/oauth2/v2.0/token",
            {"tenant": "contoso.example", "login_host": "login.microsoftonline.com"},
            id="endpoint",
        ),
        pytest.param(
            "MessagingException: Couldn't connect to host, port: smtp.office365.com, 587; timeout -1",
            {"smtp_server": "smtp.office365.com", "port": "587"},
            id="JavaMail",
        ),
        pytest.param(
            "connect ECONNREFUSED smtp.office365.com:587",
            {"smtp_server": "smtp.office365.com", "port": "587"},
            id="Node",
        ),
        pytest.param(
            '{"host":"relay.contoso.example","port":2525,"user":"alerts@contoso.example"}',
            {"smtp_server": "relay.contoso.example", "port": "2525", "account": "alerts@contoso.example"},
            id="JSON",
        ),
        pytest.param(
            "to=<i@fabrikam.example>, relay=smtp.office365.com[192.0.2.1]:587, status=bounced",
            {"recipient": "i@fabrikam.example", "smtp_server": "smtp.office365.com"},
            id="Postfix",
        ),
        pytest.param(
            "application '00000002-0000-0ff1-ce00-000000000000' (Office 365 Exchange Online)", {}, id="Microsoft's own"
        ),
        pytest.param(
            "connection to login.microsoftonline.com port 443 failed", {"port": None}, id="port of a web server"
        ),
        pytest.param("https://login.microsoftonline.com/common/oauth2/token", {"tenant": None}, id="shared tenant"),
    ],
)
def test_values_of_a_text(text: str, expected: dict[str, str | None]) -> None:
    """Each value in a text is found for its placeholder."""
    found = values_in(text)

    assert {name: found.get(name) for name in expected} == expected
    assert expected or found == {}


def test_refused_addresses_are_in_the_steps() -> None:
    """The steps and their commands for a refused From address name the two addresses of the refusal."""
    (cause,) = explain(SEND_AS)["causes"]
    steps = " ".join(cause["steps"])

    assert "-Identity 'ops@contoso.example' -Trustee 'alerts@contoso.example'" in steps
    assert "<from_address>" not in steps
    assert "<account>" not in steps


def test_given_values_take_precedence() -> None:
    """A value that is passed to `explain` replaces the one in the text."""
    (cause,) = explain(SEND_AS, {"from_address": "other@contoso.example"})["causes"]

    assert "'other@contoso.example'" in " ".join(cause["steps"])


def test_the_line_that_decides_takes_precedence() -> None:
    """If two addresses have the same meaning, the one in the decisive line is filled in."""
    text = f"MAIL FROM:<first@contoso.example> accepted\n{SEND_AS}"

    assert values_in(text, SEND_AS)["from_address"] == "ops@contoso.example"


SECRETS = [
    pytest.param("smtp://alerts%40contoso.example:hunter2@smtp.office365.com:587", "hunter2", id="password in a URL"),
    pytest.param("smtps://x:p@ss@word@smtp.office365.com:587/", "ss@word", id="password with an @ in a URL"),
    pytest.param(
        '"user": "a@contoso.example", "pass": "secret@contoso.example"', "secret@", id="password like an address"
    ),
    pytest.param("user 4f9c2ab87d3e4f9c2ab87d3e4f9c@contoso.example", "4f9c2ab87d3e", id="key like an address"),
    pytest.param(f"client_secret={CLIENT}", CLIENT, id="secret like an id"),
    pytest.param("334 UGFzc3dvcmQ6\r\nUEBzc3cwcmQxMjM=\r\n535 5.7.3", "UEBzc3cwcmQxMjM", id="password of AUTH LOGIN"),
]


@pytest.mark.parametrize(("text", "secret"), SECRETS)
def test_no_secret_is_a_value(text: str, secret: str) -> None:
    """A password, token or key in a text does not become a value."""
    assert [value for value in values_in(text).values() if secret in value] == []


@settings(database=None, deadline=None, max_examples=200)
@given(st.text(max_size=60), st.sampled_from(["user", "MAIL FROM:<", "tenant '", "host ", "client_id=", "port ", "//"]))
def test_any_text_has_values(text: str, word: str) -> None:
    """The values found in any text contain no space and no unprintable character."""
    values = values_in(f"{word}{text}@contoso.example {word}{text}.example:587").values()

    assert [value for value in values if not value.isprintable() or " " in value] == []
