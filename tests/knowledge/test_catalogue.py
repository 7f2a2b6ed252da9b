"""Every cause, group and rule in the catalogue is complete and well-formed."""

import re
from collections.abc import Iterable
from dataclasses import fields

import pytest

from evidence.gates import Gate
from knowledge.cause import OWNERS, PLACEHOLDERS, Cause, Role
from knowledge.causes import CATALOGUE, declared
from knowledge.groups import GROUPS, Group
from knowledge.normalise import normalise
from knowledge.reading import RULES
from knowledge.rule import Rule

PUBLISHED = {
    "dns_failure",
    "dns_tcp_blocked",
    "dns_udp_blocked",
    "dns_hijacked",
    "port_blocked",
    "network_unreachable",
    "wrong_host_or_port",
    "smtp_intercepted",
    "starttls_missing_or_implicit_tls_on_587",
    "tls_version",
    "legacy_tls_client",
    "cert_untrusted",
    "cert_name_mismatch",
    "cert_expired",
    "client_timeout_hides_refusal",
    "ehlo_name_invalid",
    "clock_skew",
    "token_endpoint_unreachable",
    "wrong_tenant_or_authority",
    "app_not_in_tenant",
    "app_sp_missing",
    "app_disabled",
    "secret_wrong",
    "secret_expired",
    "secret_expiring",
    "client_assertion_bad",
    "public_client_with_secret",
    "wrong_scope_or_audience",
    "resource_missing",
    "consent_missing",
    "conditional_access_block",
    "token_throttled",
    "token_expired",
    "token_user_mismatch",
    "xoauth2_string_malformed",
    "client_never_sent_auth",
    "auth_mechanism_unsupported",
    "username_not_upn",
    "bad_credentials",
    "password_expired",
    "password_expiring",
    "account_locked",
    "account_disabled",
    "mailbox_missing",
    "mfa_or_security_defaults",
    "smtp_auth_disabled_tenant",
    "smtp_auth_disabled_mailbox",
    "auth_policy_blocks_basic",
    "basic_auth_retired",
    "basic_auth_retiring",
    "federation_failure",
    "sp_not_registered_in_exchange",
    "service_side_fault",
    "sp_mailbox_permission_missing",
    "send_as_denied",
    "recipient_rejected",
    "message_too_large",
    "concurrent_connections",
    "rate_limited",
    "recipient_quota_exceeded",
    "mailbox_full",
    "outbound_spam_block",
    "unrecognised",
    "redirect_uri_mismatch",
    "authentication_type_wrong",
    "address_malformed",
    "app_multitenant",
    "account_not_dedicated",
    "sign_in_from_anywhere",
    "hve_external_recipient",
    "name_server_silent",
    "smtp_rewritten",
    "connection_cut",
    "login_blocked_by_proxy",
    "issuer_document_altered",
    "client_certificate_required",
    "implicit_tls_port",
    "temporarily_deferred",
}

each_cause = pytest.mark.parametrize("cause", [pytest.param(cause, id=cause.id) for cause in CATALOGUE.values()])
each_group = pytest.mark.parametrize("group", [pytest.param(group, id=group.id) for group in GROUPS.values()])


def _texts(cause: Cause) -> list[str]:
    return [
        cause.title,
        cause.meaning,
        cause.shows,
        *cause.steps,
        cause.verify,
        cause.propagation,
        cause.risk,
        *cause.decide,
    ]


def test_published_ids_stay() -> None:
    """No published cause id is renamed or removed, because users' reports and scripts contain these ids."""
    assert set(CATALOGUE) >= PUBLISHED


@each_cause
def test_cause_has_all_fields(cause: Cause) -> None:
    """Every field of a cause has a value, and every cause except `unrecognised` has an owner."""
    empty = [field.name for field in fields(cause) if field.name != "who" and not getattr(cause, field.name)]

    assert not empty
    assert cause.who in OWNERS or cause.id == "unrecognised"
    assert all(text.strip() == text and text for text in (*cause.steps, *cause.decide, *cause.source))
    assert not cause.title.endswith(".")


@each_cause
def test_placeholders_are_known(cause: Cause) -> None:
    """Every placeholder in an entry is known, because a misspelt one would be printed unchanged."""
    used = {name for text in _texts(cause) for name in re.findall(r"\{([a-z_]+)\}", text)}

    assert used <= set(PLACEHOLDERS)


def _roles(texts: Iterable[str]) -> set[Role]:
    return {PLACEHOLDERS[name].role for text in texts for name in re.findall(r"\{([a-z_]+)\}", text)}


@each_cause
def test_cause_mentions_only_the_roles_of_its_kind(cause: Cause) -> None:
    """A cause mentions only the roles of its kind, because a sign-in remedy that mentioned From could change another user's account."""
    assert _roles(_texts(cause)) <= cause.kind.roles


@pytest.mark.parametrize("at_login", [False, True])
def test_declared_entry_mentions_only_the_roles_of_its_kind(*, at_login: bool) -> None:
    """An entry for a declared service mentions only the roles of its own kind."""
    entries = declared(at_login=at_login).values()

    assert [entry.id for entry in entries if not _roles(_texts(entry)) <= entry.kind.roles] == []


@each_group
def test_group_mentions_only_the_roles_of_its_causes(group: Group) -> None:
    """The text that helps to decide between the causes of a group mentions only the roles of those causes."""
    allowed = {role for cause in group.causes for role in CATALOGUE[cause].kind.roles}

    assert _roles(group.decide) <= allowed


@each_cause
def test_backticks_are_balanced(cause: Cause) -> None:
    """Backticks are paired, because an unpaired one would turn prose into a command and a command into prose."""
    assert all(text.count("`") % 2 == 0 for text in _texts(cause))


@each_cause
def test_sources_are_https(cause: Cause) -> None:
    """Every URL in an entry uses https, apart from `smtp://` URLs in some steps and audiences that begin with `api://`."""
    addresses = [word for text in (*cause.source, *_texts(cause)) for word in re.findall(r"\w+://\S+", text)]

    assert all(address.startswith(("https://", "smtp://", "api://")) for address in addresses)


@each_cause
def test_no_remedy_disables_protection_for_all(cause: Cause) -> None:
    """No step has the known words for turning off certificate verification or MFA, or for turning on SMTP AUTH for the whole tenant."""
    steps = " ".join(cause.steps).lower()

    assert "rejectunauthorized" not in steps
    assert "servercertificatevalidationcallback" not in steps
    assert "set-transportconfig -smtpclientauthenticationdisabled $false" not in steps
    assert not re.search(r"(?:disable|turn off) (?:mfa|multi-factor)", steps)


@each_group
def test_group_has_known_causes(group: Group) -> None:
    """A group has at least two causes from the catalogue and states how to decide between them."""
    assert len(group.causes) >= 2
    assert set(group.causes) <= set(CATALOGUE)
    assert group.decide
    assert {name for line in group.decide for name in re.findall(r"\{([a-z_]+)\}", line)} <= set(PLACEHOLDERS)


@pytest.mark.parametrize(
    "rule", [pytest.param(rule, id=f"{place}-{rule.says[0][:40]}") for place, rule in enumerate(RULES)]
)
def test_rule_is_valid(rule: Rule) -> None:
    """A rule has a known gate and known causes, and its phrases can be found and are long enough to rule out chance matches."""
    assert isinstance(rule.gate, Gate)
    assert rule.outcomes
    assert {cause for outcome in rule.outcomes for cause in outcome.causes} <= set(CATALOGUE)
    assert all(len(outcome.causes) == 1 for outcome in rule.outcomes if outcome.sure)
    for phrase, needle in zip(rule.says, rule.needles, strict=True):
        assert normalise(phrase).has(needle), f"{phrase!r} is not found in itself, so no text can match it"
        assert needle.startswith(" ") or not needle.isascii() or (len(needle) >= 7 and not needle.isdigit())
