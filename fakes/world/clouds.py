"""The clouds that a tenant can be in, and a custom service, with their login hosts, resources and lookup hosts.

Source: Microsoft's endpoint lists. The Exchange hosts of the sovereign clouds are UNVERIFIED.
"""

from dataclasses import dataclass

EXCHANGE_APP = "00000002-0000-0ff1-ce00-000000000000"
GRAPH_APP = "00000003-0000-0000-c000-000000000000"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cloud:
    """One cloud. In `login_hosts` and `exchange`, the first entry is the main name."""

    login_hosts: tuple[str, ...]
    smtp_host: str
    graph_host: str
    admin_hosts: frozenset[str]
    exchange: tuple[str, ...]
    traces: bool = False

    @property
    def graph(self) -> str:
        """The resource name of Microsoft Graph."""
        return f"https://{self.graph_host}"


_US_LOGIN = ("login.microsoftonline.us",)
CLOUDS = {
    "worldwide": Cloud(
        login_hosts=("login.microsoftonline.com", "login.windows.net", "login.microsoft.com", "sts.windows.net"),
        smtp_host="smtp.office365.com",
        graph_host="graph.microsoft.com",
        admin_hosts=frozenset({"outlook.office365.com"}),
        exchange=("https://outlook.office365.com", "https://outlook.office.com", "https://ps.outlook.com"),
        traces=True,
    ),
    "gcc_high": Cloud(
        login_hosts=_US_LOGIN,
        smtp_host="smtp.office365.us",
        graph_host="graph.microsoft.us",
        admin_hosts=frozenset({"outlook.office365.us"}),
        exchange=("https://outlook.office365.us",),
    ),
    "dod": Cloud(
        login_hosts=_US_LOGIN,
        smtp_host="outlook-dod.office365.us",
        graph_host="dod-graph.microsoft.us",
        admin_hosts=frozenset({"outlook-dod.office365.us"}),
        exchange=("https://outlook.office365.us", "https://outlook-dod.office365.us"),
    ),
    "china": Cloud(
        login_hosts=("login.partner.microsoftonline.cn", "login.chinacloudapi.cn"),
        smtp_host="smtp.partner.outlook.cn",
        graph_host="microsoftgraph.chinacloudapi.cn",
        admin_hosts=frozenset({"partner.outlook.cn"}),
        exchange=("https://partner.outlook.cn",),
    ),
    # The same tenant under an organisation's own host names, which the settings declare as a service. It has no lookup hosts.
    "custom": Cloud(
        login_hosts=("login.corp.example",),
        smtp_host="mail.corp.example",
        graph_host="",
        admin_hosts=frozenset(),
        exchange=("https://mail.corp.example",),
    ),
}
GRAPH_HOSTS = frozenset(cloud.graph_host for cloud in CLOUDS.values() if cloud.graph_host)
ADMIN_HOSTS = frozenset(host for cloud in CLOUDS.values() for host in cloud.admin_hosts)


def is_graph(resource: str) -> bool:
    """Return whether an audience or resource is Microsoft Graph in any cloud."""
    name = resource.rstrip("/")
    return name == GRAPH_APP or name in {f"https://{host}" for host in GRAPH_HOSTS}


def is_exchange(resource: str) -> bool:
    """Return whether an audience or resource is Exchange Online in any cloud."""
    name = resource.rstrip("/")
    return name == EXCHANGE_APP or any(name in cloud.exchange for cloud in CLOUDS.values())
