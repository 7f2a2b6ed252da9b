"""Reading a refused sign-in: the reply's sentence first, and where it carries none, what the earlier gates and the claims add."""

from __future__ import annotations

from checks import entered
from checks.basic import is_full_address
from checks.model import Case
from knowledge.groups import GROUPS
from knowledge.reading import Reading, read
from probes.evidence import Reply


def refused(case: Case, reply: Reply) -> Reading:
    """The ranked causes of a refused AUTH, from the reply and the rest of the evidence; `sure` when one stands alone."""
    sender = case.settings.sender
    if sender.method == "basic" and case.settings.the_cloud.microsoft and not is_full_address(sender.username):
        return Reading(("username_not_upn",), sure=True, decide=(), quoted=reply.text)
    if not _is_bare(reply):
        return read(reply.text)
    if sender.method == "basic":
        return _of(GROUPS["basic_bare_535"].causes, reply, "basic_bare_535")
    return _bare_oauth(case, reply)


def _is_bare(reply: Reply) -> bool:
    """Whether the reply refuses without a sentence: `535 5.7.3 Authentication unsuccessful`, in any of its spellings."""
    text = reply.text.lower()
    return reply.code == 535 and "5.7.139" not in text and "," not in text.partition("[")[0]


def _bare_oauth(case: Case, reply: Reply) -> Reading:
    """OAuth refusals carry no sentence; the token's claims tell some of their causes apart."""
    causes = list(GROUPS["oauth_bare_535"].causes)
    if case.evidence.token is None or case.evidence.token.claims is None:
        return _of(tuple(causes), reply, "oauth_bare_535")
    if "SMTP.SendAsApp" in entered.roles(case.evidence):
        causes = [cause for cause in causes if cause != "consent_missing"]
    elif "consent_missing" in causes:
        causes = ["consent_missing", *(cause for cause in causes if cause != "consent_missing")]
    # The claims gate has already judged audience, tenant and expiry, and the SASL string is our own: what is right is ruled out.
    ruled_out = {"wrong_scope_or_audience", "token_expired", "wrong_tenant_or_authority", "xoauth2_string_malformed"}
    return _of(tuple(cause for cause in causes if cause not in ruled_out), reply, "oauth_bare_535")


def _of(causes: tuple[str, ...], reply: Reply, group: str) -> Reading:
    return Reading(causes, sure=len(causes) == 1, decide=GROUPS[group].decide, quoted=reply.text)
