"""Microsoft's DNS domains, the shared tenants of Entra, and the pattern of its ids, for every package that needs them.

Sources: Microsoft's endpoint lists for Worldwide, GCC High, DoD and 21Vianet; the aliases that the names in `clouds` resolve to.
"""

from __future__ import annotations

import re
from enum import Flag, auto
from typing import Final


class Use(Flag):
    """The uses of a domain. The functions below select domains according to their uses."""

    ROUTE = auto()  # the aliases of Microsoft's mail hosts end here
    PUBLIC = auto()  # its names are the same for all tenants and identify no one
    TENANT = auto()  # the labels below it are a tenant's own


_DOMAINS: Final[dict[str, Use]] = {
    "office365.com": Use.ROUTE | Use.PUBLIC,
    "office365.us": Use.ROUTE | Use.PUBLIC,
    "office.com": Use.ROUTE | Use.PUBLIC,
    "office.net": Use.ROUTE | Use.PUBLIC,
    "office.us": Use.ROUTE | Use.PUBLIC,
    "outlook.com": Use.ROUTE | Use.PUBLIC,
    "outlook.cn": Use.ROUTE | Use.PUBLIC,
    "microsoft.com": Use.ROUTE | Use.PUBLIC,
    "microsoft": Use.ROUTE | Use.PUBLIC,
    "live.com": Use.ROUTE | Use.PUBLIC,
    "azure.com": Use.ROUTE | Use.PUBLIC,
    "trafficmanager.net": Use.ROUTE | Use.PUBLIC,
    "msedge.net": Use.ROUTE | Use.PUBLIC,
    "footprintdns.com": Use.ROUTE | Use.PUBLIC,
    "apps.mil": Use.ROUTE | Use.PUBLIC,
    "microsoft.us": Use.PUBLIC,
    "microsoftonline.com": Use.PUBLIC,
    "microsoftonline.us": Use.PUBLIC,
    "microsoftonline.cn": Use.PUBLIC,
    "windows.net": Use.PUBLIC,
    "azure.net": Use.PUBLIC,
    "azure.us": Use.PUBLIC,
    "azure.cn": Use.PUBLIC,
    "usgovcloudapi.net": Use.PUBLIC,
    "chinacloudapi.cn": Use.PUBLIC,
    "hotmail.com": Use.PUBLIC,
    "aka.ms": Use.PUBLIC,
    "digicert.com": Use.PUBLIC,  # the authority that issues the certificates of Microsoft's servers
    "onmicrosoft.com": Use.TENANT,
    "onmicrosoft.us": Use.TENANT,
    "onmschina.cn": Use.TENANT,
    "mail.protection.outlook.com": Use.TENANT,
    "mx.microsoft": Use.TENANT,
    "hve.mx.microsoft": Use.ROUTE | Use.PUBLIC,  # the endpoint of High Volume Email, which is the same for all tenants
    "sharepoint.com": Use.TENANT,
}

# Authorities for users of any tenant; client credentials need the tenant's own id or domain.
SHARED_TENANTS: Final = frozenset({"common", "organizations", "consumers"})

# The form of a tenant id, an application id and an object id.
GUID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


def is_on_route(name: str) -> bool:
    """Return whether this DNS name is in a domain in which the aliases of Microsoft's mail hosts may end."""
    return _domain_of(name, Use.ROUTE) is not None


def is_public_name(name: str) -> bool:
    """Return whether a DNS name is the same for all tenants and therefore identifies no one."""
    return _domain_of(name, Use.PUBLIC) is not None


def tenant_domain_of(name: str) -> str | None:
    """Return the domain below which the labels of this DNS name belong to one tenant, or None."""
    found = _domain_of(name, Use.TENANT | Use.PUBLIC)
    tenant = found is not None and Use.TENANT in _DOMAINS[found] and found != name.rstrip(".").lower()
    return found if tenant else None


def _domain_of(name: str, use: Use) -> str | None:
    """Return the longest domain in the table that has one of these uses and is the name itself or a parent of it, or None."""
    labels = name.rstrip(".").lower().split(".")
    parents = (".".join(labels[start:]) for start in range(len(labels)))
    return next((parent for parent in parents if use & _DOMAINS.get(parent, Use(0))), None)
