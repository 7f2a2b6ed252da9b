"""AUTH: the sign-in, which a run attempts at most once for each sender."""

from __future__ import annotations

from checks import peer, refusal
from checks.model import Context, Finding, check
from checks.text_reading import deciding, read_text
from evidence.failure import FailureKind
from evidence.gates import Gate
from evidence.wire import CommandEvidence, Reply, SignInEvidence, SkipReason
from settings.strict_values import whole

NOT_TICKED = "no sign-in was tried: Enable Authentication is not ticked"


@check(
    "AUTH-01",
    "The sign-in is accepted",
    needs=("SMTP-03", "TOKEN-01", "TOKEN-02", "TOKEN-03"),
    gate=Gate.SIGN_IN,
    causes=(
        "wrong_host_or_port",
        "smtp_intercepted",
        "smtp_rewritten",
        "connection_cut",
        "wrong_tenant_or_authority",
        "wrong_scope_or_audience",
        "consent_missing",
        "conditional_access_block",
        "token_expired",
        "token_user_mismatch",
        "xoauth2_string_malformed",
        "username_not_upn",
        "bad_credentials",
        "password_expired",
        "mailbox_missing",
        "mfa_or_security_defaults",
        "client_never_sent_auth",
        "authentication_type_wrong",
        "smtp_auth_disabled_tenant",
        "smtp_auth_disabled_mailbox",
        "sp_not_registered_in_exchange",
        "service_side_fault",
    ),
    reads_reply=True,
)
def sign_in(case: Context) -> Finding:
    """The server accepts the sign-in with 235 (RFC 4954). If it refuses, the causes are derived from the reply."""
    evidence = case.evidence.sign_in
    if evidence is None:
        return case.not_recorded("sign_in", "the sign-in")
    if evidence.withheld is not None:
        return _withheld(case, evidence, evidence.withheld)
    expected = "235 Authentication successful"
    if evidence.failure is not None:
        return _no_reply(case, evidence, expected)
    if evidence.reply is None:
        return case.ended_during("the sign-in")
    if evidence.out_of_turn:
        return _out_of_turn(case, evidence, evidence.reply, expected)
    if evidence.accepted:
        return case.ok(observed=f"{evidence.reply.text} as {evidence.user} with {evidence.mechanism}")
    reading = refusal.refused(case, evidence.reply)
    why = deciding(case, reading)
    observed = f"{evidence.reply.text}{refusal.challenged(evidence)}"
    return case.fail(*reading.causes, expected=expected, observed=observed, sure=reading.sure, why=why)


def _out_of_turn(case: Context, evidence: SignInEvidence, reply: Reply, expected: str) -> Finding:
    """Return the finding for a 235 at the wrong moment, from an interposed server or one that violates the protocol."""
    when = "before the credential was sent" if evidence.early else "after the server had refused the credential"
    why = "a 235 reply counts only if it answers the line with the credential"
    causes = ("service_side_fault",) if peer.encrypted(case) else ("smtp_intercepted", "service_side_fault")
    return case.fail(*causes, expected=expected, observed=f"{reply.text}, {when}", sure=False, why=why)


def _no_reply(case: Context, evidence: SignInEvidence, expected: str) -> Finding:
    failure = evidence.failure
    kind = failure.kind if failure is not None else FailureKind.OTHER
    text = failure.text if failure is not None else ""
    observed = f"no reply after {evidence.seconds:.0f} s: {text or kind.value}{refusal.challenged(evidence)}"
    log = "sign-in log" if case.settings.service.microsoft else "server's log"
    why = f"the connection ended without a reply; the {log} shows whether the attempt arrived"
    return case.fail("connection_cut", "service_side_fault", expected=expected, observed=observed, sure=False, why=why)


def _withheld(case: Context, evidence: SignInEvidence, reason: SkipReason) -> Finding:
    sender, cloud = case.settings.sender, case.settings.service
    expected = "235 Authentication successful"
    match reason:
        case SkipReason.AUTHENTICATION_OFF:
            return _unauthenticated(case)
        case SkipReason.HOST_NOT_DECLARED:
            place = sender.smtp_server if cloud.microsoft else f"{sender.smtp_server}:{sender.port}"
            observed = f"no sign-in was tried at {place}: {evidence.detail}"
            return case.fail("wrong_host_or_port", expected=expected, observed=observed)
        case SkipReason.TYPE_MISMATCH:
            observed = f"no sign-in was tried: Authentication Type is {sender.authentication_type}, but the OAuth fields are filled in"
            return case.fail("authentication_type_wrong", expected=expected, observed=observed)
        case SkipReason.NO_SECRET:
            key = "password" if sender.method == "basic" else "client secret"
            return case.unknown(f"no {key} was found ({evidence.detail}); provide one and run again")
        case SkipReason.RECENTLY_REFUSED | SkipReason.SHARED_CREDENTIAL_REFUSED:
            return _held_back(case, evidence, reason)
        case SkipReason.RECENTLY_TRIED:
            return _unresolved(case, evidence)
        case _:
            return case.unknown(f"no sign-in was tried: {reason.value.replace('_', ' ')} {evidence.detail}".strip())


def _held_back(case: Context, evidence: SignInEvidence, reason: SkipReason) -> Finding:
    said = evidence.detail.rpartition("UTC: ")[2] if reason is SkipReason.RECENTLY_REFUSED else evidence.detail
    code, _, text = said.partition(" ")
    reply = Reply(code=whole(code, 999) or 535, lines=(text,))
    if reason is SkipReason.SHARED_CREDENTIAL_REFUSED:
        causes = refusal.refused(case, reply).causes
        why = (
            f"not tried again: in this run, the server did not accept a different sender with the same user ({evidence.detail}). Correct "
            "that sender first, then run again. Within 15 minutes of a refused password, add --try-again"
        )
        return case.unknown(why, *causes, observed=evidence.detail)
    reading = read_text(said) if case.settings.service.microsoft else refusal.refused(case, reply)
    # Without its text, a reply does not show its reason. Only refusals of the password itself are stored.
    reasoned = reading.causes[0] != "unrecognised" and text != "5.7.139"
    causes = reading.causes if reasoned else ("bad_credentials",)
    why = (
        "not tried again: a second attempt with a refused password can lock the account. The reply was "
        f"{evidence.detail}. Correct the password, then run with --try-again, or wait 15 minutes"
    )
    return case.unknown(why, *causes, observed=evidence.detail)


def _unresolved(case: Context, evidence: SignInEvidence) -> Finding:
    """Return the finding for an account whose last attempt has no known result, and may therefore have been refused."""
    why = (
        f"not tried: {evidence.detail}. An attempt without a known result may have been refused, and repeated refusals lock "
        f"the account. Run again in 15 minutes, or with --try-again"
    )
    return case.unknown(why, observed=evidence.detail)


def _unauthenticated(case: Context) -> Finding:
    """Return the finding for a sender without authentication, based on the reply to MAIL."""
    mail = case.evidence.envelope.mail if case.evidence.envelope is not None else CommandEvidence()
    if mail is not None and mail.reply is not None and 200 <= mail.reply.code < 300:
        return case.not_applicable(f"{NOT_TICKED}; the server accepted MAIL without a sign-in: {mail.reply.text}")
    reply = mail.reply.text if mail is not None and mail.reply is not None else "nothing"
    return case.fail(
        "client_never_sent_auth",
        expected="Enable Authentication is ticked, and the server replies 235",
        observed=f"Enable Authentication is not ticked; the reply to MAIL without a sign-in was: {reply}",
    )
