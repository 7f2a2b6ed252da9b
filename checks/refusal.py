"""Derives the causes of a refused sign-in from the reply's text or, if the text has no reason, from the rest of the evidence."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import date

from checks import token_claims
from checks.basic import is_full_address
from checks.model import Context
from checks.tenant_application import role_of
from checks.text_reading import read_reply
from evidence.wire import Reply, SignInEvidence
from knowledge.cause_ids import CauseId
from knowledge.groups import GROUPS
from knowledge.outcome import Reading
from settings.clouds import is_high_volume

# A refusal without a reason: "535 5.7.3 Authentication unsuccessful", without the server's stamp.
_BARE = re.compile(r"535 (5\.7\.3 )?(Error: )?Authentication (unsuccessful|failed)[.:]?", re.IGNORECASE)


def refused(case: Context, reply: Reply) -> Reading:
    """Return the causes of a refused AUTH, likeliest first, from the reply and the other evidence."""
    sender = case.settings.sender
    microsoft = case.settings.service.microsoft
    if sender.method == "basic" and microsoft and not is_full_address(sender.username):
        return Reading(("username_not_upn",), sure=True, decide=(), quoted=reply.text)
    if microsoft and _BARE.fullmatch(reply.text.partition("[")[0].strip()):
        return _bare_basic(case, reply) if sender.method == "basic" else _bare_oauth(case, reply)
    reading = read_reply(
        case, f"{reply.text}{challenged(case.evidence.sign_in)}", "password" if sender.method == "basic" else "token"
    )
    if not microsoft:
        return _by_declared_date(case, _declared(case, reading))
    reading = _at_the_endpoint(case, reading)
    ruled_out = {"username_not_upn"} if is_full_address(sender.sign_in_user) else set()
    return _by_declared_date(case, _without(reading, ruled_out))


def _by_declared_date(case: Context, reading: Reading) -> Reading:
    """Rank an expired password first if the reply allows that cause and the declared expiry date has passed."""
    expires = case.settings.sender.password_expires
    passed = isinstance(expires, date) and expires < case.evidence.today
    if passed and not case.settings.service.microsoft and not reading.sure:
        reading = replace(reading, causes=tuple(dict.fromkeys(("password_expired", *reading.causes))))
    return _first(reading, "password_expired") if passed else reading


def _bare_basic(case: Context, reply: Reply) -> Reading:
    if is_high_volume(case.settings.sender.smtp_server):
        return _of(GROUPS["hve_basic_535"].causes, reply, "hve_basic_535")
    ruled_out = {"username_not_upn"} if is_full_address(case.settings.sender.username) else set()
    return _without(_of(GROUPS["basic_bare_535"].causes, reply, "basic_bare_535"), ruled_out)


def _bare_oauth(case: Context, reply: Reply) -> Reading:
    """Return the causes of an OAuth refusal without a reason. The token's claims rule out some of them."""
    high_volume = is_high_volume(case.settings.sender.smtp_server)
    group = "hve_oauth_535" if high_volume else "oauth_bare_535"
    reading = _of(GROUPS[group].causes, reply, group)
    # The claims gate has checked audience, tenant and expiry, and this suite builds the SASL string, so these are ruled out.
    ruled_out = {"wrong_scope_or_audience", "token_expired", "wrong_tenant_or_authority", "xoauth2_string_malformed"}
    if case.evidence.token is None or case.evidence.token.claims is None:
        return _without(reading, {"xoauth2_string_malformed"})
    delegated = token_claims.claim(case.evidence, "scp")
    if delegated:
        ruled_out |= {"consent_missing"} if "SMTP.Send" in delegated.split() else set()
        owner = token_claims.claim(case.evidence, "upn") or token_claims.claim(case.evidence, "preferred_username")
        first = "token_user_mismatch" if owner.lower() != case.settings.sender.sign_in_user.lower() else None
    elif role_of(case.settings.sender) in token_claims.roles(case.evidence):
        ruled_out |= {"consent_missing", "token_user_mismatch"}  # the token of an application belongs to no user
        first = None
    else:
        ruled_out |= {"token_user_mismatch"}
        first = "consent_missing"
    left = _without(reading, ruled_out)
    return left if first is None else _first(left, first)


def challenged(evidence: SignInEvidence | None) -> str:
    """Return the error that the server sent before the refusal, as a note in parentheses; empty if the server sent none."""
    error = evidence.challenge if evidence is not None else None
    if error is None:
        return ""
    members = {name: value for name, value in error.model_dump(exclude={"text"}).items() if value}
    return f" (its error: {json.dumps(members, separators=(',', ':')) if members else error.text})"


def _declared(case: Context, reading: Reading) -> Reading:
    """Narrow the causes of a declared service's refusal with its challenge (RFC 7628, 3.2.2) and the token's claims."""
    sign_in, token = case.evidence.sign_in, case.evidence.token
    error = sign_in.challenge if sign_in is not None else None
    if error is not None and error.status == "insufficient_scope":
        return replace(reading, causes=("wrong_scope_or_audience",), sure=True)
    # The claims gate compared the audience if the token has one and the settings declare one.
    compared = token is not None and bool(token.claims and case.settings.service.audiences)
    return _without(reading, {"wrong_scope_or_audience"} if compared else set())


# What a reply means at the endpoint of High Volume Email, whose accounts have no mailbox and need no registration in Exchange.
_INSTEAD: dict[CauseId, CauseId] = {
    "mailbox_missing": "hve_account_missing",
    "sp_not_registered_in_exchange": "hve_app_not_allowed",
    "sp_mailbox_permission_missing": "hve_app_not_allowed",
}
_MAILBOX_ONLY = {"smtp_auth_disabled_mailbox", "smtp_auth_disabled_tenant"}


def _at_the_endpoint(case: Context, reading: Reading) -> Reading:
    """If the sender uses High Volume Email, replace or remove the causes that apply only to mailboxes."""
    if not is_high_volume(case.settings.sender.smtp_server):
        return reading
    causes = dict.fromkeys(_INSTEAD.get(cause, cause) for cause in reading.causes)
    return _without(replace(reading, causes=tuple(causes)), _MAILBOX_ONLY)


def _first(reading: Reading, cause: str) -> Reading:
    """Return the reading with this cause moved to the front. A reading without the cause is unchanged."""
    if cause not in reading.causes:
        return reading
    return replace(reading, causes=(cause, *(other for other in reading.causes if other != cause)))


def _without(reading: Reading, ruled_out: set[str]) -> Reading:
    left = tuple(cause for cause in reading.causes if cause not in ruled_out) or reading.causes
    return replace(reading, causes=left, sure=reading.sure or len(left) == 1 < len(reading.causes))


def _of(causes: tuple[CauseId, ...], reply: Reply, group: str) -> Reading:
    return Reading(causes, sure=len(causes) == 1, decide=GROUPS[group].decide, quoted=reply.text)
