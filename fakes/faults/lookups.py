"""Faults that only lookups reveal: a missing permission, an unavailable service, or a state that SMTP and Entra do not show.

A run without lookups passes despite any of these faults. The findings of runs with lookups are in `expected_lookups.txt`.
"""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from ..world.network import Port
from ..world.tenant import Auditing, LogEntry
from ..world.world import ALERTS, EXCHANGE_ROLE, EXCHANGE_SCOPE, GLOBAL_READER, GRAPH_ROLES, RecipientReply, World
from . import change
from .fault import Fault

GATE = "look_ups"
_LATE = timedelta(minutes=15)


def _auditing(changed: Callable[[Auditing], Auditing]) -> change.Change:
    """Return a change to the tenant's auditing identities. A tenant that has none is left unchanged."""

    def change_auditing(world: World) -> World:
        auditing = world.tenant.auditing
        return world if auditing is None else world.with_tenant(auditing=changed(auditing))

    return change_auditing


def _without(permission: str) -> change.Change:
    """Return a change that takes one permission away from the auditor and from the public client."""
    delegated = EXCHANGE_SCOPE if permission == EXCHANGE_ROLE else permission
    return _auditing(
        lambda auditing: replace(
            auditing,
            principal=replace(
                auditing.principal,
                graph_roles=auditing.principal.graph_roles - {permission},
                consented=auditing.principal.consented - {permission},
            ),
            delegated=auditing.delegated - {delegated},
        )
    )


def _without_role(auditing: Auditing) -> Auditing:
    principal, administrator = auditing.principal, auditing.administrator
    return replace(
        auditing,
        principal=replace(principal, entra_roles=principal.entra_roles - {GLOBAL_READER}),
        administrator=replace(administrator, entra_roles=administrator.entra_roles - {GLOBAL_READER}),
    )


def _without_id(permission: str) -> str:
    """Return the id of the fault that takes a permission away, such as `lookup_without_user_read` for `User.Read.All`."""
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", permission.removesuffix(".All").replace(".", "_"))
    return f"lookup_without_{words.lower()}"


def _password_expires(world: World) -> World:
    """Make the password expire in six days, while the settings state that it never expires."""
    days = world.tenant.password_valid_days or 0
    changed = datetime.now(UTC) - timedelta(days=days - 6, hours=-1)
    return change.user(ALERTS, password_never_expires=False, password_changed=changed)(world)


def _secret_expires(world: World) -> World:
    """Make the client secret expire in ten days, while the settings state a later date."""
    expires = datetime.now(UTC) + timedelta(days=10)
    return world.with_tenant(
        apps=tuple(
            replace(app, secrets=tuple(replace(one, expires=expires) for one in app.secrets))
            for app in world.tenant.apps
        )
    )


def _bounces(world: World) -> World:
    """Make the recipients unknown, so that each message is accepted and then bounces."""
    later = replace(world.unverified, unknown_recipient=RecipientReply.BOUNCE)
    gone = frozenset(sender.mail_to.casefold() for sender in world.senders)
    return replace(world.with_tenant(unknown_recipients=gone), unverified=later)


_PERMISSIONS = tuple(
    Fault(
        id=_without_id(permission),
        changes=f"the auditor and the public client lack the permission {permission}",
        gate=GATE,
        cause="",
        change=_without(permission),
    )
    for permission in (*sorted(GRAPH_ROLES), EXCHANGE_ROLE)
)

LOOKUPS = (
    *_PERMISSIONS,
    Fault(
        id="lookup_without_global_reader",
        changes="the auditor and the administrator lack the Entra role Global Reader",
        gate=GATE,
        cause="",
        change=_auditing(_without_role),
    ),
    Fault(
        id="lookup_no_premium_licence",
        changes="the tenant has no Entra ID P1 or P2, so its sign-in log cannot be read",
        gate=GATE,
        cause="",
        change=_auditing(lambda auditing: replace(auditing, premium=False)),
    ),
    Fault(
        id="lookup_throttled",
        changes="Microsoft Graph responds to every request with 429",
        gate=GATE,
        cause="",
        change=_auditing(lambda auditing: replace(auditing, throttled_first=1_000_000, retry_after=30)),
    ),
    Fault(
        id="lookup_throttled_briefly",
        changes="Microsoft Graph responds to the first two requests with 429",
        gate=GATE,
        cause="",
        change=_auditing(lambda auditing: replace(auditing, throttled_first=2, retry_after=1)),
    ),
    Fault(
        id="lookup_graph_unreachable",
        changes="the Microsoft Graph host refuses connections",
        gate=GATE,
        cause="",
        change=change.network(graph_port=Port.REFUSED),
    ),
    Fault(
        id="lookup_device_codes_forbidden",
        changes="a Conditional Access policy blocks the device code flow",
        gate=GATE,
        cause="",
        change=change.tenant(device_codes_forbidden=True),
    ),
    Fault(
        id="lookup_secret_wrong",
        changes="the auditor's client secret is missing its last characters",
        gate=GATE,
        cause="",
        change=lambda world: replace(world, directory_secret=world.directory_secret[:-3]),
    ),
    Fault(
        id="lookup_not_logged_yet",
        changes="rows appear in the sign-in log after 15 minutes",
        gate=GATE,
        cause="",
        change=_auditing(lambda auditing: replace(auditing, log_delay=_LATE)),
    ),
    Fault(
        id="lookup_not_traced_yet",
        changes="rows appear in the message trace after 15 minutes",
        gate=GATE,
        cause="",
        change=_auditing(lambda auditing: replace(auditing, trace_delay=_LATE)),
    ),
    Fault(
        id="lookup_trace_not_provisioned",
        changes="the tenant lacks the service principal that the message trace needs",
        gate=GATE,
        cause="",
        change=_auditing(lambda auditing: replace(auditing, trace_provisioned=False)),
    ),
    Fault(
        id="app_multitenant",
        changes="the application is registered for accounts in any organisation",
        gate=GATE,
        cause="",
        change=change.app(lambda app: replace(app, sign_in_audience="AzureADMultipleOrgs")),
    ),
    Fault(
        id="sign_in_from_anywhere",
        changes="no Conditional Access policy restricts the senders' sign-in to named locations",
        gate=GATE,
        cause="",
        change=change.tenant(conditional_access=()),
    ),
    Fault(
        id="mfa_enabled_per_user",
        changes="per-user MFA is enabled but not yet enforced for the Basic sender's account",
        gate=GATE,
        cause="",
        change=change.user(ALERTS, mfa_enabled=True),
    ),
    Fault(
        id="second_factor_registered",
        changes="a phone is registered as a second factor for the Basic sender's account",
        gate=GATE,
        cause="",
        change=change.user(ALERTS, methods=frozenset({"phone"})),
    ),
    Fault(
        id="password_ends_unannounced",
        changes="the password expires in six days, but according to the settings it never expires",
        gate=GATE,
        cause="",
        change=_password_expires,
    ),
    Fault(
        id="secret_ends_unannounced",
        changes="the client secret expires in ten days, but the settings contain a later date",
        gate=GATE,
        cause="",
        change=_secret_expires,
    ),
    Fault(
        id="recipient_bounces",
        changes="the recipients do not exist, but each message is accepted and bounces later",
        gate=GATE,
        cause="recipient_rejected",
        change=_bounces,
    ),
    Fault(
        id="account_used_elsewhere",
        changes="the Basic sender's account also signs in to a different application",
        gate=GATE,
        cause="",
        change=_auditing(
            lambda auditing: replace(
                auditing, other_entries=(LogEntry(upn=ALERTS, app_name="Office 365 SharePoint Online"),)
            )
        ),
    ),
)
