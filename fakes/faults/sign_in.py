"""Faults at sign-in: refusals with and without a reason, and middleboxes that interrupt the sign-in or answer it themselves."""

from dataclasses import replace
from datetime import timedelta

from ..smtp import replies
from ..world.tenant import AuthPolicy, ConditionalAccess, Federation, PolicyKind, Retirement
from ..world.world import ALERTS, NOTICES, REGISTRATION_OBJECT_ID, World
from . import change
from .fault import Fault

BASIC, OAUTH = ("basic",), ("oauth",)
_POLICY = "d7c2a5e0-41b9-4f6e-8d03-5ae97b1c6f24"
_MFA_POLICY = "29be6f04-d8a1-4c73-95e2-b70f1c3d846a"


def _removed(world: World) -> World:
    return world.with_tenant(retirement=Retirement.REMOVED)


def _removed_as_535(world: World) -> World:
    return replace(_removed(world), unverified=replace(world.unverified, removed_as_535=True))


def _wrong_object_id(world: World) -> World:
    wrong = (replace(one, object_id=REGISTRATION_OBJECT_ID) for one in world.tenant.exchange_principals)
    return world.with_tenant(exchange_principals=tuple(wrong))


def _expired_as_declared(world: World) -> World:
    expired = (world.now() - timedelta(days=2)).date()
    declared = replace(world, basic=replace(world.basic, password_expires=expired))
    return change.user(ALERTS, password_expired=True)(declared)


SIGN_IN = (
    Fault(
        id="smtp_auth_off_tenant",
        changes="SMTP AUTH is off for the tenant, and the mailboxes inherit this setting",
        gate="sign_in",
        cause="smtp_auth_disabled_tenant",
        change=change.tenant(smtp_auth_disabled=True),
    ),
    Fault(
        id="smtp_auth_off_mailbox",
        changes="SMTP AUTH is off for the Basic sender's mailbox",
        gate="sign_in",
        cause="smtp_auth_disabled_mailbox",
        senders=BASIC,
        change=change.mailbox(ALERTS, smtp_auth_disabled=True),
    ),
    Fault(
        id="smtp_auth_off_mailbox_oauth",
        changes="SMTP AUTH is off for the OAuth sender's mailbox",
        gate="sign_in",
        cause="smtp_auth_disabled_mailbox",
        senders=OAUTH,
        change=change.mailbox(NOTICES, smtp_auth_disabled=True),
    ),
    Fault(
        id="wrong_password",
        changes="the password in the settings is wrong",
        gate="sign_in",
        cause="bad_credentials",
        senders=BASIC,
        change=change.basic(password="Invented-Wrong-4!word"),
    ),
    Fault(
        id="unknown_user",
        changes="the user name contains a typo, so no such account exists",
        gate="sign_in",
        cause="bad_credentials",
        senders=BASIC,
        change=change.basic(username=ALERTS.replace("alerts", "alertz")),
    ),
    Fault(
        id="mailbox_missing",
        changes="the Basic sender's account has no mailbox",
        gate="sign_in",
        cause="mailbox_missing",
        senders=BASIC,
        change=change.user(ALERTS, mailbox=None),
    ),
    Fault(
        id="mailbox_missing_oauth",
        changes="the OAuth sender's account has no mailbox",
        gate="sign_in",
        cause="mailbox_missing",
        senders=OAUTH,
        change=change.user(NOTICES, mailbox=None),
    ),
    Fault(
        id="password_expired",
        changes="the account's password has expired",
        gate="sign_in",
        cause="password_expired",
        senders=BASIC,
        change=change.user(ALERTS, password_expired=True),
    ),
    Fault(
        id="password_expired_as_declared",
        changes="the account's password expired two days ago, on the date that the settings declare",
        gate="sign_in",
        cause="password_expired",
        senders=BASIC,
        change=_expired_as_declared,
    ),
    Fault(
        id="account_disabled",
        changes="sign-in is blocked for the account",
        gate="sign_in",
        cause="account_disabled",
        senders=BASIC,
        change=change.user(ALERTS, enabled=False),
    ),
    Fault(
        id="account_locked",
        changes="the account is locked after repeated failed sign-ins",
        gate="sign_in",
        cause="account_locked",
        senders=BASIC,
        change=change.user(ALERTS, locked=True),
    ),
    Fault(
        id="mfa_required",
        changes="the account requires multi-factor authentication",
        gate="sign_in",
        cause="mfa_or_security_defaults",
        senders=BASIC,
        change=change.user(ALERTS, mfa_required=True),
    ),
    Fault(
        id="legacy_clients_blocked",
        changes="a Conditional Access policy blocks legacy authentication",
        gate="sign_in",
        cause="conditional_access_block",
        senders=BASIC,
        change=change.policy(ConditionalAccess(kind=PolicyKind.BLOCK_LEGACY_CLIENTS, policy_id=_POLICY)),
    ),
    Fault(
        id="mfa_by_policy",
        changes="a Conditional Access policy requires multi-factor authentication for all users",
        gate="sign_in",
        cause="mfa_or_security_defaults",
        senders=BASIC,
        change=change.policy(ConditionalAccess(kind=PolicyKind.REQUIRE_MFA, policy_id=_MFA_POLICY)),
    ),
    Fault(
        id="place_not_named",
        changes="the named locations in the Basic sender's policy do not include this machine",
        gate="sign_in",
        cause="conditional_access_block",
        senders=BASIC,
        change=change.outside_named_locations(ALERTS),
    ),
    Fault(
        id="security_defaults",
        changes="security defaults are on",
        gate="sign_in",
        cause="mfa_or_security_defaults",
        senders=BASIC,
        change=change.tenant(security_defaults=True),
    ),
    Fault(
        id="auth_policy",
        changes="the default authentication policy does not allow Basic for SMTP",
        gate="sign_in",
        cause="auth_policy_blocks_basic",
        senders=BASIC,
        change=change.tenant(
            auth_policies=(AuthPolicy(name="Block Basic Auth"),), default_auth_policy="Block Basic Auth"
        ),
    ),
    Fault(
        id="federation_unreachable",
        changes="the domain is federated, and its sign-in service cannot be reached",
        gate="sign_in",
        cause="federation_failure",
        senders=BASIC,
        change=change.user(ALERTS, federation=Federation.STS_UNREACHABLE),
    ),
    Fault(
        id="federation_without_https",
        changes="the domain is federated, and its sign-in service does not support HTTPS",
        gate="sign_in",
        cause="federation_failure",
        senders=BASIC,
        change=change.user(ALERTS, federation=Federation.STS_WITHOUT_HTTPS),
    ),
    Fault(
        id="basic_off_by_default",
        changes="Basic authentication is off by default",
        gate="sign_in",
        cause="basic_auth_retired",
        senders=BASIC,
        change=change.tenant(retirement=Retirement.OFF_BY_DEFAULT),
    ),
    Fault(
        id="basic_removed",
        changes="Basic authentication has been removed, and is refused with 550 5.7.30",
        gate="sign_in",
        cause="basic_auth_retired",
        senders=BASIC,
        change=_removed,
    ),
    Fault(
        id="basic_removed_535",
        changes="Basic authentication has been removed, and is refused with 535 5.7.30",
        gate="sign_in",
        cause="basic_auth_retired",
        senders=BASIC,
        change=_removed_as_535,
    ),
    Fault(
        id="sign_in_refused_bare",
        changes="every sign-in is refused without a reason",
        gate="sign_in",
        cause="bad_credentials",
        change=change.service(sign_in=replies.UNSUCCESSFUL, sign_in_code=50126),
    ),
    Fault(
        id="sign_in_temporary",
        changes="sign-in fails because of a temporary fault at Microsoft",
        gate="sign_in",
        cause="service_side_fault",
        change=change.service(sign_in="454 4.7.0 Temporary authentication failure"),
    ),
    Fault(
        id="sp_not_registered",
        changes="the application's service principal is not registered in Exchange",
        gate="sign_in",
        cause="sp_not_registered_in_exchange",
        senders=OAUTH,
        change=change.tenant(exchange_principals=()),
    ),
    Fault(
        id="sp_wrong_object_id",
        changes="the service principal in Exchange has the object id of the app registration, not of the enterprise application",
        gate="sign_in",
        cause="sp_not_registered_in_exchange",
        senders=OAUTH,
        change=_wrong_object_id,
    ),
    Fault(
        id="dropped_after_auth",
        changes="a middlebox closes the connection when the client sends credentials",
        gate="sign_in",
        cause="connection_cut",
        change=change.middlebox(drops_after_auth=True),
    ),
    Fault(
        id="long_commands_dropped",
        changes="a middlebox that terminates TLS closes the connection after a line over 512 octets, so no token can be sent",
        gate="sign_in",
        cause="connection_cut",
        senders=OAUTH,
        change=change.middlebox(drops_long_commands=True),
    ),
    Fault(
        id="accepted_early",
        changes="a middlebox answers AUTH with 235 before the password or the token is sent",
        gate="sign_in",
        cause="service_side_fault",
        change=change.middlebox(accepts_early=True),
    ),
)
