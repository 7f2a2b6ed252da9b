"""Extracts the tenant and the resource in the settings, the claims of the token, and this machine's address in a server's reply."""

from __future__ import annotations

import re

from evidence.failure import FailureKind
from evidence.wire import IssuerEvidence, SenderEvidence, TokenEvidence
from settings.address import address_of
from settings.microsoft import GUID, SHARED_TENANTS

_LITERAL = re.compile(r"\[(?:IPv6:)?([0-9A-Fa-f:.]{3,45})\]")

_DOMAIN = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)+", re.IGNORECASE)


def tenant_of(url: str) -> str:
    """Return the first path segment of an authority or discovery URL, which names the tenant."""
    return address_of(url).first


def why_not_a_tenant(tenant: str) -> str:
    """Return what is wrong with the tenant segment of a URL; empty if the segment is valid."""
    if not tenant:
        return "the path contains no tenant"
    if tenant.lower() in SHARED_TENANTS:
        return f"/{tenant} is for users of any tenant, but client credentials need the id of one tenant"
    if any(mark in tenant for mark in "{}<>$%") or "tenant" in tenant.lower():
        return f"the path still contains the placeholder {tenant}"
    if not GUID.fullmatch(tenant) and not _DOMAIN.fullmatch(tenant):
        return f"{tenant} is neither a tenant id nor a domain"
    return ""


def resource_of(scope: str) -> str:
    """Return the resource part of a scope in lower case, without `/.default` or a trailing slash."""
    return scope.removesuffix("/.default").rstrip("/").lower()


def claim(evidence: SenderEvidence, name: str) -> str:
    """Return a claim of the token as text; empty if the token does not have the claim."""
    claims = evidence.token.claims if evidence.token is not None else None
    value = (claims or {}).get(name)
    return "" if value is None else str(value)


def roles(evidence: SenderEvidence) -> list[str]:
    """Return the application roles in the token (claim `roles`)."""
    claims = evidence.token.claims if evidence.token is not None else None
    value = (claims or {}).get("roles")
    if isinstance(value, str):
        return [value]
    return [str(item) for item in value] if isinstance(value, list) else []


def answered(evidence: IssuerEvidence | TokenEvidence) -> str:
    """Return a description of the login host's answer: the status and a web page's text, or the failure."""
    failure = evidence.failure
    if evidence.status is None or (failure is not None and failure.kind in _WITHOUT_WORDS):
        text = failure.text or failure.kind.value.replace("_", " ") if failure is not None else "nothing"
        return text if evidence.status is None else f"HTTP {evidence.status}, {text}"
    return f'HTTP {evidence.status} and the text "{evidence.page}"' if evidence.page else f"HTTP {evidence.status}"


_WITHOUT_WORDS = {FailureKind.REDIRECT, FailureKind.PROXY}


def seen_address(evidence: SenderEvidence) -> str:
    """Return this machine's address, which the EHLO reply contains in brackets (RFC 5321, 4.1.3), or an empty string."""
    for hello in (evidence.auth_offered, evidence.greeting):
        lines = hello.ehlo.lines if hello is not None and hello.ehlo is not None else ()
        found = _LITERAL.search(lines[0]) if lines else None
        if found is not None:
            return found.group(1)
    return ""
