"""The HTTPS leg of a visit: the issuer document, then the one token request. It runs beside the SMTP leg until the sign-in."""

from __future__ import annotations

from probes import issuer, token
from probes.evidence import Failure, FailureKind, IssuerEvidence
from probes.token import Token
from probes.visit import Visit


def travel(visit: Visit) -> Token | None:
    """Fetch, ask, and leave the evidence in `visit`; the token is None when there is none to sign in with."""
    sender, world = visit.sender, visit.world
    url = sender.openid_endpoint_configuration
    if not url.startswith("https://"):
        failure = Failure(kind=FailureKind.OTHER, text="not an https address" if url else "the field is empty")
        visit.put(issuer=IssuerEvidence(url=url, failure=failure))
        return None
    found = issuer.fetch(url, world.reach, visit.deadline, visit.transcript)
    visit.put(issuer=found.evidence)
    got = token.request(
        sender,
        visit.found.secret,
        world.cloud,
        issuer=found,
        reach=world.reach,
        deadline=visit.deadline,
        transcript=visit.transcript,
        redactor=visit.redactor,
    )
    visit.count(token_requests=got.requests)
    visit.put(token=got.evidence)
    return got if got.access_token is not None else None
