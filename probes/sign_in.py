"""Signs in once per run with the mechanism that the settings select, or records why the sign-in was skipped (RFC 4954)."""

from __future__ import annotations

import base64
from collections.abc import Callable

from evidence.gates import Gate
from evidence.wire import AccountAttempts, Challenge, CommandEvidence, HelloEvidence, Reply, SignInEvidence, SkipReason
from probes import challenge
from probes.account import Account, account_name
from probes.account_ledger import Claim
from probes.scrubbing import scrubbed_reply
from probes.sender_run import SenderRun
from probes.smtp import Session
from probes.token import Token

TokenSource = Callable[[], Token | None]


def sign_in(run: SenderRun, session: Session, offered: HelloEvidence, token: TokenSource) -> bool:
    """Sign in once, or record why not. Return True if the session can continue with the envelope."""
    sender = run.sender
    if not sender.enable_authentication:
        run.records.sign_in = SignInEvidence(withheld=SkipReason.AUTHENTICATION_OFF)
        return True
    mechanism = "LOGIN" if sender.method == "basic" else "XOAUTH2"
    if not sender.type_matches:
        run.records.sign_in = SignInEvidence(user=sender.sign_in_user, withheld=SkipReason.TYPE_MISMATCH)
        return False
    if mechanism not in offered.keywords.get("AUTH", "").upper().split():
        run.records.sign_in = SignInEvidence(user=sender.sign_in_user, withheld=SkipReason.MECHANISM_NOT_OFFERED)
        return False
    held = token() if mechanism == "XOAUTH2" else None
    run.at = Gate.SIGN_IN
    withheld, detail = _skip_reason(run, mechanism, held)
    if withheld is not None:
        run.records.sign_in = SignInEvidence(user=sender.sign_in_user, withheld=withheld, detail=detail)
        return False
    with _claim(run) as claim:
        if claim.withheld is not None:
            evidence = SignInEvidence(
                user=sender.sign_in_user, withheld=claim.withheld.reason, detail=claim.withheld.detail
            )
        else:
            run.traffic.sign_in_attempts += 1
            run.account_attempts = _attempts(run, claim)  # also for a run that ends during the attempt
            evidence = _login(run, session, claim) if mechanism == "LOGIN" else _xoauth2(run, session, held, claim)
            _settle(run, claim, evidence)
        run.records.sign_in = evidence
    run.account_attempts = _attempts(run, claim)
    return evidence.accepted


def _skip_reason(run: SenderRun, mechanism: str, held: Token | None) -> tuple[SkipReason | None, str]:
    sender, context = run.sender, run.context
    if not context.cloud.takes_sign_in(sender.smtp_server, sender.port):
        return SkipReason.HOST_NOT_DECLARED, f"credentials go only to {context.cloud.sign_in_place}"
    if mechanism == "XOAUTH2":
        if held is None or held.access_token is None:
            return SkipReason.NO_TOKEN, ""
        audience = str((held.evidence.claims or {}).get("aud", ""))
        if held.evidence.claims is not None and not context.cloud.accepts_audience(audience):
            return SkipReason.FOREIGN_TOKEN, audience
    elif run.found.secret is None:
        return SkipReason.NO_SECRET, run.found.source
    return None, ""


def _claim(run: SenderRun) -> Claim:
    """Record that an attempt begins, unless the account must not be tried. Wait for a different run that is signing in with the account."""
    sender, context = run.sender, run.context
    account = Account(
        context.service,
        account_name(sender.sign_in_user),
        (sender.client_id or "-") if sender.method == "oauth" else "",
    )
    patience = run.deadline.within(context.network.reply_timeout)
    return context.ledger.claim(
        account, try_again=context.try_again, give_up=lambda: patience.passed or context.dialler.stopped
    )


def _settle(run: SenderRun, claim: Claim, evidence: SignInEvidence) -> None:
    """Record the result. A 235 reply that did not answer the credential does not count as a result."""
    if evidence.accepted:
        claim.accept()
    elif evidence.reply is not None and not evidence.out_of_turn:
        claim.answer(scrubbed_reply(evidence.reply, run.redactor))


def _attempts(run: SenderRun, claim: Claim) -> AccountAttempts | None:
    if run.sender.method == "oauth":
        return None
    return AccountAttempts(made=claim.made, lockout_after=run.context.cloud.lockout_after)


def _login(run: SenderRun, session: Session, claim: Claim) -> SignInEvidence:
    """Send AUTH LOGIN in the form that Exchange Online implements (draft-murchison-sasl-login).

    The server sends one prompt for the user name and one for the password.
    """
    user = run.sender.sign_in_user
    password = run.found.secret.reveal() if run.found.secret is not None else ""
    answer = _base64(password)
    run.redactor.learn(answer)
    lines = (
        ("AUTH LOGIN", None),
        (_base64(user), f"<user name {user}>"),
        (answer, "<password>"),
    )
    return _authenticate(run, session, claim, "LOGIN", lines)


def _xoauth2(run: SenderRun, session: Session, held: Token | None, claim: Claim) -> SignInEvidence:
    """Send AUTH XOAUTH2 in two steps.

    A token in the command itself can exceed the 512 octets of a command line (RFC 4954, section 4).
    """
    user = run.sender.sign_in_user
    token = held.access_token.reveal() if held is not None and held.access_token is not None else ""
    answer = _base64(f"user={user}\x01auth=Bearer {token}\x01\x01")
    run.redactor.learn(answer)
    lines = (("AUTH XOAUTH2", None), (answer, f"<XOAUTH2 string of {user}>"))
    return _authenticate(run, session, claim, "XOAUTH2", lines)


def _authenticate(
    run: SenderRun, session: Session, claim: Claim, mechanism: str, lines: tuple[tuple[str, str | None], ...]
) -> SignInEvidence:
    started = run.deadline.elapsed()
    steps: list[Reply] = []
    last = CommandEvidence()
    for index, (line, shown) in enumerate(lines):
        if index == len(lines) - 1:
            claim.credential_leaves()
        last = session.ask(line, shown=shown)
        if last.reply is None:
            break
        steps.append(last.reply)
        if last.reply.code != 334 or index == len(lines) - 1:
            break
    error: Challenge | None = None
    if last.reply is not None and last.reply.code == 334:
        if mechanism == "XOAUTH2":
            # The challenge is the refusal: 535 follows after an empty line (Google, "XOAUTH2 mechanism"; RFC 7628, 3.2.3).
            error = challenge.read(last.reply.lines, run.transcript)
            last = session.ask("")
        if last.reply is not None and last.reply.code == 334:
            last = session.ask("*")  # cancel a prompt that comes after everything was sent (RFC 4954, section 4)
    return SignInEvidence.model_validate(
        {
            "mechanism": mechanism,
            "user": run.sender.sign_in_user,
            "steps": tuple(steps),
            "reply": last.reply,
            "failure": last.failure,
            "challenge": error,
            "seconds": round(run.deadline.elapsed() - started, 4),
        }
    )


def _base64(text: str) -> str:
    return base64.b64encode(text.encode("utf-8")).decode("ascii")
