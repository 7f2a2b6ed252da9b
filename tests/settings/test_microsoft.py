"""Microsoft's domains, tenant domains and ids are recognised."""

from __future__ import annotations

import pytest

from settings.clouds import CLOUDS
from settings.microsoft import GUID, is_on_route, is_public_name, tenant_domain_of

HOSTS = sorted(
    {host for cloud in CLOUDS.values() for host in (*cloud.smtp_hosts, *cloud.login_hosts, cloud.graph_host)}
)


@pytest.mark.parametrize("host", HOSTS)
def test_hosts_of_every_cloud_are_public_names(host: str) -> None:
    """No host in the table of clouds identifies a tenant, so masked reports can show these hosts."""
    assert is_public_name(host)
    assert is_public_name(f"{host.upper()}.")


@pytest.mark.parametrize("host", sorted({host for cloud in CLOUDS.values() for host in cloud.smtp_hosts}))
def test_mail_hosts_of_every_cloud_are_on_the_route(host: str) -> None:
    """The mail hosts of every cloud are recognised as names on the route to Microsoft."""
    assert is_on_route(host)


@pytest.mark.parametrize("name", ["microsoft.com.example.net", "notoffice365.com", "com", "", "."])
def test_names_outside_the_table_do_not_belong_to_microsoft(name: str) -> None:
    """A name that is neither a domain in the table nor below one does not belong to Microsoft."""
    assert not is_on_route(name)
    assert not is_public_name(name)


@pytest.mark.parametrize(
    ("name", "domain"),
    [
        ("contoso.onmicrosoft.com", "onmicrosoft.com"),
        ("contoso-com.mail.protection.outlook.com", "mail.protection.outlook.com"),
        ("contoso-com.k-v1.mx.microsoft", "mx.microsoft"),
        ("smtp.hve.mx.microsoft", None),
        ("onmicrosoft.com", None),
        ("smtp.office365.com", None),
    ],
)
def test_tenant_domains_are_recognised(name: str, domain: str | None) -> None:
    """Names below some of Microsoft's domains belong to a tenant."""
    assert tenant_domain_of(name) == domain


def test_id_format() -> None:
    """An id consists of five groups of hexadecimal digits, in upper or lower case."""
    assert GUID.fullmatch("0F8FAD5B-d9cb-469f-a165-70867728950e")
    assert not GUID.fullmatch("0f8fad5b-d9cb-469f-a165-70867728950")
