"""Compares causes in the application with the tenant's settings, such as the registration, secrets, consent and rights.

Sources: the Graph and Exchange Online references in `evidence.tenant`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from checks.tri_state import Fact, Judge, holds, refuted, unread
from evidence.tenant import LookupState, TenantEvidence
from settings.clouds import is_high_volume
from settings.model import Sender

ROLE = "SMTP.SendAsApp"


def _unregistered(seen: TenantEvidence, sender: Sender) -> Fact:
    if seen.application is not None and seen.application.state is LookupState.ABSENT:
        gone = seen.principal is not None and seen.principal.state is LookupState.ABSENT
        return Fact(
            gone,
            f"the client id {sender.client_id} is {'not in the tenant' if gone else 'registered in another tenant'}",
        )
    return unread(seen.application) or refuted(f"the application {sender.client_id} is registered in the tenant")


def _no_principal(seen: TenantEvidence, _sender: Sender) -> Fact:
    if missing := unread(seen.principal, seen.application):
        return missing
    registered = seen.application is not None and seen.application.state is LookupState.ANSWERED
    gone = seen.principal is not None and seen.principal.state is LookupState.ABSENT
    return Fact(gone and registered, f"the enterprise application is {'not in' if gone else 'in'} the tenant")


def _switched_off(seen: TenantEvidence, _sender: Sender) -> Fact:
    if missing := unread(seen.principal):
        return missing
    off = seen.principal is not None and seen.principal.enabled is False
    return Fact(off, f"the enterprise application is {'disabled' if off else 'enabled'}")


def secrets_end(seen: TenantEvidence) -> date | None:
    """Return the latest expiry date of the registration's secrets and certificates, or None if there are none."""
    application = seen.application
    return max((one.ends.date() for one in application.credentials), default=None) if application is not None else None


def _secrets(seen: TenantEvidence, _sender: Sender) -> Fact:
    if missing := unread(seen.application):
        return missing
    end = secrets_end(seen)
    if end is None:
        return refuted("the registration has no secret")
    over = end < seen.looked_at.date()
    return Fact(over, f"the registration's last secret {'expired on' if over else 'is valid until'} {end}")


def _public(seen: TenantEvidence, _sender: Sender) -> Fact:
    if missing := unread(seen.application):
        return missing
    return Fact(
        None if seen.application is not None and seen.application.public_client else False,
        "the application is not a public client",
    )


def _no_resource(seen: TenantEvidence, _sender: Sender) -> Fact:
    if missing := unread(seen.roles):
        return missing
    gone = seen.roles is not None and not seen.roles.resource_present
    return Fact(gone, f"Exchange Online is {'not ' if gone else ''}in the tenant")


def role_of(sender: Sender) -> str:
    """Return the permission that lets an application send. High Volume Email uses a different one ("OAuth for High Volume Email")."""
    return "Mail.Send" if is_high_volume(sender.smtp_server) else ROLE


def in_scope(seen: TenantEvidence) -> bool | None:
    """Return whether RBAC for Applications covers this mailbox, or None if the lookup has no answer."""
    if unread(seen.rbac):
        return None
    return seen.rbac is not None and seen.rbac.in_scope is True


def _without_principal(seen: TenantEvidence) -> bool:
    """Return whether the tenant has no enterprise application, so that it cannot have granted any rights."""
    return seen.principal is not None and seen.principal.state is LookupState.ABSENT


def _no_consent(seen: TenantEvidence, sender: Sender) -> Fact:
    if _without_principal(seen):
        return Fact(None)
    if missing := unread(seen.roles):
        return missing
    roles = seen.roles.roles if seen.roles is not None else ()
    if role_of(sender) in roles:
        return refuted(f"an administrator consented to {role_of(sender)}")
    if is_high_volume(sender.smtp_server):
        return holds(f"consented roles: {', '.join(roles) or 'none'}; High Volume Email needs {role_of(sender)}")
    scoped = in_scope(seen)
    if scoped is None:
        return unread(seen.rbac) or Fact(None)
    words = "RBAC for Applications includes the mailbox" if scoped else "no role assignment includes the mailbox"
    return Fact(not scoped, f"consented roles: {', '.join(roles) or 'none'}; {words}")


def _not_in_exchange(seen: TenantEvidence, sender: Sender) -> Fact:
    if is_high_volume(sender.smtp_server):
        return refuted("High Volume Email needs no service principal in Exchange")
    known, belongs = seen.exchange_principal, seen.principal
    if _without_principal(seen):
        return Fact(None)
    if known is not None and known.state is LookupState.ABSENT:
        return holds("the application is not registered in Exchange (Get-ServicePrincipal)")
    if missing := unread(known, belongs):
        return missing
    right = known is not None and belongs is not None and known.object_id.lower() == belongs.object_id.lower()
    there = known.object_id if known is not None else ""
    own = belongs.object_id if belongs is not None else ""
    return Fact(not right, f"Exchange has the object id {there}, and the enterprise application has {own}")


def _no_right(seen: TenantEvidence, sender: Sender) -> Fact:
    account = sender.sign_in_user
    if is_high_volume(sender.smtp_server):
        return refuted("a High Volume Email account has no mailbox, so no right on it can be missing")
    if seen.mailbox_right is not None and seen.mailbox_right.full_access:
        return refuted(f"the application has FullAccess to the mailbox {account}")
    if in_scope(seen):
        return refuted(f"RBAC for Applications includes the mailbox {account}")
    no_mailbox = seen.mailbox is not None and seen.mailbox.state is LookupState.ABSENT
    if _without_principal(seen) or no_mailbox or _not_in_exchange(seen, sender).holds:
        return Fact(None)  # without an application or a mailbox there can be no right
    return unread(seen.mailbox_right, seen.rbac) or holds(
        f"the application has neither FullAccess to the mailbox {account} nor a role assignment for it"
    )


def _not_allowed(seen: TenantEvidence, sender: Sender) -> Fact:
    if not is_high_volume(sender.smtp_server):
        return refuted("the server is not the endpoint of High Volume Email")
    if _without_principal(seen):
        return Fact(None)
    return Fact(
        None,
        needs=f"whether the application is in AllowedApps (Get-HVEAccountSettings -Identity {sender.sign_in_user})",
    )


BY_CAUSE: Mapping[str, Judge] = {
    "hve_app_not_allowed": _not_allowed,
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
