"""The entries for declared services are complete and vendor-neutral, and there is one for every cause of a reply."""

from __future__ import annotations

import re
from dataclasses import asdict, fields
from itertools import product
from typing import get_args

import pytest

from knowledge.cause import DECLARED_OWNERS, PLACEHOLDERS, Cause
from knowledge.causes import CATALOGUE, declared, entry
from knowledge.declared import replies, token_errors
from knowledge.owner_message import request
from tests.suite.neutral_evidence import microsoft_terms_in

ENTRIES = [*declared().values(), *(one for one in declared(at_login=True).values() if one not in declared().values())]
each_entry = pytest.mark.parametrize("cause", [pytest.param(one, id=f"{one.id}-{one.who}") for one in ENTRIES])
COMMANDS = get_args(replies.Command)


@each_entry
def test_entry_mentions_no_vendor(cause: Cause) -> None:
    """No part of an entry for a declared service mentions Microsoft, its products or its portals."""
    assert microsoft_terms_in(str(asdict(cause))) == []


@each_entry
def test_entry_is_complete(cause: Cause) -> None:
    """Every field has a value, the owner is valid for a declared service, the placeholders are known, and the backticks are paired."""
    texts = [cause.title, cause.meaning, cause.shows, *cause.steps, cause.verify, *cause.decide]

    assert [field.name for field in fields(cause) if not getattr(cause, field.name)] == []
    assert cause.who in DECLARED_OWNERS
    assert {name for text in texts for name in re.findall(r"\{([a-z_]+)\}", text)} <= set(PLACEHOLDERS)
    assert all(text.count("`") % 2 == 0 for text in texts)
    assert all(source.startswith("https://") for source in cause.source)
    assert not cause.title.endswith(".")


@each_entry
def test_message_is_addressed_to_the_administrator(cause: Cause) -> None:
    """The message is addressed to the administrator of the declared host, and its body does not refer the reader to that administrator."""
    values = {"smtp_server": "mail.example.com", "login_host": "login.example.com", "port": "587", "tenant": "realms"}
    text = request(cause.id, values, microsoft=False, at_login=cause not in declared().values())

    assert microsoft_terms_in(text) == []
    assert "realms" not in text
    assert "cannot send mail through mail.example.com" in text
    greeting, _, body = text.partition(":\n")
    if cause.who == "server":
        assert greeting == "To the administrator of mail.example.com"
        assert "administrator of mail.example.com" not in body
    if cause.who == "login":
        assert greeting == "To the administrator of the token service at login.example.com"
        assert "administrator of login.example.com" not in body


def test_cause_without_a_declared_entry_is_unrecognised() -> None:
    """For a declared service, a cause specific to Microsoft has the entry for an unrecognised reply."""
    for cause in CATALOGUE:
        found = entry(cause, microsoft=False)

        assert found is not None
        assert found.id in {cause, "unrecognised"}
        assert entry(cause, microsoft=True) is CATALOGUE[cause]
    assert entry("smtp_auth_disabled_tenant", microsoft=False) == declared()["unrecognised"]


CODES = [
    "421",
    "432",
    "450",
    "451",
    "452",
    "454",
    "500",
    "501",
    "502",
    "503",
    "504",
    "530",
    "534",
    "535",
    "538",
    "550",
    "551",
    "552",
    "553",
    "554",
]
LATER = ("", "4.1.1", "4.2.0", "4.3.0", "4.5.3", "4.7.0", "4.7.12")
STATUSES = (*LATER, "5.1.1", "5.1.7", "5.2.2", "5.3.4", "5.5.4", "5.7.0", "5.7.1", "5.7.8", "5.7.13")
TEXTS = (
    "",
    "Greylisted",
    "account disabled",
    "account locked",
    "sender address rejected",
    "too large",
    "mailbox full",
    "spam",
)


def test_every_reply_has_causes_with_entries() -> None:
    """Any reply to any command leads to causes that have entries, and a conclusive reading has exactly one cause."""
    for command, code, status, text in product(COMMANDS, CODES, STATUSES, TEXTS):
        reading = replies.read(f"{code} {status} {text}", command)

        assert reading.causes
        assert set(reading.causes) <= set(declared())
        assert not reading.sure or len(reading.causes) == 1
        assert reading.sure or reading.decide


@pytest.mark.parametrize(
    ("command", "text", "causes"),
    [
        ("password", "535 5.7.8 Error: authentication failed: UGFzc3dvcmQ6", ("bad_credentials", "mailbox_missing")),
        ("password", "535 Incorrect authentication data", ("bad_credentials", "mailbox_missing")),
        ("password", "534 5.7.9 Application-specific password required", ("bad_credentials",)),
        ("password", "454 4.7.0 Temporary authentication failure", ("service_side_fault", "account_locked")),
        ("password", "504 5.7.4 Unrecognized authentication type", ("auth_mechanism_unsupported",)),
        ("token", "535 5.7.8 authentication failed: token expired", ("token_expired",)),
        ("mail", "530 5.7.0 Authentication required", ("client_never_sent_auth",)),
        (
            "rcpt",
            "553 5.7.1 <a@b.example>: Sender address rejected: not owned by user c@b.example",
            ("send_as_denied",),
        ),
        ("rcpt", "450 4.2.0 <a@b.example>: Recipient address rejected: Greylisted", ("temporarily_deferred",)),
        ("rcpt", "451 4.7.1 Greylisted, please try again in 300 seconds", ("temporarily_deferred",)),
        ("rcpt", "550 Unrouteable address", ("recipient_rejected",)),
        ("rcpt", "550 5.1.1 <a@b.example>: Recipient address rejected: User unknown", ("recipient_rejected",)),
        ("rcpt", "554 5.7.1 <a@b.example>: Relay access denied", ("recipient_rejected",)),
        ("rcpt", "554 5.7.1 Client host rejected: Access denied", ("outbound_spam_block",)),
        ("data", "552 5.3.4 Message size exceeds fixed limit", ("message_too_large",)),
        ("data", "554 5.7.1 Spam message rejected", ("outbound_spam_block",)),
        ("mail", "421 4.4.2 No client certificate presented", ("client_certificate_required",)),
    ],
)
def test_replies_of_real_servers(command: replies.Command, text: str, causes: tuple[str, ...]) -> None:
    """Replies from Postfix, Exim, Dovecot and mail providers lead to the expected causes."""
    assert replies.read(text, command).causes == causes


@pytest.mark.parametrize(
    ("error", "description", "status", "causes"),
    [
        ("invalid_client", "client authentication failed", 401, ("secret_wrong", "app_not_in_tenant")),
        ("invalid_client", "client not found", 401, ("app_not_in_tenant",)),
        ("invalid_client", "The client secret is invalid", 401, ("secret_wrong",)),
        ("invalid_scope", "", 400, ("wrong_scope_or_audience",)),
        ("invalid_target", "", 400, ("wrong_scope_or_audience",)),
        ("unauthorized_client", "", 400, ("consent_missing", "app_not_in_tenant")),
        ("", "", 503, ("service_side_fault",)),
        ("", "", 429, ("token_throttled",)),
    ],
)
def test_refusals_of_token_services(error: str, description: str, status: int, causes: tuple[str, ...]) -> None:
    """OAuth error codes and HTTP statuses from a token service lead to the expected causes."""
    reading = token_errors.read(error, description, status)

    assert reading.causes == causes
    assert set(causes) <= set(declared(at_login=True))


ADDRESSES = {"account", "from_address", "recipient"}
ROLES = {
    "send_as_denied": {"account", "from_address"},
    "address_malformed": {"from_address", "recipient"},
    "recipient_rejected": {"recipient"},
    "mailbox_full": {"recipient"},
}


@each_entry
def test_entry_mentions_only_the_addresses_of_its_cause(cause: Cause) -> None:
    """An entry mentions From or the recipient only if its cause concerns that address. The other entries mention only the account."""
    texts = [cause.title, cause.meaning, cause.shows, *cause.steps, cause.verify, *cause.decide]
    used = {name for text in texts for name in re.findall(r"\{([a-z_]+)\}", text)} & ADDRESSES

    assert used <= ROLES.get(cause.id, {"account"})
    assert used >= ROLES.get(cause.id, set())
