"""An error text that mentions a national cloud's host leads to the same causes as one that mentions the worldwide host."""

from __future__ import annotations

import pytest

from knowledge.context import context_flags
from knowledge.normalise import normalise
from knowledge.reading import read
from settings.clouds import CLOUDS, WORLDWIDE

SMTP_HOSTS = sorted({host for cloud in CLOUDS.values() for host in cloud.smtp_hosts})
LOGIN_HOSTS = sorted({host for cloud in CLOUDS.values() for host in cloud.login_hosts})
SMTP_TEXTS = (
    "getaddrinfo ENOTFOUND {host}",
    "Connecting to {host}:587 ... 220 gw01.corp.example ESMTP Postfix",
    "connect ETIMEDOUT {host}:587",
    "{host}: Hostname/IP does not match certificate's altnames: Host: {host}. is not in the cert's altnames: DNS:gw01.corp.example",
)
LOGIN_TEXTS = (
    "getaddrinfo ENOTFOUND {host}",
    "POST https://{host}/contoso: connect ECONNREFUSED",
    "POST https://{host}/contoso: certificate verify failed: self-signed certificate in certificate chain",
)


@pytest.mark.parametrize("text", SMTP_TEXTS)
@pytest.mark.parametrize("host", SMTP_HOSTS)
def test_a_text_about_any_smtp_host_has_the_same_causes(text: str, host: str) -> None:
    """The causes and the certainty do not depend on which cloud's SMTP host appears in the text."""
    worldwide, found = read(text.format(host=WORLDWIDE.smtp_host)), read(text.format(host=host))

    assert (found.causes, found.sure) == (worldwide.causes, worldwide.sure)


@pytest.mark.parametrize("text", LOGIN_TEXTS)
@pytest.mark.parametrize("host", LOGIN_HOSTS)
def test_a_text_about_any_login_host_has_the_same_causes(text: str, host: str) -> None:
    """The causes and the certainty do not depend on which cloud's login host appears in the text."""
    worldwide, found = read(text.format(host=WORLDWIDE.login_hosts[0])), read(text.format(host=host))

    assert (found.causes, found.sure) == (worldwide.causes, worldwide.sure)


def test_a_foreign_greeting_from_a_national_cloud_host_means_interception() -> None:
    """A non-Microsoft greeting from a GCC High or DoD host shows that the connection was intercepted."""
    for host in ("outlook.office365.us", "outlook-dod.office365.us"):
        found = read(f"Connecting to {host}:587 ... 220 gw01.corp.example ESMTP Postfix")

        assert found.causes == ("smtp_intercepted",)
        assert found.sure


def test_every_cloud_host_is_recognised() -> None:
    """The SMTP, login and Graph hosts of every cloud are recognised in a text."""
    for cloud in CLOUDS.values():
        for host in cloud.smtp_hosts:
            assert "submission_host" in context_flags(normalise(f"at {host}:587"), None), host
        for host in (*cloud.login_hosts, cloud.graph_host):
            assert "login_host" in context_flags(normalise(f"POST https://{host}/x"), None), host
