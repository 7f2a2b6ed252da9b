"""Fetches the issuer document from the URL in the settings (OpenID Connect Discovery 1.0, section 4; FAQ, OAuth step 5)."""

from __future__ import annotations

from typing import NamedTuple

from evidence.failure import Failure, FailureKind
from evidence.wire import IssuerEvidence
from probes.deadline import Deadline, utc_now
from probes.https import HttpsClient, HttpsResponse, json_object
from probes.page_text import visible_text
from probes.transcript import Transcript

_KEPT = (
    "issuer",
    "token_endpoint",
    "jwks_uri",
    "authorization_endpoint",
    "tenant_region_scope",
    "cloud_instance_name",
    "msgraph_host",
)
_LONGEST = 300


class Issuer(NamedTuple):
    """The evidence and the text of the issuer document. msal is given the text, so it does not fetch the document again."""

    evidence: IssuerEvidence
    document: str


def fetch(url: str, https_client: HttpsClient, deadline: Deadline, transcript: Transcript) -> Issuer:
    """Fetch the issuer document with GET, and return it with the evidence, which also records a failure. Never raises."""
    started = deadline.elapsed()
    transcript.remark(f"GET {url}")
    answer = https_client.request("GET", url, deadline, headers={"Accept": "application/json"})
    outcome = answer.failure.text if answer.failure else f"HTTP {answer.status}, {len(answer.text)} characters"
    transcript.remark(f"issuer document: {outcome}")
    seconds = round(deadline.elapsed() - started, 4)
    return Issuer(_evidence(url, answer, transcript, seconds), answer.text)


def _evidence(url: str, answer: HttpsResponse, transcript: Transcript, seconds: float) -> IssuerEvidence:
    members = json_object(answer.text) if answer.status is not None and answer.failure is None else None
    failure = answer.failure
    if failure is None and members is None:
        kind = answer.headers.get("content-type", "no content type")
        failure = Failure(
            kind=FailureKind.NOT_JSON, text=f"HTTP {answer.status} with {kind} instead of a JSON document"
        )
    texts = {
        key: transcript.clean(value)[:_LONGEST] for key, value in (members or {}).items() if isinstance(value, str)
    }
    return IssuerEvidence(
        url=url,
        tls=answer.tls,
        status=answer.status,
        content_type=answer.headers.get("content-type", ""),
        issuer=texts.get("issuer"),
        token_endpoint=texts.get("token_endpoint"),
        members={key: texts[key] for key in _KEPT if key in texts},
        error=texts.get("error"),
        error_description=texts.get("error_description"),
        excerpt=transcript.clean(answer.text)[:_LONGEST] if members is None else "",
        page=transcript.clean(visible_text(answer.text)) if members is None else "",
        server_date=answer.server_date,
        clock_offset=clock_offset(answer),
        proxy=answer.proxy,
        failure=failure,
        seconds=seconds,
    )


def clock_offset(answer: HttpsResponse) -> float | None:
    """Return how many seconds this machine's clock is ahead of the server's, or None if the response has no Date header.

    The header is accurate to one second (RFC 9110, 6.6.1).
    """
    return None if answer.server_date is None else round((utc_now() - answer.server_date).total_seconds(), 1)
