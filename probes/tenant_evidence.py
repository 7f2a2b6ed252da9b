"""What the tenant's own settings say: one frozen record for each look-up, whichever of the three ways brought it home.

A look-up that was not answered says why and names the one permission, role or licence that would answer it. Sources: Microsoft
Graph reference; Exchange Online PowerShell reference; the fields are those of the answers, in our spelling.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Literal

from probes.evidence_model import Record
from settings.identity import MailboxName, OpaqueId, ProxyAddress, PublicText, SpokenText, TitleText, Words


class Way(StrEnum):
    """How the tenant was asked."""

    APPLICATION = "application"
    ADMINISTRATOR = "administrator"
    EXPORT = "export"


class LookState(StrEnum):
    """What became of a look-up; only `answered` and `absent` are observations."""

    ANSWERED = "answered"
    ABSENT = "absent"
    REFUSED = "refused"
    UNLICENSED = "unlicensed"
    NOT_OFFERED = "not_offered"
    THROTTLED = "throttled"
    FAILED = "failed"
    NOT_IN_EXPORT = "not_in_export"
    NOT_ASKED = "not_asked"


class Look(Record):
    """A look-up's outcome. `question` is what was asked, `needs` what would answer it, `detail` the service's words (redacted)."""

    state: LookState
    question: SpokenText
    needs: PublicText = ""
    detail: SpokenText = ""
    seconds: float = 0.0

    @property
    def seen(self) -> bool:
        """Whether the tenant answered, if only that there is no such thing."""
        return self.state in {LookState.ANSWERED, LookState.ABSENT}


class UserLook(Look):
    """The directory's user (Graph `users`): absent when there is none with this sign-in address."""

    object_id: OpaqueId = ""
    enabled: bool | None = None
    synchronised: bool | None = None
    exchange_plan: bool | None = None
    proxy_addresses: tuple[ProxyAddress, ...] = ()
    password_never_expires: bool | None = None
    password_changed: datetime | None = None


class DomainLook(Look):
    """The domain's own rules (Graph `domains`); no `password_valid_days` means no period of its own: 90 days by the documentation."""

    federated: bool | None = None
    password_valid_days: int | None = None


class MfaLook(Look):
    """Per-user MFA (Graph beta `authentication/requirements`): `disabled`, `enabled` or `enforced`."""

    per_user: Literal["disabled", "enabled", "enforced"] | None = None


class MethodsLook(Look):
    """Registered authentication methods besides the password, by their Graph type without prefix and suffix (`phone`, `fido2`)."""

    methods: tuple[PublicText, ...] = ()


class SecurityDefaultsLook(Look):
    """Whether security defaults are on for the tenant."""

    enabled: bool | None = None


class ConditionalPolicy(Record):
    """An enabled Conditional Access policy that concerns this sign-in: what it demands, and whether a location exempts.

    `membership_unknown` when it aims at groups or roles, or exempts some, whose members nobody read: then it may or may not hit.
    """

    policy_id: OpaqueId
    name: TitleText
    state: Literal["enabled", "report_only"]
    aims_at: Literal["user", "application"]
    blocks: bool = False
    demands_mfa: bool = False
    limits_location: bool = False
    membership_unknown: bool = False


class ConditionalAccessLook(Look):
    """The policies that would hit this sender's sign-in, disabled ones left out."""

    policies: tuple[ConditionalPolicy, ...] = ()


class CredentialEntry(Record):
    """A client secret or certificate of the registration; never its value, nor the first characters that Graph tells of it."""

    kind: Literal["secret", "certificate"]
    key_id: OpaqueId
    ends: datetime


class ApplicationLook(Look):
    """The app registration; absent when the client id is not one of this tenant's."""

    object_id: OpaqueId = ""
    name: TitleText = ""
    sign_in_audience: PublicText = ""
    public_client: bool | None = None
    credentials: tuple[CredentialEntry, ...] = ()


class PrincipalLook(Look):
    """The enterprise application; `object_id` is the id that Exchange must know it by."""

    object_id: OpaqueId = ""
    enabled: bool | None = None


class RolesLook(Look):
    """The application permissions of Exchange Online that an administrator consented to, by their value (`SMTP.SendAsApp`)."""

    roles: tuple[PublicText, ...] = ()
    resource_present: bool = True


class TransportLook(Look):
    """`Get-TransportConfig`: the tenant's SMTP AUTH switch."""

    smtp_auth_disabled: bool | None = None
    allows_legacy_tls: bool | None = None


class MailboxLook(Look):
    """`Get-CASMailbox`: the mailbox's own switch; three-state, None inherits the tenant's. Absent when there is no such mailbox."""

    smtp_auth_disabled: bool | None = None


class AuthPolicyLook(Look):
    """The authentication policy in force, the user's own or the organisation's default; `name` is empty when there is none."""

    name: TitleText = ""
    is_default: bool = False
    allows_basic_smtp: bool | None = None


class ExchangePrincipalLook(Look):
    """`Get-ServicePrincipal`: the application as Exchange knows it; absent when it was never registered there."""

    object_id: OpaqueId = ""


class MailboxRightLook(Look):
    """`Get-MailboxPermission`, `Get-RecipientPermission`: what the application may do with the mailbox."""

    full_access: bool = False
    send_as: bool = False


class RbacLook(Look):
    """`Test-ServicePrincipalAuthorization`: whether a role assignment of RBAC for Applications reaches this mailbox."""

    roles: tuple[PublicText, ...] = ()
    in_scope: bool | None = None


class SignInRow(Record):
    """One row of the tenant's sign-in log: Entra's AADSTS number (0 is a success), its reason, and where it came from."""

    at: datetime
    code: int
    reason: SpokenText = ""
    client_app: PublicText = ""
    address: Words = ""
    blocked_by: tuple[TitleText, ...] = ()


class SignInLogLook(Look):
    """Rows about this sender since the run began, newest first; none yet is no proof, because rows come minutes later."""

    rows: tuple[SignInRow, ...] = ()
    other_apps: tuple[TitleText, ...] = ()


class TraceLook(Look):
    """The message of this run in the message trace; `status` is empty while no row is there yet."""

    status: Words = ""


class TenantEvidence(Record):
    """Every look-up for one sender; a member is None when nobody needed it."""

    way: Way
    tenant: Words
    looked_at: datetime
    signed_in_as: MailboxName = ""
    user: UserLook | None = None
    domain: DomainLook | None = None
    mfa: MfaLook | None = None
    methods: MethodsLook | None = None
    security_defaults: SecurityDefaultsLook | None = None
    conditional_access: ConditionalAccessLook | None = None
    application: ApplicationLook | None = None
    principal: PrincipalLook | None = None
    roles: RolesLook | None = None
    transport: TransportLook | None = None
    mailbox: MailboxLook | None = None
    auth_policy: AuthPolicyLook | None = None
    exchange_principal: ExchangePrincipalLook | None = None
    mailbox_right: MailboxRightLook | None = None
    rbac: RbacLook | None = None
    sign_in_log: SignInLogLook | None = None
    trace: TraceLook | None = None
    failure: SpokenText = ""
    requests: int = 0
    seconds: float = 0.0
