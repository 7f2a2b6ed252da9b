"""Compares causes in the account and its mailbox with the tenant's settings, such as switches, policies and addresses.

Sources: the Graph and Exchange Online references in `evidence.tenant`; for the effect on SMTP AUTH, Microsoft, "Enable
or disable SMTP AUTH".
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

from checks.tri_state import Fact, Judge, holds, refuted, unread
from evidence.tenant import LookupState, TenantEvidence
from settings.clouds import is_high_volume
from settings.model import Sender

DEFAULT_VALID_DAYS = 90  # Microsoft Graph, domain resource: what an unset passwordValidityPeriodInDays means
NEVER_DAYS = 2147483647


def _tenant_switch(seen: TenantEvidence, sender: Sender) -> Fact:
    if is_high_volume(sender.smtp_server):
        return refuted("the tenant's SMTP AUTH switch does not apply to High Volume Email")
    if missing := unread(seen.mailbox, seen.transport):
        return missing
    own = seen.mailbox.smtp_auth_disabled if seen.mailbox is not None else None
    if own is not None:
        return refuted(f"the mailbox {sender.sign_in_user} has its own switch (SMTP AUTH {'off' if own else 'on'})")
    off = seen.transport is not None and seen.transport.smtp_auth_disabled is True
    inherits = f"the mailbox {sender.sign_in_user} inherits that setting"
    return Fact(off, f"the tenant's switch turns SMTP AUTH {'off' if off else 'on'}, and {inherits}")


def _mailbox_switch(seen: TenantEvidence, sender: Sender) -> Fact:
    if is_high_volume(sender.smtp_server):
        return refuted("a High Volume Email account has no mailbox and no SMTP AUTH switch")
    if missing := unread(seen.mailbox):
        return missing
    own = seen.mailbox.smtp_auth_disabled if seen.mailbox is not None else None
    state = (
        "inherits the tenant's switch" if own is None else f"has its own switch (SMTP AUTH {'off' if own else 'on'})"
    )
    return Fact(own is True, f"the mailbox {sender.sign_in_user} {state}")


def _policy(seen: TenantEvidence, _sender: Sender) -> Fact:
    if missing := unread(seen.auth_policy):
        return missing
    policy = seen.auth_policy
    if policy is None or not policy.name:
        return refuted("no authentication policy applies")
    blocks = policy.allows_basic_smtp is False
    return Fact(blocks, f"the authentication policy {policy.name} {'blocks' if blocks else 'allows'} Basic for SMTP")


def _no_mailbox(seen: TenantEvidence, sender: Sender) -> Fact:
    if "@" not in sender.sign_in_user:
        return Fact(None)  # without an address the mailbox is unknown
    if seen.user is not None and seen.user.state is LookupState.ABSENT:
        if seen.mailbox is not None and seen.mailbox.state is LookupState.ANSWERED:
            return refuted(
                f"Exchange has a mailbox {sender.sign_in_user}, but the directory has no user of that name: the user's sign-in name "
                "differs from the mail address"
            )
        return holds(f"the directory has no user {sender.sign_in_user}")
    if is_high_volume(sender.smtp_server):
        return unread(seen.user) or refuted("a High Volume Email account is a mail user and has no mailbox")
    if seen.mailbox is not None and seen.mailbox.state is LookupState.ABSENT:
        return holds(f"Exchange has no mailbox {sender.sign_in_user}")
    return unread(seen.user, seen.mailbox) or refuted(f"{sender.sign_in_user} exists and has a mailbox")


def _no_high_volume_account(seen: TenantEvidence, sender: Sender) -> Fact:
    """Evaluate whether the account is an ordinary mailbox, which cannot sign in at the endpoint of High Volume Email."""
    if not is_high_volume(sender.smtp_server):
        return refuted("the server is not the endpoint of High Volume Email")
    if missing := unread(seen.mailbox):
        return missing
    if seen.mailbox is not None and seen.mailbox.state is LookupState.ANSWERED:
        return holds(f"{sender.sign_in_user} has a mailbox, so it is not a High Volume Email account")
    return Fact(
        None, needs=f"whether {sender.sign_in_user} is an account of High Volume Email (Get-HVEAccountSettings)"
    )


def _disabled(seen: TenantEvidence, sender: Sender) -> Fact:
    if missing := unread(seen.user):
        return missing
    if seen.user is None or seen.user.state is LookupState.ABSENT:
        return Fact(holds=False)
    off = seen.user.enabled is False
    return Fact(off, f"the sign-in of {sender.sign_in_user} is {'blocked' if off else 'allowed'}")


def _other_address(seen: TenantEvidence, sender: Sender) -> Fact:
    """Compare From with the addresses of the mailbox that signs in.

    The right to use a different address is set on the mailbox of that address.
    """
    account, address = sender.sign_in_user, sender.envelope_from
    if missing := unread(seen.user):
        return (
            refuted(f"From is the account that signs in, {account}") if address.lower() == account.lower() else missing
        )
    proxies = seen.user.proxy_addresses if seen.user is not None else ()
    kinds = {kind for kind, _, own in (one.partition(":") for one in proxies) if own.lower() == address.lower()}
    if "SMTP" in kinds or (not proxies and address.lower() == account.lower()):
        return refuted(f"{address} is the primary address of the mailbox that signs in, {account}")
    if kinds:
        return Fact(
            None,
            needs=f"whether the tenant lets {account} send from {address}, an alias of its mailbox (Get-OrganizationConfig)",
        )
    return Fact(None, needs=f"whether {account} may send as {address} (Get-RecipientPermission -Identity {address})")


def _mfa(seen: TenantEvidence, _sender: Sender) -> Fact:
    if seen.mfa is not None and seen.mfa.per_user in {"enabled", "enforced"}:
        return holds(f"per-user MFA is {seen.mfa.per_user}")
    if seen.security_defaults is not None and seen.security_defaults.enabled:
        return holds("security defaults are on")
    policies = seen.conditional_access.policies if seen.conditional_access is not None else ()
    demands = [one for one in policies if one.state == "enabled" and one.demands_mfa]
    if sure := [one for one in demands if not one.membership_unknown and not one.limits_location]:
        return holds(f"the Conditional Access policy {sure[0].name} requires MFA")
    if demands:
        return Fact(
            None, needs=f"whether the Conditional Access policy {demands[0].name} applies to this account and address"
        )
    return unread(seen.mfa, seen.security_defaults, seen.conditional_access) or refuted(
        "per-user MFA is disabled, security defaults are off, and no policy requires MFA"
    )


def _access(seen: TenantEvidence, _sender: Sender) -> Fact:
    policies = seen.conditional_access.policies if seen.conditional_access is not None else ()
    blocking = [one for one in policies if one.state == "enabled" and one.blocks]
    if sure := [one for one in blocking if not one.membership_unknown and not one.limits_location]:
        return holds(f"the Conditional Access policy {sure[0].name} blocks this sign-in")
    if blocking:
        return Fact(None, needs=f"whether the Conditional Access policy {blocking[0].name} allows this address")
    return unread(seen.conditional_access) or refuted("no Conditional Access policy blocks this sign-in")


def password_end(seen: TenantEvidence) -> tuple[date | None, Fact]:
    """Return the password's expiry date, and the fact about it. The date is None if the password never expires or the date is unknown.

    For a federated domain, the organisation's own directory sets the expiry.
    """
    user, domain = seen.user, seen.domain
    if missing := unread(user):
        return None, missing
    if user is not None and user.password_never_expires:
        return None, refuted("according to the directory, the password never expires")
    if missing := unread(domain):
        return None, missing
    if domain is not None and domain.federated:
        return None, Fact(
            None, needs="the password policy of the organisation's own directory, because the domain is federated"
        )
    days = (domain.password_valid_days if domain is not None else None) or DEFAULT_VALID_DAYS
    if days >= NEVER_DAYS:
        return None, refuted("according to the domain's policy, passwords never expire")
    if user is None or user.password_changed is None:
        return None, Fact(None, needs="the date of the last password change")
    end = user.password_changed.date() + timedelta(days=days)
    over = end < seen.looked_at.date()
    return end, Fact(
        over,
        f"the password {'expired' if over else 'expires'} on {end} (changed on {user.password_changed.date()}, valid for {days} days)",
    )


def _federated(seen: TenantEvidence, _sender: Sender) -> Fact:
    if missing := unread(seen.domain):
        return missing
    federated = seen.domain is not None and seen.domain.federated is True
    return Fact(None, needs="the federation service's own log") if federated else refuted("the domain is not federated")


BY_CAUSE: Mapping[str, Judge] = {
    "smtp_auth_disabled_tenant": _tenant_switch,
    "smtp_auth_disabled_mailbox": _mailbox_switch,
    "auth_policy_blocks_basic": _policy,
    "mailbox_missing": _no_mailbox,
    "hve_account_missing": _no_high_volume_account,
    "account_disabled": _disabled,
    "send_as_denied": _other_address,
    "mfa_or_security_defaults": _mfa,
    "conditional_access_block": _access,
    "password_expired": lambda seen, _: password_end(seen)[1],
    "federation_failure": _federated,
}
