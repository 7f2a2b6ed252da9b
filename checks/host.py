"""HOST: this machine's settings. On Windows, registry values decide which TLS versions a .NET application uses."""

from __future__ import annotations

import re

from checks.model import Context, Finding, check
from evidence.machine import RegistryValue
from settings.strict_values import message_time

_SKEW = 300.0
_NOTICEABLE = 60.0


def _values(case: Context, name: str) -> tuple[RegistryValue, ...] | Finding:
    machine = case.evidence.machine
    if machine.registry_failure is not None:
        return case.unknown(f"the registry could not be read: {machine.registry_failure}")
    if machine.registry is None:
        return case.not_applicable("this machine has no Windows registry")
    return tuple(value for value in machine.registry if value.name == name)


def _dotnet(case: Context, name: str) -> Finding:
    values = _values(case, name)
    if isinstance(values, Finding):
        return values
    shown = ", ".join(f"{value.view}-bit view: {'not set' if value.data is None else value.data}" for value in values)
    if any(value.data == 0 for value in values):
        return case.fail("legacy_tls_client", expected=f"{name} = 1 in both views", observed=shown)
    if any(value.data is None for value in values):
        why = "not set: an application built for a version of .NET Framework before 4.7 may use only old TLS versions"
        return case.risk("legacy_tls_client", expected=f"{name} = 1 in both views", observed=shown, why=why)
    return case.ok(observed=shown)


@check("HOST-01", ".NET applications use strong cryptography", causes=("legacy_tls_client",))
def strong_crypto(case: Context) -> Finding:
    """SchUseStrongCrypto is 1 in both registry views (FAQ "Enable TLS 1.2 in Windows")."""
    return _dotnet(case, "SchUseStrongCrypto")


@check("HOST-02", ".NET applications use the system's TLS versions", causes=("legacy_tls_client",))
def system_versions(case: Context) -> Finding:
    """SystemDefaultTlsVersions is 1 in both registry views (Microsoft, "TLS best practices with .NET Framework")."""
    return _dotnet(case, "SystemDefaultTlsVersions")


@check("HOST-03", "Windows allows clients to use TLS 1.2", causes=("legacy_tls_client",))
def schannel(case: Context) -> Finding:
    """SCHANNEL does not disable TLS 1.2 for clients (Microsoft, "TLS registry settings"). Without a registry value, TLS 1.2 is enabled."""
    enabled, off = _values(case, "Enabled"), _values(case, "DisabledByDefault")
    if isinstance(enabled, Finding):
        return enabled
    if isinstance(off, Finding):
        return off
    values = {f"{value.name} ({value.view}-bit view)": value.data for value in (*enabled, *off)}
    shown = ", ".join(f"{name}: {'not set' if data is None else data}" for name, data in values.items())
    if any(value.data == 0 for value in enabled) or any((value.data or 0) != 0 for value in off):
        return case.fail("legacy_tls_client", expected="TLS 1.2 is not disabled for clients", observed=shown)
    return case.ok(observed=shown)


@check("HOST-04", "This machine's clock is correct", reads=("SMTP-01",), causes=("clock_skew",))
def clock(case: Context) -> Finding:
    """This machine's clock is within five minutes of the servers' clocks. Entra tolerates no larger difference."""
    offset = clock_offset(case)
    if offset is None:
        return case.stopped("SMTP-01") or case.unknown("no server sent its time")
    observed = f"{abs(offset):.0f} s {'ahead of' if offset >= 0 else 'behind'} the servers' clock"
    if abs(offset) > _SKEW:
        return case.fail("clock_skew", expected="within 5 minutes of the servers' clock", observed=observed)
    if abs(offset) > _NOTICEABLE:
        return case.risk(
            "clock_skew", observed=observed, why="a difference of more than five minutes makes tokens invalid"
        )
    return case.ok(observed=observed)


_READY_AT = re.compile(r"ready at (\w{3}, \d{1,2} \w{3} \d{4} \d\d:\d\d:\d\d [+-]\d{4})")


def clock_offset(case: Context) -> float | None:
    """Return how many seconds this machine's clock is ahead of the time in an HTTPS Date header, or else in Microsoft's greeting.

    Return None if neither contains a time.
    """
    for record in (case.evidence.token, case.evidence.issuer):
        if record is not None and record.clock_offset is not None:
            return record.clock_offset
    greeting = case.evidence.greeting
    if greeting is None or greeting.greeting is None:
        return None
    found = _READY_AT.search(greeting.greeting.text)
    if found is None:
        return None
    moment = message_time(found[1])
    return None if moment is None else round((case.evidence.started - moment).total_seconds(), 1)
