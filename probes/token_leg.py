"""The HTTPS leg of a run, which fetches the issuer document and then sends the token request.

It runs concurrently with the SMTP leg until the sign-in. Senders with the same URL share the document, and senders with the same
client, scope and secret share the token. The result, granted or refused, is evidence for all of them.
"""

from __future__ import annotations

from evidence.failure import Failure, FailureKind
from evidence.wire import IssuerEvidence, TokenEvidence
from probes import issuer, token
from probes.issuer import Issuer
from probes.sender_run import SenderRun
from probes.single_flight import PENDING_TOO_LONG, Flight, fingerprint
from probes.token import Token

_MARGIN = 300.0  # a token that expires sooner could expire before the last sender uses it
_SLOW = {FailureKind.TIMEOUT, FailureKind.DEADLINE}


def run_leg(run: SenderRun) -> Token | None:
    """Fetch the document, request the token and record the evidence. Return None if there is no token for the sign-in."""
    token = _fetch(run)
    run.token_leg_ended = True
    return token


def _fetch(run: SenderRun) -> Token | None:
    url = run.sender.openid_endpoint_configuration
    if not url.startswith("https://"):
        failure = Failure(kind=FailureKind.OTHER, text="not an https URL" if url else "the field is empty")
        run.records.issuer = IssuerEvidence(url=url, failure=failure)
        return None
    found = _fetch_document(run, url)
    if found is None:
        return None
    got = _request_token(run, url, found)
    return got if got is not None and got.access_token is not None else None


def _fetch_document(run: SenderRun, url: str) -> Issuer | None:
    began = run.deadline.elapsed()
    try:
        flight = run.context.documents.ask(
            url,
            lambda: issuer.fetch(url, run.context.https_client, run.deadline, run.transcript),
            run.deadline,
            _is_document_reusable,
        )
    except TimeoutError:
        run.records.issuer = IssuerEvidence(url=url, failure=_timed_out())
        return None
    found = flight.result
    if flight.shared:
        failure = found.evidence.failure
        run.transcript.remark(f"issuer document, fetched once for this run: {failure.text if failure else 'read'}")
        evidence = found.evidence.model_copy(update=_shared(run, began))
        found = Issuer(evidence, found.document)
    run.records.issuer = found.evidence
    return found


def _request_token(run: SenderRun, url: str, found: Issuer) -> Token | None:
    sender, secret = run.sender, run.found.secret
    began = run.deadline.elapsed()
    same = (url, found.evidence.token_endpoint, sender.client_id, sender.scope, fingerprint(secret))
    try:
        flight = run.context.tokens.ask(
            same,
            lambda: token.request(
                sender,
                secret,
                run.context.cloud,
                issuer=found,
                https_client=run.context.https_client,
                deadline=run.deadline,
                transcript=run.transcript,
                redactor=run.redactor,
            ),
            run.deadline,
            _is_token_reusable,
        )
    except TimeoutError:
        endpoint = found.evidence.token_endpoint or ""
        run.records.token = TokenEvidence(endpoint=endpoint, scope=sender.scope, failure=_timed_out())
        return None
    got = flight.result
    if not flight.shared:
        run.traffic.token_requests += got.requests
        run.records.token = got.evidence
        return got
    if got.access_token is not None:
        run.redactor.learn(got.access_token.reveal())
    run.transcript.remark(f"token, requested once for this run: {_outcome(flight)}")
    run.records.token = got.evidence.model_copy(update=_shared(run, began))
    return got


def _is_document_reusable(found: Issuer, _age: float) -> bool:
    """Return whether a cached result is reusable. After a failure other than a timeout, it is not, because a new attempt may succeed."""
    failure = found.evidence.failure
    return failure is None or failure.kind in _SLOW


def _is_token_reusable(got: Token, age: float) -> bool:
    """Return whether a cached result is reusable. A refusal always is, a token until shortly before it expires, an unsent request never."""
    if got.access_token is None:
        return got.requests > 0
    lifetime = got.evidence.expires_in
    return lifetime is None or age < lifetime - min(_MARGIN, lifetime / 2)


def _outcome(flight: Flight[Token]) -> str:
    evidence = flight.result.evidence
    if flight.result.access_token is not None:
        return f"received {flight.age:.0f} s ago"
    return evidence.error_description or (evidence.failure.text if evidence.failure else "") or "no token"


def _shared(run: SenderRun, began: float) -> dict[str, object]:
    return {"shared": True, "seconds": round(run.deadline.elapsed() - began, 4)}


def _timed_out() -> Failure:
    return Failure(kind=FailureKind.DEADLINE, text=PENDING_TOO_LONG)
