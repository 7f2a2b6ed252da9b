"""The tenant's settings: one frozen record per lookup, whichever source answered.

A lookup without an answer says why, and names the one permission, role or licence that it needs. The fields are those of the
answers, in our spelling. Sources: Microsoft Graph reference; Exchange Online PowerShell reference.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Literal

from evidence.record import Record
from settings.identity import MailboxName, OpaqueId, ProxyAddress, PublicText, SpokenText, TitleText, Words


class SourceKind(StrEnum):
    """The source of the answers."""

    APPLICATION = "application"
    ADMINISTRATOR = "administrator"
    EXPORT = "export"


class LookupState(StrEnum):
    """The outcome of a lookup; only `answered` and `absent` are observations."""

    ANSWERED = "answered"
    ABSENT = "absent"
    REFUSED = "refused"
    UNLICENSED = "unlicensed"
    NOT_OFFERED = "not_offered"
    THROTTLED = "throttled"
    FAILED = "failed"
    NOT_IN_EXPORT = "not_in_export"
    NOT_ASKED = "not_asked"


class LookupResult(Record):
    """The outcome of a lookup: `question` as asked, `needs` what would answer it, `detail` the service's text (redacted)."""

    state: LookupState
    question: SpokenText
    needs: PublicText = ""
    detail: SpokenText = ""
    seconds: float = 0.0

    @property
    def seen(self) -> bool:
        """Whether the tenant answered, including that the object does not exist."""
        return self.state in {LookupState.ANSWERED, LookupState.ABSENT}


class UserLookup(LookupResult):
    """The directory's user (Graph `users`); absent if no user has this sign-in address."""

    object_id: OpaqueId = ""
    enabled: bool | None = None
    synchronised: bool | None = None
    exchange_plan: bool | None = None
    proxy_addresses: tuple[ProxyAddress, ...] = ()
    password_never_expires: bool | None = None
    password_changed: datetime | None = None


class DomainLookup(LookupResult):
    """The domain's settings (Graph `domains`). Without `password_valid_days` the documented default of 90 days applies."""

    federated: bool | None = None
    password_valid_days: int | None = None


class MfaLookup(LookupResult):
    """Per-user MFA (Graph beta `authentication/requirements`): `disabled`, `enabled` or `enforced`."""

    per_user: Literal["disabled", "enabled", "enforced"] | None = None


class MethodsLookup(LookupResult):
    """Registered authentication methods except the password, by Graph type without prefix and suffix (`phone`, `fido2`)."""

    methods: tuple[PublicText, ...] = ()


class SecurityDefaultsLookup(LookupResult):
    """Whether security defaults are on for the tenant."""

    enabled: bool | None = None


class ConditionalPolicy(Record):
    """An enabled Conditional Access policy for this sign-in: what it requires, and whether it exempts a location.

    `membership_unknown` is set if it includes or excludes groups or roles whose members were not looked up.
    """

    policy_id: OpaqueId
    name: TitleText
    state: Literal["enabled", "report_only"]
    aims_at: Literal["user", "application"]
    blocks: bool = False
    demands_mfa: bool = False
    limits_location: bool = False
    membership_unknown: bool = False


class ConditionalAccessLookup(LookupResult):
    """The enabled policies that apply to this sender's sign-in."""

    policies: tuple[ConditionalPolicy, ...] = ()


class CredentialEntry(Record):
    """A client secret or certificate of the registration, without its value or its first characters."""

    kind: Literal["secret", "certificate"]
    key_id: OpaqueId
    ends: datetime


class ApplicationLookup(LookupResult):
    """The app registration; absent if the client id belongs to another tenant."""

    object_id: OpaqueId = ""
    name: TitleText = ""
    sign_in_audience: PublicText = ""
    public_client: bool | None = None
    credentials: tuple[CredentialEntry, ...] = ()


class PrincipalLookup(LookupResult):
    """The enterprise application; Exchange must know it by its `object_id`."""

    object_id: OpaqueId = ""
    enabled: bool | None = None


class RolesLookup(LookupResult):
    """The consented application permissions of Exchange Online, by value (`SMTP.SendAsApp`)."""

    roles: tuple[PublicText, ...] = ()
    resource_present: bool = True


class TransportLookup(LookupResult):
    """`Get-TransportConfig`: the tenant's SMTP AUTH switch."""

    smtp_auth_disabled: bool | None = None
    allows_legacy_tls: bool | None = None


class MailboxLookup(LookupResult):
    """`Get-CASMailbox`: the mailbox's switch with three states; None inherits the tenant's. Absent if there is no such mailbox."""

    smtp_auth_disabled: bool | None = None


class AuthPolicyLookup(LookupResult):
    """The authentication policy that applies: the user's own or the organisation's default; `name` is empty if there is none."""

    name: TitleText = ""
    is_default: bool = False
    allows_basic_smtp: bool | None = None


class ExchangePrincipalLookup(LookupResult):
    """`Get-ServicePrincipal`: the application in Exchange; absent if it was never registered there."""

    object_id: OpaqueId = ""


class MailboxRightLookup(LookupResult):
    """`Get-MailboxPermission`, `Get-RecipientPermission`: the application's rights on the mailbox."""

    full_access: bool = False
    send_as: bool = False


class RbacLookup(LookupResult):
    """`Test-ServicePrincipalAuthorization`: whether a role assignment of RBAC for Applications includes this mailbox."""

    roles: tuple[PublicText, ...] = ()
    in_scope: bool | None = None


class SignInRow(Record):
    """A row of the tenant's sign-in log: the AADSTS number (0 is a success), its reason, and the client's address."""

    at: datetime
    code: int
    reason: SpokenText = ""
    client_app: PublicText = ""
    address: Words = ""
    blocked_by: tuple[TitleText, ...] = ()


class SignInLogLookup(LookupResult):
    """Rows about this sender since the start of the run, newest first. No row is no proof, because rows appear minutes later."""

    rows: tuple[SignInRow, ...] = ()
    other_apps: tuple[TitleText, ...] = ()


class TraceLookup(LookupResult):
    """This run's message in the message trace; `status` is empty while there is no row."""

    status: Words = ""


class TenantEvidence(Record):
    """All lookups of one sender; a lookup that was not needed is None."""

    way: SourceKind
    tenant: Words
    looked_at: datetime
    signed_in_as: MailboxName = ""
    user: UserLookup | None = None
    domain: DomainLookup | None = None
    mfa: MfaLookup | None = None
    methods: MethodsLookup | None = None
    security_defaults: SecurityDefaultsLookup | None = None
    conditional_access: ConditionalAccessLookup | None = None
    application: ApplicationLookup | None = None
    principal: PrincipalLookup | None = None
    roles: RolesLookup | None = None
    transport: TransportLookup | None = None
    mailbox: MailboxLookup | None = None
    auth_policy: AuthPolicyLookup | None = None
    exchange_principal: ExchangePrincipalLookup | None = None
    mailbox_right: MailboxRightLookup | None = None
    rbac: RbacLookup | None = None
    sign_in_log: SignInLogLookup | None = None
    trace: TraceLookup | None = None
    failure: SpokenText = ""
    requests: int = 0
    seconds: float = 0.0
