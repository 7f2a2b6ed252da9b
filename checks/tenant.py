"""What the tenant's own settings say of a cause: that it holds, that it does not, or what would have to be read to know.

One function for each cause that a look-up can prove or refute. Sources: the Graph and Exchange Online references that
`probes.tenant_evidence` names; what each setting does to SMTP AUTH: Microsoft "Enable or disable SMTP AUTH".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from probes.tenant_evidence import Look, LookState, TenantEvidence
from settings.clouds import is_high_volume
from settings.model import Sender

ROLE = "SMTP.SendAsApp"
DEFAULT_VALID_DAYS = 90  # Microsoft Graph, domain resource: what an unset passwordValidityPeriodInDays means
NEVER_DAYS = 2147483647
_READ_AS = {
    LookState.REFUSED: "may not be read",
    LookState.UNLICENSED: "needs a licence",
    LookState.NOT_OFFERED: "is not offered in this cloud",
    LookState.THROTTLED: "was throttled",
    LookState.NOT_IN_EXPORT: "is not in the export",
}


@dataclass(frozen=True, slots=True)
class Told:
    """Whether a cause holds (None: not known), what was read, and what would tell where nothing was."""

    holds: bool | None
    words: str = ""
    needs: str = ""


def _yes(words: str) -> Told:
    return Told(holds=True, words=words)


def _no(words: str) -> Told:
    return Told(holds=False, words=words)


def _unread(*looks: Look | None) -> Told | None:
    """What stands in the way when one of the look-ups brought nothing; None when all did."""
    for look in looks:
        if look is None:
            return Told(None)
        if not look.seen:
            how = _READ_AS.get(look.state, "could not be read")
            return Told(
                None, needs=f"{look.question.partition('?')[0]} {how}: {look.needs or look.detail or 'try again'}"
            )
    return None


def _tenant_switch(seen: TenantEvidence, sender: Sender) -> Told:
    if is_high_volume(sender.smtp_server):
        return _no("High Volume Email does not obey the tenant's SMTP AUTH switch")
    if unread := _unread(seen.mailbox, seen.transport):
        return unread
    own = seen.mailbox.smtp_auth_disabled if seen.mailbox is not None else None
    if own is not None:
        return _no(f"the mailbox has its own switch (SMTP AUTH {'off' if own else 'on'})")
    off = seen.transport is not None and seen.transport.smtp_auth_disabled is True
    return Told(off, f"the tenant's switch has SMTP AUTH {'off' if off else 'on'}, and the mailbox inherits it")


def _mailbox_switch(seen: TenantEvidence, _sender: Sender) -> Told:
    if unread := _unread(seen.mailbox):
        return unread
    own = seen.mailbox.smtp_auth_disabled if seen.mailbox is not None else None
    return Told(own is True, f"the mailbox's own switch: {'inherits' if own is None else 'off' if own else 'on'}")


def _policy(seen: TenantEvidence, _sender: Sender) -> Told:
    if unread := _unread(seen.auth_policy):
        return unread
    policy = seen.auth_policy
    if policy is None or not policy.name:
        return _no("no authentication policy applies")
    blocks = policy.allows_basic_smtp is False
    return Told(blocks, f"the authentication policy {policy.name} {'blocks' if blocks else 'allows'} Basic for SMTP")


def _no_mailbox(seen: TenantEvidence, sender: Sender) -> Told:
    if "@" not in sender.sign_in_user:
        return Told(None)  # no address: whose mailbox is meant, nobody can say
    if seen.user is not None and seen.user.state is LookState.ABSENT:
        return _yes(f"the directory has no user {sender.sign_in_user}")
    if seen.mailbox is not None and seen.mailbox.state is LookState.ABSENT:
        return _yes(f"Exchange has no mailbox {sender.sign_in_user}")
    return _unread(seen.user, seen.mailbox) or _no(f"{sender.sign_in_user} exists and has a mailbox")


def _disabled(seen: TenantEvidence, sender: Sender) -> Told:
    if unread := _unread(seen.user):
        return unread
    if seen.user is None or seen.user.state is LookState.ABSENT:
        return Told(holds=False)
    off = seen.user.enabled is False
    return Told(off, f"sign-in of {sender.sign_in_user} is {'blocked' if off else 'allowed'}")


def _other_address(seen: TenantEvidence, sender: Sender) -> Told:
    own = {sender.sign_in_user.lower()}
    if seen.user is not None:
        own |= {address.partition(":")[2].lower() for address in seen.user.proxy_addresses}
    if sender.envelope_from.lower() in own:
        return _no(f"{sender.envelope_from} is an address of the account's own")
    return _unread(seen.user) or Told(
        None, needs=f"whether {sender.envelope_from} may be used (Get-RecipientPermission)"
    )


def _mfa(seen: TenantEvidence, _sender: Sender) -> Told:
    if seen.mfa is not None and seen.mfa.per_user in {"enabled", "enforced"}:
        return _yes(f"per-user MFA is {seen.mfa.per_user}")
    if seen.security_defaults is not None and seen.security_defaults.enabled:
        return _yes("security defaults are on")
    policies = seen.conditional_access.policies if seen.conditional_access is not None else ()
    demands = [one for one in policies if one.state == "enabled" and one.demands_mfa]
    if sure := [one for one in demands if not one.membership_unknown and not one.limits_location]:
        return _yes(f"the Conditional Access policy {sure[0].name} demands MFA")
    if demands:
        return Told(
            None, needs=f"whether the Conditional Access policy {demands[0].name} reaches this account and address"
        )
    return _unread(seen.mfa, seen.security_defaults, seen.conditional_access) or _no(
        "per-user MFA is disabled, security defaults are off, no policy demands MFA"
    )


def _access(seen: TenantEvidence, _sender: Sender) -> Told:
    policies = seen.conditional_access.policies if seen.conditional_access is not None else ()
    blocking = [one for one in policies if one.state == "enabled" and one.blocks]
    if sure := [one for one in blocking if not one.membership_unknown and not one.limits_location]:
        return _yes(f"the Conditional Access policy {sure[0].name} blocks this sign-in")
    if blocking:
        return Told(None, needs=f"whether the Conditional Access policy {blocking[0].name} lets this address in")
    return _unread(seen.conditional_access) or _no("no Conditional Access policy blocks this sign-in")


def password_end(seen: TenantEvidence) -> tuple[date | None, Told]:
    """The day on which the password ends (None: never, or not known), and what was read; federated passwords end elsewhere."""
    user, domain = seen.user, seen.domain
    if unread := _unread(user):
        return None, unread
    if user is not None and user.password_never_expires:
        return None, _no("the directory: the password never expires")
    if unread := _unread(domain):
        return None, unread
    if domain is not None and domain.federated:
        return None, Told(
            None, needs="the password policy of the organisation's own directory: the domain is federated"
        )
    days = (domain.password_valid_days if domain is not None else None) or DEFAULT_VALID_DAYS
    if days >= NEVER_DAYS:
        return None, _no("the domain's rule: passwords never expire")
    if user is None or user.password_changed is None:
        return None, Told(None, needs="when the password was changed last")
    end = user.password_changed.date() + timedelta(days=days)
    over = end < seen.looked_at.date()
    return end, Told(
        over,
        f"the password {'ended' if over else 'ends'} on {end}: changed {user.password_changed.date()}, valid {days} days",
    )


def _federated(seen: TenantEvidence, _sender: Sender) -> Told:
    if unread := _unread(seen.domain):
        return unread
    federated = seen.domain is not None and seen.domain.federated is True
    return Told(None, needs="the federation service's own log") if federated else _no("the domain is not federated")


def _unregistered(seen: TenantEvidence, sender: Sender) -> Told:
    if seen.application is not None and seen.application.state is LookState.ABSENT:
        gone = seen.principal is not None and seen.principal.state is LookState.ABSENT
        return Told(
            gone,
            f"the tenant {'does not know' if gone else 'knows, from another tenant,'} the client id {sender.client_id}",
        )
    return _unread(seen.application) or _no(f"the tenant has the registration {sender.client_id}")


def _no_principal(seen: TenantEvidence, _sender: Sender) -> Told:
    if unread := _unread(seen.principal, seen.application):
        return unread
    registered = seen.application is not None and seen.application.state is LookState.ANSWERED
    gone = seen.principal is not None and seen.principal.state is LookState.ABSENT
    return Told(gone and registered, f"the enterprise application is {'missing' if gone else 'there'}")


def _switched_off(seen: TenantEvidence, _sender: Sender) -> Told:
    if unread := _unread(seen.principal):
        return unread
    off = seen.principal is not None and seen.principal.enabled is False
    return Told(off, f"the enterprise application is {'disabled' if off else 'enabled'}")


def secrets_end(seen: TenantEvidence) -> date | None:
    """The day on which the last secret or certificate of the registration ends; None when none is known."""
    application = seen.application
    return max((one.ends.date() for one in application.credentials), default=None) if application is not None else None


def _secrets(seen: TenantEvidence, _sender: Sender) -> Told:
    if unread := _unread(seen.application):
        return unread
    end = secrets_end(seen)
    if end is None:
        return _no("the registration holds no secret")
    over = end < seen.looked_at.date()
    return Told(
        over, f"the registration's last secret {'ended' if over else 'is valid until'} {'on ' if over else ''}{end}"
    )


def _public(seen: TenantEvidence, _sender: Sender) -> Told:
    if unread := _unread(seen.application):
        return unread
    return Told(
        None if seen.application is not None and seen.application.public_client else False, "not a public client"
    )


def _no_resource(seen: TenantEvidence, _sender: Sender) -> Told:
    if unread := _unread(seen.roles):
        return unread
    gone = seen.roles is not None and not seen.roles.resource_present
    return Told(gone, f"Exchange Online is {'not ' if gone else ''}in the tenant")


def role_of(sender: Sender) -> str:
    """The permission that lets an application send: High Volume Email has one of its own (Microsoft "OAuth for High Volume Email")."""
    return "Mail.Send" if is_high_volume(sender.smtp_server) else ROLE


def in_scope(seen: TenantEvidence) -> bool | None:
    """Whether RBAC for Applications gives the application this mailbox; None when it could not be read."""
    if _unread(seen.rbac):
        return None
    return seen.rbac is not None and seen.rbac.in_scope is True


def _without_principal(seen: TenantEvidence) -> bool:
    """Whether there is no enterprise application that anything could have been granted to."""
    return seen.principal is not None and seen.principal.state is LookState.ABSENT


def _no_consent(seen: TenantEvidence, sender: Sender) -> Told:
    if _without_principal(seen):
        return Told(None)
    if unread := _unread(seen.roles):
        return unread
    roles = seen.roles.roles if seen.roles is not None else ()
    if role_of(sender) in roles:
        return _no(f"an administrator consented to {role_of(sender)}")
    scoped = in_scope(seen)
    if scoped is None:
        return _unread(seen.rbac) or Told(None)
    words = "RBAC for Applications reaches the mailbox" if scoped else "no role assignment reaches the mailbox"
    return Told(not scoped, f"consented roles: {', '.join(roles) or 'none'}; {words}")


def _not_in_exchange(seen: TenantEvidence, _sender: Sender) -> Told:
    known, belongs = seen.exchange_principal, seen.principal
    if _without_principal(seen):
        return Told(None)
    if known is not None and known.state is LookState.ABSENT:
        return _yes("Exchange does not know the application (Get-ServicePrincipal)")
    if unread := _unread(known, belongs):
        return unread
    right = known is not None and belongs is not None and known.object_id.lower() == belongs.object_id.lower()
    there = known.object_id if known is not None else ""
    own = belongs.object_id if belongs is not None else ""
    return Told(not right, f"Exchange has the object id {there}, the enterprise application has {own}")


def _no_right(seen: TenantEvidence, _sender: Sender) -> Told:
    if seen.mailbox_right is not None and seen.mailbox_right.full_access:
        return _no("the application has FullAccess on the mailbox")
    if in_scope(seen):
        return _no("RBAC for Applications reaches the mailbox")
    no_mailbox = seen.mailbox is not None and seen.mailbox.state is LookState.ABSENT
    if _without_principal(seen) or no_mailbox or _not_in_exchange(seen, _sender).holds:
        return Told(None)  # there is nobody, or nothing, that a right could be about
    return _unread(seen.mailbox_right, seen.rbac) or _yes("neither FullAccess nor a role assignment on the mailbox")


_BY_CAUSE: Mapping[str, Callable[[TenantEvidence, Sender], Told]] = {
    "smtp_auth_disabled_tenant": _tenant_switch,
    "smtp_auth_disabled_mailbox": _mailbox_switch,
    "auth_policy_blocks_basic": _policy,
    "mailbox_missing": _no_mailbox,
    "account_disabled": _disabled,
    "send_as_denied": _other_address,
    "mfa_or_security_defaults": _mfa,
    "conditional_access_block": _access,
    "password_expired": lambda seen, _: password_end(seen)[1],
    "federation_failure": _federated,
    "app_not_in_tenant": _unregistered,
    "app_sp_missing": _no_principal,
    "app_disabled": _switched_off,
    "secret_expired": _secrets,
    "public_client_with_secret": _public,
    "resource_missing": _no_resource,
    "consent_missing": _no_consent,
    "sp_not_registered_in_exchange": _not_in_exchange,
    "sp_mailbox_permission_missing": _no_right,
}


def tell(cause: str, seen: TenantEvidence, sender: Sender) -> Told:
    """What the tenant says of one cause; a cause that no setting shows is not known and names nothing to read."""
    judge = _BY_CAUSE.get(cause)
    return Told(None) if judge is None else judge(seen, sender)
