"""The simulated world: one tenant, the network in front of it, two senders, and switches for unverified behaviour.

`healthy()` returns the world in which everything works. Each fault replaces one part of it.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import TypedDict, Unpack

from .clouds import CLOUDS
from .network import Network, NetworkFields
from .tenant import (
    EXCHANGE_ONLINE,
    App,
    AppSecret,
    Auditing,
    ConditionalAccess,
    ExchangePrincipal,
    Mailbox,
    MailboxFields,
    PolicyKind,
    ServicePrincipal,
    Tenant,
    TenantFields,
    User,
)

TENANT_ID = "0f6a1c52-94d3-4e1b-8b7d-3c5e2a9d7f10"
CLIENT_ID = "5b0e7d94-2c61-4f3a-9e85-71d4c6a0b2f8"
REGISTRATION_OBJECT_ID = "c2d91e07-6a4f-4d08-b3c7-9e15f8027a64"
PRINCIPAL_OBJECT_ID = "e81f43b6-07cd-4b92-a5d0-26c93f7e184b"
SECRET_ID = "3a7c5f18-d920-4be6-8f41-b05e62c9d7a3"
SECRET_VALUE = "Kx7" + "8Q~" + "invented-for-the-built-in-tenant_01"
PASSWORD = "Invented-Pass-7!word"
DOMAIN = "fabrikam.example"
ALERTS = f"alerts@{DOMAIN}"
NOTICES = f"notices@{DOMAIN}"
ADMINISTRATOR = f"admin@{DOMAIN}"
AUDITOR_CLIENT_ID = "a4d92f06-7b1e-4c58-8f3a-d05c61e7b924"
AUDITOR_SECRET = "Vb2" + "8Q~" + "invented-for-the-auditor_of_the_tenant"
ADMIN_CLIENT_ID = "d17f3c85-e0a2-46b9-9c54-28fb7e610da3"
GRAPH_ROLES = frozenset(
    {
        "User.Read.All",
        "Domain.Read.All",
        "Policy.Read.All",
        "UserAuthenticationMethod.Read.All",
        "Application.Read.All",
        "AuditLog.Read.All",
        "ExchangeMessageTrace.Read.All",
    }
)
EXCHANGE_ROLE = "Exchange.ManageAsApp"
EXCHANGE_SCOPE = "Exchange.Manage"
GLOBAL_READER = "Global Reader"


class PasswordExpiredReply(StrEnum):
    """The reply to a sign-in with an expired password (UNVERIFIED: no capture was found)."""

    ACCOUNT_HAS_AN_ISSUE = "account_has_an_issue"
    CREDENTIALS = "credentials"


class NoMailboxReply(StrEnum):
    """The reply to a password sign-in for an account without a mailbox (UNVERIFIED: one capture, from 2018, shows the `550`)."""

    CANNOT_BE_ACCESSED = "cannot_be_accessed"
    BARE = "bare"


class OffByDefaultReply(StrEnum):
    """The reply to a password sign-in once Basic is off by default, from the end of December 2026 (UNVERIFIED)."""

    SENTENCE = "sentence"
    NOT_SUPPORTED = "not_supported"


class SendAsTrustee(StrEnum):
    """Which identity needs Send As when an application sends (UNVERIFIED: in one field report, the mailbox that signs in)."""

    PRINCIPAL = "principal"
    MAILBOX = "mailbox"


class RecipientReply(StrEnum):
    """Whether an unknown recipient is refused at once or reported later in a bounce (UNVERIFIED)."""

    AT_ONCE = "at_once"
    BOUNCE = "bounce"


@dataclass(frozen=True, slots=True, kw_only=True)
class Unverified:
    """Behaviour that is not specified in Microsoft's public material. The defaults are those that the fakes use."""

    gates_before_credentials: bool = True
    password_expired: PasswordExpiredReply = PasswordExpiredReply.ACCOUNT_HAS_AN_ISSUE
    no_mailbox: NoMailboxReply = NoMailboxReply.CANNOT_BE_ACCESSED
    off_by_default: OffByDefaultReply = OffByDefaultReply.SENTENCE
    removed_as_535: bool = False
    unknown_recipient: RecipientReply = RecipientReply.AT_ONCE
    send_as_of_application: SendAsTrustee = SendAsTrustee.PRINCIPAL
    security_defaults_block_oauth: bool = False
    entra_breaks_lines: bool = False
    over_rate_is_refused: bool = False
    hasty_polls_are_slowed_down: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """A service fault at Microsoft. Each reply that is set replaces the usual reply at the step of the same name.

    `sign_in_code` is the number in the sign-in log for a sign-in refused in this way, or None if the log has no row.
    """

    greeting: str | None = None
    sign_in: str | None = None
    sign_in_code: int | None = None
    end_of_data: str | None = None


class ServiceFields(TypedDict, total=False):
    """The fields of `Service`, as keyword arguments for changing it."""

    greeting: str | None
    sign_in: str | None
    sign_in_code: int | None
    end_of_data: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Attested:
    """A statement by a person about something that the suite cannot observe."""

    item: str
    who: str
    when: date
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """One configured instance of the mail plugin. Most fields are those of the sender's table in the settings."""

    name: str
    username: str
    mail_from: str
    mail_to: str
    authentication_type: str
    smtp_server: str = "smtp.office365.com"
    port: int = 587
    use_ssl: bool = True
    enable_authentication: bool = True
    client_id: str = ""
    openid_endpoint_configuration: str = ""
    scope: str = ""
    password: str = ""
    client_secret: str = ""
    client_secret_expires: date | None = None
    password_expires: str | date | None = None
    attested: tuple[Attested, ...] = ()


class SenderFields(TypedDict, total=False):
    """The fields of `Sender`, as keyword arguments for changing it."""

    name: str
    username: str
    mail_from: str
    mail_to: str
    authentication_type: str
    smtp_server: str
    port: int
    use_ssl: bool
    enable_authentication: bool
    client_id: str
    openid_endpoint_configuration: str
    scope: str
    password: str
    client_secret: str
    client_secret_expires: date | None
    password_expires: str | date | None
    attested: tuple[Attested, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """The state of the tenant, the network and the senders, shared by all fakes."""

    tenant: Tenant
    network: Network
    basic: Sender
    oauth: Sender
    cloud: str = "worldwide"
    ehlo_name: str | None = None
    clock_offset: timedelta = timedelta()
    service: Service = field(default_factory=Service)
    directory_secret: str = AUDITOR_SECRET
    unverified: Unverified = field(default_factory=Unverified)

    def now(self) -> datetime:
        """Return the current time at Microsoft, which differs from this machine's time by `clock_offset`."""
        return datetime.now(UTC) + self.clock_offset

    @property
    def senders(self) -> tuple[Sender, Sender]:
        """Both senders, starting with Basic."""
        return (self.basic, self.oauth)

    def with_tenant(self, **changes: Unpack[TenantFields]) -> "World":
        """Return this world with some fields of the tenant replaced."""
        return replace(self, tenant=replace(self.tenant, **changes))

    def with_network(self, **changes: Unpack[NetworkFields]) -> "World":
        """Return this world with some fields of the network replaced."""
        return replace(self, network=replace(self.network, **changes))

    def with_user(self, upn: str, change: Callable[[User], User]) -> "World":
        """Return this world with one user changed. Raises LookupError if no user has this sign-in or mail address."""
        found = self.tenant.recipient(upn)
        if found is None:
            raise LookupError(
                f"there is no user {upn!r} in the tenant; its users are {[user.upn for user in self.tenant.users]}"
            )
        return self.with_tenant(users=tuple(change(one) if one.upn == found.upn else one for one in self.tenant.users))


def change_mailbox(user: User, **changes: Unpack[MailboxFields]) -> User:
    """Return the user with some fields of the mailbox replaced. A user without a mailbox is returned unchanged."""
    return user if user.mailbox is None else replace(user, mailbox=replace(user.mailbox, **changes))


def issuer_document(tenant: str = TENANT_ID, host: str = "login.microsoftonline.com") -> str:
    """Return the URL of a tenant's v2.0 discovery document."""
    return f"https://{host}/{tenant}/v2.0/.well-known/openid-configuration"


def in_cloud(world: World, name: str) -> World:
    """Return this world with the tenant in this cloud and both senders configured for it.

    If `name` is `custom`, the tenant uses an organisation's own host names, and the settings declare them as a service.
    """
    cloud = CLOUDS[name]
    moved = replace(world.with_tenant(cloud=name), cloud=name)
    return replace(
        moved,
        basic=replace(world.basic, smtp_server=cloud.smtp_host),
        oauth=replace(
            world.oauth,
            smtp_server=cloud.smtp_host,
            openid_endpoint_configuration=issuer_document(world.tenant.tenant_id, cloud.login_hosts[0]),
            scope=f"{cloud.exchange[0]}/.default",
        ),
    )


def _limited_to_named_locations() -> tuple[ConditionalAccess, ConditionalAccess]:
    """Return one policy per sender that allows sign-in only from named locations, which include this machine."""
    return (
        ConditionalAccess(
            kind=PolicyKind.BLOCK_OTHER_LOCATIONS,
            policy_id="5f0c1b7e-92d4-4a6f-b8e3-c701d5e9a246",
            applies_to=frozenset({ALERTS}),
        ),
        ConditionalAccess(
            kind=PolicyKind.BLOCK_OTHER_LOCATIONS,
            policy_id="be4a70d3-16c8-4f95-a2d7-39e05f8c6b14",
            applies_to=frozenset({CLIENT_ID}),
            workload=True,
        ),
    )


def _auditing(now: datetime) -> Auditing:
    """Return the identities that can look up the healthy tenant. They have only the permissions that the lookups require."""
    return Auditing(
        app=App(
            client_id=AUDITOR_CLIENT_ID,
            object_id="1c83e6f4-50ab-4d97-b2e1-7f94c0d8a365",
            display_name="Mail auditor",
            secrets=(
                AppSecret(
                    key_id="90b5d7c2-f318-4e6a-8a04-c15e29f7d86b",
                    value=AUDITOR_SECRET,
                    expires=now + timedelta(days=300),
                ),
            ),
        ),
        principal=ServicePrincipal(
            client_id=AUDITOR_CLIENT_ID,
            object_id="67a1f9d8-c42e-4b03-9e75-0d8b3fc6e251",
            consented=frozenset({EXCHANGE_ROLE}),
            graph_roles=GRAPH_ROLES,
            entra_roles=frozenset({GLOBAL_READER}),
        ),
        client=App(
            client_id=ADMIN_CLIENT_ID,
            object_id="e35d08b7-a916-4c2f-87e4-1f60d9c3b5a8",
            display_name="Mail check, signed in",
            public_client=True,
        ),
        administrator=User(
            upn=ADMINISTRATOR,
            password="Administers-And-Sends-Nothing-6",
            mailbox=None,
            entra_roles=frozenset({GLOBAL_READER}),
            methods=frozenset({"fido2", "microsoftAuthenticator"}),
        ),
        delegated=GRAPH_ROLES | {EXCHANGE_SCOPE},
    )


def healthy(now: datetime | None = None) -> World:
    """Return the world in which both senders can send mail. Dates, such as the secret's expiry date, are relative to `now`."""
    now = now or datetime.now(UTC)
    seen = now.date() - timedelta(days=30)
    secret_ends = now + timedelta(days=300)
    alerts, notices = ALERTS, NOTICES
    tenant = Tenant(
        tenant_id=TENANT_ID,
        display_name="Fabrikam Example",
        domain=DOMAIN,
        users=(
            User(upn=alerts, password=PASSWORD, password_changed=now - timedelta(days=40)),
            User(
                upn=notices,
                password="Nobody-Signs-In-With-This-9",
                mailbox=Mailbox(full_access=frozenset({PRINCIPAL_OBJECT_ID})),
            ),
            User(upn=f"ops@{DOMAIN}", password="Only-Receives-Mail-3"),
        ),
        apps=(
            App(
                client_id=CLIENT_ID,
                object_id=REGISTRATION_OBJECT_ID,
                display_name="Alarm mail",
                secrets=(AppSecret(key_id=SECRET_ID, value=SECRET_VALUE, expires=secret_ends),),
            ),
        ),
        service_principals=(ServicePrincipal(client_id=CLIENT_ID, object_id=PRINCIPAL_OBJECT_ID),),
        exchange_principals=(ExchangePrincipal(client_id=CLIENT_ID, object_id=PRINCIPAL_OBJECT_ID),),
        conditional_access=_limited_to_named_locations(),
        auditing=_auditing(now),
    )
    basic = Sender(
        name="basic",
        username=alerts,
        mail_from=alerts,
        mail_to=alerts,
        authentication_type="Basic",
        password=PASSWORD,
        password_expires="never",
        attested=(
            Attested(
                item="BASIC-04", who="Ada Example", when=seen, what="password never expires, seen in the admin center"
            ),
        ),
    )
    oauth = Sender(
        name="oauth",
        username=notices,
        mail_from=notices,
        mail_to=notices,
        authentication_type="OpenID",
        client_id=CLIENT_ID,
        openid_endpoint_configuration=issuer_document(),
        scope=f"{EXCHANGE_ONLINE}/.default",
        client_secret=SECRET_VALUE,
        client_secret_expires=secret_ends.date(),
        attested=(
            Attested(
                item="OAUTH-03",
                who="Ada Example",
                when=seen,
                what="the secret is kept in the machine's own secret store",
            ),
            Attested(item="OAUTH-04", who="Ada Example", when=seen, what="a reminder is in the operators' calendar"),
        ),
    )
    return World(tenant=tenant, network=Network(), basic=basic, oauth=oauth)
