"""Matches host names against the names in a certificate (RFC 6125, section 6.4)."""

from __future__ import annotations

import ipaddress

from evidence.wire import Certificate


def covers(certificate: Certificate, host: str) -> bool:
    """Return whether a name in the certificate matches the host, either exactly or with a wildcard as its first label (section 6.4.3)."""
    host = host.rstrip(".").lower()
    try:
        return str(ipaddress.ip_address(host.strip("[]"))) in certificate.names
    except ValueError:
        pass
    rest = host.partition(".")[2]
    for name in (name.rstrip(".").lower() for name in certificate.names):
        if name == host or (name.startswith("*.") and rest and name[2:] == rest):
            return True
    return False
