"""The tenant's state: users, mailboxes, applications, switches and policies.

The state consists of frozen dataclasses and is healthy by default. `sign_in`, `submission` and `token_endpoint` evaluate it.
"""

import uuid
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TypedDict

EXCHANGE_ONLINE = "https://outlook.office365.com"
GRAPH = "https://graph.microsoft.com"
SEND_AS_APP = "SMTP.SendAsApp"
MAIL_SEND = "Mail.Send"  # the role that High Volume Email requires


class Federation(StrEnum):
    """How a user's password is verified: by Entra itself (managed), or by a federated service (STS) that has a fault."""

    MANAGED = "managed"
    STS_UNREACHABLE = "sts_unreachable"
    STS_WITHOUT_HTTPS = "sts_without_https"


class Retirement(StrEnum):
    """How far the removal of Basic authentication has progressed in this tenant."""

    NOT_YET = "not_yet"
    OFF_BY_DEFAULT = "off_by_default"
    REMOVED = "removed"


class PolicyKind(StrEnum):
    """The effect of a Conditional Access policy, with the kind of client or identity that it affects."""

    REQUIRE_MFA = "require_mfa"
    BLOCK_LEGACY_CLIENTS = "block_legacy_clients"
    BLOCK_WORKLOAD = "block_workload"
    BLOCK_OTHER_LOCATIONS = "block_other_locations"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailbox:
    """An Exchange Online mailbox. If `smtp_auth_disabled` is None, the mailbox inherits the tenant's setting."""

    smtp_auth_disabled: bool | None = None
    full_access: frozenset[str] = frozenset()
    send_as: frozenset[str] = frozenset()
    aliases: frozenset[str] = frozenset()
    send_size_limit: int = 36_700_160
    mailbox_full: bool = False
    recipient_quota_used: bool = False
    over_message_rate: bool = False
    restricted_for_spam: bool = False
    other_submissions: int = 0


class MailboxFields(TypedDict, total=False):
    """The fields of `Mailbox`, as keyword arguments for changing it."""

    smtp_auth_disabled: bool | None
    full_access: frozenset[str]
    send_as: frozenset[str]
    aliases: frozenset[str]
    send_size_limit: int
    mailbox_full: bool
    recipient_quota_used: bool
    over_message_rate: bool
    restricted_for_spam: bool
    other_submissions: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HighVolume:
    """The properties of a High Volume Email account. `allowed_apps` holds the object ids of the enterprise applications that may use it."""

    allowed_apps: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """A user in the directory. Sending requires a mailbox or, at the endpoint of High Volume Email, `high_volume`.

    `address` is the mailbox's primary address if that differs from the sign-in address.
    """

    upn: str
    password: str
    address: str = ""
    enabled: bool = True
    mailbox: Mailbox | None = field(default_factory=Mailbox)
    high_volume: HighVolume | None = None
    mfa_required: bool = False
    password_expired: bool = False
    password_never_expires: bool = True
    password_changed: datetime | None = None
    locked: bool = False
    federation: Federation = Federation.MANAGED
    auth_policy: str | None = None
    synchronised: bool = False
    mfa_enabled: bool = False
    methods: frozenset[str] = frozenset()
    entra_roles: frozenset[str] = frozenset()

    @property
    def primary(self) -> str:
        """The primary address, which is the sign-in address unless `address` is set."""
        return self.address or self.upn

    @property
    def own_addresses(self) -> frozenset[str]:
        """The addresses of the mailbox or of the High Volume Email account, in lower case; empty for a user without either."""
        if self.mailbox is None:
            return frozenset({self.primary.casefold()}) if self.high_volume else frozenset()
        return frozenset(one.casefold() for one in (self.primary, *self.mailbox.aliases))


class UserFields(TypedDict, total=False):
    """The fields of `User`, as keyword arguments for changing it."""

    upn: str
    password: str
    address: str
    enabled: bool
    mailbox: Mailbox | None
    high_volume: HighVolume | None
    mfa_required: bool
    password_expired: bool
    password_never_expires: bool
    password_changed: datetime | None
    locked: bool
    federation: Federation
    auth_policy: str | None
    synchronised: bool
    mfa_enabled: bool
    methods: frozenset[str]
    entra_roles: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class AppSecret:
    """A client secret. Only `value` works as a credential; `key_id` is often pasted by mistake."""

    key_id: str
    value: str
    expires: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AppCertificate:
    """A certificate with which the application can sign assertions. Its thumbprints are base64url-encoded, as in `x5t`."""

    thumbprint: str
    public_key_pem: str
    expires: datetime
    thumbprint_sha256: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """An app registration. `object_id` is that of the registration, not of the enterprise application."""

    client_id: str
    object_id: str
    display_name: str
    secrets: tuple[AppSecret, ...] = ()
    certificates: tuple[AppCertificate, ...] = ()
    public_client: bool = False
    sign_in_audience: str = "AzureADMyOrg"


@dataclass(frozen=True, slots=True, kw_only=True)
class ServicePrincipal:
    """The enterprise application, which is the instance of an app registration in this tenant.

    `consented` holds its Exchange Online roles, `graph_roles` its Microsoft Graph roles and `entra_roles` its directory roles.
    """

    client_id: str
    object_id: str
    enabled: bool = True
    consented: frozenset[str] = frozenset({SEND_AS_APP})
    graph_roles: frozenset[str] = frozenset()
    entra_roles: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class ExchangePrincipal:
    """A service principal created in Exchange with `New-ServicePrincipal`.

    `rbac_scope` holds the mailboxes that a role assignment gives it access to.
    """

    client_id: str
    object_id: str
    rbac_scope: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthPolicy:
    """An Exchange authentication policy."""

    name: str
    allow_basic_smtp: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ConditionalAccess:
    """A Conditional Access policy.

    `applies_to` holds users' sign-in addresses and applications' client ids; if it is empty, the policy applies to all of them. A location
    policy blocks sign-in from outside the named locations, for applications if `workload` is true and otherwise for users.
    `includes_this_machine` is true if the machine under test is in a named location.
    """

    kind: PolicyKind
    policy_id: str
    applies_to: frozenset[str] = frozenset()
    includes_this_machine: bool = True
    workload: bool = False
    report_only: bool = False

    def hits(self, who: str) -> bool:
        """Return whether the policy is enforced for this user or client id."""
        return not self.report_only and (
            not self.applies_to or who.casefold() in {one.casefold() for one in self.applies_to}
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Issuing:
    """How Entra issues tokens. By default, tokens and discovery documents are valid."""

    lifetime: timedelta = timedelta(seconds=3599)
    age: timedelta = timedelta()
    audience: str | None = None
    tenant_id: str | None = None
    foreign_key: bool = False
    delegated_user: str | None = None
    foreign_issuer_in_discovery: bool = False


class IssuingFields(TypedDict, total=False):
    """The fields of `Issuing`, as keyword arguments for changing it."""

    lifetime: timedelta
    age: timedelta
    audience: str | None
    tenant_id: str | None
    foreign_key: bool
    delegated_user: str | None
    foreign_issuer_in_discovery: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class LogEntry:
    """A row in the sign-in log that does not come from a run, because the user signed in to a different application."""

    upn: str
    app_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Auditing:
    """The application, public client and administrator that can look up the tenant, and the behaviour of the APIs that they query.

    `delegated` holds the permissions that the public client receives. `throttled_first` is the number of Graph requests that get 429
    before the first success. `log_delay` applies to the sign-in log, `trace_delay` to the message trace. If `trace_provisioned` is
    false, the tenant lacks the service principal that the message trace needs.
    """

    app: App
    principal: ServicePrincipal
    client: App
    administrator: User
    delegated: frozenset[str] = frozenset()
    premium: bool = True
    throttled_first: int = 0
    retry_after: int = 1
    page_size: int = 100
    log_delay: timedelta = timedelta()
    trace_delay: timedelta = timedelta()
    trace_provisioned: bool = True
    other_entries: tuple[LogEntry, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Tenant:
    """One Microsoft 365 tenant."""

    tenant_id: str
    display_name: str
    domain: str
    users: tuple[User, ...]
    apps: tuple[App, ...]
    service_principals: tuple[ServicePrincipal, ...]
    exchange_principals: tuple[ExchangePrincipal, ...]
    resources: frozenset[str] = frozenset({EXCHANGE_ONLINE, GRAPH})
    smtp_auth_disabled: bool = False
    security_defaults: bool = False
    retirement: Retirement = Retirement.NOT_YET
    conditional_access: tuple[ConditionalAccess, ...] = ()
    auth_policies: tuple[AuthPolicy, ...] = ()
    default_auth_policy: str | None = None
    unknown_recipients: frozenset[str] = frozenset()
    recipients_blocked: bool = False
    throttled: bool = False
    exists: bool = True
    blocked_for_reputation: bool = False
    issuing: Issuing = field(default_factory=Issuing)
    device_codes_approved_by: str | None = None
    device_code_interval: int = 5
    device_codes_forbidden: bool = False
    cloud: str = "worldwide"
    password_valid_days: int | None = 90
    auditing: Auditing | None = None

    def user(self, name: str) -> User | None:
        """Return the user with this sign-in address, or None."""
        others = (self.auditing.administrator,) if self.auditing else ()
        return next((user for user in (*self.users, *others) if user.upn.casefold() == name.casefold()), None)

    def recipient(self, name: str) -> User | None:
        """Return the user with this sign-in address or, if there is none, the user with this mail address, or None."""
        return self.user(name) or next((one for one in self.users if name.casefold() in one.own_addresses), None)

    def app(self, client_id: str) -> App | None:
        """Return the application registration with this client id, or None."""
        others = (self.auditing.app, self.auditing.client) if self.auditing else ()
        return next((app for app in (*self.apps, *others) if app.client_id == client_id.lower()), None)

    def service_principal(self, client_id: str) -> ServicePrincipal | None:
        """Return the enterprise application with this client id, or None."""
        others = (self.auditing.principal,) if self.auditing else ()
        return next((one for one in (*self.service_principals, *others) if one.client_id == client_id.lower()), None)

    def object_id(self, name: str) -> str:
        """Return the object id of a user in the directory, derived from the sign-in address."""
        return str(uuid.uuid5(uuid.UUID(self.tenant_id), name.casefold()))

    def exchange_principal(self, client_id: str) -> ExchangePrincipal | None:
        """Return the service principal that Exchange has for this client id, or None."""
        return next((one for one in self.exchange_principals if one.client_id == client_id.lower()), None)

    def auth_policy_for(self, user: User) -> AuthPolicy | None:
        """Return the user's own authentication policy or, if there is none, the tenant's default policy, or None."""
        name = user.auth_policy or self.default_auth_policy
        return next((policy for policy in self.auth_policies if policy.name == name), None)


class TenantFields(TypedDict, total=False):
    """The fields of `Tenant`, as keyword arguments for changing it."""

    tenant_id: str
    display_name: str
    domain: str
    users: tuple[User, ...]
    apps: tuple[App, ...]
    service_principals: tuple[ServicePrincipal, ...]
    exchange_principals: tuple[ExchangePrincipal, ...]
    resources: frozenset[str]
    smtp_auth_disabled: bool
    security_defaults: bool
    retirement: Retirement
    conditional_access: tuple[ConditionalAccess, ...]
    auth_policies: tuple[AuthPolicy, ...]
    default_auth_policy: str | None
    unknown_recipients: frozenset[str]
    recipients_blocked: bool
    throttled: bool
    exists: bool
    blocked_for_reputation: bool
    issuing: Issuing
    device_codes_approved_by: str | None
    device_code_interval: int
    device_codes_forbidden: bool
    cloud: str
    password_valid_days: int | None
    auditing: Auditing | None
