"""Start each real server once per test run. If a requirement is missing, the server's tests are skipped with the reason."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme

from tests.real_servers import dovecot_submission, exim, mail_server, oidc_provider, other_services, programs
from tests.real_servers.name_server import name_server


def needs(reason: str | None) -> None:
    """Skip the test with this reason, if there is one."""
    if reason:
        pytest.skip(reason)


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    """The certificate authority that issues the servers' certificates."""
    return trustme.CA()


@pytest.fixture(scope="session")
def ca_file(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The path of the CA certificate, for use in the settings."""
    file = tmp_path_factory.mktemp("authority") / "ca.pem"
    authority.cert_pem.write_to_path(str(file))
    return file


@pytest.fixture(scope="session")
def postfix(authority: trustme.CA) -> Iterator[mail_server.MailServer]:
    """A running Postfix that authenticates its clients through Dovecot."""
    needs(mail_server.why_not())
    with mail_server.mail_server(authority) as server:
        yield server


@pytest.fixture(scope="session")
def resolver() -> Iterator[str]:
    """The `address:port` of a running dnsmasq that serves the test zone."""
    needs(programs.why_not("dnsmasq"))
    with name_server() as place:
        yield place


@pytest.fixture(scope="session")
def exim_server(authority: trustme.CA) -> Iterator[exim.Exim]:
    """A running Exim."""
    needs(exim.why_not())
    with exim.exim(authority) as server:
        yield server


@pytest.fixture(scope="session")
def tokens(authority: trustme.CA) -> Iterator[oidc_provider.TokenService]:
    """A running token service on a port other than 443."""
    needs(oidc_provider.why_not())
    with oidc_provider.token_service(authority) as service:
        yield service


@pytest.fixture(scope="session")
def dovecot(
    authority: trustme.CA, postfix: mail_server.MailServer, tokens: oidc_provider.TokenService
) -> Iterator[dovecot_submission.Submission]:
    """A running Dovecot that accepts submissions and relays them to Postfix."""
    needs(dovecot_submission.why_not())
    with dovecot_submission.submission(authority, postfix, tokens) as server:
        yield server


@pytest.fixture(scope="session")
def implicit_tls(authority: trustme.CA, postfix: mail_server.MailServer) -> Iterator[int]:
    """The port of a running stunnel that provides implicit TLS for Postfix."""
    needs(programs.why_not("stunnel4"))
    with other_services.implicit_tls(authority, postfix.relay) as port:
        yield port


@pytest.fixture(scope="session")
def ssh() -> Iterator[int]:
    """The port of a running sshd."""
    needs(programs.why_not("sshd", "ssh-keygen"))
    with other_services.ssh() as port:
        yield port


@pytest.fixture(scope="session")
def ldap() -> Iterator[int]:
    """The port of a running slapd."""
    needs(programs.why_not("slapd"))
    with other_services.ldap() as port:
        yield port
