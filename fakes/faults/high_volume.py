"""Faults at the endpoint of High Volume Email. Each fault moves the affected senders to this endpoint and makes one more change."""

from dataclasses import replace
from datetime import timedelta

from ..world.high_volume import with_high_volume
from ..world.tenant import AuthPolicy, HighVolume, Mailbox
from ..world.world import NOTICES, World
from . import change
from .change import Change
from .fault import Fault

BASIC, OAUTH = ("basic",), ("oauth",)
OUTSIDE = "ops@contoso.example"


def _at(senders: tuple[str, ...], more: Change) -> Change:
    """Return a change that moves senders to the High Volume Email endpoint and then applies `more`. Other clouds have no such endpoint."""

    def changed(world: World) -> World:
        return more(with_high_volume(world, *senders)) if world.cloud == "worldwide" else world

    return changed


def _ordinary_mailboxes(world: World) -> World:
    for name in (world.basic.username, world.oauth.username):
        world = change.user(name, mailbox=Mailbox(), high_volume=None)(world)
    return world


def _no_permission(world: World) -> World:
    return change.principal(lambda one: replace(one, consented=frozenset()))(world)


SIGN_IN = (
    Fault(
        id="hve_wrong_password",
        changes="the Basic sender uses High Volume Email, and the password in the settings is wrong",
        gate="sign_in",
        cause="bad_credentials",
        senders=BASIC,
        change=_at(BASIC, change.basic(password="Invented-Wrong-4!word")),
    ),
    Fault(
        id="hve_security_defaults",
        changes="the Basic sender uses High Volume Email, and security defaults are on",
        gate="sign_in",
        cause="mfa_or_security_defaults",
        senders=BASIC,
        change=_at(BASIC, change.tenant(security_defaults=True)),
    ),
    Fault(
        id="hve_auth_policy",
        changes="the Basic sender uses High Volume Email, and the authentication policy does not allow Basic for SMTP",
        gate="sign_in",
        cause="auth_policy_blocks_basic",
        senders=BASIC,
        change=_at(
            BASIC,
            change.tenant(auth_policies=(AuthPolicy(name="Block Basic Auth"),), default_auth_policy="Block Basic Auth"),
        ),
    ),
    Fault(
        id="hve_ordinary_mailbox",
        changes="the senders use the endpoint of High Volume Email with ordinary mailboxes",
        gate="sign_in",
        cause="hve_account_missing",
        change=_at((*BASIC, *OAUTH), _ordinary_mailboxes),
    ),
    Fault(
        id="hve_app_not_allowed",
        changes="the OAuth sender uses High Volume Email, and the account's list of allowed applications is empty",
        gate="sign_in",
        cause="hve_app_not_allowed",
        senders=OAUTH,
        change=_at(OAUTH, change.user(NOTICES, high_volume=HighVolume())),
    ),
    Fault(
        id="hve_permission_missing",
        changes="the OAuth sender uses High Volume Email, and admin consent for Mail.Send is missing",
        gate="sign_in",
        cause="consent_missing",
        senders=OAUTH,
        change=_at(OAUTH, _no_permission),
    ),
    Fault(
        id="hve_token_expiring",
        changes="the OAuth sender uses High Volume Email, and its token expires within a minute",
        gate="sign_in",
        cause="token_expired",
        senders=OAUTH,
        change=_at(OAUTH, change.issuing(lifetime=timedelta(seconds=60))),
    ),
)

RECIPIENT = (
    Fault(
        id="hve_external_recipient",
        changes="the senders use High Volume Email, and the recipient is outside the tenant",
        gate="recipient",
        cause="hve_external_recipient",
        change=_at((*BASIC, *OAUTH), change.both(mail_to=OUTSIDE)),
    ),
)
