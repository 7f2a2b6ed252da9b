"""Describes this machine and the account that runs the suite. The application that sends mail may use different ones."""

from __future__ import annotations

import platform
import socket
import ssl
import sys
import urllib.request

from evidence.machine import MachineEvidence, RegistryValue
from probes.dns import system_resolvers
from probes.failures import printable
from settings.account import account
from settings.address import address_of
from settings.version import tool_version

_DOTNET = r"SOFTWARE\Microsoft\.NETFramework\v4.0.30319"
_SCHANNEL = r"SYSTEM\CurrentControlSet\Control\SecurityProviders\SCHANNEL\Protocols\TLS 1.2\Client"
# FAQ "SSL/TLS handshake failed" names SchUseStrongCrypto; Microsoft "TLS best practices with .NET" adds SystemDefaultTlsVersions.
_VALUES = (
    (_DOTNET, "SchUseStrongCrypto"),
    (_DOTNET, "SystemDefaultTlsVersions"),
    (_SCHANNEL, "Enabled"),
    (_SCHANNEL, "DisabledByDefault"),
)


def describe(*, resolvers: tuple[str, ...], connect_map: bool) -> MachineEvidence:
    """Describe the host, system, account and proxies. On Windows, add the registry values that control which TLS versions are used."""
    values, failure = _registry()
    return MachineEvidence(
        host=printable(socket.gethostname()),
        system=printable(f"{platform.system()} {platform.release()} {platform.machine()} ({platform.version()})"),
        python=platform.python_version(),
        openssl=ssl.OPENSSL_VERSION,
        account=printable(account()),
        tool_version=tool_version(),
        proxies=_proxies(),
        resolvers=resolvers or system_resolvers(),
        registry=values,
        registry_failure=failure,
        connect_map=connect_map,
    )


def _proxies() -> dict[str, str]:
    """Return the proxies from the environment or the operating system, without user names and passwords.

    The list of hosts that need no proxy is replaced by the number of its entries.
    """
    found = {}
    for scheme, address in urllib.request.getproxies().items():
        if scheme == "no":
            found[scheme] = _exceptions(address)
            continue
        parts = address_of(address if "://" in address else f"http://{address}")
        found[scheme] = printable(parts.place, 200)
    return found


def _exceptions(listed: str) -> str:
    """Return how many hosts need no proxy. The list itself often names internal hosts, which a reader of the report need not know."""
    count = len([one for one in listed.replace(";", ",").split(",") if one.strip()])
    return f"{count} {'entry' if count == 1 else 'entries'} (not shown)"


def _registry() -> tuple[tuple[RegistryValue, ...] | None, str | None]:
    """Return the values from both registry views, or an error message if they cannot be read. Outside Windows, both are None."""
    if sys.platform == "win32":
        try:
            return tuple(_read(path, name, view) for path, name in _VALUES for view in ("64", "32")), None
        except OSError as problem:
            return None, printable(str(problem))
    return None, None


def _read(path: str, name: str, view: str) -> RegistryValue:
    """Return one value from the 64-bit or 32-bit view; `data` is None if no number is set. Raises OSError if access is denied."""
    data: object = None
    if sys.platform == "win32":
        import winreg

        flag = winreg.KEY_WOW64_64KEY if view == "64" else winreg.KEY_WOW64_32KEY
        try:
            with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, path, 0, winreg.KEY_READ | flag) as key:
                data, _ = winreg.QueryValueEx(key, name)
        except FileNotFoundError:
            data = None
    number = data if isinstance(data, int) else None
    return RegistryValue.model_validate({"path": path, "name": name, "view": view, "data": number})
