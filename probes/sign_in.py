"""Signs in once per run with the mechanism that the settings select, or records why the sign-in was skipped (RFC 4954)."""

from __future__ import annotations

import base64
from collections.abc import Callable

from evidence.gates import Gate
from evidence.wire import Challenge, CommandEvidence, HelloEvidence, Reply, SignInEvidence, SkipReason
from probes import challenge
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
    run.traffic.sign_in_attempts += 1
    evidence = _login(run, session) if mechanism == "LOGIN" else _xoauth2(run, session, held)
    run.records.sign_in = evidence
    _record_outcome(run, evidence)
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
    in_this_run = context.refusals.this_run(_where(run), _credential(run))
    if in_this_run is not None:
        return SkipReason.SHARED_CREDENTIAL_REFUSED, in_this_run
    if mechanism == "XOAUTH2":  # smart lockout counts passwords only
        return None, ""
    earlier = None if context.try_again else context.refusals.earlier(_where(run), sender.sign_in_user)
    return (SkipReason.RECENTLY_REFUSED, earlier) if earlier is not None else (None, "")


def _where(run: SenderRun) -> str:
    """Return the host and port and, if the map redirects the connection, the mapped address.

    The mapped server can be a different one under the same name, so its refusals are recorded separately.
    """
    sender = run.sender
    mapped = run.context.dialler.mapped(sender.smtp_server, sender.smtp_server, sender.port)
    return f"{sender.smtp_server}:{sender.port}" + (f" via {mapped}" if mapped else "")


def _credential(run: SenderRun) -> str:
    """Return the name of the account that signs in: the user or, for OAuth, the application on behalf of the user."""
    sender = run.sender
    return f"{sender.sign_in_user} by {sender.client_id}" if sender.method == "oauth" else sender.sign_in_user


def _record_outcome(run: SenderRun, evidence: SignInEvidence) -> None:
    if evidence.reply is None:
        return
    memory, lasting = run.context.refusals, evidence.mechanism == "LOGIN"
    if evidence.out_of_turn:
        return  # the account was neither refused nor accepted: its secret was never sent
    if evidence.reply.code == 235:
        memory.forget(_where(run), _credential(run))
    else:
        memory.note(_where(run), _credential(run), evidence.reply, lasting=lasting)


def _login(run: SenderRun, session: Session) -> SignInEvidence:
    """Send AUTH LOGIN in the form that Exchange Online implements (draft-murchison-sasl-login).

    The server sends one prompt for the user name and one for the password.
    """
    user = run.sender.sign_in_user
    password = run.found.secret.reveal() if run.found.secret is not None else ""
    lines = (
        ("AUTH LOGIN", None),
        (_base64(user), f"<user name {user}>"),
        (_base64(password), "<password>"),
    )
    return _authenticate(run, session, "LOGIN", lines)


def _xoauth2(run: SenderRun, session: Session, held: Token | None) -> SignInEvidence:
    """Send AUTH XOAUTH2 in two steps.

    A token in the command itself can exceed the 512 octets of a command line (RFC 4954, section 4).
    """
    user = run.sender.sign_in_user
    token = held.access_token.reveal() if held is not None and held.access_token is not None else ""
    answer = _base64(f"user={user}\x01auth=Bearer {token}\x01\x01")
    run.redactor.learn(answer)
    return _authenticate(run, session, "XOAUTH2", (("AUTH XOAUTH2", None), (answer, f"<XOAUTH2 string of {user}>")))


def _authenticate(
    run: SenderRun, session: Session, mechanism: str, lines: tuple[tuple[str, str | None], ...]
) -> SignInEvidence:
    started = run.deadline.elapsed()
    steps: list[Reply] = []
    last = CommandEvidence()
    for index, (line, shown) in enumerate(lines):
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
