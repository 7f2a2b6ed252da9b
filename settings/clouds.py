"""The table of clouds. Each row has the hosts, authorities and audiences of one cloud.

Sources: Microsoft's endpoint lists for Worldwide, GCC High, DoD and 21Vianet; "Authenticate an IMAP, POP or SMTP connection using OAuth".
The SMTP host names of the sovereign clouds come from third parties and have not been tested against the live service.
"""

from __future__ import annotations

from dataclasses import dataclass

from settings.address import address_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Cloud:
    """The hosts and URLs of one cloud. Credentials go only to `smtp_hosts` and to the token endpoints on `login_hosts`.

    A client secret goes only to `login_port`. For a declared service, the password or token goes only to `port`; Microsoft's hosts may
    receive it on any port.
    """

    name: str
    title: str
    smtp_hosts: tuple[str, ...]
    login_hosts: tuple[str, ...]
    scope: str
    audiences: tuple[str, ...]
    graph_host: str = ""
    exchange_admin_host: str = ""
    port: int = 587
    login_port: int = 443
    issuer: str = ""
    microsoft: bool = True
    lockout_after: int | None = None  # failed passwords before an account is locked (Microsoft, "Smart lockout")

    @property
    def smtp_host(self) -> str:
        """The recommended SMTP host."""
        return self.smtp_hosts[0]

    def declares_smtp(self, host: str) -> bool:
        """Return whether this is an SMTP host of this cloud (exact match, ignoring case and a trailing dot)."""
        return host.rstrip(".").lower() in self.smtp_hosts

    def takes_sign_in(self, host: str, port: int) -> bool:
        """Return whether a password or token may be sent to this SMTP host and port."""
        return self.declares_smtp(host) and (self.microsoft or port == self.port)

    def declares_login(self, host: str, port: int | None = None) -> bool:
        """Return whether a client secret may be sent to a token endpoint on this host and port. None is the default HTTPS port."""
        return host.rstrip(".").lower() in self.login_hosts and (port or 443) == self.login_port

    @property
    def sign_in_place(self) -> str:
        """A host that may receive a sign-in, for display. For a declared service, the port is added."""
        return self.smtp_host if self.microsoft else f"{self.smtp_host}:{self.port}"

    @property
    def login_place(self) -> str:
        """A description of the hosts that may receive a client secret, for display."""
        if self.microsoft:
            return f"a login host of {self.title}"
        if not self.login_hosts:
            return "a declared issuer: [custom] issuer is empty or not an https address"
        return f"{self.login_hosts[0]}:{self.login_port}, the host and port of the declared issuer"

    def accepts_audience(self, audience: str) -> bool:
        """Return whether a token with this `aud` claim is for the mail service. A trailing slash in the claim is ignored.

        A service for which no audience is declared accepts every claim.
        """
        return not self.audiences or audience.rstrip("/").lower() in self.audiences


_PUBLIC_LOGIN = ("login.microsoftonline.com", "login.windows.net", "login.microsoft.com", "sts.windows.net")
_US_LOGIN = ("login.microsoftonline.us", "login.usgovcloudapi.net")
_EXCHANGE_APP_ID = "00000002-0000-0ff1-ce00-000000000000"

WORLDWIDE = Cloud(
    name="worldwide",
    title="Microsoft 365 worldwide",
    smtp_hosts=("smtp.office365.com", "smtp-legacy.office365.com", "smtp.hve.mx.microsoft", "smtp-hve.office365.com"),
    login_hosts=_PUBLIC_LOGIN,
    scope="https://outlook.office365.com/.default",
    audiences=("https://outlook.office365.com", "https://outlook.office.com", _EXCHANGE_APP_ID),
    graph_host="graph.microsoft.com",
    exchange_admin_host="outlook.office365.com",
    lockout_after=10,
)
GCC_HIGH = Cloud(
    name="gcc_high",
    title="Microsoft 365 GCC High",
    smtp_hosts=("smtp.office365.us", "outlook.office365.us"),
    login_hosts=_US_LOGIN,
    scope="https://outlook.office365.us/.default",
    audiences=("https://outlook.office365.us", _EXCHANGE_APP_ID),
    graph_host="graph.microsoft.us",
    exchange_admin_host="outlook.office365.us",
    lockout_after=3,
)
DOD = Cloud(
    name="dod",
    title="Microsoft 365 DoD",
    smtp_hosts=("outlook-dod.office365.us",),
    login_hosts=_US_LOGIN,
    scope="https://outlook.office365.us/.default",
    audiences=("https://outlook.office365.us", "https://outlook-dod.office365.us", _EXCHANGE_APP_ID),
    graph_host="dod-graph.microsoft.us",
    exchange_admin_host="outlook-dod.office365.us",
    lockout_after=3,
)
CHINA = Cloud(
    name="china",
    title="Microsoft 365 operated by 21Vianet",
    smtp_hosts=("smtp.partner.outlook.cn",),
    login_hosts=("login.partner.microsoftonline.cn", "login.chinacloudapi.cn"),
    scope="https://partner.outlook.cn/.default",
    audiences=("https://partner.outlook.cn", _EXCHANGE_APP_ID),
    graph_host="microsoftgraph.chinacloudapi.cn",
    exchange_admin_host="partner.outlook.cn",
    lockout_after=10,
)
CLOUDS = {cloud.name: cloud for cloud in (WORLDWIDE, GCC_HIGH, DOD, CHINA)}


def custom(*, smtp_server: str, port: int, issuer: str, audience: str) -> Cloud:
    """Return the row for a service that the user declares. Credentials may go only to this exact host, port and issuer."""
    login = address_of(issuer if "://" in issuer else f"https://{issuer}")
    return Cloud(
        name="custom",
        title=f"the service declared in the settings ({smtp_server})",
        smtp_hosts=(smtp_server.lower(),),
        login_hosts=(login.host,) if login.host and login.scheme == "https" else (),
        login_port=login.port or 443,
        scope="",
        audiences=(audience.rstrip("/").lower(),) if audience else (),
        port=port,
        issuer=issuer,
        microsoft=False,
    )


# The endpoint for many messages to internal recipients; the second name "will be deprecated in the future" (Microsoft).
_HIGH_VOLUME = frozenset({"smtp.hve.mx.microsoft", "smtp-hve.office365.com"})


HIGH_VOLUME_SCOPE = "https://outlook.office.com/.default"


def scope_of(host: str, cloud: Cloud) -> str:
    """Return the scope that Microsoft documents for this server, or an empty string for a declared service."""
    return HIGH_VOLUME_SCOPE if cloud.microsoft and is_high_volume(host) else cloud.scope


def is_high_volume(host: str) -> bool:
    """Return whether this is the endpoint of High Volume Email, which has its own rules."""
    return host.rstrip(".").lower() in _HIGH_VOLUME


def cloud_of_scope(scope: str) -> Cloud | None:
    """Return the cloud whose mail service this scope names, or None. If several clouds share the resource, the first one is returned."""
    resource = scope.removesuffix("/.default").rstrip("/").lower()
    return next((cloud for cloud in CLOUDS.values() if resource in cloud.audiences), None)


def cloud_of_login_host(host: str) -> Cloud | None:
    """Return the cloud with this login host, or None. GCC High and DoD share their login hosts; for these, the result is GCC High."""
    return next((cloud for cloud in CLOUDS.values() if cloud.declares_login(host)), None)


def cloud_of_smtp_host(host: str) -> Cloud | None:
    """Return the cloud with this SMTP host, or None."""
    return next((cloud for cloud in CLOUDS.values() if cloud.declares_smtp(host)), None)


__all__ = [
    "CHINA",
    "CLOUDS",
    "DOD",
    "GCC_HIGH",
    "WORLDWIDE",
    "Cloud",
    "cloud_of_login_host",
    "cloud_of_scope",
    "cloud_of_smtp_host",
    "custom",
    "is_high_volume",
    "scope_of",
]
