"""The built-in tenant serves the endpoint of High Volume Email with the replies that Microsoft's pages document."""

from pathlib import Path

import pytest

from fakes import FAULTS, healthy
from fakes.faults import high_volume
from fakes.world.high_volume import FORMER_HOST, HOST, with_high_volume
from tests.fakes.clients import Submission, base64_of, by_password, by_token, submission, tenant, token

OK = "235 2.7.0 Authentication successful"
BARE = "535 5.7.3 Authentication unsuccessful"
ORGANISATION = (
    "535 5.7.139 Authentication unsuccessful, the organization configuration doesn't allow this authentication request."
)

# fault: the reply to the sender that has the fault
SIGN_IN = {
    "hve_wrong_password": "535 5.7.139 Authentication unsuccessful, the user credentials were incorrect.",
    "hve_security_defaults": ORGANISATION,
    "hve_auth_policy": ORGANISATION,
    "hve_ordinary_mailbox": BARE,
    "hve_app_not_allowed": "550 5.7.240 The application is not allowed for use with this High Volume Email account.",
    "hve_permission_missing": "535 5.7.144 XOAUTH2 authentication failed. Invalid API permissions.",
    "hve_token_expiring": "535 5.7.142 Token will expire soon",
}


@pytest.mark.parametrize("fault", SIGN_IN)
def test_sign_in_reply(tmp_path: Path, fault: str) -> None:
    """For each fault, the endpoint refuses the senders that have the fault with the documented reply."""
    with tenant(tmp_path, fault) as running:
        for sender in FAULTS[fault].senders:
            with submission(running, server=HOST) as client:
                reply = by_password(client, running) if sender == "basic" else by_token(client, running, token(running))
            assert reply.partition(" [")[0] == SIGN_IN[fault]


def test_every_fault_of_the_endpoint_is_tested() -> None:
    """The table SIGN_IN has a row for every fault of the endpoint at the sign-in, and no other rows."""
    assert {fault.id for fault in high_volume.SIGN_IN} == set(SIGN_IN)


@pytest.mark.parametrize("server", [HOST, FORMER_HOST])
def test_both_methods_send_from_the_endpoint(tmp_path: Path, server: str) -> None:
    """At both names of the endpoint, a password and a token are accepted and messages are sent, although SMTP AUTH is off."""
    world = with_high_volume(healthy(), "basic", "oauth").with_tenant(smtp_auth_disabled=True)
    with tenant(tmp_path, world=world) as running:
        with submission(running, server=server) as client:
            password = by_password(client, running)
            _send(client, running.world.basic.mail_from, running.world.basic.mail_to)
        with submission(running, server=server) as client:
            bearer = by_token(client, running, token(running))
            _send(client, running.world.oauth.mail_from, running.world.oauth.mail_to)
        accepted = len(running.messages)

    assert (password, bearer, accepted) == (OK, OK, 2)


def _send(client: Submission, sender: str, recipient: str) -> None:
    client.sendmail(
        sender, [recipient], f"From: {sender}\r\nTo: {recipient}\r\nSubject: a test message\r\n\r\nbody\r\n"
    )


def test_an_account_of_the_endpoint_has_no_mailbox(tmp_path: Path) -> None:
    """An account of High Volume Email cannot sign in at smtp.office365.com, because it has no mailbox."""
    with tenant(tmp_path, world=with_high_volume(healthy(), "basic")) as running, submission(running) as client:
        reply = by_password(client, running)

    assert reply.startswith("550 Mailbox cannot be accessed")


def test_recipients_outside_the_tenant_are_refused(tmp_path: Path) -> None:
    """A recipient outside the tenant is refused with 550 5.5.105. Fifty in the tenant are accepted, and the 51st gets 452."""
    world = with_high_volume(healthy(), "basic")
    with tenant(tmp_path, world=world) as running, submission(running, server=HOST) as client:
        by_password(client, running)
        client.mail(running.world.basic.mail_from)
        outside = client.command("RCPT TO:<ops@contoso.example>")
        inside = [client.command(f"RCPT TO:<someone{number}@fabrikam.example>") for number in range(51)]

    assert outside.startswith("550 5.5.105 External sending is not supported for High Volume Email accounts.")
    assert {reply[:3] for reply in inside[:50]} == {"250"}
    assert inside[50].startswith("452 4.5.3")


def test_an_expired_token_is_refused_with_its_own_code(tmp_path: Path) -> None:
    """The endpoint refuses an expired token with 535 5.7.143."""
    world = with_high_volume(healthy(), "oauth")
    with tenant(tmp_path, "token_expired", world=world) as running, submission(running, server=HOST) as client:
        reply = by_token(client, running, token(running))

    assert reply.startswith("535 5.7.143 Expired token")


def test_text_that_is_no_token_is_refused(tmp_path: Path) -> None:
    """Text that is not a token is refused with 535 5.7.3."""
    world = with_high_volume(healthy(), "oauth")
    with tenant(tmp_path, world=world) as running, submission(running, server=HOST) as client:
        client.command("AUTH XOAUTH2")
        reply = client.command(base64_of("user=notices@fabrikam.example\1auth=Bearer none\1\1"))

    assert reply.startswith(BARE)
