"""The state of the simulated network: resolver, ports, middlebox and TLS.

The state consists of frozen dataclasses and is healthy by default. Names and addresses resemble Microsoft's, but all connections
go to loopback.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypedDict


class Transport(StrEnum):
    """Whether the resolver answers over a transport (UDP or TCP)."""

    ANSWERS = "answers"
    SILENT = "silent"


class Answer(StrEnum):
    """How the resolver answers a query for one of Microsoft's names."""

    TRUE = "true"
    NO_SUCH_NAME = "no_such_name"
    SERVER_FAILURE = "server_failure"
    NO_ADDRESSES = "no_addresses"
    HIJACKED = "hijacked"
    PRIVATE = "private"
    FLAPPING = "flapping"


class Port(StrEnum):
    """The state of a TCP port."""

    OPEN = "open"
    REFUSED = "refused"
    DROPPED = "dropped"
    RESET = "reset"


class SubmissionServer(StrEnum):
    """The kind of server at the submission port."""

    EXCHANGE = "exchange"
    SILENCE = "silence"
    HTTP = "http"
    TLS_AT_ONCE = "tls_at_once"
    HOSTING_PROVIDER = "hosting_provider"


class LoginPath(StrEnum):
    """What happens to a request on its way to the login host."""

    CLEAR = "clear"
    SILENCE = "silence"
    PROXY_PAGE = "proxy_page"
    WRONG_CONTENT = "wrong_content"
    REDIRECT_LOOP = "redirect_loop"
    SERVER_ERROR = "server_error"
    TOKEN_PROXY_PAGE = "token_proxy_page"
    TOKEN_OTHER_HOST = "token_other_host"
    TOKEN_REDIRECT = "token_redirect"
    TENANT_NOT_PERMITTED = "tenant_not_permitted"


class Certificate(StrEnum):
    """The kind of certificate that a TLS server presents."""

    MICROSOFT = "microsoft"
    EXPIRING = "expiring"
    EXPIRED = "expired"
    NOT_YET_VALID = "not_yet_valid"
    OTHER_NAME = "other_name"
    SELF_SIGNED = "self_signed"
    UNKNOWN_ROOT = "unknown_root"
    MISSING_INTERMEDIATE = "missing_intermediate"
    MAIL_SHIELD = "mail_shield"
    TRUSTED_MAIL_SHIELD = "trusted_mail_shield"


class TlsRange(StrEnum):
    """The TLS versions that a server supports."""

    CURRENT = "current"
    ONLY_1_2 = "only_1_2"
    ONLY_OLD = "only_old"


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolver:
    """The resolver that the machine under test uses."""

    udp: Transport = Transport.ANSWERS
    tcp: Transport = Transport.ANSWERS
    answer: Answer = Answer.TRUE
    login_answer: Answer = Answer.TRUE
    hijacked_address: str = "10.20.30.40"
    private_address: str = "10.1.2.3"  # leads to Microsoft's server, as with split DNS or an access gateway


class ResolverFields(TypedDict, total=False):
    """The fields of `Resolver`, as keyword arguments for changing it."""

    udp: Transport
    tcp: Transport
    answer: Answer
    login_answer: Answer
    hijacked_address: str
    private_address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Zone:
    """A DNS name with its aliases, their times to live, and its addresses. `service` is the kind of server at these addresses."""

    name: str
    service: str
    chain: tuple[tuple[int, str], ...] = ()
    ipv4: tuple[str, ...] = ()
    ipv6: tuple[str, ...] = ()
    ttl: int = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Tls:
    """The TLS versions and the certificate of one server."""

    versions: TlsRange = TlsRange.CURRENT
    certificate: Certificate = Certificate.MICROSOFT


class TlsFields(TypedDict, total=False):
    """The fields of `Tls`, as keyword arguments for changing it."""

    versions: TlsRange
    certificate: Certificate


@dataclass(frozen=True, slots=True, kw_only=True)
class Middlebox:
    """The ways in which a device between client and server can alter or cut an SMTP connection."""

    masks_greeting: bool = False
    masks_starttls: bool = False
    strips_starttls: bool = False
    hides_starttls: bool = False
    refuses_starttls: bool = False
    drops_after_auth: bool = False
    strips_auth: bool = False
    drops_long_commands: bool = False
    accepts_early: bool = False


class MiddleboxFields(TypedDict, total=False):
    """The fields of `Middlebox`, as keyword arguments for changing it."""

    masks_greeting: bool
    masks_starttls: bool
    strips_starttls: bool
    hides_starttls: bool
    refuses_starttls: bool
    drops_after_auth: bool
    strips_auth: bool
    drops_long_commands: bool
    accepts_early: bool


def _exchange_zones() -> tuple[Zone, ...]:
    v4 = ("52.96.164.146", "52.96.111.82", "52.96.182.162", "40.97.188.226")
    v6 = ("2603:1036:303:3c1f::2", "2603:1036:303:4871::2", "2603:1036:304:2a::2", "2603:1036:305:1402::2")
    tail = (
        (286, "outlook.cloud.microsoft"),
        (60, "acdcatm.outlook.mira.tm.svc.cloud.microsoft"),
        (58, "outlook.ms-acdc.office.com"),
        (8, "MDW-efz.ms-acdc.office.com"),
    )
    outlook = Zone(name="outlook.office365.com", service="exchange", chain=tail, ipv4=v4, ipv6=v6)
    submission = Zone(
        name="smtp.office365.com",
        service="exchange",
        chain=((289, "outlook.office365.com"), *tail),
        ipv4=v4,
        ipv6=v6,
    )
    others = (
        ("smtp-legacy.office365.com", "52.96.165.18"),
        ("smtp.office365.us", "52.181.165.18"),
        ("outlook.office365.us", "52.181.165.20"),
        ("outlook-dod.office365.us", "52.181.194.18"),
        ("smtp.partner.outlook.cn", "40.73.200.18"),
        ("partner.outlook.cn", "40.73.200.20"),
    )
    high_volume = (("smtp.hve.mx.microsoft", "52.96.229.18"), ("smtp-hve.office365.com", "52.96.229.20"))
    bulk = tuple(Zone(name=name, service="high_volume", ipv4=(address,)) for name, address in high_volume)
    return (
        submission,
        outlook,
        *bulk,
        *(Zone(name=name, service="exchange", ipv4=(address,)) for name, address in others),
    )


def _login_zones() -> tuple[Zone, ...]:
    chain = (
        (300, "login.mso.msidentity.com"),
        (60, "ak.privatelink.msidentity.com"),
        (60, "www.tm.ak.prd.aadg.trafficmanager.net"),
    )
    worldwide = Zone(
        name="login.microsoftonline.com",
        service="login",
        chain=chain,
        ipv4=("40.126.28.11", "40.126.28.22"),
        ipv6=("2603:1036:3000:148::2", "2603:1037:1:150::8"),
        ttl=60,
    )
    others = (
        ("login.windows.net", "40.126.28.12"),
        ("login.microsoft.com", "40.126.28.13"),
        ("sts.windows.net", "40.126.28.14"),
        ("login.microsoftonline.us", "52.126.194.11"),
        ("login.partner.microsoftonline.cn", "40.72.70.11"),
        ("login.chinacloudapi.cn", "40.72.70.12"),
    )
    return (worldwide, *(Zone(name=name, service="login", ipv4=(address,), ttl=60) for name, address in others))


def _graph_zones() -> tuple[Zone, ...]:
    hosts = (
        ("graph.microsoft.com", "20.190.151.70"),
        ("graph.microsoft.us", "52.126.194.70"),
        ("dod-graph.microsoft.us", "52.126.195.70"),
        ("microsoftgraph.chinacloudapi.cn", "40.72.70.70"),
    )
    return tuple(Zone(name=name, service="graph", ipv4=(address,), ttl=60) for name, address in hosts)


def _other_zones() -> tuple[Zone, ...]:
    return (
        Zone(name="fabrikam-example.mail.protection.outlook.com", service="mx", ipv4=("52.101.8.47",), ttl=10),
        Zone(name="mail.hosting-provider.example", service="provider", ipv4=("198.51.100.25",), ttl=300),
        Zone(
            name="mail.corp.example",
            service="exchange",
            ipv4=("203.0.113.25", "203.0.113.26"),
            ipv6=("2001:db8:25::1", "2001:db8:25::2"),
        ),
        Zone(name="login.corp.example", service="login", ipv4=("203.0.113.43",), ipv6=("2001:db8:43::1",), ttl=60),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """The network between the machine under test and Microsoft."""

    zones: tuple[Zone, ...] = field(
        default_factory=lambda: (*_exchange_zones(), *_login_zones(), *_graph_zones(), *_other_zones())
    )
    resolver: Resolver = field(default_factory=Resolver)
    submission_port: Port = Port.OPEN
    submission_over_ipv6: Port = Port.OPEN
    relay_port: Port = Port.OPEN
    login_port: Port = Port.OPEN
    graph_port: Port = Port.OPEN
    submission_server: SubmissionServer = SubmissionServer.EXCHANGE
    middlebox: Middlebox = field(default_factory=Middlebox)
    smtp_tls: Tls = field(default_factory=Tls)
    login_tls: Tls = field(default_factory=Tls)
    login_path: LoginPath = LoginPath.CLEAR

    def zone(self, name: str) -> Zone | None:
        """Return the zone with this name, or None. Case and a trailing dot are ignored."""
        wanted = name.rstrip(".").casefold()
        return next((zone for zone in self.zones if zone.name.casefold() == wanted), None)


class NetworkFields(TypedDict, total=False):
    """The fields of `Network`, as keyword arguments for changing it."""

    zones: tuple[Zone, ...]
    resolver: Resolver
    submission_port: Port
    submission_over_ipv6: Port
    relay_port: Port
    login_port: Port
    graph_port: Port
    submission_server: SubmissionServer
    middlebox: Middlebox
    smtp_tls: Tls
    login_tls: Tls
    login_path: LoginPath
