"""The tenant's settings, with one frozen record per lookup, whichever source answered.

A lookup without an answer contains the reason and the one permission, role or licence that it needs. Its fields are those of
the answers, in our spelling. Sources: Microsoft Graph reference; Exchange Online PowerShell reference.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Literal

from evidence.record import Record
from settings.identity import MailboxName, OpaqueId, ProxyAddress, PublicText, SpokenText, TitleText, Words


class SourceKind(StrEnum):
    """The kind of source that answered the lookups."""

    APPLICATION = "application"
    ADMINISTRATOR = "administrator"
    EXPORT = "export"


class LookupState(StrEnum):
    """The state of a lookup. Only `answered` and `absent` are observations."""

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
    """The result of a lookup: the `question` that was asked, what an answer `needs`, and the service's message in `detail` (redacted)."""

    state: LookupState
    question: SpokenText
    needs: PublicText = ""
    detail: SpokenText = ""
    seconds: float = 0.0

    @property
    def seen(self) -> bool:
        """Whether the tenant answered. The answer that the object does not exist counts too."""
        return self.state in {LookupState.ANSWERED, LookupState.ABSENT}


class UserLookup(LookupResult):
    """The user in the directory (Graph `users`); absent if no user has this sign-in address."""

    object_id: OpaqueId = ""
    enabled: bool | None = None
    synchronised: bool | None = None
    exchange_plan: bool | None = None
    proxy_addresses: tuple[ProxyAddress, ...] = ()
    password_never_expires: bool | None = None
    password_changed: datetime | None = None


class DomainLookup(LookupResult):
    """The settings of the domain (Graph `domains`). Without `password_valid_days` the documented default of 90 days applies."""

    federated: bool | None = None
    password_valid_days: int | None = None


class MfaLookup(LookupResult):
    """The state of per-user MFA (Graph beta `authentication/requirements`): `disabled`, `enabled` or `enforced`."""

    per_user: Literal["disabled", "enabled", "enforced"] | None = None


class MethodsLookup(LookupResult):
    """The registered authentication methods other than the password, as Graph types without prefix and suffix (`phone`, `fido2`)."""

    methods: tuple[PublicText, ...] = ()


class SecurityDefaultsLookup(LookupResult):
    """The state of security defaults, which apply to the whole tenant."""

    enabled: bool | None = None


class ConditionalPolicy(Record):
    """A Conditional Access policy for this sign-in, enabled or report-only: what it requires, and whether it depends on the location.

    `membership_unknown` is set if the policy includes or excludes groups or roles whose members were not looked up.
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
    """The policies, enabled or report-only, that apply to this sender's sign-in."""

    policies: tuple[ConditionalPolicy, ...] = ()


class CredentialEntry(Record):
    """A client secret or certificate in the app registration, without its value or first characters."""

    kind: Literal["secret", "certificate"]
    key_id: OpaqueId
    ends: datetime


class ApplicationLookup(LookupResult):
    """The app registration; absent if the client id belongs to a different tenant."""

    object_id: OpaqueId = ""
    name: TitleText = ""
    sign_in_audience: PublicText = ""
    public_client: bool | None = None
    credentials: tuple[CredentialEntry, ...] = ()


class PrincipalLookup(LookupResult):
    """The enterprise application. Exchange must have it registered under its `object_id`."""

    object_id: OpaqueId = ""
    enabled: bool | None = None


class RolesLookup(LookupResult):
    """The consented application permissions for Exchange Online, by value (`SMTP.SendAsApp`)."""

    roles: tuple[PublicText, ...] = ()
    resource_present: bool = True


class TransportLookup(LookupResult):
    """`Get-TransportConfig`: the SMTP AUTH switch of the tenant."""

    smtp_auth_disabled: bool | None = None
    allows_legacy_tls: bool | None = None


class MailboxLookup(LookupResult):
    """`Get-CASMailbox`: the mailbox's switch, for which None inherits the tenant's switch. Absent if there is no such mailbox."""

    smtp_auth_disabled: bool | None = None


class AuthPolicyLookup(LookupResult):
    """The authentication policy that applies: the user's own or the organisation's default. `name` is empty if there is no policy."""

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
    """`Test-ServicePrincipalAuthorization`: whether a role assignment in RBAC for Applications covers this mailbox."""

    roles: tuple[PublicText, ...] = ()
    in_scope: bool | None = None


class SignInRow(Record):
    """A row in the tenant's sign-in log: the AADSTS number (0 for success), its reason, and the client's address."""

    at: datetime
    code: int
    reason: SpokenText = ""
    client_app: PublicText = ""
    address: Words = ""
    blocked_by: tuple[TitleText, ...] = ()


class SignInLogLookup(LookupResult):
    """Log rows about this sender since the start of the run, newest first. A missing row proves nothing: rows appear minutes later."""

    rows: tuple[SignInRow, ...] = ()
    other_apps: tuple[TitleText, ...] = ()


class TraceLookup(LookupResult):
    """The message of this run in the message trace. `status` is empty while the trace has no row for it."""

    status: Words = ""


class TenantEvidence(Record):
    """All lookups for one sender. A lookup that was not needed is None."""

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
