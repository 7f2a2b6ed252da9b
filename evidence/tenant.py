"""The tenant's settings, with one frozen record per lookup.

The record of a lookup without an answer contains the reason and the permission, role or licence that an answer needs. The fields
correspond to those in the Microsoft Graph and Exchange Online PowerShell references, under this suite's own names.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

from evidence.limits import Listed, Moment, Number, Seconds
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
    """The result of a lookup: its `question`, what an answer `needs`, and in `detail` a redacted message that explains the state."""

    state: LookupState
    question: SpokenText
    needs: PublicText = ""
    detail: SpokenText = ""
    seconds: Seconds = 0.0

    @property
    def seen(self) -> bool:
        """Whether the tenant answered. The answer that an object does not exist also counts."""
        return self.state in {LookupState.ANSWERED, LookupState.ABSENT}


class UserLookup(LookupResult):
    """The user in the directory (Graph `users`). The state is absent if no user has this sign-in address."""

    object_id: OpaqueId = ""
    enabled: bool | None = None
    synchronised: bool | None = None
    exchange_plan: bool | None = None
    proxy_addresses: Annotated[tuple[ProxyAddress, ...], Listed] = ()
    password_never_expires: bool | None = None
    password_changed: Moment | None = None


class DomainLookup(LookupResult):
    """The settings of the domain (Graph `domains`). If `password_valid_days` is None, the documented default of 90 days applies."""

    federated: bool | None = None
    password_valid_days: Number | None = None


class MfaLookup(LookupResult):
    """The state of per-user MFA (Graph beta `authentication/requirements`): `disabled`, `enabled` or `enforced`."""

    per_user: Literal["disabled", "enabled", "enforced"] | None = None


class MethodsLookup(LookupResult):
    """The registered authentication methods other than the password, as shortened Graph types such as `phone` and `fido2`."""

    methods: Annotated[tuple[PublicText, ...], Listed] = ()


class SecurityDefaultsLookup(LookupResult):
    """Whether security defaults are enabled. They apply to the whole tenant."""

    enabled: bool | None = None


class ConditionalPolicy(Record):
    """A Conditional Access policy that applies, or may apply, to this sign-in: its effect, and whether it depends on the location.

    `membership_unknown` is set if it is not certain that the policy applies, for example because the members of a group were not looked
    up.
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
    """The policies, whether enabled or report-only, that apply or may apply to this sender's sign-in."""

    policies: Annotated[tuple[ConditionalPolicy, ...], Listed] = ()


class CredentialEntry(Record):
    """A client secret or certificate of the app registration, without any part of its value."""

    kind: Literal["secret", "certificate"]
    key_id: OpaqueId
    ends: Moment


class ApplicationLookup(LookupResult):
    """The app registration. The state is absent if the tenant has no registration with the client id."""

    object_id: OpaqueId = ""
    name: TitleText = ""
    sign_in_audience: PublicText = ""
    public_client: bool | None = None
    credentials: Annotated[tuple[CredentialEntry, ...], Listed] = ()


class PrincipalLookup(LookupResult):
    """The enterprise application. The service principal in Exchange must have the same `object_id`."""

    object_id: OpaqueId = ""
    enabled: bool | None = None


class RolesLookup(LookupResult):
    """The application permissions for Exchange Online that an administrator has consented to, such as `SMTP.SendAsApp`."""

    roles: Annotated[tuple[PublicText, ...], Listed] = ()
    resource_present: bool = True


class TransportLookup(LookupResult):
    """The tenant's switches for SMTP AUTH and for clients with legacy TLS versions (`Get-TransportConfig`)."""

    smtp_auth_disabled: bool | None = None
    allows_legacy_tls: bool | None = None


class MailboxLookup(LookupResult):
    """The mailbox's SMTP AUTH switch (`Get-CASMailbox`); with None, the tenant's switch applies. The state is absent without a mailbox."""

    smtp_auth_disabled: bool | None = None


class AuthPolicyLookup(LookupResult):
    """The authentication policy that applies: the user's own or the organisation's default. `name` is empty if there is none."""

    name: TitleText = ""
    is_default: bool = False
    allows_basic_smtp: bool | None = None


class ExchangePrincipalLookup(LookupResult):
    """The application's service principal in Exchange (`Get-ServicePrincipal`). The state is absent if it is not registered there."""

    object_id: OpaqueId = ""


class MailboxRightLookup(LookupResult):
    """The application's rights on the mailbox (`Get-MailboxPermission` and `Get-RecipientPermission`)."""

    full_access: bool = False
    send_as: bool = False


class RbacLookup(LookupResult):
    """Whether a role assignment in RBAC for Applications covers this mailbox (`Test-ServicePrincipalAuthorization`)."""

    roles: Annotated[tuple[PublicText, ...], Listed] = ()
    in_scope: bool | None = None


class SignInRow(Record):
    """A row in the tenant's sign-in log: the AADSTS number (0 for success), its reason and the client's address."""

    at: Moment
    code: Number
    reason: SpokenText = ""
    client_app: PublicText = ""
    address: Words = ""
    blocked_by: Annotated[tuple[TitleText, ...], Listed] = ()


class SignInLogLookup(LookupResult):
    """The log rows for this sender since the start of the run. A missing row proves nothing, because rows appear minutes later."""

    rows: Annotated[tuple[SignInRow, ...], Listed] = ()
    other_apps: Annotated[tuple[TitleText, ...], Listed] = ()


class TraceLookup(LookupResult):
    """The status of this run's message in the message trace. `status` is empty while the trace has no row for the message."""

    status: Words = ""


class TenantEvidence(Record):
    """All lookups for one sender. A lookup that was not needed is None."""

    way: SourceKind
    tenant: Words
    looked_at: Moment
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
    seconds: Seconds = 0.0
