"""Check with independent clients that Postfix and the name server behave as the product's tests expect."""

import shutil
import subprocess

import dns.resolver
import pytest

from tests.real_servers.mail_server import MailServer
from tests.real_servers.names import HOST, OTHER_HOST, PASSWORD, USER
from tests.real_servers.programs import SECONDS

SWAKS_SIGN_IN_REFUSED = 28  # swaks' manual, "EXIT CODES"


def swaks(server: MailServer, *options: str) -> subprocess.CompletedProcess[str]:
    """Send one message from the account to itself with swaks, signing in with AUTH LOGIN after STARTTLS."""
    if shutil.which("swaks") is None:
        pytest.skip("not installed: swaks (.ci/run installs it)")
    place = ["--server", "127.0.0.1", "--port", str(server.port), "--ehlo", "[127.0.0.1]", "--timeout", str(SECONDS)]
    sign_in = ["--tls", "--auth", "LOGIN", "--auth-user", USER, "--from", USER, "--to", USER]
    command = ["swaks", *place, *sign_in, *options]
    return subprocess.run(command, capture_output=True, text=True, timeout=2 * SECONDS, check=False)


def ask(resolver: str, name: str, kind: str, *, tcp: bool) -> list[str]:
    """Return the records of one type that the name server has for a name."""
    address, _, port = resolver.partition(":")
    asking = dns.resolver.Resolver(configure=False)
    asking.nameservers, asking.port, asking.lifetime = [address], int(port), SECONDS
    return [record.to_text() for record in asking.resolve(name, kind, tcp=tcp, raise_on_no_answer=False)]


def test_the_right_password_is_accepted_and_the_message_delivered(postfix: MailServer) -> None:
    """Swaks signs in over STARTTLS, and its message arrives in the maildir."""
    before = len(postfix.received)

    answer = swaks(postfix, "--auth-password", PASSWORD, "--header", "Subject: from swaks")

    assert answer.returncode == 0, answer.stdout + postfix.log
    assert b"Subject: from swaks" in postfix.mailbox.wait_for(before + 1)[-1]


@pytest.mark.parametrize(
    ("user", "password"),
    [
        pytest.param(USER, "Wrong-Horse-7", id="wrong password"),
        pytest.param(f"nobody-{USER}", PASSWORD, id="unknown user"),
    ],
)
def test_wrong_credentials_are_refused(postfix: MailServer, user: str, password: str) -> None:
    """A wrong password and an unknown user get the same refusal, so a client cannot distinguish them."""
    answer = swaks(postfix, "--auth-user", user, "--auth-password", password)

    assert answer.returncode == SWAKS_SIGN_IN_REFUSED, answer.stdout + postfix.log
    assert "535 5.7.8 Error: authentication failed" in answer.stdout


def test_no_sign_in_is_offered_before_tls(postfix: MailServer) -> None:
    """The server offers AUTH only in its reply to EHLO after STARTTLS. Swaks marks lines sent over TLS with a tilde."""
    answer = swaks(postfix, "--auth-password", PASSWORD, "--quit-after", "AUTH")

    assert "<~  250-AUTH PLAIN LOGIN" in answer.stdout
    assert "<-  250-AUTH" not in answer.stdout


@pytest.mark.parametrize(
    ("name", "trusted", "message"),
    [
        pytest.param(HOST, True, "Verification: OK", id="right name and known authority"),
        pytest.param(OTHER_HOST, True, "hostname mismatch", id="another name"),
        pytest.param(HOST, False, "unable to get local issuer certificate", id="unknown authority"),
    ],
)
def test_the_certificate_is_valid_for_one_name_and_one_authority(
    postfix: MailServer, name: str, trusted: bool, message: str
) -> None:
    """OpenSSL accepts the certificate only for its own name and only if its authority is trusted."""
    trust = ["-CAfile", str(postfix.ca_file)] if trusted else ["-no-CAfile", "-no-CApath"]
    place = ["-connect", f"127.0.0.1:{postfix.port}", "-starttls", "smtp", "-name", "[127.0.0.1]"]
    command = ["openssl", "s_client", *place, "-verify_hostname", name, "-verify_return_error", *trust]

    answer = subprocess.run(command, input="QUIT\n", capture_output=True, text=True, timeout=SECONDS, check=False)

    assert message in answer.stdout + answer.stderr


def test_messages_to_other_domains_are_refused(postfix: MailServer) -> None:
    """A message to another domain is refused even after a successful sign-in."""
    answer = swaks(postfix, "--auth-password", PASSWORD, "--to", "ada@example.com")

    assert "554 5.7.1" in answer.stdout
    assert answer.returncode != 0


@pytest.mark.parametrize("tcp", [pytest.param(False, id="udp"), pytest.param(True, id="tcp")])
def test_the_name_server_serves_only_the_test_zone(resolver: str, tcp: bool) -> None:
    """Both host names resolve only to the IPv4 loopback address, over UDP and TCP, and no query is forwarded."""
    found = [ask(resolver, name, "A", tcp=tcp) for name in (HOST, OTHER_HOST)]

    assert found == [["127.0.0.1"], ["127.0.0.1"]]
    assert ask(resolver, HOST, "AAAA", tcp=tcp) == []
    with pytest.raises(dns.resolver.NoNameservers):
        ask(resolver, "example.com", "A", tcp=tcp)
